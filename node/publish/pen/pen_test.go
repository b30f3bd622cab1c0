package pen

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/phrase"
	"ringfence/node/publish/hand"
	"ringfence/store/assertion"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var errKilled = errors.New("killed")

// desk is an issuer's feed, with all that goes to the disk and out of the door
// written down in order.
type desk struct {
	*memory.Store
	door   *intake.Door
	dead   bool  // the door fails before it does anything
	held   error // why nothing may be signed
	now    time.Time
	events []string
	sent   [][]byte // signed headers
}

func newDesk(t *testing.T) (*desk, *Pen) {
	t.Helper()
	state := chartertest.State(t, chartertest.Config(t, "desk: vendor"))
	d := &desk{Store: memory.New(), now: noon}
	var err error
	d.door, err = intake.New(intake.Config{Federation: state.Federation(), Roster: state, Store: d.Store})
	must(t, err)
	return d, New(Config{
		Key: chartertest.Issuer("desk"), Federation: state.Federation(), Store: d, Door: d,
		Now: func() time.Time { return d.now }, MaySign: func() error { return d.held },
	})
}

func (d *desk) Reserve(issuer keys.Public, all []feed.Reservation) error {
	d.events = append(d.events, "reserve")
	return d.Store.Reserve(issuer, all)
}

func (d *desk) Admit(offers []intake.Offer, now time.Time) ([]intake.Outcome, error) {
	d.events = append(d.events, "admit")
	for i := range offers {
		d.sent = append(d.sent, offers[i].Header)
	}
	if d.dead {
		return nil, errKilled
	}
	return d.door.Admit(offers, now)
}

func issuer() keys.Public { return chartertest.Issuer("desk").Public() }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// batch returns a batch of one flag; seed tells it from others.
func batch(t *testing.T, seed byte) assertion.Batch {
	t.Helper()
	n, err := number.Parse("+12025550123")
	must(t, err)
	category, err := taxonomy.ParseCategory("har.silent")
	must(t, err)
	s := assertion.Statement{
		Subject: hand.Subject(n.Range()), ObservedFrom: noon.Unix(), ObservedTo: noon.Unix(),
		Effective: noon.Unix(), Expires: noon.Unix() + 30*86400, Basis: assertion.Basis{Kind: assertion.BasisReports, Count: 1},
	}
	must(t, s.SetBody(assertion.Flag{Category: category, Reports: 1, Confidence: 500}))
	b := assertion.NewBuilder(rand.NewChaCha8([32]byte{seed}))
	_, err = b.Add(assertion.PublicationID{seed}, &s)
	must(t, err)
	whole, err := b.Finish()
	must(t, err)
	return whole
}

// Nothing leaves before its place is reserved, and batches that are written together
// share both durable writes and stand one behind the other.
func TestPlacesAreReservedBeforeAnythingLeaves(t *testing.T) {
	d, p := newDesk(t)
	for range 2 {
		admitted, err := p.Write([]assertion.Batch{batch(t, 1), batch(t, 2)})
		must(t, err)
		if len(admitted) != 2 || !admitted[1].Header.Previous.Equals(admitted[0].CID) {
			t.Errorf("%+v", admitted)
		}
	}
	if !slices.Equal(d.events, []string{"reserve", "admit", "reserve", "admit"}) {
		t.Errorf("%v", d.events)
	}
	if tip, _, err := d.Latest(issuer()); err != nil || tip.Sequence != 3 {
		t.Errorf("the feed ends at %+v, %v", tip, err)
	}
}

