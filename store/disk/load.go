package disk

import (
	"encoding/binary"
	"errors"
	"fmt"

	badger "github.com/dgraph-io/badger/v4"

	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// load reads into memory what must never be silently absent, and compares it
// with what was promised. The tables were verified, so an iteration is whole.
func (s *Store) load() error {
	s.signers = s.promises.now.signers
	err := s.view(func(txn *badger.Txn) error {
		return errors.Join(s.loadHeads(txn), s.loadQuarantine(txn), s.loadGaps(txn), s.loadArrivals(txn))
	})
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.checkUnacknowledged(); err != nil {
		return err
	}
	if err := s.checkArrivals(); err != nil {
		return err
	}
	return s.checkSigners()
}

// each calls fn for the keys that begin with prefix, in order, with what
// follows prefix and the payload; both are fn's only for the call.
func each(txn *badger.Txn, prefix []byte, fn func(rest, payload []byte) error) error {
	opts := badger.DefaultIteratorOptions
	opts.Prefix = prefix
	opts.PrefetchSize = 16
	it := txn.NewIterator(opts)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		err := item.Value(func(value []byte) error {
			payload, err := unseal(item.Key(), value)
			if err != nil {
				return err
			}
			return fn(item.Key()[len(prefix):], payload)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) loadHeads(txn *badger.Txn) error {
	return each(txn, []byte{spaceTip}, func(rest, payload []byte) error {
		f := fields{b: rest}
		issuer, epoch := keys.Public(f.bytes(keys.PublicSize)), f.uint64()
		tip, err := decodeTip(epoch, payload)
		if err != nil || f.bad {
			return errors.Join(damaged("the tip of issuer %s", issuer.Short()), err)
		}
		s.heads.put(issuer, tip)
		return nil
	})
}

func (s *Store) loadQuarantine(txn *badger.Txn) error {
	return each(txn, []byte{spaceQuarantine}, func(rest, payload []byte) error {
		c, err := taxonomy.CIDFromBytes(rest)
		f := fields{b: payload}
		q := quarantined{arrival: f.uint64(), reason: string(f.b)}
		if err != nil || f.bad {
			return damaged("a quarantine of key %x", rest)
		}
		s.quarantine[c] = q
		return nil
	})
}

func (s *Store) loadGaps(txn *badger.Txn) error {
	return each(txn, []byte{spaceGap}, func(rest, payload []byte) error {
		after, last := fields{b: rest}, fields{b: payload}
		g := gap{after.uint64(), last.uint64()}
		if after.bad || last.bad || g.last <= g.after {
			return damaged("a gap in the order of arrival")
		}
		s.gaps = append(s.gaps, g)
		s.arrivals = max(s.arrivals, g.last)
		return nil
	})
}

func (s *Store) loadArrivals(txn *badger.Txn) error {
	opts := badger.DefaultIteratorOptions
	opts.Reverse, opts.PrefetchValues = true, false
	opts.Prefix = []byte{spaceArrival}
	it := txn.NewIterator(opts)
	defer it.Close()
	it.Seek(arrivalKey(1<<64 - 1))
	if it.Valid() {
		f := fields{b: it.Item().Key()[1:]}
		s.arrivals = max(s.arrivals, f.uint64())
	}
	return nil
}

// checkUnacknowledged looks at what a crash caught between the database and
// the promise: after a power cut the tree may know of a body that never
// reached the disk. Nobody was told that such a batch is kept.
func (s *Store) checkUnacknowledged() error {
	for n := s.promises.now.arrivals + 1; n <= s.arrivals; n++ {
		a, err := s.arrived(n)
		if err != nil && !a.batch.Defined() {
			return err
		}
		if err != nil {
			if err := s.isolate(a.batch, n, err.Error()); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkArrivals closes the numbers of batches that were acknowledged and are
// gone, so that cursors of followers stay true.
func (s *Store) checkArrivals() error {
	promised := s.promises.now.arrivals
	if s.arrivals >= promised {
		return nil
	}
	g := gap{s.arrivals, promised}
	s.log.Error("the disk lost batches that were acknowledged; they must be fetched again from peers",
		"batches", g.last-g.after, "first_arrival", g.after+1, "last_arrival", g.last)
	err := s.commit(func(txn *badger.Txn) error {
		return set(txn, gapKey(g.after), binary.BigEndian.AppendUint64(nil, g.last))
	})
	if err != nil {
		return err
	}
	s.gaps = append(s.gaps, g)
	s.arrivals = g.last
	return s.settle()
}

// checkSigners bars every issuer of this node of whose reservations the
// highest is neither held nor waiting.
func (s *Store) checkSigners() error {
	next := s.promises.now.clone()
	changed := false
	for issuer, own := range next.signers {
		if own.barred != "" || !own.highest.CID.Defined() {
			continue
		}
		kept, err := s.keeps(issuer, own.highest)
		if err != nil {
			return err
		}
		if kept {
			continue
		}
		own.barred = fmt.Sprintf("the disk lost the batch reserved for place %d/%d", own.highest.Epoch, own.highest.Sequence)
		s.log.Error("signing is barred until the last published head is named", "issuer", issuer.Short(), "reason", own.barred)
		next.signers[issuer] = own
		changed = true
	}
	if !changed {
		return nil
	}
	return s.promise(next)
}

// keeps reports whether the batch of a place that was reserved is still known.
func (s *Store) keeps(issuer keys.Public, t feed.Tip) (bool, error) {
	if tip, ok := s.heads[issuer][t.Epoch]; ok && !tip.Before(t) {
		return true, nil
	}
	if last, ok := s.heads.latest(issuer); ok && last.Epoch > t.Epoch {
		return true, nil
	}
	found := false
	err := s.view(func(txn *badger.Txn) error {
		var err error
		_, found, err = get(txn, reservationKey(issuer, t))
		return err
	})
	return found, err
}
