package charter

import (
	"iter"
	"math"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/policy"
)

// MemberIndex is a member's place in the roster. It never changes in the life
// of a federation: the members of the genesis charter come first, by ID; whom
// the ledger admits later follows in the ledger's order.
type MemberIndex uint16

// nobody is the index of no member.
const nobody MemberIndex = math.MaxUint16

// IssuerInfo is what the roster knows of a feed-signing key.
type IssuerInfo struct {
	Member MemberIndex
	// Rank is the place of the key among all issuers by their bytes. Ranks of
	// one State compare as the keys do; those of different States do not mix.
	Rank uint32
	// Index is the place of the key in the roster, in the order of admission. It never
	// changes in the life of a federation; the issuers of the genesis charter come first,
	// member by member.
	Index uint32
}

// State is the constitution as the ledger stands at one size, indexed for
// questions. It never changes and is safe for concurrent use; what it returns
// by pointer or slice must not be changed. Two nodes that hold the same ledger
// prefix have the same State.
//
// At makes the first one, of size 1. What the ledger enacts later makes the
// next State from the one before: both end in compile, so that no question has
// two implementations.
type State struct {
	charter    *Charter
	federation cid.Cid
	size       uint64

	issuers map[keys.Public]IssuerInfo
	ranked  []keys.Public // by bytes: ranked[i] has rank i
	hosts   map[keys.Public]MemberIndex
	byID    map[string]MemberIndex
	standing

	grants    keyIndex // place in holders
	holders   []holder
	protected keyIndex
}

// standing is what each member is worth, by MemberIndex.
type standing struct {
	roles      []roles
	weights    []uint16
	groups     []uint16
	groupNames []string // by group
}

// holder is a Grant with its members looked up; nobody where it names none.
type holder struct{ allocatee, resoldTo, server MemberIndex }

func (h holder) has(m MemberIndex) bool {
	return m == h.allocatee || m == h.resoldTo || m == h.server
}

// compile indexes a valid charter. The State keeps c.
func compile(c *Charter, federation cid.Cid, size uint64) *State {
	s := &State{charter: c, federation: federation, size: size}
	s.byID = make(map[string]MemberIndex, len(c.Members))
	s.hosts = make(map[keys.Public]MemberIndex)
	for i := range c.Members {
		m := MemberIndex(i)
		s.byID[c.Members[i].ID] = m
		for _, k := range c.Members[i].Hosts {
			s.hosts[k] = m
		}
	}
	s.rankIssuers()
	s.standing = weigh(c)
	for i, g := range c.Grants {
		h := holder{s.index(g.Allocatee), s.index(g.ResoldTo), s.index(g.HostedBy)}
		if h.server == nobody {
			h.server = h.allocatee
		}
		s.holders = append(s.holders, h)
		s.grants.add(g.Range, int32(i))
	}
	s.grants.sort()
	for i, r := range c.Protected {
		s.protected.add(r, int32(i))
	}
	return s
}

func (s *State) rankIssuers() {
	owner := make(map[keys.Public]MemberIndex)
	for i := range s.charter.Members {
		for _, k := range s.charter.Members[i].Issuers {
			owner[k] = MemberIndex(i)
			s.ranked = append(s.ranked, k)
		}
	}
	slices.SortFunc(s.ranked, keys.Public.Compare)
	s.issuers = make(map[keys.Public]IssuerInfo, len(s.ranked))
	for rank, k := range s.ranked {
		s.issuers[k] = IssuerInfo{Member: owner[k], Rank: uint32(rank)}
	}
}

func weigh(c *Charter) standing {
	own := make(map[string]uint16, len(c.Policy.MemberWeights))
	for _, w := range c.Policy.MemberWeights {
		own[w.Member] = w.Permille
	}
	groups := make(map[string]uint16)
	var st standing
	for i := range c.Members {
		m := &c.Members[i]
		set := roleSet(m.Roles...)
		weight, named := own[m.ID]
		if !named {
			weight = highest(&c.Policy.Weights, set)
		}
		group, seen := groups[m.Group]
		if !seen {
			group = uint16(len(st.groupNames))
			groups[m.Group] = group
			st.groupNames = append(st.groupNames, m.Group)
		}
		st.roles = append(st.roles, set)
		st.weights = append(st.weights, weight)
		st.groups = append(st.groups, group)
	}
	return st
}

// highest returns the greatest weight among the roles of set that may flag.
func highest(w *policy.RoleWeights, set roles) uint16 {
	var most uint16
	for _, one := range [...]struct {
		role   Role
		weight uint16
	}{{Operator, w.Operator}, {MVNO, w.MVNO}, {Vendor, w.Vendor}, {Coordinator, w.Coordinator}, {Regulator, w.Regulator}} {
		if set&roleSet(one.role) != 0 {
			most = max(most, one.weight)
		}
	}
	return most
}

