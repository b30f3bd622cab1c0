package tiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"time"

	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// peer is what is thought of one peer. The Source's mutex guards it, but for talk.
type peer struct {
	open     int           // requests that it has not answered
	takes    time.Duration // what it takes to answer, about
	failures int           // in a row
	until    time.Time     // asked last until then

	talking chan struct{} // held by who uses talk
	talk    *talk
}

// giver is who gave a tile last, and who gave it wrong before.
type giver struct {
	peer  keys.Public
	wrong []keys.Public
}

// maxGivers is how many tiles are remembered by who gave them: those that are being
// read, and some more.
const maxGivers = 1024

// pick returns who is to be asked next for a path, and counts the request. Whoever was
// tried is not asked again, nor who gave this tile wrong.
func (s *Source) pick(path string, tried map[keys.Public]bool) (keys.Public, *peer, bool) {
	all := slices.Clone(s.cfg.Peers())
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var wrong []keys.Public
	if g := s.givers[path]; g != nil {
		wrong = g.wrong
	}
	var best keys.Public
	var found *peer
	for _, k := range all {
		if tried[k] || slices.Contains(wrong, k) {
			continue
		}
		if p := s.peer(k); found == nil || p.before(found, now) {
			best, found = k, p
		}
	}
	if found == nil {
		return best, nil, false
	}
	found.open++
	return best, found, true
}

// peer returns what is thought of a peer. The caller holds the lock.
func (s *Source) peer(k keys.Public) *peer {
	p := s.peers[k]
	if p == nil {
		p = &peer{talking: make(chan struct{}, 1)}
		s.peers[k] = p
	}
	return p
}

// before reports whether p is asked before q: who answers soonest, as busy as it is;
// those that are asked last in the order in which that ends.
func (p *peer) before(q *peer, now time.Time) bool {
	if later, other := p.until.After(now), q.until.After(now); later || other {
		return !later || other && p.until.Before(q.until)
	}
	return time.Duration(p.open+1)*(p.takes+time.Millisecond) < time.Duration(q.open+1)*(q.takes+time.Millisecond)
}

// answered counts the end of a request.
func (s *Source) answered(p *peer, took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.open--
	switch {
	case errors.Is(err, context.Canceled):
		p.takes = max(p.takes, took) // another one was quicker
	case errors.Is(err, errLied):
		p.until = time.Now().Add(distrust)
	case err != nil:
		p.failures++
		if next := time.Now().Add(min(time.Duration(p.failures)*pause, mostPause)); next.After(p.until) {
			p.until = next
		}
	default:
		p.failures = 0
		p.takes += (took - p.takes) / 4
	}
}

// gave remembers who gave what lies at a path.
func (s *Source) gave(path string, k keys.Public) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.givers[path]; g != nil {
		g.peer = k
		return
	}
	if len(s.order) >= maxGivers {
		delete(s.givers, s.order[0])
		s.order = s.order[1:]
	}
	s.givers[path] = &giver{peer: k}
	s.order = append(s.order, path)
}

// Blame hears why what Read gave was of no use, and reports whether reading again may
// help. When err is a ledger.DamagedError of one tile, who gave that is asked for it no
// more, and for others last. Openings may be erased by one peer before another, so of
// them nobody is thought ill, and when nobody is left everybody may be asked anew.
func (s *Source) Blame(err error) bool {
	var damaged *ledger.DamagedError
	if !errors.As(err, &damaged) || len(damaged.Tiles) != 1 {
		return false
	}
	t, peers := damaged.Tiles[0], s.cfg.Peers()
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.givers[t.Path()]
	if g == nil {
		return false // it came from elsewhere, or too long ago to know from whom
	}
	if !slices.Contains(g.wrong, g.peer) {
		g.wrong = append(g.wrong, g.peer)
	}
	if t.Kind != ledger.Openings {
		s.peer(g.peer).until = time.Now().Add(distrust)
	}
	others := slices.ContainsFunc(peers, func(k keys.Public) bool { return !slices.Contains(g.wrong, k) })
	if !others && t.Kind == ledger.Openings {
		g.wrong = nil
	}
	return others
}

// Lied says that what a peer gave for a checkpoint is none: it is asked last.
func (s *Source) Lied(k keys.Public) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer(k).until = time.Now().Add(distrust)
}

// nobody is the error of what no peer gave. It wraps fs.ErrNotExist when all that were
// asked said that they do not have it.
func nobody(path string, failed []error) error {
	if len(failed) == 0 {
		return fmt.Errorf("reconcile: %s: no peer that was asked has it: %w", path, fs.ErrNotExist)
	}
	return fmt.Errorf("reconcile: %s: no peer gives it: %w", path, errors.Join(failed...))
}
