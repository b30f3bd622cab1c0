package disk

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// Rewind makes the feed of an epoch end before a sequence, so that another branch goes on
// there; what is held up to there stays. The batches beyond it have no place any more:
// they are read by their CIDs and by Since, as before, and a backup leaves them out. It is
// durable when it returns; after a crash the feed ends there or at a later batch of it.
func (s *Store) Rewind(issuer keys.Public, epoch, sequence uint64) error {
	l := layout.Lane{Issuer: issuer, Epoch: epoch}
	return s.db.Write(0, func() error {
		for tip, held := s.heads[issuer][epoch]; held && tip.Sequence >= sequence; tip, held = s.heads[issuer][epoch] {
			if err := s.rewind(l, tip.Sequence, max(sequence, tip.Sequence-min(tip.Sequence, engine.MaxItems/2))); err != nil {
				return fmt.Errorf("disk: rewind epoch %d of %s to %d: %w", epoch, issuer.Short(), sequence, err)
			}
		}
		return nil
	})
}

// rewind takes the last batches of a feed, from one sequence on, out of their places. The
// caller is the writer.
func (s *Store) rewind(l layout.Lane, last, from uint64) error {
	var tip feed.Tip
	err := s.db.Commit(func(txn engine.Txn) error {
		for n := from; n <= last; n++ {
			if err := txn.Delete(layout.PlaceKey(l, n)); err != nil {
				return err
			}
		}
		if from == 0 {
			return txn.Delete(layout.TipKey(l))
		}
		before, err := batchAt(txn, l, from-1)
		if err != nil {
			return err
		}
		tip = before.Tip
		return txn.Set(layout.TipKey(l), layout.EncodeTip(tip))
	})
	if err == nil {
		err = s.db.Settle()
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if from == 0 {
		delete(s.heads[l.Issuer], l.Epoch)
		return nil
	}
	s.heads.put(l.Issuer, tip)
	return nil
}

// batchAt returns what is kept of the batch at a place, which must be there.
func batchAt(txn engine.Txn, l layout.Lane, sequence uint64) (layout.Batch, error) {
	id, held, err := txn.Get(layout.PlaceKey(l, sequence))
	if err != nil || !held {
		return layout.Batch{}, errors.Join(err, damage.Errorf("place %d/%d of %s is missing", l.Epoch, sequence, l.Issuer.Short()))
	}
	c, err := taxonomy.CIDFromBytes(id)
	if err != nil {
		return layout.Batch{}, damage.Errorf("place %d/%d of %s: %w", l.Epoch, sequence, l.Issuer.Short(), err)
	}
	v, held, err := getBatch(txn, c)
	if err == nil && !held {
		err = damage.Errorf("batch %s: what is kept beside its body is missing", c)
	}
	return v, err
}

// placed reports whether a batch stands at its place, and not beside its feed.
func placed(txn engine.Txn, v *layout.Batch) (bool, error) {
	id, held, err := txn.Get(layout.PlaceKey(v.Lane(), v.Tip.Sequence))
	if err != nil || !held {
		return false, err
	}
	c, err := taxonomy.CIDFromBytes(id)
	return err != nil || c.Equals(v.Tip.CID), nil // a damaged one is for its reader
}

// knows reports whether what was signed is held, be it beside its feed.
func (s *Store) knows(c cid.Cid) (held bool) {
	err := s.db.Read(func(txn engine.Txn) (err error) {
		_, held, err = txn.Get(layout.BatchKey(c))
		return err
	})
	return err == nil && held
}
