package view

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/view/internal/fixed"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/lost"
)

// A snapshot is the view's memory written down, so that a restart need not
// replay: a magic line, everything in fixed-width big-endian integers, and the
// SHA-256 of all before it. It is this node's own cache and no format of the
// federation: another release may refuse it and replay. The hash finds damage;
// a snapshot is never taken from another node.
const snapshotMagic = "ringfence view snapshot 5\n"

// Save writes a snapshot of the view as it stands; of one that BringTo brought beyond what
// the ledger anchored, as it stands there. The view does not change meanwhile; readers
// go on.
func (v *View) Save(to io.Writer) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.w
	if v.anchored != nil {
		w = v.anchored
	}
	buffered := bufio.NewWriterSize(to, 1<<20)
	e := encoder{fixed.NewWriter(buffered)}
	e.Raw([]byte(snapshotMagic))
	e.writer(w)
	err := e.Sum()
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("view: write snapshot: %w", err)
	}
	return nil
}

// encoder writes a view in fixed widths.
type encoder struct{ *fixed.Writer }

func (e *encoder) writer(w *writer) {
	l := w.list
	e.Raw(l.Charter.Federation().Bytes())
	w.ledger.Encode(e.Writer)
	e.U64(l.Mark.Session)
	e.U64(l.Mark.Serial)
	e.U32(uint32(l.Mark.Day))
	e.Raw(l.Mark.Root[:])
	e.U64(l.Cursor)
	for _, c := range l.Tally.Kept() {
		e.U64(uint64(*c))
	}
	e.frozen(l)
	e.batches(w)
	l.Undo.Encode(e.Writer)
	l.Table.Encode(e.Writer)
	w.alarms.Encode(e.Writer)
	e.contests(w)
	w.accounts.Encode(e.Writer)
	e.books(w)
}

func (e *encoder) frozen(l *List) {
	all := slices.SortedFunc(maps.Keys(l.Frozen), FeedEpoch.Compare)
	e.U32(uint32(len(all)))
	for _, f := range all {
		e.Raw(f.Issuer[:])
		e.U64(f.Epoch)
	}
}

func (e *encoder) batches(w *writer) {
	l := w.list
	lost.Encode(l, e.Writer)
	e.U32(uint32(len(l.Batches)))
	for i := range l.Batches {
		b := &l.Batches[i]
		e.Raw(b.CID.Bytes())
		e.U32(b.Speaker)
		e.U32(uint32(b.Cover))
		if b.Speaker == list.Nobody {
			key := w.strangers[uint32(i)]
			e.Raw(key[:])
		}
		b.EncodePlace(e.Writer)
	}
	e.U32(uint32(len(l.OwnKeys)))
	for _, k := range l.OwnKeys {
		e.Key(k)
	}
}

func (e *encoder) contests(w *writer) {
	w.list.EncodeTerms(e.Writer)
	batches := slices.SortedFunc(maps.Keys(w.answers), compareCID)
	e.U32(uint32(len(batches)))
	for _, c := range batches {
		e.Raw(c.Bytes())
		e.U32(uint32(len(w.answers[c])))
		for i := range w.answers[c] {
			a := &w.answers[c][i]
			a.row.Encode(e.Writer)
			e.Raw(a.publication[:])
		}
	}
}

func compareCID(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) }

func (e *encoder) books(w *writer) {
	w.targets.Encode(e.Writer)
	timed := slices.Sorted(maps.Keys(w.timed))
	e.U32(uint32(len(timed)))
	for _, ordinal := range timed {
		e.U32(ordinal)
		e.U32(uint32(len(w.timed[ordinal])))
		for _, k := range w.timed[ordinal] {
			e.Key(k)
		}
	}
	quotas := slices.SortedFunc(maps.Keys(w.spent), func(a, b spendKey) int {
		return cmp.Or(cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.kind, b.kind))
	})
	e.U32(uint32(len(quotas)))
	for _, k := range quotas {
		e.U32(k.speaker)
		e.U16(uint16(k.kind))
		e.U32(uint32(w.spent[k].day))
		e.U32(w.spent[k].count)
	}
}
