package charter

import (
	"iter"
	"math"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter/article"
	"ringfence/store/charter/ordered"
	"ringfence/store/keys"
	"ringfence/store/number"
)

// MemberIndex is a member's place in the roster. It never changes in the life
// of a federation: the members of the genesis charter come first, by ID; whom
// the ledger admits later follows in the ledger's order. It is never given to
// another, nor is a member's ID.
type MemberIndex uint16

// nobody is the index of no member.
const nobody MemberIndex = math.MaxUint16

// State is the constitution as the ledger stands at one size, indexed for
// questions. It never changes and is safe for concurrent use; what it returns
// by pointer or slice must not be changed. Two nodes that hold the same ledger
// prefix have the same State.
//
// At makes the first one, of size 1. What the ledger enacts later makes the
// next State from the one before (Enact): both go through the same draft, so
// that no question has two implementations. A State shares with the one before
// what did not change, and knows all before it (At).
type State struct {
	*constitution
	size uint64
}

// constitution is what stands from one ledger size to the next change.
type constitution struct {
	founding   *Charter // as it was founded; what no motion changes is read there
	federation cid.Cid
	since      uint64                             // ledger size from which it stands
	past       ordered.Map[uint64, *constitution] // those before it, by since
	members    ordered.Map[MemberIndex, *member]  // all who are or were
	sitting    int                                // how many of them are members still
	ids        ordered.Map[string, MemberIndex]   // of all who are or were members
	groups     ordered.Map[string, uint16]        // by name
	groupNames ordered.Map[uint16, string]        // the inverse
	issuers    ordered.Map[keys.Public, uint32]   // place in the roster
	roster     ordered.Map[uint32, *IssuerRecord] // all that are or were
	uses       ordered.Map[keys.Public, use]      // of all keys but issuers, ended ones too
	grants     keyIndex[*grant]
	granted    int // how many grants that are

	*board
}

// member is a member with what it is worth.
type member struct {
	Member
	roles  roles
	weight uint16
	group  uint16
	end    *MemberEnd
}

// grant is a Grant with its members looked up; nobody where it names none.
type grant struct {
	Grant
	allocatee, resoldTo, server MemberIndex
}

func (g *grant) has(m MemberIndex) bool {
	return m == g.allocatee || m == g.resoldTo || m == g.server
}

// Federation returns the federation's ID.
func (s *State) Federation() cid.Cid { return s.federation }

// Name returns the federation's name.
func (s *State) Name() string { return s.founding.Name }

// LogKey returns the key of the ledger's own signature.
func (s *State) LogKey() keys.Public { return s.founding.LogKey }

// Size returns the ledger size at which s stands; 1 is the genesis alone.
func (s *State) Size() uint64 { return s.size }

// Grown returns the same constitution at a larger ledger size.
func (s *State) Grown(size uint64) *State { return &State{s.constitution, max(size, s.size)} }

// At returns the constitution at a ledger size from 1 to that of s: s knows its own
// history. False for other sizes.
func (s *State) At(size uint64) (*State, bool) {
	switch {
	case size == 0 || size > s.size:
		return nil, false
	case size >= s.since:
		return &State{s.constitution, size}, true
	}
	c, ok := s.past.Floor(size)
	return &State{c, size}, ok
}

// Charter returns the constitution in full, as the genesis charter would be
// written if it were founded as it now stands: of the founders those who are
// members. It is written anew each time.
func (s *State) Charter() *Charter {
	c := *s.founding
	c.Founders = slices.DeleteFunc(slices.Clone(c.Founders), func(f Founder) bool {
		_, ok := s.MemberByID(f.Member)
		return !ok
	})
	c.Regulators, c.Members, c.Grants = s.seats, nil, nil
	c.Policy, c.Taxonomy, c.Protected = s.setting.Policy, s.setting.Taxonomy, s.setting.Protected
	for _, m := range s.Members() {
		c.Members = append(c.Members, *m)
	}
	seen := make(map[*grant]bool)
	for _, g := range s.grants.at.All() {
		if !seen[g] {
			seen[g] = true
			c.Grants = append(c.Grants, g.Grant)
		}
	}
	c.Regulators = slices.Clone(c.Regulators)
	c.Protected = slices.Clone(c.Protected)
	c.Policy.MemberWeights = slices.Clone(c.Policy.MemberWeights)
	c.Normalize()
	return &c
}

// Host looks up the member whose node has the libp2p identity k.
func (s *State) Host(k keys.Public) (MemberIndex, bool) {
	if u, _ := s.uses.Get(k); u.ended != 0 {
		return nobody, false
	}
	return s.HostEver(k)
}

// FirstHost returns the host that m has had for the longest without a break, of those that
// came together the smallest key; false of a member without any.
func (s *State) FirstHost(m MemberIndex) (first keys.Public, ok bool) {
	var since uint64
	if one, sits := s.members.Get(m); sits {
		for _, k := range one.Hosts { // they ascend
			if u, _ := s.uses.Get(k); !ok || u.since < since {
				first, since, ok = k, u.since, true
			}
		}
	}
	return first, ok
}