// What did not get into the feed is sent again, byte for byte, by a pen made anew at
// another hour, and then no more.
func TestSettleSignsTheSameHeaders(t *testing.T) {
	d, p := newDesk(t)
	d.dead = true
	if _, err := p.Write([]assertion.Batch{batch(t, 1), batch(t, 2)}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	first := d.sent
	d.dead, d.sent, d.now = false, nil, noon.Add(time.Hour)
	p = New(p.cfg)
	n, admitted, err := p.Settle()
	if err != nil || n != 2 || len(admitted) != 2 || !slices.EqualFunc(first, d.sent, bytes.Equal) {
		t.Errorf("%d settled, %d admitted, %v; the same headers: %v", n, len(admitted), err, slices.EqualFunc(first, d.sent, bytes.Equal))
	}
	if n, admitted, err := p.Settle(); n != 0 || len(admitted) != 0 || err != nil {
		t.Errorf("again: %d, %d, %v", n, len(admitted), err)
	}
}

// While it must not sign, what is reserved stays in, whatever keeps it from signing.
func TestNothingLeavesWhileSigningIsHeld(t *testing.T) {
	d, p := newDesk(t)
	d.dead = true
	if _, err := p.Write([]assertion.Batch{batch(t, 1)}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	d.dead, d.sent, d.held = false, nil, errors.New("the clock is off")
	if _, _, err := p.Settle(); !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "the clock is off") {
		t.Errorf("held: %v", err)
	}
	d.held = nil
	must(t, d.Bar(issuer(), feed.Bar{Kind: feed.Restored, Reason: "restored"}))
	if _, _, err := p.Settle(); !errors.Is(err, feed.ErrBarred) || !strings.Contains(err.Error(), "restored") {
		t.Errorf("barred: %v", err)
	}
	if len(d.sent) != 0 {
		t.Errorf("%d headers left", len(d.sent))
	}
	if err := p.Lift(assertion.CID([]byte("another")), feed.Stolen); !errors.Is(err, ErrOtherHead) {
		t.Errorf("another head: %v", err)
	}
	must(t, p.Lift(cid.Undef, feed.Restored)) // the feed is empty here
	if n, _, err := p.Settle(); n != 1 || err != nil || len(d.sent) != 1 {
		t.Errorf("lifted: %d settled, %d left, %v", n, len(d.sent), err)
	}
}

// A head that does not fit is told why, and to fetch something only where something
// is missing; without a bar there is nothing to lift, whatever is named.
func TestWhyAHeadLiftsNothing(t *testing.T) {
	d, p := newDesk(t)
	unknown := assertion.CID([]byte("unknown"))
	refused := func(head cid.Cid, want error, text string) {
		t.Helper()
		if err := p.Lift(head, feed.Stolen); !errors.Is(err, want) || phrase.From(err).Text != text {
			t.Errorf("%s: %v, want %q", head, err, text)
		}
	}
	bar := func() { must(t, d.Bar(issuer(), feed.Bar{Kind: feed.Restored, Reason: "restored"})) }
	bar()
	refused(unknown, ErrOtherHead, unknown.String()+" was named, and nothing of the feed is held here; fetch it from a peer first")
	must(t, p.Lift(cid.Undef, feed.Restored))
	admitted, err := p.Write([]assertion.Batch{batch(t, 1), batch(t, 2)})
	must(t, err)
	older, head := admitted[0].CID, admitted[1].CID
	for _, any := range []cid.Cid{unknown, older, head, cid.Undef} {
		refused(any, ErrNotBarred, "nothing bars this node from signing, so there is nothing to lift")
	}
	foreign := feedtest.Draw(t, "B0").Batch("B0")
	must(t, d.Append([]feed.Record{foreign.Record()}))
	bar()
	ends := fmt.Sprintf("%s (0/1)", head)
	refused(older, ErrOtherHead, older.String()+" was named, which is older than what is held here: the feed ends at "+ends+", and that is the head unless another node shows a later one")
	refused(foreign.CID, ErrOtherHead, foreign.CID.String()+" was named, which is a batch of another feed; the one of this node ends here at "+ends)
	refused(unknown, ErrOtherHead, unknown.String()+" was named, and the feed here ends at "+ends+"; fetch the missing batches from a peer first")
	refused(cid.Undef, ErrOtherHead, "a key that never signed was named, and the feed here ends at "+ends)
	must(t, p.Lift(head, feed.Restored))
}

// A clock that is further behind the feed than anybody would accept reserves nothing.
func TestAClockFarBehindReservesNothing(t *testing.T) {
	d, p := newDesk(t)
	_, err := p.Write([]assertion.Batch{batch(t, 1)})
	must(t, err)
	for _, c := range []struct {
		behind time.Duration
		want   error
	}{{intake.Ahead, nil}, {intake.Ahead + time.Second, ErrClock}} {
		d.events, d.now = nil, noon.Add(-c.behind)
		if _, err := p.Write([]assertion.Batch{batch(t, 2)}); !errors.Is(err, c.want) || (len(d.events) == 0) != (c.want != nil) {
			t.Errorf("%s behind: %v, %v", c.behind, err, d.events)
		}
	}
}
