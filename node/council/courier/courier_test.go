package courier_test

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/council/courier"
	"ringfence/node/council/letter"
	"ringfence/node/overlay"
	"ringfence/node/overlay/desk"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// tray is a regulator's desk that takes everything and says who brought it.
type tray struct {
	mu    sync.Mutex
	from  map[cid.Cid]letter.Bearer
	taken []cid.Cid // back
}

func (d *tray) Take(l *letter.Letter, by letter.Bearer) letter.Standing {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.from[l.ID] = by
	return letter.Standing{ID: l.ID, State: letter.Inbox}
}

func (d *tray) Tell(ids []cid.Cid) (all []letter.Standing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		s := letter.Standing{ID: id}
		if _, ok := d.from[id]; ok {
			s.State = letter.Inbox
		}
		all = append(all, s)
	}
	return all
}

func (d *tray) TakeBack(_ context.Context, w *motion.Withdrawal) letter.Standing {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.from, w.Motion)
	d.taken = append(d.taken, w.Motion)
	return letter.Standing{ID: w.Motion, State: letter.Withdrawn}
}

func (d *tray) broughtBy(id cid.Cid) (by letter.Bearer, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	by, ok = d.from[id]
	return by, ok
}

// net is the nodes of a regulator and of an operator, on loopback.
type net struct {
	*ballottest.Federation
	state   *charter.State
	tray    *tray
	op      *courier.Courier
	address string // of the operator's
}

func connect(t *testing.T) *net {
	t.Helper()
	n := &net{Federation: ballottest.Begun(t, 1, nil), tray: &tray{from: make(map[cid.Cid]letter.Bearer)}}
	n.state = n.State.Constitution()
	log := slog.New(slog.DiscardHandler)
	var first []string
	for _, id := range []string{"reg", "op"} {
		key := chartertest.Key("host", id)
		c := courier.New(courier.Config{State: func() *charter.State { return n.state }, Self: key.Public(), Logger: log})
		o, _ := overlaytest.Start(t, overlay.Config{
			Key: key, Federation: n.state.Federation(), Roster: n.state, Listen: []string{"127.0.0.1:0"}, Bootstrap: first, Name: "test", Version: "test",
			Hosts: func() []keys.Public {
				return []keys.Public{chartertest.Key("host", "reg").Public(), chartertest.Key("host", "op").Public()}
			},
			Genesis: func() []byte { return nil },
		}, func(o *overlay.Overlay) {
			if id == "reg" {
				c.Serve(o, n.tray)
			} else {
				c.Serve(o, nil)
			}
		})
		ctx, stop := context.WithCancel(context.Background())
		t.Cleanup(stop)
		go c.Run(ctx, o)
		n.op, first = c, o.Addresses()
		overlaytest.Within(t, time.Minute, "it is reached by TCP", func() bool {
			for _, a := range o.Addresses() {
				if strings.Contains(a, "/tcp/") {
					n.address = a
				}
			}
			return n.address != ""
		})
		if id == "op" {
			overlaytest.Within(t, time.Minute, "both are connected", func() bool { return len(o.Neighbours()) == 1 })
		}
	}
	return n
}

// stranger asks a question over the operator's node, by a key that nobody knows.
func (n *net) stranger(talk func(desk.Line) error) error {
	return desk.Talk(context.Background(), desk.AskConfig{Address: n.address, Version: "test"}, overlay.ProtocolsOf(n.state.Federation()).Propose, talk)
}

func (n *net) asks(q *letter.Question) (all []letter.Standing, err error) {
	err = n.stranger(func(line desk.Line) error {
		all, err = courier.Converse(line, time.Now().Add(10*time.Second), q, n.state.Federation())
		return err
	})
	return all, err
}

func (n *net) motion() *letter.Letter {
	p := n.MotionBy(chartertest.Issuer("op"), motion.Ratify, ballottest.Label(n, "+8613800138000"), nil)
	l, err := letter.Motion(&p.Signed, p.Items)
	if err != nil {
		n.Fatal(err)
	}
	return &l
}

