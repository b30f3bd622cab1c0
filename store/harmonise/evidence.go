package harmonise

import (
	"cmp"

	"ringfence/store/taxonomy"
)

// Evidence is one flag or asking block on one key, of those that count: not
// void, retracted, derived, lapsed or beyond its issuer's freeze. A group's
// flags of one category are ordered by LastSeen, BatchTime, IssuerRank, Epoch,
// Sequence and Index, the greatest being the newest; the last four name the
// statement, so no two pieces of evidence on one key share them.
type Evidence struct {
	Group      uint16            // independence group; the charter's index of it
	Weight     uint16            // permille, of the member that speaks
	Category   taxonomy.Category // of a valid class, else the evidence never counts
	Confidence uint16            // permille; 0 silences the group's older flags of the category
	LastSeen   int64             // Unix seconds, the earlier of the observation's end and the batch's time
	BatchTime  int64             // Unix seconds
	From       taxonomy.Day      // first day on which it is live
	Until      taxonomy.Day      // first day on which it no longer is
	IssuerRank uint32            // place of the issuer in the order of all issuers' bytes
	Epoch      uint64
	Sequence   uint64
	Index      uint16 // of the statement in its batch
}

// live reports whether e is effective and not expired on day.
func (e *Evidence) live(day taxonomy.Day) bool { return e.From <= day && day < e.Until }

// compareAge orders a group's flags of one category, the newest first.
func compareAge(a, b *Evidence) int {
	return cmp.Or(
		cmp.Compare(b.LastSeen, a.LastSeen),
		cmp.Compare(b.BatchTime, a.BatchTime),
		cmp.Compare(b.IssuerRank, a.IssuerRank),
		cmp.Compare(b.Epoch, a.Epoch),
		cmp.Compare(b.Sequence, a.Sequence),
		cmp.Compare(b.Index, a.Index),
	)
}
