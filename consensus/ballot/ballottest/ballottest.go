// Package ballottest carries motions in one line, for tests of whatever stands on a
// ledger: a federation of a few regulators whose keys follow from their names, and the
// commands that they would send.
//
// It is for tests alone, beside package ballot on floor 7.
package ballottest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// Federation is a federation with its regulators' keys, and a State that it drives.
type Federation struct {
	testing.TB

	Genesis *charter.Genesis
	First   ledger.Entry // entry 0
	State   *ballot.State
	Entries []ledger.Entry // what Apply made, without entry 0
	Now     int64          // Unix seconds, by which motions are dated and ticks given

	salt uint64
}

// Proposal is a motion with its items.
type Proposal struct {
	motion.Signed
	Items []motion.Opening
}

// Found founds a federation of n regulators, "reg", "reg2", "reg3" …, of the members
// "op" (an operator that holds +86138*/13), "vendor", and of what change adds. It has no
// tick yet.
func Found(t testing.TB, n int, change func(cfg *charter.FoundingConfig)) *Federation {
	t.Helper()
	members := []string{"op: operator", "vendor: vendor"}
	for i := 2; i <= n; i++ {
		members = append(members, fmt.Sprintf("reg%d: regulator", i))
	}
	cfg := chartertest.Config(t, members...)
	cfg.Grants = append(cfg.Grants, chartertest.Grant(t, "+86138*/13", "op", "", ""))
	if change != nil {
		change(&cfg)
	}
	f := &Federation{TB: t, Genesis: chartertest.Seal(t, cfg), Now: chartertest.Created + 3600}
	past, first, err := enact.Begin(f.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	f.First, f.State = first, ballot.NewState(past)
	return f
}

// Begun is Found with its first tick.
func Begun(t testing.TB, n int, change func(cfg *charter.FoundingConfig)) *Federation {
	t.Helper()
	f := Found(t, n, change)
	f.Tick()
	return f
}

// Seats returns the members whose regulators are in force.
func (f *Federation) Seats() []string {
	var all []string
	for _, seat := range f.State.Constitution().Regulators() {
		all = append(all, seat.Member)
	}
	return all
}

// Quorum returns as many of the seats as decide together.
func (f *Federation) Quorum() []string {
	seats := f.Seats()
	q, _ := checkpoint.Quorum(len(seats))
	return seats[:q]
}

// VoteKey returns the voting key that a member had at the founding.
func VoteKey(member string) keys.Private { return chartertest.Key("vote", member) }

// Motion proposes items as "op", dated Now, to be voted on for a week; what Ratify enters
// lasts for 30 days. Change comes before it is signed and may be nil; what it makes the
// proposer signs with Key.
func (f *Federation) Motion(kind motion.Kind, items [][]byte, change func(h *motion.Header)) Proposal {
	f.Helper()
	key := chartertest.Issuer("op")
	return f.MotionBy(key, kind, items, change)
}

// MotionBy is Motion by another proposer.
func (f *Federation) MotionBy(key keys.Private, kind motion.Kind, items [][]byte, change func(h *motion.Header)) Proposal {
	f.Helper()
	h := motion.Header{
		Federation: f.State.Constitution().Federation(), Kind: kind, Proposer: key.Public(), Time: f.Now, Expires: f.Now + 7*86400,
		Until: taxonomy.NeverDay, Reason: "a test",
	}
	if kind == motion.Ratify {
		h.Until = taxonomy.DayOf(f.Now) + 30
	}
	if kind.Constitutes() {
		h.Standing = f.State.Constitution().Standing()
	}
	if kind.NamesHeads() {
		h.BuildsOn = f.State.Size()
	}
	p := Proposal{Items: make([]motion.Opening, len(items))}
	for i, item := range items {
		f.salt++
		var salt [merkle.SaltSize]byte
		binary.BigEndian.PutUint64(salt[:], f.salt)
		p.Items[i] = motion.Opening{Salt: salt, Item: item}
	}
	if _, err := h.Commit(p.Items); err != nil {
		f.Fatal(err)
	}
	if change != nil {
		change(&h)
	}
	signed, err := motion.Sign(h, key)
	if err != nil {
		f.Fatal(err)
	}
	p.Signed = signed
	return p
}

// Rule returns an item that ratifies: the subject, an action and a category by their
// words.
func Rule(t testing.TB, subject, action, category string) []byte {
	t.Helper()
	r := motion.Ratification{Subject: chartertest.Range(t, subject), Grounds: motion.GroundsInvestigation}
	if err := r.Action.UnmarshalText([]byte(action)); err != nil {
		t.Fatal(err)
	}
	if err := r.Category.UnmarshalText([]byte(category)); err != nil {
		t.Fatal(err)
	}
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Label returns items that label numbers.
func Label(t testing.TB, subjects ...string) (items [][]byte) {
	t.Helper()
	for _, s := range subjects {
		items = append(items, Rule(t, s, "label", "mkt.finance.loan"))
	}
	return items
}

// Reverse returns items that revoke or stay entries.
func Reverse(indexes ...uint64) (items [][]byte) {
	for _, i := range indexes {
		items = append(items, (&motion.Reversal{Index: i}).Encode())
	}
	return items
}

// Vote is a member's first vote for a motion, by hand; change comes before it is signed
// and may be nil.
func (f *Federation) Vote(p Proposal, member string, change func(v *motion.Vote)) motion.Vote {
	f.Helper()
	return f.VoteBy(p, VoteKey(member), change)
}

// VoteBy is Vote with some key.
func (f *Federation) VoteBy(p Proposal, key keys.Private, change func(v *motion.Vote)) motion.Vote {
	f.Helper()
	v := motion.Vote{
		Federation: p.Federation, Motion: p.ID, By: key.Public(), For: true, Cast: motion.ByHand, Counter: 1, Time: f.Now,
	}
	if change != nil {
		change(&v)
	}
	v, err := v.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	return v
}

// Propose returns the command by which a member's regulator brings a motion in.
func (f *Federation) Propose(p Proposal, member string) []byte {
	f.Helper()
	v := f.Vote(p, member, nil)
	return ballot.ProposeCommand(&p.Signed, p.Items, &v)
}

// Apply applies a command and keeps the entries that it makes.
func (f *Federation) Apply(command []byte) ballot.Result {
	f.Helper()
	r := f.State.Apply(command)
	f.Entries = append(f.Entries, r.Entries...)
	return r
}

// Try brings a motion in by the first of members and has the others vote for it. It
// returns what became of the last command.
func (f *Federation) Try(p Proposal, members ...string) ballot.Result {
	f.Helper()
	r := f.Apply(f.Propose(p, members[0]))
	for _, m := range members[1:] {
		if r.Outcome != ballot.Taken {
			return r
		}
		v := f.Vote(p, m, nil)
		r = f.Apply(ballot.VoteCommand(&v))
	}
	return r
}

// Carry has a quorum vote for a motion, which must enter the ledger; it returns the
// index of its entry.
func (f *Federation) Carry(p Proposal) uint64 {
	f.Helper()
	r := f.Try(p, f.Quorum()...)
	for _, m := range f.Seats() { // a revocation takes fewer, and no more are asked
		if r.Outcome == ballot.Taken {
			v := f.Vote(p, m, nil)
			r = f.Apply(ballot.VoteCommand(&v))
		}
	}
	if r.Outcome != ballot.Entered {
		f.Fatalf("a %s motion is %s: %v", p.Kind, r.Outcome, r.Refusal)
	}
	return r.Enacted.First
}

// Times returns a tick by members, as of Now; change comes before each is signed and may
// be nil.
func (f *Federation) Times(members []string, change func(i int, t *motion.Time)) motion.Tick {
	f.Helper()
	var tick motion.Tick
	past := f.State.Past()
	last, _ := past.LastTick()
	for i, m := range members {
		one := motion.Time{Federation: past.State().Federation(), By: VoteKey(m).Public(), Unix: f.Now, Previous: last, Size: past.Size()}
		if change != nil {
			change(i, &one)
		}
		one, err := one.Sign(VoteKey(m))
		if err != nil {
			f.Fatal(err)
		}
		tick.Times = append(tick.Times, one)
	}
	slices.SortFunc(tick.Times, func(a, b motion.Time) int { return a.By.Compare(b.By) })
	return tick
}

// Tick has a quorum tell Now.
func (f *Federation) Tick() ballot.Result {
	f.Helper()
	tick := f.Times(f.Quorum(), nil)
	r := f.Apply(ballot.TickCommand(&tick))
	if r.Outcome != ballot.Entered {
		f.Fatalf("a tick is %s: %v", r.Outcome, r.Refusal)
	}
	return r
}

// Later moves Now on by seconds, a day a tick.
func (f *Federation) Later(seconds int64) {
	f.Helper()
	for seconds > 0 {
		step := min(seconds, 86400)
		f.Now, seconds = f.Now+step, seconds-step
		f.Tick()
	}
}

// Certify returns a checkpoint of the ledger as it stands, cosigned by members. Its root
// is that of nothing: a State does not look at it.
func (f *Federation) Certify(members ...string) []byte {
	f.Helper()
	c := checkpoint.Checkpoint{
		Origin: checkpoint.Origin(f.State.Constitution().Federation()),
		Tree:   checkpoint.Tree{Size: f.State.Size(), Root: merkle.EntryHash([]byte("no such ledger"))},
	}
	n, err := checkpoint.Sign(c, chartertest.Key("log", ""))
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range members {
		key := chartertest.Key("cosign", m)
		if n, err = n.With(checkpoint.Cosigner(m+".example/cosign", key.Public()), c.Cosign(key, f.Now)); err != nil {
			f.Fatal(err)
		}
	}
	return n.Bytes()
}

// Follow folds the entries as a follower does, from the genesis, and returns what it
// comes to.
func (f *Federation) Follow() *enact.Past {
	f.Helper()
	past, _, err := enact.Begin(f.Genesis)
	if err != nil {
		f.Fatal(err)
	}
	for at := 0; at < len(f.Entries); {
		enacted, err := past.Enter(f.Entries[at:])
		if err != nil {
			f.Fatalf("a follower at entry %d: %v", 1+at, err)
		}
		at = int(enacted.Size) - 1
	}
	return past
}

// Admit proposes a seat for a member, with the keys that VoteKey and Certify take.
func (f *Federation) Admit(member string) Proposal {
	f.Helper()
	vote, cosign := VoteKey(member), chartertest.Key("cosign", member)
	a := &article.RegulatorAdmission{Seat: article.Seat{
		Member: member, Jurisdiction: "CN", Vote: vote.Public(), Cosign: cosign.Public(), CosignName: member + ".example/cosign",
	}}
	return f.Motion(motion.AdmitRegulator, f.Article(a, vote, cosign), nil)
}

// Remove proposes to take a member's seat.
func (f *Federation) Remove(member string) Proposal {
	f.Helper()
	a := &article.RegulatorRemoval{Member: member, Roles: []article.Role{article.Coordinator}}
	return f.Motion(motion.RemoveRegulator, f.Article(a), nil)
}

// Article returns the items of a motion that changes the constitution, endorsed by keys.
func (f *Federation) Article(a article.Item, endorsers ...keys.Private) [][]byte {
	f.Helper()
	for _, k := range endorsers {
		if err := article.Endorse(a, f.State.Constitution().Federation(), k); err != nil {
			f.Fatal(err)
		}
	}
	items, err := article.Encode(a)
	if err != nil {
		f.Fatal(err)
	}
	return items
}
