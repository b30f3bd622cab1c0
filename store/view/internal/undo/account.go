package undo

import (
	"maps"
	"slices"

	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
)

// Account is what an issuer's share of retractions is counted on. It follows the issuer's
// own feed and nothing else, so it is the same in every order of arrival.
type Account struct {
	places  []uint32 // of its undoings, in the order of its feed
	settled int      // so many of them are decided for good
	counted int      // so many after those are counted in share
	share   Share
	ends    map[taxonomy.Day]int
	live    int          // flags and asking blocks that are neither undone by the feed itself nor expired
	day     taxonomy.Day // by which those are counted
}

// Live returns how many live flags the issuer has on a day. Later days are not asked
// before earlier ones.
func (a *Account) Live(day taxonomy.Day) int {
	if day > a.day {
		a.day = day
		for end, n := range a.ends {
			if end <= day {
				a.live -= n
				delete(a.ends, end)
			}
		}
	}
	return a.live
}

// Keep enters how many more live flags end on which days, and undoings from a place in
// Book.All on.
func (a *Account) Keep(ends map[taxonomy.Day]int, place, undoings int) {
	for until, n := range ends {
		if until > a.day {
			a.ends[until] += n
			a.live += n
		}
	}
	for i := range undoings {
		a.places = append(a.places, uint32(place+i))
	}
}

// Open returns the undoings that are to be decided, by their places in Book.All, and the
// share to go on with: those added since, or all that may be decided otherwise than they
// were, if anew.
func (a *Account) Open(anew bool) ([]uint32, *Share) {
	if anew {
		a.counted, a.share = 0, Share{}
	}
	return a.places[a.settled+a.counted:], &a.share
}

// Counted notes that all undoings are decided, and the first of what was open for good.
func (a *Account) Counted(settled int) {
	a.settled += settled
	a.counted = len(a.places) - a.settled
}

// Accounts are those of all issuers, by their places in the roster.
type Accounts map[uint32]*Account

// Of returns an issuer's account.
func (s Accounts) Of(issuer uint32) *Account {
	a := s[issuer]
	if a == nil {
		a = &Account{ends: make(map[taxonomy.Day]int)}
		s[issuer] = a
	}
	return a
}

// All returns the accounts in the order of the roster.
func (s Accounts) All() (all []*Account) {
	for _, issuer := range slices.Sorted(maps.Keys(s)) {
		all = append(all, s[issuer])
	}
	return all
}

// Clone returns accounts that go their own way from here.
func (s Accounts) Clone() Accounts {
	out := make(Accounts, len(s))
	for issuer, a := range s {
		one := *a
		one.places, one.ends = slices.Clip(a.places), maps.Clone(a.ends)
		out[issuer] = &one
	}
	return out
}

// Encode writes the accounts but for their undoings, which a Book has.
func (s Accounts) Encode(e *fixed.Writer) {
	e.U32(uint32(len(s)))
	for _, issuer := range slices.Sorted(maps.Keys(s)) {
		a := s[issuer]
		e.U32(issuer)
		e.U32(uint32(a.day))
		e.U32(uint32(len(a.ends)))
		for _, day := range slices.Sorted(maps.Keys(a.ends)) {
			e.U32(uint32(day))
			e.U64(uint64(a.ends[day]))
		}
	}
}

// DecodeAccounts reads what Encode wrote, with the undoings of a book.
func DecodeAccounts(d *fixed.Reader, b *Book) Accounts {
	s := make(Accounts)
	for range d.Count(12) {
		a := s.Of(d.U32())
		a.day = taxonomy.Day(d.U32())
		for range d.Count(12) {
			day := taxonomy.Day(d.U32())
			a.Keep(map[taxonomy.Day]int{day: int(d.U64())}, 0, 0)
		}
	}
	for i, u := range b.All {
		if d.Err() != nil {
			return s
		}
		s.Of(u.Speaker).Keep(nil, i, 1)
	}
	return s
}