func (n *net) request(it string) *letter.Letter {
	l, err := letter.Request(chartertest.Admission(n, n.state, it, "operator"), n.state.Federation())
	if err != nil {
		n.Fatal(err)
	}
	return &l
}

// A stranger's request is carried to the regulator and charged to the member whose node
// carries it; nothing else of his is, and what is no question gets no answer.
func TestStrangersAreCarriedForAdmissionAlone(t *testing.T) {
	n := connect(t)
	r := n.request("late")
	all, err := n.asks(&letter.Question{Letter: r.Bytes()})
	if err != nil || len(all) != 1 || all[0].State != letter.Inbox {
		t.Fatalf("a request: %+v, %v", all, err)
	}
	if from, ok := n.tray.broughtBy(r.ID); !ok || from.Member != "op" || len(from.Place) != letter.PlaceSize {
		t.Errorf("it is charged to %q, %t", from, ok)
	}
	if all, err = n.asks(&letter.Question{IDs: []cid.Cid{r.ID}}); err != nil || len(all) != 1 || all[0].State != letter.Inbox {
		t.Errorf("how it stands: %+v, %v", all, err)
	}
	m := n.motion()
	if all, err := n.asks(&letter.Question{Letter: m.Bytes()}); err == nil {
		t.Errorf("a member's motion from a stranger: %+v", all)
	}
	w, err := motion.Withdrawal{Federation: n.state.Federation(), Motion: m.ID, By: m.Matter.Proposer, Time: 1}.Sign(chartertest.Issuer("op"))
	if err != nil {
		t.Fatal(err)
	}
	if all, err := n.asks(&letter.Question{Withdrawal: w.Bytes()}); err == nil {
		t.Errorf("a withdrawal from a stranger: %+v", all)
	}
	if _, ok := n.tray.broughtBy(m.ID); ok {
		t.Error("a stranger's motion lies with the regulator")
	}
	for name, b := range map[string][]byte{
		"junk":             append(binary.BigEndian.AppendUint32(nil, 4), 1, 2, 3, 4),
		"more than is due": binary.BigEndian.AppendUint32(nil, letter.MaxSmall+1),
	} {
		err := n.stranger(func(line desk.Line) error {
			if err := line.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				return err
			}
			if _, err := line.Write(b); err != nil {
				return nil // it is closed already
			}
			if got, err := overlay.ReadFrame(line, letter.MaxAnswer); err == nil {
				return errors.New(string(got))
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s is answered: %v", name, err)
		}
	}
}

// A member's letter reaches the regulator's node; it lies in the outbox until it is known
// what became of it, over a restart.
func TestAMembersLetterReachesTheRegulator(t *testing.T) {
	n := connect(t)
	store, m := memory.New(), n.motion()
	clock := func() time.Time { return time.Unix(n.Now, 0) }
	out, err := courier.NewOutbox(n.op, store, clock)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Send(context.Background(), []letter.Letter{*m}); err != nil {
		t.Fatal(err)
	}
	if from, ok := n.tray.broughtBy(m.ID); !ok || from != (letter.Bearer{Member: "op"}) {
		t.Errorf("it is brought by %q, %t", from, ok)
	}
	if all := out.Sent(); len(all) != 1 || all[0].State != letter.Inbox || len(all[0].With) != 1 || all[0].With[0] != "reg" {
		t.Errorf("sent: %+v", all)
	}
	again, err := courier.NewOutbox(n.op, store, clock)
	if err != nil || len(again.Sent()) != 1 {
		t.Fatalf("after a restart: %+v, %v", again.Sent(), err)
	}
	again.Done(func(id cid.Cid) bool { return id.Equals(m.ID) })
	if last, err := courier.NewOutbox(n.op, store, clock); err != nil || len(last.Sent()) != 0 {
		t.Errorf("what is done with: %+v, %v", last.Sent(), err)
	}
}

// What was taken back is brought to no regulator again, also after a restart; the withdrawal
// is, for those that were not reached and still hold the letter.
func TestAWithdrawalIsBroughtUntilTheLetterExpires(t *testing.T) {
	n := connect(t)
	store, m := memory.New(), n.motion()
	clock := func() time.Time { return time.Unix(n.Now, 0) }
	out, err := courier.NewOutbox(n.op, store, clock)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Send(context.Background(), []letter.Letter{*m}); err != nil {
		t.Fatal(err)
	}
	w, err := motion.Withdrawal{Federation: n.state.Federation(), Motion: m.ID, By: m.Matter.Proposer, Time: 1}.Sign(chartertest.Issuer("op"))
	if err != nil {
		t.Fatal(err)
	}
	if s := out.Withdraw(context.Background(), &w); s.State != letter.Withdrawn {
		t.Fatalf("%+v", s)
	}
	n.tray.mu.Lock()
	n.tray.from[m.ID], n.tray.taken = letter.Bearer{Member: "op"}, nil // as on the node of one that was away
	n.tray.mu.Unlock()
	again, err := courier.NewOutbox(n.op, store, clock)
	if err != nil || len(again.Sent()) != 1 || again.Sent()[0].State != letter.Withdrawn {
		t.Fatalf("after a restart: %+v, %v", again.Sent(), err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go again.Run(ctx)
	overlaytest.Within(t, time.Minute, "the withdrawal is brought twice more", func() bool {
		n.tray.mu.Lock()
		defer n.tray.mu.Unlock()
		return len(n.tray.taken) > 1
	})
	if _, lies := n.tray.broughtBy(m.ID); lies {
		t.Error("what was taken back lies with the regulator")
	}
	stop()
	last, err := courier.NewOutbox(n.op, store, func() time.Time { return time.Unix(m.Matter.Expires+1, 0) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop = context.WithCancel(context.Background())
	defer stop()
	go last.Run(ctx)
	overlaytest.Within(t, time.Minute, "what expired is forgotten", func() bool { return len(last.Sent()) == 0 })
	left := 0
	for _, space := range []string{"outbox", "outbox-back"} {
		if err := store.List(space, func(string, []byte) error { left++; return nil }); err != nil || left != 0 {
			t.Errorf("%d are kept, %v", left, err)
		}
	}
}

// What several regulators say of one letter is told once: the furthest of it, with all
// votes.
func TestTogether(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	a, b := f.Vote(p, "reg", nil), f.Vote(p, "reg2", nil)
	newer := f.Vote(p, "reg", func(v *motion.Vote) { v.Counter += 9; v.For = false })
	one := courier.Together(p.ID, []letter.Standing{
		{ID: p.ID, State: letter.Inbox},
		{ID: p.ID, State: letter.Tabled, Motion: p.ID, Needed: 3, Votes: []motion.Vote{a}},
		{ID: p.ID, State: letter.Tabled, Motion: p.ID, Needed: 3, Votes: []motion.Vote{b, newer}},
		{ID: f.State.Constitution().Federation(), State: letter.Entered},
	})
	if one.State != letter.Tabled || one.Needed != 3 || len(one.Votes) != 2 || one.Votes[0].For || one.Votes[1].By != b.By {
		t.Errorf("%+v", one)
	}
}

// Two regulators may know of a request by two motions that do what it asks for. What goes
// back to who asked is about one of them, with its votes alone: an answer that mixes them
// is none.
func TestTogetherIsAboutOneMotion(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	federation := f.State.Constitution().Federation()
	p, other := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), f.Motion(motion.Ratify, ballottest.Label(t, "+8613900139000"), nil)
	asked := letter.Standing{ID: federation, State: letter.Tabled, Needed: 3}
	one, two := asked, asked
	one.Motion, one.Votes = p.ID, []motion.Vote{f.Vote(p, "reg", nil)}
	two.Motion, two.Votes = other.ID, []motion.Vote{f.Vote(other, "reg", func(v *motion.Vote) { v.Counter += 9 }), f.Vote(other, "reg2", nil)}
	got := courier.Together(federation, []letter.Standing{one, two})
	if !got.Motion.Equals(p.ID) || len(got.Votes) != 1 || !got.Votes[0].Motion.Equals(p.ID) {
		t.Errorf("%+v", got)
	}
	if _, err := letter.DecodeAnswer(letter.EncodeAnswer([]letter.Standing{got}), federation); err != nil {
		t.Errorf("who asked cannot read it: %v", err)
	}
}
