package disk

import (
	"errors"
	"fmt"
	"io"
	"maps"

	"ringfence/store/archive"
	"ringfence/store/disk/internal/engine"
	"ringfence/store/disk/internal/layout"
	"ringfence/store/disk/internal/promise"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Backup writes the store as it was at one moment as an archive, while others
// read and write. It holds one batch in memory at a time. Close waits for it;
// an error of w ends it.
func (s *Store) Backup(w io.Writer) error {
	a, err := archive.NewWriter(w)
	if err == nil {
		m := moment{s: s}
		note := func() {
			m.arrivals, m.gaps, m.signers, m.checkpoint = s.arrivals, s.gaps, s.promised.Signers, s.checkpoint
		}
		err = s.db.Moment(note, func(txn engine.Txn) error {
			m.txn = txn
			if err := m.write(a); err != nil {
				return err // and no end mark
			}
			return a.Close()
		})
	}
	if err != nil {
		return fmt.Errorf("disk: back up: %w", err)
	}
	return nil
}

// moment is the store between two writes.
type moment struct {
	s        *Store
	txn      engine.Txn
	arrivals uint64
	gaps     []layout.Gap
	signers  map[keys.Public]promise.Signer

	checkpoint []byte
}

func (m *moment) write(a *archive.Writer) error {
	for n := layout.Beyond(m.gaps, 1); n <= m.arrivals; n = layout.Beyond(m.gaps, n+1) {
		if err := m.writeArrival(a, n); err != nil {
			return err
		}
	}
	err := eachFork(m.txn, func(p feed.ForkProof) error { return a.Write(archive.Fork{Proof: p}) })
	if err != nil {
		return err
	}
	issuers := layout.SortIssuers(maps.Keys(m.signers))
	for _, issuer := range issuers {
		err := eachReservation(m.txn, issuer, func(r feed.Reservation) error {
			return a.Write(archive.Reservation{Issuer: issuer, Reservation: r})
		})
		if err != nil {
			return err
		}
	}
	for _, issuer := range issuers {
		own := m.signers[issuer]
		err := a.Write(archive.Signer{Issuer: issuer, Highest: own.Highest, Bar: own.Bar})
		if err != nil {
			return err
		}
	}
	err = eachNamed(m.txn, func(space, key string, value []byte) error {
		return a.Write(archive.Named{Space: space, Key: key, Value: value})
	})
	if err != nil {
		return err
	}
	return m.writeLedger(a)
}

// writeLedger writes the ledger as far as it is certified. One that is damaged is
// left out: everybody has it, and nobody else may have the feeds.
func (m *moment) writeLedger(a *archive.Writer) error {
	r := rows{m.txn}
	for e, err := range archive.Ledger(r, m.checkpoint, r.erased) {
		if err != nil {
			m.s.log.Error("the ledger on this disk is damaged; the backup has the feeds without it, and who restores it fetches the ledger from peers", "error", err)
			return nil
		}
		if err := a.Write(e); err != nil {
			return err
		}
	}
	return nil
}

// writeArrival writes one batch. A batch that is damaged is written as one in
// quarantine, without its body, so that its place is not lost.
func (m *moment) writeArrival(a *archive.Writer, n uint64) error {
	got, err := m.s.arrivedIn(m.txn, n)
	if got.value.Arrival == n {
		if there, err := placed(m.txn, &got.value); err != nil || !there {
			return err // it stands beside its feed, and none of it is restored
		}
	}
	switch {
	case errors.Is(err, ErrDamaged) && got.value.Arrival == n:
		return a.Write(aside(n, &got.value, err.Error()))
	case err != nil:
		return err
	case got.served:
		return a.Write(archive.Record{Arrival: n, Record: got.record})
	case got.value.Arrival != n:
		return nil
	}
	m.s.mu.RLock()
	reason := m.s.quarantine[got.batch].Reason
	m.s.mu.RUnlock()
	if reason == "" {
		reason = "in quarantine when the backup was made"
	}
	return a.Write(aside(n, &got.value, reason))
}

func aside(n uint64, v *layout.Batch, reason string) archive.Record {
	return archive.Record{Arrival: n, Record: v.Record(nil), Quarantine: reason}
}
