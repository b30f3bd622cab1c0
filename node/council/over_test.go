package council

import (
	"errors"
	"fmt"
	"github.com/ipfs/go-cid"
	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/council/words"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/node/council/letter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// Who comes too late to vote is told what became of the motion, whether he voted or not.
func TestWhatIsDecidedIsToldToWhoVotes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		vote := func(member, id string) string {
			_, err := f.desks[member].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
			var e *api.Error
			if !errors.As(err, &e) {
				return fmt.Sprint(err)
			}
			return e.Code + " " + e.Message
		}
		m := f.carry(ratify("label", mobile), "reg", "reg2", "reg3")
		want := fmt.Sprintf("council.over_enacted the motion is enacted, as entry %d of the ledger", m.Parts[0].First)
		for _, member := range []string{"reg2", "reg4"} {
			if got := vote(member, m.ID); !strings.HasPrefix(got, want) {
				t.Errorf("%s votes on what is enacted: %q, want %q", member, got, want)
			}
		}
		want = fmt.Sprintf("motion %s is enacted, as entry %d", m.ID[:20], m.Parts[0].First)
		if got := f.desks["reg4"].missing(m.ID[:20], nil); !strings.HasPrefix(fmt.Sprint(got), want) {
			t.Errorf("what is not listed any more: %q, want %q", got, want)
		}
		id, err := cid.Decode(m.ID)
		f.must(err)
		for code, want := range map[enact.Code]string{enact.Expired: "expired before", enact.Revoked: "was refused before", enact.StaleVote: "is enacted"} {
			got := f.desks["reg4"].missing(m.ID, []ballot.Record{{Motion: id, Refusal: enact.Refusal{Code: code, Words: "it is why"}}})
			if !strings.Contains(fmt.Sprint(got), want) || api.KindOf(got) != api.NotFound {
				t.Errorf("%s: %v, want %q", code, got, want)
			}
		}
		made, err := f.desks["reg"].ProposeMotion(t.Context(), ratify("label", "+8613800138001"))
		f.must(err)
		f.everywhere(made.Motion.ID, api.MotionOpen)
		_, err = f.desks["reg"].WithdrawMotion(t.Context(), made.Motion.ID)
		f.must(err)
		f.everywhere(made.Motion.ID, api.MotionWithdrawn)
		if got := vote("reg4", made.Motion.ID); !strings.HasPrefix(got, "council.over_withdrawn ") {
			t.Errorf("a vote on what was withdrawn: %q", got)
		}
	})
}

// A motion that is enacted tells what it took then: one that seats a regulator or takes one
// away changes that for those after it. One that lies in an inbox tells it as well.
func TestAMotionTellsWhatItTook(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 5)
		defer f.close()
		now := time.Now().Unix()
		p := f.MotionBy(chartertest.Issuer("op"), motion.RemoveRegulator, f.Article(&article.RegulatorRemoval{Member: "reg5", Roles: []article.Role{article.Coordinator}}), func(h *motion.Header) { h.Time, h.Expires = now, now+86400 })
		l, err := letter.Motion(&p.Signed, p.Items)
		f.must(err)
		id := l.ID.String()
		if s := f.desks["reg"].Take(&l, letter.Bearer{Member: "op"}); s.State != letter.Inbox {
			t.Fatalf("it is not taken: %+v", s)
		}
		all, err := f.desks["reg"].Motions(t.Context(), api.MotionQuery{})
		if err != nil || len(all.Motions) != 1 || all.Motions[0].State != api.MotionInbox || all.Motions[0].Needed != 4 || all.Motions[0].Missing != 4 || all.Motions[0].Hands != 4 {
			t.Errorf("in the inbox: %+v, %v", all.Motions, err)
		}
		_, err = f.desks["reg"].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
		f.must(err)
		for _, member := range []string{"reg2", "reg3", "reg4"} {
			f.eventually(member+" votes", func() bool {
				_, err := f.desks[member].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
				return err == nil
			})
		}
		f.eventually("it is enacted", func() bool {
			m, err := f.desks["reg"].Motion(t.Context(), id)
			return err == nil && m.State == api.MotionEnacted
		})
		m, err := f.desks["reg"].Motion(t.Context(), id)
		if f.must(err); len(f.desks["reg"].state().Regulators()) != 4 || len(m.For) != 4 || m.Effect.Votes != 4 || m.Effect.Hands != 4 {
			t.Errorf("of %d regulators, carried by %v: it took %d votes, %d by hand", len(f.desks["reg"].state().Regulators()), m.For, m.Effect.Votes, m.Effect.Hands)
		}
	})
}

// Whose key has ended is still the member that proposed.
func TestWhoProposedIsToldAfterTheKeyEnded(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	issuer := chartertest.Issuer("op").Public()
	if got := words.Proposer(f.State.Constitution(), issuer); got != "op" {
		t.Fatalf("in force: %q", got)
	}
	f.Carry(f.Motion(motion.EndIssuer, f.Article(&article.IssuerEnd{Issuer: issuer, How: article.Expel}), nil))
	f.Carry(f.MotionBy(ballottest.VoteKey("reg"), motion.RemoveRegulator, f.Article(&article.RegulatorRemoval{Member: "reg4", Roles: []article.Role{article.Coordinator}}), nil))
	s := f.State.Constitution()
	if words.MemberOf(s, issuer) != "" || words.MemberOf(s, ballottest.VoteKey("reg4").Public()) != "" {
		t.Fatal("the keys have not ended")
	}
	for key, want := range map[keys.Public]string{issuer: "op", ballottest.VoteKey("reg4").Public(): "reg4", chartertest.Key("vote", "nobody").Public(): ""} {
		if got := words.Proposer(s, key); got != want {
			t.Errorf("%s proposed for %q, want %q", key.Short(), got, want)
		}
	}
}