func (s *State) index(id string) MemberIndex {
	if m, ok := s.byID[id]; ok {
		return m
	}
	return nobody
}

// Federation returns the federation's ID.
func (s *State) Federation() cid.Cid { return s.federation }

// Size returns the ledger size at which s stands; 1 is the genesis alone.
func (s *State) Size() uint64 { return s.size }

// Policy returns the policy in force.
func (s *State) Policy() *Policy { return &s.charter.Policy }

// Charter returns the constitution in full, as the genesis charter would be
// written if it were founded as it now stands.
func (s *State) Charter() *Charter { return s.charter }

// Issuer looks up a feed-signing key; false when it is none at this size.
func (s *State) Issuer(k keys.Public) (IssuerInfo, bool) {
	info, ok := s.issuers[k]
	return info, ok
}

// Issuers returns the feed-signing keys by rising rank.
func (s *State) Issuers() []keys.Public { return s.ranked }

// EverAdmitted reports whether k is or was a feed-signing key at this size or
// any before. A key that was never admitted may belong to a member that this
// node has not heard of yet.
func (s *State) EverAdmitted(k keys.Public) bool {
	_, ok := s.issuers[k]
	return ok
}

// Host looks up the member whose node has the libp2p identity k.
func (s *State) Host(k keys.Public) (MemberIndex, bool) {
	m, ok := s.hosts[k]
	return m, ok
}

// Members yields the roster in order.
func (s *State) Members() iter.Seq2[MemberIndex, *Member] {
	return func(yield func(MemberIndex, *Member) bool) {
		for i := range s.charter.Members {
			if !yield(MemberIndex(i), &s.charter.Members[i]) {
				return
			}
		}
	}
}

// Member returns the member at m; nil when the roster has none there.
func (s *State) Member(m MemberIndex) *Member {
	if int(m) >= len(s.charter.Members) {
		return nil
	}
	return &s.charter.Members[m]
}

// MemberByID looks up a member by its ID.
func (s *State) MemberByID(id string) (MemberIndex, bool) {
	m, ok := s.byID[id]
	return m, ok
}

// Group returns the index of m's independence group, from 0 in the order in
// which the roster first names them. Members of one group count once.
func (s *State) Group(m MemberIndex) uint16 { return at(s.groups, m) }

// GroupName returns the charter's word for a group; "" for an unknown index.
func (s *State) GroupName(group uint16) string { return at(s.groupNames, MemberIndex(group)) }

// Weight returns what a flag of m is worth, in permille: the member's own
// weight if the policy names one, else the highest of its roles that may flag;
// 0 when none of them may.
func (s *State) Weight(m MemberIndex) uint16 { return at(s.weights, m) }

// May reports whether a role of m may say kind at all. For reassign, contest,
// resource and authorize the tie to the number decides besides: see SpeaksFor
// and Allocatee. For retract and answer the tie to what they undo or answer
// does, which the caller knows.
func (s *State) May(m MemberIndex, kind assertion.Kind) bool { return at(s.roles, m).may(kind) }

func at[T any](list []T, m MemberIndex) T {
	if int(m) >= len(list) {
		var none T
		return none
	}
	return list[m]
}

// Allocatee returns the member to whom n's range was allocated: that of the
// grant with the longest prefix.
func (s *State) Allocatee(n number.Number) (MemberIndex, bool) {
	h, ok := s.holder(n)
	return h.allocatee, ok
}

// Server returns the operator that serves n now as far as grants tell: whom
// the grant names as host, else its allocatee. A reseller without a switch is
// carried by the allocatee unless the grant says otherwise; one that has its
// own is named as host. Porting is told by statements and known to the view.
func (s *State) Server(n number.Number) (MemberIndex, bool) {
	h, ok := s.holder(n)
	return h.server, ok
}

// SpeaksFor reports whether m may act for the user of every number of r: as the
// allocatee, as the reseller whose customer the user is, or as the server. For
// each number the grant with the longest prefix tells.
func (s *State) SpeaksFor(m MemberIndex, r number.Range) bool {
	if r.IsZero() || m == nobody {
		return false
	}
	for key := range r.Keys() {
		i, ok := s.grants.find(key)
		if !s.speaks(m, key, ok && s.holders[i].has(m), s.grants.inside(key)) {
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
		deeper := within(inside[1:], one)
		if !s.speaks(m, one, s.holders[s.grants.at[one]].has(m), deeper) {
			return false
		}
		others -= one.Size()
		inside = inside[1+len(deeper):]
	}
	return rest || others == 0
}

func (s *State) holder(n number.Number) (holder, bool) {
	i, ok := s.grants.find(n.Range())
	if !ok {
		return holder{nobody, nobody, nobody}, false
	}
	return s.holders[i], true
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
	_, ok := s.protected.find(n.Range())
	return ok
}
