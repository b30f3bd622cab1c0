package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/wire"
)

// Maker makes files from a ledger that is followed, as one certified checkpoint has it.
type Maker struct {
	State  *charter.State // the constitution at Note's size or later
	Ledger *ledger.Reader // of a tree that is not smaller than Note's
	Note   checkpoint.Note
}

// ErrErased is what errors wrap that say: what the entry hid was erased here.
var ErrErased = errors.New("the opening of the entry was erased")

// Entry proves an entry that ratifies, revokes or stays, by its index.
func (m *Maker) Entry(ctx context.Context, index uint64) ([]byte, error) {
	found, err := m.find(ctx, index)
	if err != nil {
		return nil, err
	}
	header, err := found.motion.Motion.Encode()
	if err != nil {
		return nil, err
	}
	return m.proof(ctx, index, wire.Format(entryArray{Version: version, Form: entryForm, Header: header, Opening: found.opening}))
}

// Full proves the same with the motion and the votes for it, the tick by which a quorum
// held it, if there is one, and the changes of the regulators since the genesis.
func (m *Maker) Full(ctx context.Context, index uint64) ([]byte, error) {
	found, err := m.find(ctx, index)
	if err != nil {
		return nil, err
	}
	tick, err := m.tick(ctx, index)
	if err != nil {
		return nil, err
	}
	sets, err := m.Sets(ctx, false)
	if err != nil {
		return nil, err
	}
	extra := wire.Format(fullArray{Version: version, Form: fullForm, Motion: found.motion.Bytes(), Opening: found.opening, Tick: tick, Sets: sets})
	if len(extra) > ledger.MaxExtra {
		return nil, fmt.Errorf("prove: with the %d bytes of the chain of regulators the proof is too large: hand that in a file of its own", len(sets))
	}
	return m.proof(ctx, index, extra)
}

// Listed proves what the list said of a number at an anchor: that it was listed, or that
// neither it nor a range around it was. Anchor is the index of the anchor's motion entry,
// list the list at its heads.
func (m *Maker) Listed(ctx context.Context, n number.Number, anchor uint64, list *merkle.Tree) ([]byte, error) {
	found, err := m.find(ctx, anchor+1)
	if err != nil {
		return nil, err
	}
	opening, err := motion.OpenOpening(found.opening)
	if err != nil {
		return nil, err
	}
	point, err := motion.DecodeAnchorPoint(opening.Item)
	switch {
	case err != nil:
		return nil, err
	case point.ListRoot != list.Root():
		return nil, fmt.Errorf("prove: the anchor at %d names the list %s, not %s", anchor, point.ListRoot, list.Root())
	}
	header, err := found.motion.Motion.Encode()
	if err != nil {
		return nil, err
	}
	keys, _ := keysOf(n)
	down, err := list.ProveSeveral(keys)
	if err != nil {
		return nil, err
	}
	p, err := m.proof(ctx, anchor+1, nil)
	if err != nil {
		return nil, err
	}
	key := n.Range().Bytes()
	return wire.Format(listArray{Version: version, Form: listForm, Proof: p, Header: header, Opening: found.opening, Number: key[:8], List: down}), nil
}

func sorted(keys []merkle.Key) []merkle.Key {
	slices.SortFunc(keys, merkle.Key.Compare)
	return keys
}

// Sets returns a set-chain file: the changes of the regulators since the genesis. With
// pin it has the checkpoint too, for those who are to trust it as it is.
func (m *Maker) Sets(ctx context.Context, pin bool) ([]byte, error) {
	a := setsArray{Version: version, Form: setsForm, Federation: m.State.Federation().Bytes()}
	for _, size := range m.State.RegulatorChanges() {
		if size >= m.Note.Size {
			break // its settlement is not in this ledger
		}
		c, err := m.change(ctx, size)
		if err != nil {
			return nil, fmt.Errorf("prove: the change of the regulators at size %d: %w", size, err)
		}
		a.Changes = append(a.Changes, c)
	}
	if pin {
		note, err := m.note()
		if err != nil {
			return nil, err
		}
		a.Head = note
	}
	b := wire.Format(a)
	if len(b) > MaxFile || len(a.Changes) > maxChanges {
		return nil, fmt.Errorf("prove: %d changes of the regulators take %d bytes, more than verifiers read", len(a.Changes), len(b))
	}
	return b, nil
}

