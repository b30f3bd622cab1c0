package quorum

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// Status is where the regulators stand, as this one sees it: values for people and
// programs.
type Status struct {
	Running    bool
	Member     string // whose seat this regulator has; empty for none
	Generation uint64
	Record     string // that began the generation, in hexadecimal; empty of the first

	Certified checkpoint.Tree // as it is followed here; zero before the first
	Fresh     int64           // Unix seconds, since when it is known to stand
	Applied   uint64          // entries, those that are not certified included
	Backlog   uint64          // so many of them may wait, before motions and votes are refused

	Regulators []SeatStatus // in the charter's order
	Quorum     int
	Live       int  // regulators that cosigned the newest checkpoint lately
	Margin     int  // so many of them may go and all goes on; below 0 nothing is certified
	Alarm      bool // one more loss would stop the quorum, or it has stopped

	Silence Silence // why this regulator says nothing; empty if it does
	Why     string  // the same, in English
	Trouble string  // why the ledger is no longer followed, in English; empty if it is

	Reports, Locks, Cosignatures []Agreed // of trees that are not certified, the largest first
	Diverging                    bool     // regulators report different trees of one size: somebody was told another story
	Conflicts                    []Lie

	Realign RealignStatus
}

// SeatStatus is one regulator as this one sees it.
type SeatStatus struct {
	Member   string
	Host     keys.Public
	Self     bool
	Leads    bool  // Raft, as far as is known here
	Voter    bool  // of Raft
	Cosigned int64 // Unix seconds, when it last cosigned the newest checkpoint; 0: never
	Live     bool
	Lag      uint64    // entries that it spoke of last are behind what is certified; 0 also when it never spoke
	Heard    time.Time // zero: not since this regulator began
	Lied     bool
}

// Silence is why a regulator says nothing; the values are stable.
type Silence string

// The silences.
const (
	SilentLost         Silence = "lost"         // what it signed is not known: it needs a new cosigning key
	SilentBroken       Silence = "broken"       // the disk did not keep what it was to say
	SilentContradicted Silence = "contradicted" // its log is not what was certified: until the next realignment
	SilentRewritten    Silence = "rewritten"    // its log is not what it reported: as above
	SilentPromised     Silence = "promised"     // to another generation
)

// Agreed is who says the same of a tree.
type Agreed struct {
	Tree    checkpoint.Tree
	Members []string
}

// Lie is evidence against a regulator: two words that no honest one says both.
type Lie struct {
	Member   string // empty when the key is no regulator's any more
	Key      keys.Public
	Evidence certify.Conflict
}

// RealignStatus is how far another generation is.
type RealignStatus struct {
	Promised uint64 // what this regulator promised itself to; 0 for none to come
	Promises []PromiseStatus
	Needed   int    // promises for one generation
	Begun    uint64 // the generation that others have begun without this regulator, 0 for none: it is to be agreed to
	Joining  uint64 // the generation that this regulator is about to begin; 0 for none
	Start    checkpoint.Tree
}

// PromiseStatus is a promise to begin another generation.
type PromiseStatus struct {
	Member    string
	Number    uint64
	Locked    checkpoint.Tree // that it shows; zero for none
	Certified checkpoint.Tree
}

// contact is when a regulator was last heard, and the largest size that it spoke of.
type contact struct {
	at   time.Time
	size uint64
}

func (r *Regulator) heardFrom(host keys.Public, size uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard[host] = contact{r.cfg.Now(), max(r.heard[host].size, size)}
}

// liveFor is how old the last cosignature of a regulator may be that is there: it comes
// anew each minute.
const liveFor = 2*anewEvery + anewEvery/2

// Status returns where the regulators stand.
func (r *Regulator) Status() Status {
	standing := r.follower.Standing()
	s := Status{Certified: standing.Note.Tree, Fresh: standing.Fresh, Backlog: r.cfg.Backlog}
	if standing.Trouble != nil {
		s.Trouble = standing.Trouble.Error()
	}
	now := r.now.Load()
	if now == nil {
		return s
	}
	s.Running = true
	c, m := now.certifier.Status(), now.machine
	state := m.Constitution()
	s.Generation, s.Applied = c.State.Generation.Number, m.Size()
	if now.record != nil {
		s.Record = c.State.Generation.Record.String()
	}
	r.lies(&s, state)
	r.seats(&s, now, &c, state)
	s.Silence, s.Why = silence(m, &c, now.certifier.Silent())
	s.Reports, s.Locks, s.Cosignatures = agreed(state, &c, certify.Reported), agreed(state, &c, certify.Locked), agreed(state, &c, certify.Cosigned)
	for i := range s.Reports[:max(len(s.Reports)-1, 0)] {
		s.Diverging = s.Diverging || s.Reports[i].Tree.Size == s.Reports[i+1].Tree.Size
	}
	r.realignment(&s, now, &c.State, state)
	return s
}

