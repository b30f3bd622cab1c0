// Package restore reads an archive into the empty database of a store.
//
// A backup is read on a bad day, so nothing in it is believed: every batch must
// prove itself, every feed must be there from its first batch to its last, and
// only at the end of the archive, when its hash fits, is anything called
// restored. And every issuer is barred from signing, those too of which the
// archive says nothing: nobody here knows what was published after it.
//
// Floor 6, a room of store/disk.
package restore

import (
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"

	"ringfence/store/archive"
	"ringfence/store/assertion"
	"ringfence/store/checkpoint"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/promise"
	"ringfence/store/disk/internal/proof"
	"ringfence/store/disk/internal/tiles"
	"ringfence/store/feed"
	"ringfence/store/ledger"
)

// Reason is why issuers are barred after a restore.
const Reason = "it was restored from a backup, and the key may have signed since"

// restoring is what has been read of an archive.
type restoring struct {
	db         *engine.DB
	federation cid.Cid         // undefined: any
	batch      []archive.Entry // not yet written
	size       int             // of batch, in bytes
	last       uint64          // arrival
	lanes      map[layout.Lane]lane
	state      promise.State

	tree      ledger.Tree // of the entries that were read
	certified bool        // by the checkpoint behind them
}

// lane is what an epoch of a feed has so far.
type lane struct {
	tip   feed.Tip
	count uint64
}

// Read reads the archive r into db, which is empty, and makes it durable there.
// Batches of another federation than the given one, if it is defined, are
// refused.
// It returns what the store promises from now on. The caller is db's writer.
func Read(r io.Reader, db *engine.DB, federation cid.Cid) (promise.State, error) {
	in, err := archive.NewReader(r)
	if err != nil {
		return promise.State{}, err
	}
	x := restoring{db: db, federation: federation, lanes: make(map[layout.Lane]lane), state: promise.State{}.Clone()}
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			return x.finish()
		}
		if err == nil {
			err = x.take(e)
		}
		if err != nil {
			return promise.State{}, err
		}
	}
}

// take checks an entry and puts it with those that are written next.
func (x *restoring) take(e archive.Entry) error {
	size := 1 << 10
	switch e := e.(type) {
	case archive.Record:
		if err := x.check(&e); err != nil {
			return err
		}
		size += len(e.Record.Body)
	case archive.Reservation:
		if !e.Reservation.Tip.CID.Equals(assertion.CID(e.Reservation.Header)) || len(e.Reservation.Body) > assertion.MaxSlots {
			return fmt.Errorf("the reservation %s does not have the CID of its header, or its body is too large", e.Reservation.Tip.CID)
		}
		size += len(e.Reservation.Body)
	case archive.Named:
		if err := layout.CheckName(e.Space, e.Key, e.Value); err != nil {
			return err
		}
		size += len(e.Value)
	case archive.Signer:
		own := promise.Signer{Highest: e.Highest, Bar: e.Bar}
		if own.Bar.Kind == 0 {
			own.Bar = feed.Bar{Kind: feed.Restored, Reason: Reason}
		}
		x.state.Signers[e.Issuer] = own
		return nil
	case archive.Fork:
	case archive.Bundle:
		return x.grow(&e)
	case archive.Checkpoint:
		if err := x.certify(&e); err != nil {
			return err
		}
	}
	if x.size+size > engine.MaxValues || len(x.batch) == engine.MaxItems {
		if err := x.flush(); err != nil {
			return err
		}
	}
	x.batch = append(x.batch, e)
	x.size += size
	return nil
}

func (x *restoring) check(e *archive.Record) error {
	if e.Quarantine != "" {
		return layout.CheckSizes(e.Record.Header, nil)
	}
	if err := layout.CheckSizes(e.Record.Header, e.Record.Body); err != nil {
		return err
	}
	if err := proof.Check(&e.Record); err != nil {
		return err
	}
	header, _, err := feed.Peek(e.Record.Header)
	if err == nil && x.federation.Defined() && !header.Federation.Equals(x.federation) {
		err = fmt.Errorf("the backup is of federation %s, this directory is of %s", header.Federation, x.federation)
	}
	return err
}