// change returns the change after which the ledger had a size: motion, item, and the
// settlement behind them.
func (m *Maker) change(ctx context.Context, size uint64) (c changeArray, err error) {
	found, err := m.find(ctx, size-1)
	if err != nil {
		return c, err
	}
	data, err := m.entry(ctx, size)
	if err != nil {
		return c, err
	}
	opened, err := motion.OpenEntry(data, m.State.Federation())
	if err != nil {
		return c, err
	}
	settled, ok := opened.(motion.Settlement)
	if !ok {
		return c, errors.New("no settlement follows it")
	}
	c = changeArray{First: found.at, Motion: found.motion.Bytes(), Opening: found.opening, Settled: settled.Note}
	c.Path, err = m.Ledger.Inclusion(ctx, c.First, size)
	return c, err
}

// proof is a tlog-proof of an entry in the checkpoint.
func (m *Maker) proof(ctx context.Context, index uint64, extra []byte) ([]byte, error) {
	path, err := m.Ledger.Inclusion(ctx, index, m.Note.Size)
	if err != nil {
		return nil, err
	}
	note, err := m.note()
	if err != nil {
		return nil, err
	}
	return ledger.Proof{Extra: extra, Index: index, Path: path, Checkpoint: note}.Bytes(), nil
}

// note is the checkpoint with no more cosignatures than it takes. Of the size of a change
// of the regulators it takes those of two sets, and all stay.
func (m *Maker) note() ([]byte, error) {
	state, ok := m.State.At(m.Note.Size)
	if !ok {
		return nil, fmt.Errorf("prove: the constitution is known up to size %d, the checkpoint is of %d", m.State.Size(), m.Note.Size)
	}
	if slices.Contains(m.State.RegulatorChanges(), m.Note.Size) {
		return m.Note.Bytes(), nil
	}
	least, err := state.Cosigners().Least(m.Note)
	return least.Bytes(), err
}

// entry returns an entry of the ledger.
func (m *Maker) entry(ctx context.Context, index uint64) ([]byte, error) {
	if index >= m.Note.Size {
		return nil, fmt.Errorf("prove: entry %d is not in the ledger of %d entries", index, m.Note.Size)
	}
	bundle, err := m.Ledger.Entries(ctx, index/ledger.Full)
	if err != nil {
		return nil, err
	}
	return bundle[index%ledger.Full], nil
}

// item is an item of a motion, as it lies in the ledger.
type item struct {
	motion  motion.MotionEntry
	at      uint64 // index of the motion entry
	opening []byte
}

// find returns the item at an index, with its motion, which stands before it.
func (m *Maker) find(ctx context.Context, index uint64) (it item, err error) {
	opened, err := m.open(ctx, index)
	if err != nil {
		return it, err
	}
	entry, ok := opened.(motion.ItemEntry)
	if !ok {
		return it, fmt.Errorf("prove: entry %d is no item of a motion", index)
	}
	for it.at = index - 1; index-it.at <= motion.MaxItems && it.at > 0; it.at-- {
		if opened, err = m.open(ctx, it.at); err != nil {
			return it, err
		}
		if it.motion, ok = opened.(motion.MotionEntry); ok {
			break
		}
	}
	if !ok || !it.motion.Motion.ID.Equals(entry.Motion) {
		return it, fmt.Errorf("prove: no motion stands before entry %d", index)
	}
	openings, err := m.Ledger.Openings(ctx, index/ledger.Full)
	if err != nil {
		return it, err
	}
	if it.opening = openings[index%ledger.Full]; len(it.opening) == 0 {
		return it, fmt.Errorf("prove: entry %d: %w: what it said is no longer known here", index, ErrErased)
	}
	return it, nil
}

func (m *Maker) open(ctx context.Context, index uint64) (motion.Entry, error) {
	data, err := m.entry(ctx, index)
	if err != nil {
		return nil, err
	}
	return motion.OpenEntry(data, m.State.Federation())
}

// tick returns the first tick behind an entry of which each time names more entries than
// those up to it; nothing if the ledger has none yet.
func (m *Maker) tick(ctx context.Context, index uint64) ([]byte, error) {
	for at := index + 1; at < min(index+2*motion.MaxItems, m.Note.Size); at++ {
		opened, err := m.open(ctx, at)
		if err != nil {
			return nil, err
		}
		t, ok := opened.(motion.Tick)
		if ok && !slices.ContainsFunc(t.Times, func(one motion.Time) bool { return one.Size <= index }) {
			return t.Bytes(), nil
		}
	}
	return nil, nil
}