func memberOf(s *charter.State, cosigns keys.Public) string {
	for _, seat := range s.Regulators() {
		if seat.Cosign == cosigns {
			return seat.Member
		}
	}
	return ""
}

func (r *Regulator) lies(s *Status, state *charter.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.evidence {
		s.Conflicts = append(s.Conflicts, Lie{memberOf(state, l.First.By.Key), l.First.By.Key, l})
	}
}

// seats tells of each regulator, and how many may go.
func (r *Regulator) seats(s *Status, now *run, c *certify.Status, state *charter.State) {
	raft, at := now.group.Status(), r.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, seat := range state.Regulators() {
		host, _ := applied.HostOf(state, seat.Member)
		heard := r.heard[host]
		one := SeatStatus{
			Member: seat.Member, Host: host, Self: host == r.cfg.Host, Leads: host == raft.Leader, Cosigned: c.Cosigned[seat.Cosign], Heard: heard.at,
		}
		for _, m := range raft.Members {
			one.Voter = one.Voter || m.Host == host && m.Voter
		}
		if heard.size > 0 && heard.size < s.Certified.Size {
			one.Lag = s.Certified.Size - heard.size
		}
		one.Live = one.Cosigned > 0 && at.Sub(time.Unix(one.Cosigned, 0)) <= liveFor
		one.Lied = slices.ContainsFunc(s.Conflicts, func(l Lie) bool { return l.Key == seat.Cosign })
		if one.Self {
			s.Member = seat.Member
		}
		if one.Live {
			s.Live++
		}
		s.Regulators = append(s.Regulators, one)
	}
	s.Quorum = state.Cosigners().Quorum()
	s.Margin = s.Live - s.Quorum
	s.Alarm = s.Margin <= 0
}

// silence is why nothing is said here.
func silence(m *applied.Machine, c *certify.Status, silent error) (Silence, string) {
	root, applied := m.Root(c.Newest.Size)
	switch {
	case errors.Is(silent, certify.ErrLost):
		return SilentLost, silent.Error() + "; it comes back with a new cosigning key"
	case silent != nil:
		return SilentBroken, silent.Error()
	case applied && c.Newest.Size > 0 && root != c.Newest.Root:
		return SilentContradicted, "what was certified contradicts what was applied here: somebody told this regulator another story; it goes on with the next realignment"
	case c.State.Promised > c.State.Generation.Number:
		return SilentPromised, "it is promised to another generation, which begins when a quorum is"
	case c.Held[certify.Reported] == cosign.Rewritten && m.Size() >= said(&c.State):
		return SilentRewritten, "what was applied here is not what it reported: somebody rewrote its log; it goes on with the next realignment"
	}
	return "", ""
}

// said is the largest size of which a regulator has said anything in its generation.
func said(s *cosign.State) uint64 {
	size := max(s.Start.Size, s.Settled.Size, s.Cosigned.Size, s.Locked.Tree.Size)
	if n := len(s.Reported); n > 0 {
		size = max(size, s.Reported[n-1].Size)
	}
	return size
}

// agreed is who says what of trees above the newest checkpoint.
func agreed(state *charter.State, c *certify.Status, saying certify.Saying) (all []Agreed) {
	for tree, by := range c.Said[saying] {
		if tree.Size <= c.Newest.Size {
			continue
		}
		a := Agreed{Tree: tree}
		for _, key := range by {
			a.Members = append(a.Members, memberOf(state, key))
		}
		slices.Sort(a.Members)
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Agreed) int {
		return cmp.Or(cmp.Compare(b.Tree.Size, a.Tree.Size), slices.Compare(a.Tree.Root[:], b.Tree.Root[:]))
	})
	return all
}

func (r *Regulator) realignment(s *Status, now *run, own *cosign.State, state *charter.State) {
	s.Realign.Needed = s.Quorum
	if own.Promised > own.Generation.Number {
		s.Realign.Promised = own.Promised
	}
	for _, p := range now.certifier.Promises() {
		s.Realign.Promises = append(s.Realign.Promises, PromiseStatus{memberOf(state, p.By.Key), p.Number, p.Lock.Tree, p.Certified})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown != nil && r.shown.Generation.Number > own.Generation.Number {
		s.Realign.Begun = r.shown.Generation.Number
	}
	if r.joining != nil {
		s.Realign.Joining, s.Realign.Start = r.joining.record.Generation.Number, r.joining.record.Start
	}
}
