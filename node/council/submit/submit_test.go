package submit

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/standing"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/memory"
)

// stale is a regulator who refuses all for one reason.
type stale struct {
	Regulator
	code enact.Code
}

func (s stale) Shows([]byte) bool { return false }

func (s stale) Submit(context.Context, []byte) (applied.Answer, error) {
	return applied.Answer{Outcome: ballot.Refused, Refusal: enact.Refuse(s.code, "as it was told")}, nil
}

// headless is a regulator who finds no leader, as without a quorum.
type headless struct{ Regulator }

func (headless) Submit(ctx context.Context, _ []byte) (applied.Answer, error) {
	<-ctx.Done()
	return applied.Answer{}, group.ErrNoLeader
}

func (headless) Status() standing.Status {
	return standing.Status{Regulators: make([]standing.Seat, 4)}
}

// Who proposes without a quorum is told so once nobody can be elected, and does not wait for
// as long as a slow link may take.
func TestNobodyLeadsIsToldSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{Regulator: headless{}, Store: memory.New(), Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		_, err = c.Submit(t.Context(), Command{Bytes: []byte{1}})
		if took := time.Since(begun); api.KindOf(err) != api.Unavailable || took > oneTime/2 {
			t.Errorf("after %v: %v", took, err)
		}
		if len(c.kept) != 0 {
			t.Error("it is submitted again, although it is told that nothing was done")
		}
	})
}

// A kept vote that another one overtook came to something; one that is refused for good
// came to nothing, and is told as that.
func TestAnOvertakenVoteIsNoRefusal(t *testing.T) {
	for code, told := range map[enact.Code]bool{enact.StaleVote: false, enact.Enacted: false, enact.Expired: true} {
		var why phrase.Phrase
		c, err := New(Config{
			Regulator: stale{code: code}, Store: memory.New(), Now: time.Now, Logger: slog.New(slog.DiscardHandler),
			Ended: func(_ cid.Cid, said phrase.Phrase) { why = said },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.keep(kept{Command: Command{Bytes: []byte{1}, Expires: time.Now().Unix() + 60}}); err != nil {
			t.Fatal(err)
		}
		c.again(t.Context())
		if len(c.kept) != 0 || why.IsZero() == told {
			t.Errorf("%s: %d wait; %q", code, len(c.kept), why.Text)
		}
	}
}

// swallower is a regulator whose leader says of each command that he took it, and lets only
// one through.
type swallower struct {
	mu      sync.Mutex
	through int // which of them; 0: none
	taken   [][]byte
}

func (s *swallower) Submit(_ context.Context, command []byte) (applied.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, command)
	return applied.Answer{Outcome: ballot.Taken}, nil
}

func (s *swallower) Shows([]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.through > 0 && len(s.taken) >= s.through
}

func (s *swallower) Status() standing.Status {
	return standing.Status{Regulators: []standing.Seat{{Leads: true}}}
}

func (s *swallower) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken)
}

func submitter(t *testing.T, r Regulator, store Store, ended func(cid.Cid, phrase.Phrase)) *Submitter {
	c, err := New(Config{Regulator: r, Store: store, Now: time.Now, Logger: slog.New(slog.DiscardHandler), Ended: ended})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A vote that the leader says he took and nobody sees is submitted again, the same bytes,
// until it shows here: who submitted it is told that it is done then, and not before.
func TestAVoteIsDoneWhenItShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leader := &swallower{through: 3}
		c := submitter(t, leader, memory.New(), nil)
		waits, err := c.Submit(t.Context(), Command{Bytes: []byte{7}, Expires: time.Now().Unix() + 600})
		if err != nil || !waits.IsZero() || len(c.kept) > 0 {
			t.Errorf("it ended with %q, %v; %d wait", waits.Text, err, len(c.kept))
		}
		if len(leader.taken) != 3 {
			t.Errorf("it was submitted %d times", len(leader.taken))
		}
		for _, b := range leader.taken {
			if string(b) != "\x07" {
				t.Errorf("%x was submitted", b)
			}
		}
	})
}

// A vote that the leader swallows for good is not told as done. It is submitted again, over
// a restart too, until another leader has it applied, or its motion is over.
func TestASwallowedVoteIsUnknown(t *testing.T) {
	for name, applied := range map[string]bool{"until another leader has it applied": true, "until its motion is over": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				leader, store := &swallower{}, memory.New()
				var why phrase.Phrase
				c := submitter(t, leader, store, nil)
				waits, err := c.Submit(t.Context(), Command{Motion: testCID(), Bytes: []byte{7}, Expires: time.Now().Unix() + 600})
				if err != nil || waits.Code != "council.unknown" {
					t.Fatalf("it ended with %q, %v", waits.Text, err)
				}
				c = submitter(t, leader, store, func(_ cid.Cid, said phrase.Phrase) { why = said })
				before := leader.times()
				ctx, stop := context.WithCancel(t.Context())
				ran := make(chan struct{})
				go func() { c.Run(ctx); close(ran) }()
				time.Sleep(time.Minute)
				if n := leader.times() - before; n < 10 {
					t.Errorf("it was submitted %d times more in a minute", n)
				}
				if _, waits := c.Waiting(testCID()); !waits {
					t.Error("it does not wait, on the leader's word")
				}
				if applied {
					leader.mu.Lock()
					leader.through = 1
					leader.mu.Unlock()
				} else {
					time.Sleep(10 * time.Minute)
				}
				time.Sleep(2 * Every)
				if _, waits := c.Waiting(testCID()); waits {
					t.Error("it waits still")
				}
				if why.IsZero() != applied {
					t.Errorf("in the end it is told %q", why.Text)
				}
				stop()
				<-ran
			})
		})
	}
}

func testCID() cid.Cid {
	return cid.MustParse("bafyreiglwd6tesgckoi3c5d6x6zyyevxoarerntwpg27sbsmpkfd4opb6u")
}
