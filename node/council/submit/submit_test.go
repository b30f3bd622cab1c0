package submit

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum/applied"
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
