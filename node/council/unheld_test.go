package council

import (
	"context"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// leaving is a motion that ends the vendor's issuer at a head, as it may be put to the
// regulators by anybody.
func (f *federation) leaving(head motion.AnchoredHead) ballottest.Proposal {
	f.Helper()
	key := chartertest.Issuer("vendor")
	size := f.desks["reg"].cfg.Ledger.Past().Size()
	f.Now = time.Now().Unix()
	a := &article.IssuerEnd{Issuer: key.Public(), How: article.Leave, Heads: []motion.AnchoredHead{head}}
	return f.MotionBy(key, motion.EndIssuer, f.Article(a), func(h *motion.Header) { h.BuildsOn = size })
}

// A member that leaves names a batch that nobody has. Were it in the ledger nobody could
// compute a list at that head, and so no anchor would ever come again: no regulator's node
// votes for it. One that names what is held, or comes a moment later, is voted for.
func TestNobodyVotesForAHeadThatIsNotHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		first := f.voice("vendor").flag(mobile)
		f.hear(first, "reg")
		held := motion.AnchoredHead{Issuer: f.index("vendor"), Digest: merkle.Hash(first.Tip.CID.Hash()[2:])}
		far, other := held, held
		far.Sequence, other.Digest = 1<<62, merkle.Hash{9}
		for _, c := range []struct {
			head motion.AnchoredHead
			want string
		}{{far, "council.head_not_held"}, {other, "council.head_not_held"}, {held, ""}} {
			p := f.leaving(c.head)
			a, err := f.desks["reg4"].cfg.Regulator.Submit(t.Context(), f.Propose(p, "reg4"))
			f.must(err)
			if a.Outcome != ballot.Taken {
				t.Fatalf("it is not before the regulators: %+v", a)
			}
			if c.want == "" {
				time.AfterFunc(time.Second, func() { f.hear(first, "reg2", "reg3", "reg4") })
			}
			for _, m := range []string{"reg", "reg2"} {
				f.eventually("the motion is seen", func() bool { _, err := f.desks[m].Motion(context.Background(), p.ID.String()); return err == nil })
				_, err := f.desks[m].VoteMotion(context.Background(), api.MotionVote{ID: p.ID.String(), For: true})
				if code := phrase.From(err).Code; err != nil && code != c.want || err == nil && c.want != "" {
					t.Errorf("batch %d: %s votes: %v", c.head.Sequence, m, err)
				}
			}
		}
		f.eventually("the true one is enacted", func() bool {
			r, _ := f.desks["reg"].cfg.Ledger.Standing().State.Record(chartertest.Issuer("vendor").Public())
			return r.End != nil
		})
	})
}
