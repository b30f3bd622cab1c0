package publication

import (
	"slices"
	"time"

	"ringfence/store/assertion"
	"ringfence/store/keys"
	"ringfence/store/view"
)

// Listed is a publication of a member, as the list has it.
type Listed struct {
	Record          // of one that this node has no record of, what its statements tell
	Retracted  int  // of its statements
	Unrecorded bool // this node does not know its file: it comes from before a restore, or from another node
	Elsewhere  bool // another issuer of the member began it
}

// List lists what a member published, oldest first: what its node, whose issuer is own,
// has records of, and what else is held, but for single statements said by hand.
func List(records []Record, held []view.Delivery, member string, own keys.Public) []Listed {
	byID := make(map[ID]*view.Delivery, len(held))
	for i := range held {
		byID[ID(held[i].ID)] = &held[i]
	}
	var all []Listed
	for i := range records {
		one := Listed{Record: records[i], Elsewhere: records[i].Issuer != own.String()}
		if d := byID[one.ID]; d != nil {
			one.count(d)
			delete(byID, one.ID)
		}
		all = append(all, one)
	}
	for i := range held {
		d := &held[i]
		if byID[ID(d.ID)] == nil || byHand(d) {
			continue
		}
		one := Listed{Unrecorded: true, Elsewhere: d.Issuer != own, Record: Record{
			ID: ID(d.ID), Member: member, Issuer: d.Issuer.String(), State: Complete,
			Statements: d.Statements, Begun: time.Unix(d.Begun, 0).UTC(), Ended: time.Unix(d.Ended, 0).UTC(),
		}}
		one.count(d)
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Listed) int { return a.Begun.Compare(b.Begun) })
	return all
}

// count tells by what is held of a publication how much of it is retracted.
func (l *Listed) count(held *view.Delivery) {
	l.Retracted = held.Retracted
	switch over := l.State == Complete || l.State == Closed; {
	case held.Dead, over && held.Retracted == held.Statements:
		l.State = Retracted
	case over && held.Retracted > 0:
		l.State = Partly
	}
}

// byHand reports whether a delivery is a single statement that no file has.
func byHand(d *view.Delivery) bool {
	if d.Statements > 1 {
		return false
	}
	told := d.First()
	basis := told.Statement.Basis.Kind
	return told.Body != nil && basis != assertion.BasisReports && basis != assertion.BasisImport
}
