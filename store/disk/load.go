package disk

import (
	"errors"
	"fmt"

	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// load reads into memory what must never be silently absent, and compares it
// with what was promised. The tables were verified, so an iteration is whole.
func (s *Store) load() error {
	s.promised = s.promises.Now()
	err := s.db.View(func(txn engine.Txn) error {
		return errors.Join(s.loadHeads(txn), s.loadQuarantine(txn), s.loadArrivals(txn), s.loadCheckpoint(txn))
	})
	if err != nil {
		return err
	}
	return s.db.Always(func() error {
		if err := s.checkUnacknowledged(); err != nil {
			return err
		}
		if err := s.checkArrivals(); err != nil {
			return err
		}
		return s.checkSigners()
	})
}

func (s *Store) loadHeads(txn engine.Txn) error {
	return txn.Each([]byte{layout.SpaceTip}, func(rest, value []byte) error {
		issuer, tip, err := layout.DecodeTip(rest, value)
		if err == nil {
			s.heads.put(issuer, tip)
		}
		return err
	})
}

func (s *Store) loadQuarantine(txn engine.Txn) error {
	return txn.Each([]byte{layout.SpaceQuarantine}, func(rest, value []byte) error {
		c, q, err := layout.DecodeQuarantine(rest, value)
		if err == nil {
			s.quarantine[c] = q
		}
		return err
	})
}

// loadArrivals needs the gaps, for the last may lie behind every arrival.
func (s *Store) loadArrivals(txn engine.Txn) error {
	err := txn.Each([]byte{layout.SpaceGap}, func(rest, value []byte) error {
		g, err := layout.DecodeGap(rest, value)
		s.gaps = append(s.gaps, g)
		s.arrivals = max(s.arrivals, g.Last)
		return err
	})
	if last, ok := txn.Last([]byte{layout.SpaceArrival}); ok {
		f := layout.Take(last[1:])
		s.arrivals = max(s.arrivals, f.Uint64())
	}
	return err
}

// checkUnacknowledged looks at what a crash caught between the database and
// the promise: after a power cut the tree may know of a body that never
// reached the disk. Nobody was told that such a batch is kept.
func (s *Store) checkUnacknowledged() error {
	for n := s.promises.Now().Arrivals + 1; n <= s.arrivals; n++ {
		var a arrival
		err := s.db.Read(func(txn engine.Txn) error {
			var err error
			a, err = s.arrivedIn(txn, n)
			return err
		})
		if err != nil && a.batch.Defined() && errors.Is(err, ErrDamaged) {
			err = s.isolate(a.batch, n, err.Error())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkArrivals closes the numbers of batches that were acknowledged and are
// gone, so that cursors of followers stay true.
func (s *Store) checkArrivals() error {
	promised := s.promises.Now().Arrivals
	if s.arrivals >= promised {
		return nil
	}
	g := layout.Gap{After: s.arrivals, Last: promised}
	s.log.Error("the disk lost batches that were acknowledged; they must be fetched again from peers",
		"batches", g.Last-g.After, "first_arrival", g.After+1, "last_arrival", g.Last)
	err := s.db.Commit(func(txn engine.Txn) error {
		return txn.Set(layout.GapKey(g.After), g.Encode())
	})
	if err != nil {
		return err
	}
	s.gaps = append(s.gaps, g)
	s.arrivals = g.Last
	return s.db.Settle()
}

// checkSigners makes promises and reservations agree. A reservation above the
// promise was caught by a crash before Reserve returned, and may yet be signed.
// An issuer of whose reservations the highest is neither held nor waiting is
// barred, and everybody when the promises themselves are gone.
func (s *Store) checkSigners() error {
	next := s.promises.Now().Clone()
	waiting, err := s.waiting()
	if err != nil {
		return err
	}
	// A store that holds nothing promises nothing, and says so: else a crash
	// before its first promise would look like the loss of the file.
	changed := s.promises.IsNew()
	for issuer, tip := range waiting {
		own := next.Signer(issuer)
		if higher := feed.Later(own.Highest, tip); higher != own.Highest {
			own.Highest, changed = higher, true
			next.Signers[issuer] = own
		}
	}
	for issuer, own := range next.Signers {
		if own.Bar.Kind == 0 && own.Highest.CID.Defined() && !s.keeps(issuer, own.Highest, waiting[issuer]) && !s.knows(own.Highest.CID) {
			own.Bar = feed.Bar{Kind: feed.Restored, Reason: fmt.Sprintf("the disk lost the batch reserved for place %d/%d", own.Highest.Epoch, own.Highest.Sequence)}
			next.Signers[issuer] = own
			changed = true
			s.log.Error("signing is barred until the last published head is named", "issuer", issuer.Short(), "reason", own.Bar.Reason)
		}
	}
	switch {
	case !s.promises.IsNew():
	case s.arrivals > 0 || len(waiting) > 0:
		next.Others = "the file of promises is gone from the store"
		for issuer, own := range next.Signers {
			own.Bar = feed.Bar{Kind: feed.Restored, Reason: next.Others}
			next.Signers[issuer] = own
		}
		s.log.Error("signing is barred until the last published heads are named", "reason", next.Others)
	case s.cfg.Bar != "":
		next.Others = s.cfg.Bar
	}
	if !changed {
		return nil
	}
	return s.promise(next)
}

// waiting returns the highest reservation of each issuer that was not appended.
func (s *Store) waiting() (map[keys.Public]feed.Tip, error) {
	waiting := make(map[keys.Public]feed.Tip)
	err := s.db.Read(func(txn engine.Txn) error {
		return txn.Each([]byte{layout.SpaceReservation}, func(rest, value []byte) error {
			f := layout.Take(rest)
			issuer := keys.Public(f.Bytes(keys.PublicSize))
			r, err := layout.DecodeReservation(f.Rest(), value)
			waiting[issuer] = feed.Later(waiting[issuer], r.Tip)
			return err
		})
	})
	return waiting, err
}

// keeps reports whether the batch of a place that was reserved is still known:
// held, or waiting.
func (s *Store) keeps(issuer keys.Public, t, waiting feed.Tip) bool {
	last, _ := s.heads.latest(issuer)
	last = feed.Later(last, waiting)
	return last.CID.Defined() && !last.Before(t)
}
