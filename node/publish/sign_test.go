package publish

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/publish/pen"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/memory"
)

// Every header that reaches the door, and so every signature, stands among the
// durable reservations at that moment.
func TestPlaceIsReservedBeforeItIsSigned(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	offered := 0
	cfg := w.config("desk")
	cfg.Door = &brokenDoor{Door: w.door, seen: func(offers []intake.Offer) {
		reserved, err := w.store.Reserved(issuer("desk"))
		if err != nil {
			t.Error(err)
		}
		for _, o := range offers {
			signed, err := assertion.DecodeSignedHeader(o.Header)
			if err != nil {
				t.Error(err)
			}
			found := false
			for _, r := range reserved {
				found = found || bytes.Equal(r.Header, signed.Header) && bytes.Equal(r.Body, o.Body)
			}
			if !found {
				t.Error("a header was signed whose place was not reserved")
			}
			offered++
		}
	}}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.publish(p, many("a", 9*assertion.MaxStatements))
	w.say(p, drafted(w.terms(p).Flag(handFlag(t, "+12025550123", "har.silent"))))
	if offered != 10 {
		t.Errorf("%d headers offered, want 10", offered)
	}
}

// What was signed before a crash is signed again to the same bytes, never
// otherwise, even though clock and randomness have gone on.
func TestRecoverSignsTheSameHeaders(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	var first, again []intake.Offer
	cfg := w.config("desk")
	cfg.Door = &brokenDoor{Door: w.door, fail: 1, seen: func(all []intake.Offer) { first = append(first, all...) }}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(context.Background(), many("a", 5000), Options{}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.now += 3600
	cfg = w.config("desk")
	cfg.Door = &brokenDoor{Door: w.door, seen: func(all []intake.Offer) { again = append(again, all...) }}
	if p, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	n, err := p.Recover()
	if err != nil || n != len(first) || len(first) == 0 || len(again) != len(first) {
		t.Fatalf("%d recovered of %d, %v", n, len(first), err)
	}
	for i := range first {
		if !bytes.Equal(first[i].Header, again[i].Header) || !bytes.Equal(first[i].Body, again[i].Body) {
			t.Errorf("batch %d was signed in two ways", i)
		}
	}
	if n, err := p.Recover(); n != 0 || err != nil {
		t.Errorf("recovered again: %d, %v", n, err)
	}
	if c := w.view.List().Counts(); c.Batches != len(first) || len(w.announced) != len(first) {
		t.Errorf("%d batches listed, %d announced, want %d", c.Batches, len(w.announced), len(first))
	}
}

func TestBarredIssuerDoesNotSign(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	w.publish(p, delivery("a", draft(t, "+12025550123", "har.silent", 1, 1)))
	if err := w.store.Bar(issuer("desk"), feed.Bar{Kind: feed.Restored, Reason: "restored from a backup"}); err != nil {
		t.Fatal(err)
	}
	tip := mustTip(w)
	flag := drafted(w.terms(p).Flag(handFlag(t, "+12025550124", "har.silent")))
	_, published := p.Publish(context.Background(), delivery("b", draft(t, "+12025550124", "har.silent", 1, 1)), Options{})
	_, said := p.Say(context.Background(), "", flag)
	_, recovered := p.Recover()
	for what, err := range map[string]error{"publish": published, "say": said, "recover": recovered} {
		if !errors.Is(err, feed.ErrBarred) || !strings.Contains(err.Error(), "restored from a backup") || !strings.Contains(err.Error(), "ringfence restore lift HEAD") {
			t.Errorf("%s while barred: %v", what, err)
		}
	}
	if mustTip(w) != tip {
		t.Fatal("a barred issuer signed")
	}
	head, err := cid.Decode(tip)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Lift(assertion.CID([]byte("another")), feed.Stolen); !errors.Is(err, pen.ErrOtherHead) {
		t.Errorf("lifted with another head: %v", err)
	}
	if err := p.Lift(head, feed.Restored); err != nil {
		t.Fatal(err)
	}
	w.say(p, flag)
}

// olderStore remembers a reservation above what it holds, as after a restore.
type olderStore struct{ *memory.Store }

func (olderStore) HighestReserved(keys.Public) (feed.Tip, bool, error) {
	return feed.Tip{Sequence: 7, CID: assertion.CID([]byte("lost"))}, true, nil
}

func TestFeedOlderThanWhatWasSigned(t *testing.T) {
	w := newWorldOn(t, olderStore{memory.New()}, protecting(t), "desk: vendor")
	p := w.publisher("desk")
	for range 2 { // and again: the bar is durable
		_, err := p.Publish(context.Background(), many("a", 3), Options{})
		if !errors.Is(err, feed.ErrBarred) || !strings.Contains(err.Error(), "place 0/7 was signed and is not held") {
			t.Fatalf("error %v", err)
		}
	}
	if err := p.Lift(cid.Undef, feed.Stolen); !errors.Is(err, pen.ErrOtherHead) {
		t.Errorf("lifted while a signed batch is missing: %v", err)
	}
}

// fixedDoor answers the same to every offer.
type fixedDoor struct{ out intake.Outcome }

func (d fixedDoor) Admit(offers []intake.Offer, _ time.Time) ([]intake.Outcome, error) {
	all := make([]intake.Outcome, len(offers))
	for i := range all {
		all[i] = d.out
	}
	return all, nil
}

func TestOutcomesOfOwnBatches(t *testing.T) {
	for _, c := range []struct {
		out  intake.Outcome
		says string
		bar  feed.BarKind
	}{
		{intake.Outcome{Status: intake.Early, Reason: intake.NotDue, Detail: "dated ahead"}, "is early (", 0},
		{intake.Outcome{Status: intake.Refused, Reason: intake.BadSignature, Detail: "x"}, "was refused (", 0},
		{intake.Outcome{Status: intake.Forked, Reason: intake.NewFork}, "a foreign batch stands at place 0/0", feed.Stolen},
	} {
		w := newWorld(t, "desk: vendor")
		cfg := w.config("desk")
		cfg.Door = fixedDoor{c.out}
		p, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Publish(context.Background(), many("a", 3), Options{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.out.Status, err)
		}
		if bar, _, err := w.store.Barred(issuer("desk")); err != nil || bar.Kind != c.bar {
			t.Errorf("%s: barred by %+v, %v", c.out.Status, bar, err)
		}
	}
}

// A clock that is set back does not make a feed run backwards.
func TestBatchTimesNeverDecrease(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	times := []int64{0, 60, -540, 50, 61}
	for i, offset := range times {
		w.now = noon + offset
		w.say(p, drafted(w.terms(p).Flag(handFlag(t, "+1202555012"+string(rune('0'+i)), "har.silent"))))
	}
	var before int64
	for i, a := range w.announced {
		if a.Header.Time < before || a.Header.Time < noon+times[i] {
			t.Errorf("batch %d is of %d after %d", i, a.Header.Time-noon, before-noon)
		}
		before = a.Header.Time
	}
	w.now = noon - 540
	_, err := p.Say(context.Background(), "", drafted(w.terms(p).Flag(handFlag(t, "+12025550123", "har.silent"))))
	if !errors.Is(err, pen.ErrClock) || !strings.Contains(err.Error(), "set it right") {
		t.Errorf("a clock that is ten minutes behind: %v", err)
	}
	if reserved, err := w.store.Reserved(issuer("desk")); err != nil || len(reserved) != 0 {
		t.Errorf("%d places reserved, %v", len(reserved), err)
	}
	if len(w.announced) != len(times) || before != noon+61 {
		t.Errorf("%d batches, the last of noon%+d", len(w.announced), before-noon)
	}
}

// failingStore fails at one of its methods.
type failingStore struct {
	*memory.Store
	at string
}

func (s *failingStore) fault(at string) error {
	if s.at == at {
		return errKilled
	}
	return nil
}

func (s *failingStore) Latest(i keys.Public) (feed.Tip, bool, error) {
	if err := s.fault("latest"); err != nil {
		return feed.Tip{}, false, err
	}
	return s.Store.Latest(i)
}

func (s *failingStore) HighestReserved(i keys.Public) (feed.Tip, bool, error) {
	if err := s.fault("highest"); err != nil {
		return feed.Tip{}, false, err
	}
	return s.Store.HighestReserved(i)
}

func (s *failingStore) Reserve(i keys.Public, d []feed.Reservation) error {
	if err := s.fault("reserve"); err != nil {
		return err
	}
	return s.Store.Reserve(i, d)
}

func (s *failingStore) Reserved(i keys.Public) ([]feed.Reservation, error) {
	if err := s.fault("reserved"); err != nil {
		return nil, err
	}
	return s.Store.Reserved(i)
}

func (s *failingStore) Fork(i keys.Public, epoch uint64) (feed.ForkProof, bool, error) {
	if err := s.fault("fork"); err != nil {
		return feed.ForkProof{}, false, err
	}
	return s.Store.Fork(i, epoch)
}

func (s *failingStore) Barred(i keys.Public) (feed.Bar, bool, error) {
	if err := s.fault("barred"); err != nil {
		return feed.Bar{}, false, err
	}
	return s.Store.Barred(i)
}

func (s *failingStore) Put(space, key string, value []byte) error {
	if err := s.fault("put"); err != nil {
		return err
	}
	return s.Store.Put(space, key, value)
}

func (s *failingStore) Get(space, key string) ([]byte, bool, error) {
	if err := s.fault("get"); err != nil {
		return nil, false, err
	}
	return s.Store.Get(space, key)
}

func (s *failingStore) List(space string, fn func(string, []byte) error) error {
	if err := s.fault("list"); err != nil {
		return err
	}
	return s.Store.List(space, fn)
}

// A store that fails somewhere ends the publication with the reason; when it
// works again, so does publishing.
func TestFaultsOfTheStore(t *testing.T) {
	for _, at := range []string{"latest", "highest", "reserve", "reserved", "barred", "fork", "put", "list"} {
		store := &failingStore{Store: memory.New()}
		w := newWorldOn(t, store, protecting(t), "desk: vendor")
		p := w.publisher("desk")
		store.at = at
		if _, err := p.Publish(context.Background(), many("a", 5), Options{}); !errors.Is(err, errKilled) || !strings.HasPrefix(err.Error(), "publish: ") {
			t.Errorf("%s fails: %v", at, err)
		}
		store.at = "get"
		if err := p.Close(publication.ID{}); !errors.Is(err, errKilled) {
			t.Errorf("get fails: %v", err)
		}
		store.at = ""
		if res := w.publish(p, many("a", 5)); res.Said != 5 {
			t.Errorf("after %s failed: %+v", at, res)
		}
	}
}

// A backup taken between a reservation and its batch holds the place without
// the batch. Whichever end the operator names, the same header is signed again
// and the feed goes on.
func TestLiftGoesOnFromAReservation(t *testing.T) {
	for _, named := range []string{"the end held", "the place reserved"} {
		w := newWorld(t, "desk: vendor")
		p := w.publisher("desk")
		w.publish(p, delivery("a", draft(t, "+12025550123", "har.silent", 1, 1)))
		end, err := cid.Decode(mustTip(w))
		if err != nil {
			t.Fatal(err)
		}
		cfg := w.config("desk")
		cfg.Door = &brokenDoor{Door: w.door, fail: 1}
		killed, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := killed.Publish(context.Background(), delivery("b", draft(t, "+12025550124", "har.silent", 1, 1)), Options{}); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		waiting, err := w.store.Reserved(issuer("desk"))
		if err != nil || len(waiting) != 1 {
			t.Fatalf("%d places reserved, %v", len(waiting), err)
		}
		if err := w.store.Bar(issuer("desk"), feed.Bar{Kind: feed.Restored, Reason: "restored from a backup"}); err != nil {
			t.Fatal(err)
		}
		head := map[string]cid.Cid{"the end held": end, "the place reserved": waiting[0].Tip.CID}[named]
		if err := p.Lift(head, feed.Restored); err != nil {
			t.Fatalf("%s: %v", named, err)
		}
		if mustTip(w) != waiting[0].Tip.CID.String() {
			t.Errorf("%s: the feed ends at %s, want the header that was reserved", named, mustTip(w))
		}
		if res := w.publish(p, delivery("b", draft(t, "+12025550124", "har.silent", 1, 1))); res.Said != 0 || res.Resumed != 1 {
			t.Errorf("%s: the publication is finished with %+v", named, res)
		}
		w.publish(p, delivery("c", draft(t, "+12025550125", "har.silent", 1, 1)))
	}
}

// A fork that is proved bars the issuer, also when it was found while the issuer was
// barred for a lesser reason, and neither its peers nor its operator lift that.
func TestAProvedForkBarsSigning(t *testing.T) {
	for _, before := range []feed.Bar{{}, {Kind: feed.Restored, Reason: "restored from a backup"}} {
		w := newWorld(t, "desk: vendor")
		p := w.publisher("desk")
		w.publish(p, delivery("a", draft(t, "+12025550123", "har.silent", 1, 1)))
		head, err := cid.Decode(mustTip(w))
		if err != nil {
			t.Fatal(err)
		}
		if before.Kind != 0 {
			if err := w.store.Bar(issuer("desk"), before); err != nil {
				t.Fatal(err)
			}
		}
		w.fork()
		for _, most := range []feed.BarKind{feed.Restored, feed.Stolen} {
			if err := p.Lift(head, most); !errors.Is(err, feed.ErrBarred) || !strings.Contains(err.Error(), "signed two batches for place 0/0") {
				t.Errorf("before %+v: lifted up to %v: %v", before, most, err)
			}
		}
		if n, err := w.publisher("desk").Recover(); n != 0 || !errors.Is(err, feed.ErrBarred) { // the node starts again
			t.Errorf("before %+v: it starts with %d, %v", before, n, err)
		}
		if bar, _, err := w.store.Barred(issuer("desk")); err != nil || bar.Kind != feed.Stolen || !strings.Contains(bar.Reason, "two headers") {
			t.Errorf("before %+v: barred by %+v, %v", before, bar, err)
		}
	}
}

// The peers lift what a restore did; that somebody else signed only a person does.
func TestWhoLiftsWhichBar(t *testing.T) {
	w := newWorld(t, "desk: vendor")
	p := w.publisher("desk")
	if err := w.store.Bar(issuer("desk"), feed.Bar{Kind: feed.Stolen, Reason: "a batch came in"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Recover(); err == nil || !strings.Contains(err.Error(), "restore lift HEAD ends the bar") {
		t.Errorf("its words: %v", err)
	}
	if err := p.Lift(cid.Undef, feed.Restored); !errors.Is(err, feed.ErrBarred) {
		t.Errorf("its peers lift it: %v", err)
	}
	if err := p.Lift(cid.Undef, feed.Stolen); err != nil {
		t.Errorf("a person does not lift it: %v", err)
	}
	w.publish(p, delivery("a", draft(t, "+12025550123", "har.silent", 1, 1)))
}