// HostEver looks up the member whose node has, or once had, the libp2p identity k.
func (s *State) HostEver(k keys.Public) (MemberIndex, bool) {
	u, ok := s.uses.Get(k)
	if !ok || u.purpose != article.ForHost {
		return nobody, false
	}
	return u.member, true
}

// Members yields the members in the order of the roster; not those who left.
func (s *State) Members() iter.Seq2[MemberIndex, *Member] {
	return func(yield func(MemberIndex, *Member) bool) {
		for i, m := range s.members.All() {
			if m.end == nil && !yield(i, &m.Member) {
				return
			}
		}
	}
}

// Member returns the member at m, one that left as it was at last, without issuers;
// nil when the roster has none there.
func (s *State) Member(m MemberIndex) *Member {
	if one, ok := s.members.Get(m); ok {
		return &one.Member
	}
	return nil
}

// MemberByID looks up a member by its ID; not one that left.
func (s *State) MemberByID(id string) (MemberIndex, bool) {
	if m, ok := s.ids.Get(id); ok && s.IsMember(m) {
		return m, true
	}
	return nobody, false
}

// IsMember reports whether m is a member at this size.
func (c *constitution) IsMember(m MemberIndex) bool {
	one, ok := c.members.Get(m)
	return ok && one.end == nil
}

// End returns how a member left; false when it has not, or never was one.
func (s *State) End(m MemberIndex) (MemberEnd, bool) {
	if one, ok := s.members.Get(m); ok && one.end != nil {
		return *one.end, true
	}
	return MemberEnd{}, false
}

// Group returns the index of m's independence group, from 0 in the order in
// which the ledger first names them; it never changes. Members of one group
// count once.
func (s *State) Group(m MemberIndex) uint16 {
	if one, ok := s.members.Get(m); ok {
		return one.group
	}
	return 0
}

// GroupName returns the charter's word for a group; "" for an unknown index.
func (s *State) GroupName(group uint16) string {
	name, _ := s.groupNames.Get(group)
	return name
}

// Weight returns what a flag of m is worth, in permille: the member's own
// weight if the policy names one, else the highest of its roles that may flag;
// 0 when none of them may. What a member that left keeps standing is worth what
// its last roles are.
func (s *State) Weight(m MemberIndex) uint16 {
	if one, ok := s.members.Get(m); ok {
		return one.weight
	}
	return 0
}

// May reports whether a role of m may say kind at all. For reassign, contest,
// resource and authorize the tie to the number decides besides: see SpeaksFor
// and Allocatee. For retract and answer the tie to what they undo or answer
// does, which the caller knows. Who left may say nothing.
func (s *State) May(m MemberIndex, kind assertion.Kind) bool {
	one, ok := s.members.Get(m)
	return ok && one.end == nil && one.roles.may(kind)
}

// Allocatee returns the member to whom n's range was allocated: that of the
// grant with the longest prefix.
func (s *State) Allocatee(n number.Number) (MemberIndex, bool) {
	if g, ok := s.grants.find(n.Range()); ok {
		return g.allocatee, true
	}
	return nobody, false
}

// Server returns the operator that serves n now as far as grants tell: whom
// the grant names as host, else its allocatee. A reseller without a switch is
// carried by the allocatee unless the grant says otherwise; one that has its
// own is named as host. Porting is told by statements and known to the view.
func (s *State) Server(n number.Number) (MemberIndex, bool) {
	if g, ok := s.grants.find(n.Range()); ok {
		return g.server, true
	}
	return nobody, false
}

// SpeaksFor reports whether m may act for the user of every number of r: as the
// allocatee, as the reseller whose customer the user is, or as the server. For
// each number the grant with the longest prefix tells.
func (s *State) SpeaksFor(m MemberIndex, r number.Range) bool {
	if r.IsZero() || m == nobody {
		return false
	}
	for key := range r.Keys() {
		g, ok := s.grants.find(key)
		if !s.speaks(m, key, ok && g.has(m), s.grants.inside(key)) {
			return false
		}
	}
	return true
}

// speaks reports whether m speaks for every number of key, where the keys of
// grants inside it tell otherwise than rest, which tells of all the others.
func (s *State) speaks(m MemberIndex, key number.Range, rest bool, inside []number.Range) bool {
	others := key.Size()
	for len(inside) > 0 {
		one := inside[0]
		last := one.Last()
		end := slices.IndexFunc(inside[1:], func(k number.Range) bool { return k.First().Compare(last) > 0 })
		if end < 0 {
			end = len(inside) - 1
		}
		g, _ := s.grants.at.Get(one)
		if !s.speaks(m, one, g.has(m), inside[1:1+end]) {
			return false
		}
		others -= one.Size()
		inside = inside[1+end:]
	}
	return rest || others == 0
}

// Protected reports whether every number of r lies inside a protected range.
func (s *State) Protected(r number.Range) bool {
	if r.IsZero() {
		return false
	}
	for key := range r.Keys() {
		if _, ok := s.protected.find(key); !ok {
			return false
		}
	}
	return true
}

// ProtectedNumber reports whether n lies inside a protected range.
func (s *State) ProtectedNumber(n number.Number) bool {
	return s.Protected(n.Range())
}
