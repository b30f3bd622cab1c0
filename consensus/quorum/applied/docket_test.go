package applied

import (
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/motion"
)

// However often it is asked for, what lies before the regulators is judged once until
// something is applied, and what was told of it before stays as it was.
func TestTheDocketIsMadeOnce(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	m := &Machine{cfg: Config{Poke: func() {}}, state: f.State}
	if d := m.Docket(); len(d.Motions) != 0 {
		t.Fatalf("%d motions lie there", len(d.Motions))
	}
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	first, second := f.Vote(p, "reg", nil), f.Vote(p, "reg2", nil)
	m.Apply(0, ballot.ProposeCommand(&p.Signed, p.Items, &first))
	once, again := m.Docket(), m.Docket()
	if len(once.Motions) != 1 || len(again.Motions) != 1 || &once.Motions[0] != &again.Motions[0] {
		t.Fatalf("it is made anew: %d motions, %d", len(once.Motions), len(again.Motions))
	}
	m.Apply(0, ballot.VoteCommand(&second))
	if d := m.Docket(); len(d.Motions) != 1 || len(d.Motions[0].For) != 2 || len(once.Motions[0].For) != 1 {
		t.Errorf("after a second vote %v are for it, before %v", d.Motions[0].For, once.Motions[0].For)
	}
}
