package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/follow"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// folded is the ledger as far as it was judged.
type folded struct {
	past    *enact.Past
	note    *checkpoint.Note  // that is kept; nil for none that is of use
	tree    ledger.Tree       // that it certifies
	pieces  []charter.Enacted // all decisions, without what their items say
	anchors []anchor
	erased  []erased
	lasting taxonomy.Day // on which something of what was ratified so far may count, the last
}

// anchor is an anchor among the pieces.
type anchor struct {
	index uint64
	size  uint64 // of the ledger with it
	point motion.AnchorPoint
}

// erased is a motion of whose items some openings are not there.
type erased struct {
	index uint64
	kind  motion.Kind
	until taxonomy.Day // on which what they said may have counted, the last
	items []uint32     // of a Ratify motion: which
}

// openLedger reads the kept checkpoint and the edge of its tree.
func (a *auditor) openLedger(ctx context.Context) error {
	kept := a.cfg.Ledger.Checkpoint()
	if kept == nil {
		return nil
	}
	origin := checkpoint.Origin(a.begins.Federation())
	n, err := checkpoint.Open(kept, checkpoint.Log(origin, a.begins.LogKey()))
	if err == nil && n.Size == 0 {
		err = errors.New("it is of an empty ledger")
	}
	if err != nil {
		a.find(BadCheckpoint, "", err)
		return nil
	}
	a.report.Size, a.report.Root = n.Size, n.Root
	if a.tree, err = ledger.Open(ctx, a.rows(), n.Tree); err != nil {
		return a.damage(err)
	}
	a.note = &n
	return nil
}

// rows is where the ledger is read.
func (a *auditor) rows() ledger.Source { return rows{a.cfg.Ledger} }

// rows says of what cannot be read which row it is.
type rows struct{ ledger.Source }

// Read implements ledger.Source.
func (r rows) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	b, err := r.Source.Read(ctx, t)
	if err != nil && (errors.Is(err, ledger.ErrDamaged) || errors.Is(err, fs.ErrNotExist)) {
		err = &ledger.DamagedError{Tiles: []ledger.Tile{t}, Why: err.Error()}
	}
	return b, err
}

// damage finds that rows of the ledger are not what they must be. Whatever else an error
// is, it ends the audit.
func (a *auditor) damage(err error) error {
	var d *ledger.DamagedError
	if !errors.As(err, &d) {
		return err
	}
	why := error(nil)
	if d.Why != "" {
		why = errors.New(d.Why)
	}
	for _, t := range d.Tiles {
		a.find(LedgerDamaged, t.Path(), why)
	}
	return nil
}

// checkRows reads every row of the ledger against the certified root, also those without
// which the entries can be read.
func (a *auditor) checkRows(ctx context.Context) error {
	if a.note == nil {
		return nil
	}
	r := ledger.NewReader(a.tree, a.rows())
	for since := uint64(0); since < a.note.Size; {
		err := r.Check(ctx, since)
		if err == nil {
			return nil
		}
		if err := a.damage(err); err != nil {
			return err
		}
		var d *ledger.DamagedError
		if !errors.As(err, &d) || len(d.Tiles) != 1 {
			return nil // nobody knows where to go on
		}
		width := uint64(ledger.Full)
		for range d.Tiles[0].Level {
			width *= ledger.Full
		}
		since = (d.Tiles[0].Index + 1) * width
	}
	return nil
}

// fold judges the ledger from the genesis on.
func (a *auditor) fold(ctx context.Context, genesis []byte) error {
	if a.note == nil {
		return nil
	}
	r := ledger.NewReader(a.tree, a.rows())
	first, err := r.Entries(ctx, 0)
	if err != nil {
		return a.damage(err)
	}
	if !bytes.Equal(first[0], genesis) {
		a.find(OtherGenesis, "0", nil)
		return nil
	}
	err = follow.Decisions(ctx, r, a.past, a.note.Size, func(_ []ledger.Entry, d charter.Enacted) error {
		a.decided(&d)
		a.went(Reading, d.Size-d.First)
		return nil
	})
	a.report.Judged = a.past.Size()
	var t *follow.Trouble
	switch {
	case errors.As(err, &t) && t.Kind == follow.Newer:
		a.find(TooNew, entryAt(t.Index), t.Why)
	case errors.As(err, &t):
		a.find(NoPlace, entryAt(t.Index), t.Why)
	case err != nil:
		return a.damage(err)
	default:
		a.certified()
	}
	a.missing()
	return nil
}