// flush commits what was read, when there is room for it.
func (x *restoring) flush() error {
	if err := x.db.Room(x.size); err != nil {
		return err
	}
	err := x.db.Commit(func(txn engine.Txn) error {
		for _, e := range x.batch {
			if err := x.set(txn, e); err != nil {
				return err
			}
		}
		return nil
	})
	x.batch, x.size = x.batch[:0], 0
	return err
}

func (x *restoring) set(txn engine.Txn, e archive.Entry) error {
	switch e := e.(type) {
	case archive.Record:
		return x.setRecord(txn, &e)
	case archive.Fork:
		l := layout.Lane{Issuer: e.Proof.Issuer(), Epoch: e.Proof.Epoch()}
		return txn.Set(layout.ForkKey(l), e.Proof.Bytes())
	case archive.Reservation:
		return layout.SetReservation(txn, e.Issuer, &e.Reservation)
	case archive.Named:
		return txn.Set(layout.NamedKey(e.Space, e.Key), e.Value)
	case archive.Checkpoint:
		return txn.Set(layout.CheckpointKey(), e.Note)
	case archive.Signer, archive.Bundle:
	}
	return nil
}

// grow writes entries of the ledger behind those before them.
func (x *restoring) grow(b *archive.Bundle) error {
	if b.First != x.tree.Size() || x.certified {
		return fmt.Errorf("ledger entries from %d on follow %d: the backup leaves some out", b.First, x.tree.Size())
	}
	grown, additions, err := x.tree.Append(b.Entries)
	if err != nil {
		return err
	}
	size := 0
	for i := range additions {
		size += len(additions[i].Data)
	}
	if err := x.db.Room(size); err != nil {
		return err
	}
	if err := tiles.Write(x.db, additions); err != nil {
		return err
	}
	x.tree = grown
	return tiles.EraseAll(x.db, b.Erased)
}

// certify compares what was read of the ledger with its checkpoint. Who cosigned it
// is not known here; who follows the ledger verifies it as it would a stranger's.
func (x *restoring) certify(c *archive.Checkpoint) error {
	says, err := checkpoint.Peek(c.Note)
	switch {
	case err != nil:
		return err
	case x.certified:
		return errors.New("the ledger has two checkpoints")
	case says.Tree != x.tree.Head():
		return fmt.Errorf("the ledger's entries have the root %s, its checkpoint %s", x.tree.Head(), says)
	case x.federation.Defined() && says.Origin != checkpoint.Origin(x.federation):
		return fmt.Errorf("the ledger in the backup is %s, this directory is of federation %s", says.Origin, x.federation)
	}
	x.certified = true
	return nil
}

func (x *restoring) setRecord(txn engine.Txn, e *archive.Record) error {
	v := layout.BatchOf(e.Arrival, &e.Record)
	err := layout.SetBatch(txn, &v)
	if e.Arrival > x.last+1 {
		g := layout.Gap{After: x.last, Last: e.Arrival - 1}
		err = errors.Join(err, txn.Set(layout.GapKey(g.After), g.Encode()))
	}
	x.last = e.Arrival
	l := x.lanes[v.Lane()]
	l.count++
	if tip := feed.Later(l.tip, v.Tip); tip != l.tip {
		l.tip = tip
		err = errors.Join(err, txn.Set(layout.TipKey(v.Lane()), layout.EncodeTip(tip)))
	}
	x.lanes[v.Lane()] = l
	if e.Quarantine != "" {
		q := layout.Quarantine{Arrival: e.Arrival, Reason: e.Quarantine}
		return errors.Join(err, txn.Set(layout.QuarantineKey(v.Tip.CID), q.Encode()))
	}
	return errors.Join(err, txn.SetLarge(layout.BodyKey(v.Tip.CID), e.Record.Body))
}

// finish makes durable what was written, once the archive is known to be whole
// and its feeds to have no gaps.
func (x *restoring) finish() (promise.State, error) {
	if err := x.flush(); err != nil {
		return promise.State{}, err
	}
	for l, has := range x.lanes {
		if has.tip.Sequence+1 != has.count {
			return promise.State{}, fmt.Errorf("epoch %d of %s has %d batches up to place %d: the backup leaves some out", l.Epoch, l.Issuer.Short(), has.count, has.tip.Sequence)
		}
	}
	if err := x.db.Settle(); err != nil {
		return promise.State{}, err
	}
	x.state.Arrivals, x.state.Others = x.last, Reason
	return x.state, nil
}
