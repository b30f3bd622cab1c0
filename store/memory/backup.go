package memory

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"ringfence/store/archive"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// PutFork keeps a fork proof, unless a lower one of that epoch is kept.
func (s *Store) PutFork(p feed.ForkProof) error {
	if p.IsZero() {
		return fmt.Errorf("memory: keep a fork proof: it is empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := lane{p.Issuer(), p.Epoch()}
	s.forks[l] = feed.Lower(p, s.forks[l])
	return nil
}

// Fork returns the lowest fork proof known of an epoch.
func (s *Store) Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.forks[lane{issuer, epoch}]
	return p, ok, nil
}

// Forks returns every fork proof, by issuer and epoch.
func (s *Store) Forks() ([]feed.ForkProof, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.forkList(), nil
}

func (s *Store) forkList() []feed.ForkProof {
	var out []feed.ForkProof
	for _, l := range slices.SortedFunc(maps.Keys(s.forks), lane.compare) {
		out = append(out, s.forks[l])
	}
	return out
}

// Backup writes the store as it is now as an archive.
func (s *Store) Backup(w io.Writer) error {
	a, err := archive.NewWriter(w)
	if err != nil {
		return fmt.Errorf("memory: back up: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.entries() {
		if err := a.Write(e); err != nil {
			return fmt.Errorf("memory: back up: %w", err)
		}
	}
	l := &s.ledger
	for e, err := range archive.Ledger(l, l.Checkpoint(), l.Erased) {
		if err == nil {
			err = a.Write(e)
		}
		if err != nil {
			return fmt.Errorf("memory: back up: %w", err)
		}
	}
	if err := a.Close(); err != nil {
		return fmt.Errorf("memory: back up: %w", err)
	}
	return nil
}

// placed reports whether a batch stands at its place, and not beside its feed.
func (s *Store) placed(issuer keys.Public, tip feed.Tip) bool {
	return s.places[place{lane{issuer, tip.Epoch}, tip.Sequence}] == tip.CID
}

// entries lists all that is held and has its place; the bodies are shared.
func (s *Store) entries() []archive.Entry {
	var out []archive.Entry
	for i, c := range s.arrivals {
		if b := s.batches[c]; b != nil && s.placed(b.record.Issuer, b.record.Tip) {
			r := archive.Record{Arrival: uint64(i) + 1, Record: b.record, Quarantine: b.quarantine}
			if b.quarantine != "" {
				r.Record.Body = nil
			}
			out = append(out, r)
		}
	}
	for _, p := range s.forkList() {
		out = append(out, archive.Fork{Proof: p})
	}
	issuers := slices.SortedFunc(maps.Keys(s.signers), func(a, b keys.Public) int { return bytes.Compare(a[:], b[:]) })
	for _, issuer := range issuers {
		for _, d := range s.signers[issuer].reserved {
			out = append(out, archive.Reservation{Issuer: issuer, Reservation: d})
		}
	}
	for _, issuer := range issuers {
		own := s.signers[issuer]
		out = append(out, archive.Signer{Issuer: issuer, Highest: own.highest, Bar: own.bar})
	}
	for _, space := range slices.Sorted(maps.Keys(s.named)) {
		for _, key := range slices.Sorted(maps.Keys(s.named[space])) {
			out = append(out, archive.Named{Space: space, Key: key, Value: s.named[space][key]})
		}
	}
	return out
}