func entryAt(index uint64) string { return strconv.FormatUint(index, 10) }

// decided counts a decision and keeps what the list needs of it.
func (a *auditor) decided(d *charter.Enacted) {
	p := &a.report
	switch {
	case d.Motion != nil:
		p.Motions++
		p.Votes += len(d.Motion.Votes)
		a.enacted(d)
	case d.Tick != 0:
		p.Ticks++
	default:
		p.Settlements++
	}
	a.pieces = append(a.pieces, slim(d))
}

// enacted notes anchors, and what was erased.
func (a *auditor) enacted(d *charter.Enacted) {
	h := &d.Motion.Motion.Header
	switch h.Kind {
	case motion.Anchor:
		if point, err := motion.DecodeAnchorPoint(d.Items[0].Item); err == nil { // the judge has read it
			a.anchors = append(a.anchors, anchor{d.First, d.Size, point})
		}
		return
	case motion.Ratify:
		a.report.Ratified += uint64(len(d.Items))
		a.lasting = max(a.lasting, h.Until)
	}
	gone := erased{index: d.First, kind: h.Kind, until: h.Until}
	if h.Kind != motion.Ratify { // it is of what was ratified before
		gone.until = a.lasting
	}
	for i := range d.Items {
		if len(d.Items[i].Item) == 0 {
			gone.items = append(gone.items, uint32(i))
		}
	}
	if len(gone.items) > 0 {
		a.report.OpeningsErased += uint64(len(gone.items))
		a.erased = append(a.erased, gone)
	}
}

// slim is a decision without the bytes that it was read from: what its items say is read
// anew when the list asks.
func slim(d *charter.Enacted) charter.Enacted {
	s := *d
	s.Items = nil
	if d.Motion == nil {
		return s
	}
	m := &motion.MotionEntry{Motion: motion.Signed{Header: d.Motion.Motion.Header, ID: d.Motion.Motion.ID}}
	for i := range d.Motion.Votes {
		v := &d.Motion.Votes[i]
		m.Votes = append(m.Votes, motion.Vote{By: v.By, For: v.For, Cast: v.Cast})
	}
	s.Motion = m
	return s
}

// certified asks whether q of the regulators in force cosigned the kept checkpoint, and
// of each of them whether what stands there in his name is his.
func (a *auditor) certified() {
	n, state := a.note, a.past.State()
	if _, err := a.past.Certified(n.Bytes()); err != nil {
		a.find(Uncertified, n.Tree.String(), err)
	}
	set := state.Cosigners()
	given := set.Cosignatures(*n)
	a.report.Fresh, _ = set.Fresh(given)
	a.report.Quorum, a.report.Regulators = set.Quorum(), len(set)
	others, err := set.Unknown(*n)
	if err != nil {
		a.find(BadCheckpoint, "", err)
		return
	}
	for i, seat := range state.Regulators() {
		name := set[i].Name()
		switch {
		case given[i] != nil:
			a.report.Cosigned = append(a.report.Cosigned, seat.Member)
		case bytes.Contains(n.Bytes(), []byte("\n— "+name+" ")) && !slices.Contains(others, name):
			a.find(BadCosignature, name, nil)
		}
	}
}

// missing finds ratified entries in force whose openings are not there: the list of this
// node lacks them.
func (a *auditor) missing() {
	for _, m := range a.erased {
		if m.kind != motion.Ratify {
			continue
		}
		lacks := 0
		first := uint64(0)
		for _, i := range m.items {
			index := m.index + 1 + uint64(i)
			if _, ok := a.past.Ratified(index); !ok || a.past.IsRevoked(index) {
				continue
			}
			if lacks++; lacks == 1 {
				first = index
			}
		}
		if lacks > 0 {
			a.find(OpeningMissing, entryAt(first), fmt.Errorf("%d entries of the motion at %d, until %s", lacks, m.index, m.until))
		}
	}
}
