// Package lost keeps, beside a list, the batches that lie on another branch than the one
// that the ledger anchored. No list applies them; their issuer may have to say again what
// they said.
//
// Floor 5, a room of store/view.
package lost

import (
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/view/internal/fixed"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/loader"
)

// Batch is one that is lost.
type Batch struct {
	At       list.FeedEpoch
	Sequence uint64
	CID      cid.Cid
}

// Add returns a list with more batches that are lost. One that cannot be read is left out.
func Add(l *list.List, more []Batch, from loader.Source) (*list.List, error) {
	if len(more) == 0 {
		return l, nil
	}
	next := *l
	next.Lost = slices.Clone(l.Lost) // older lists keep theirs
	for _, lost := range more {
		speaker, known := l.Charter.Record(lost.At.Issuer)
		r, held, err := from.Batch(lost.CID)
		if err != nil {
			return l, fmt.Errorf("batch %s: %w", lost.CID, err)
		}
		if slots, err := assertion.DecodeSlots(r.Body); known && held && err == nil {
			next.Lost = append(next.Lost, list.Batch{
				CID: lost.CID, Speaker: speaker.Index, Epoch: lost.At.Epoch, Sequence: lost.Sequence, Time: r.Tip.Time, Count: int32(len(slots)),
			})
		}
	}
	slices.SortFunc(next.Lost, list.Batch.Compare)
	return &next, nil
}

// Encode writes what a list has lost.
func Encode(l *list.List, e *fixed.Writer) {
	e.U32(uint32(len(l.Lost)))
	for i := range l.Lost {
		e.Raw(l.Lost[i].CID.Bytes())
		e.U32(l.Lost[i].Speaker)
		l.Lost[i].EncodePlace(e)
	}
}

// Decode reads what Encode wrote, and calls fn with each of them.
func Decode(l *list.List, d *fixed.Reader, fn func(at list.FeedEpoch, batch cid.Cid)) {
	l.Lost = make([]list.Batch, d.Count(68))
	for i := range l.Lost {
		b := &l.Lost[i]
		b.CID, b.Speaker = d.CID(), d.U32()
		if b.DecodePlace(d); int(b.Speaker) >= len(l.Speakers) {
			d.Fail("lost batch %d is of no issuer", i)
			return
		}
		fn(list.FeedEpoch{Issuer: l.Speakers[b.Speaker].Key, Epoch: b.Epoch}, b.CID)
	}
}
