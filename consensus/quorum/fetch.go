package quorum

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/applied"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// joining is a record that is to begin a generation, and what is known of the ledger
// above what is certified here, up to its start.
type joining struct {
	record  cosign.Record
	ready   bool // it was judged with all that it takes: no other takes its place
	since   time.Time
	from    uint64                         // where entries begin
	entries map[keys.Public][]ledger.Entry // by the host that gave them
	wrong   map[keys.Public]bool           // whose entries came to another tree
	asked   time.Time
}

// Bounds of the entries that others give.
const (
	maxGiven   = 512 << 10 // bytes, in one message
	maxFetched = 128 << 20 // bytes that one host gives
)

// holdStart has the ledger written down up to where a generation starts, from what was
// applied here or from what others give.
func (r *Regulator) holdStart(ctx context.Context, now *run, j *joining, from uint64) (bool, error) {
	start := j.record.Start
	if root, ok := now.machine.Root(start.Size); ok && root == start.Root {
		entries, err := now.machine.Entries(ctx, applied.Stretch{From: from, To: start.Size}, math.MaxInt)
		if err != nil {
			return false, err
		}
		return true, r.follower.Hold(from, entries, start)
	}
	r.mu.Lock()
	if j.from != from {
		j.from = from
		clear(j.entries)
	}
	given := maps.Clone(j.entries)
	r.mu.Unlock()
	for host, entries := range given {
		if from+uint64(len(entries)) < start.Size {
			continue
		}
		err := r.follower.Hold(from, entries, start)
		if err == nil {
			return true, nil
		}
		r.cfg.Logger.Warn("a regulator gives other entries than those that are asked for", "host", host.Short(), "error", err)
		r.mu.Lock()
		delete(j.entries, host)
		j.wrong[host] = true
		r.mu.Unlock()
	}
	r.ask(now, j, from)
	return false, nil
}

// ask asks all others for entries that are missing, and those whose entries were wrong
// only when that is everybody.
func (r *Regulator) ask(now *run, j *joining, from uint64) {
	start, at, peers := j.record.Start, time.Now(), now.machine.Peers()
	have := make(map[keys.Public]uint64)
	r.mu.Lock()
	if at.Sub(j.asked) >= askEvery {
		j.asked = at
		if len(j.wrong) >= len(peers) {
			clear(j.wrong)
		}
		for _, host := range peers {
			if !j.wrong[host] {
				have[host] = from + uint64(len(j.entries[host]))
			}
		}
	}
	r.mu.Unlock()
	for host, next := range have {
		m := message{topic: aboutNoEntries, parts: [][]byte{applied.Stretch{From: next, To: start.Size}.Bytes(), start.Root[:]}}
		r.cfg.Network.Send(host, m.bytes())
	}
}

// giveEntries answers who asks for entries that lead to a tree which was applied here, or
// lies below what was.
func (r *Regulator) giveEntries(now *run, to keys.Public, parts [][]byte) error {
	if len(parts) != 2 || len(parts[1]) != merkle.HashSize {
		return errors.New("quorum: entries are asked for, of no tree")
	}
	s, err := applied.DecodeStretch(parts[0])
	if err != nil {
		return err
	}
	if root, ok := now.machine.Root(s.To); !ok || root != merkle.Hash(parts[1]) {
		return nil
	}
	entries, err := now.machine.Entries(now.machine.Context(), s, maxGiven)
	if err != nil || len(entries) == 0 {
		return nil // others have them
	}
	m := message{topic: aboutEntries, parts: [][]byte{s.Bytes()}}
	for _, e := range entries[:min(len(entries), (maxParts-1)/2)] {
		m.parts = append(m.parts, e.Data, e.Opening)
	}
	r.cfg.Network.Send(to, m.bytes())
	return nil
}

// takeEntries keeps what was asked for.
func (r *Regulator) takeEntries(from keys.Public, parts [][]byte) error {
	if len(parts)%2 != 1 {
		return errors.New("quorum: entries without their openings")
	}
	s, err := applied.DecodeStretch(parts[0])
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.joining
	if j == nil || len(parts) == 1 || j.wrong[from] || s.To != j.record.Start.Size || s.From != j.from+uint64(len(j.entries[from])) {
		return nil
	}
	held := 0
	for _, e := range j.entries[from] {
		held += len(e.Data) + len(e.Opening)
	}
	for i := 1; i < len(parts) && s.From+uint64(i/2) < s.To; i += 2 {
		if held += len(parts[i]) + len(parts[i+1]); held > maxFetched {
			delete(j.entries, from)
			j.wrong[from] = true
			return fmt.Errorf("quorum: more than %d bytes of entries up to the start of a generation", maxFetched)
		}
		j.entries[from] = append(j.entries[from], ledger.Entry{Data: parts[i], Opening: parts[i+1]})
	}
	j.asked = time.Time{}
	r.poke()
	return nil
}
