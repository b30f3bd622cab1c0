package submit

import (
	"context"
	"log/slog"
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
