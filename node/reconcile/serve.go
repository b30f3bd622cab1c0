package reconcile

import (
	"bufio"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ringfence/node/overlay"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// serving is the answering end: who is being answered.
type serving struct {
	done chan struct{} // closed once nobody is answered any more

	serveMu sync.Mutex
	stopped bool
	streams map[keys.Public][]overlay.Stream
	limits  map[keys.Public]*rate.Limiter
	open    *sync.WaitGroup
}

func newServing() serving {
	return serving{
		done:    make(chan struct{}),
		streams: make(map[keys.Public][]overlay.Stream),
		limits:  make(map[keys.Public]*rate.Limiter),
		open:    new(sync.WaitGroup),
	}
}

// enter counts a stream of a peer, unless it has too many, and returns what the
// peer may be served a second.
func (s *serving) enter(stream overlay.Stream) (*rate.Limiter, bool) {
	s.serveMu.Lock()
	defer s.serveMu.Unlock()
	peer := stream.Peer()
	if s.stopped || len(s.streams[peer]) >= maxStreams {
		return nil, false
	}
	s.streams[peer] = append(s.streams[peer], stream)
	s.open.Add(1)
	if s.limits[peer] == nil {
		s.limits[peer] = rate.NewLimiter(serveRate, serveRate)
	}
	return s.limits[peer], true
}

func (s *serving) leave(stream overlay.Stream) {
	s.serveMu.Lock()
	defer s.serveMu.Unlock()
	peer := stream.Peer()
	for i, one := range s.streams[peer] {
		if one == stream {
			s.streams[peer] = append(s.streams[peer][:i:i], s.streams[peer][i+1:]...)
			break
		}
	}
	if len(s.streams[peer]) == 0 {
		delete(s.streams, peer)
	}
	s.open.Done()
}

func (s *serving) forgetServed(peer keys.Public) {
	s.serveMu.Lock()
	defer s.serveMu.Unlock()
	if len(s.streams[peer]) == 0 {
		delete(s.limits, peer)
	}
}

// stop ends all answers and waits for them.
func (s *serving) stop() {
	s.serveMu.Lock()
	if !s.stopped {
		s.stopped = true
		close(s.done)
	}
	for _, streams := range s.streams {
		for _, stream := range streams {
			stream.Close()
		}
	}
	s.serveMu.Unlock()
	s.open.Wait()
}

// Serve answers on a stream until its other end has asked all it wanted, or asks
// what cannot be read. It closes the stream.
func (r *Reconciler) Serve(s overlay.Stream) {
	defer s.Close()
	limit, ok := r.enter(s)
	if !ok {
		return
	}
	defer r.leave(s)
	a := answering{r: r, s: s, limit: limit, out: bufio.NewWriterSize(s, pace)}
	for range maxTalk {
		if s.SetDeadline(time.Now().Add(serveTimeout)) != nil {
			return
		}
		request, err := overlay.ReadFrame(s, maxRequest)
		if err != nil {
			return // gone, or has asked all
		}
		if err := a.answer(request); err != nil {
			r.cfg.Logger.Debug("a neighbour was not answered", "peer", s.Peer().Short(), "error", err)
			return
		}
	}
}

// answering is one stream that is being answered.
type answering struct {
	r     *Reconciler
	s     overlay.Stream
	limit *rate.Limiter
	out   *bufio.Writer
}

func (a *answering) answer(request []byte) error {
	k, err := kindOf(request)
	if err != nil {
		return err
	}
	switch k {
	case kindBeacon:
		err = a.beacon(request)
	case kindHeads:
		err = a.heads(request)
	case kindRanges:
		err = a.ranges(request)
	case kindBatches:
		err = a.batches(request)
	case kindHeader:
		err = a.header(request)
	case kindProof:
		err = a.proof(request)
	case kindSublist:
		err = a.sublist(request)
	default:
		err = fmt.Errorf("reconcile: a frame of kind %d is no request", k)
	}
	if err != nil {
		return err
	}
	return a.out.Flush()
}

// say writes a frame once the peer's share of a second allows it.
func (a *answering) say(b []byte) error {
	if wait := a.limit.ReserveN(time.Now(), len(b)).Delay(); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-a.r.done:
			return fmt.Errorf("reconcile: this node stops")
		}
	}
	if err := a.s.SetDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return overlay.WriteFrame(a.out, b)
}

func (a *answering) beacon(request []byte) error {
	said, err := decodeWord(request)
	if err != nil {
		return err
	}
	own, err := a.r.word()
	if err != nil {
		return err
	}
	peer := a.s.Peer()
	a.r.cfg.Heard(peer, said.beacon, 0)
	a.r.post(func(now time.Time) { a.r.plan.told(peer, said, now) })
	return a.say(encodeWord(own))
}

// word is what this node tells of itself.
func (r *Reconciler) word() (word, error) {
	at, err := r.vector.now()
	return word{r.cfg.Beacon(), at}, err
}

func (a *answering) heads(request []byte) error {
	since, err := decodeHeads(request)
	if err != nil {
		return err
	}
	heads, end, err := a.r.vector.since(since, maxHeads)
	if err != nil {
		return err
	}
	for len(heads) > 0 {
		n := min(len(heads), maxPage)
		if err := a.say(encodePage(heads[:n])); err != nil {
			return err
		}
		heads = heads[n:]
	}
	return a.say(encodeHeadsEnd(end))
}

func (a *answering) ranges(request []byte) error {
	q, err := decodeRanges(request)
	if err != nil {
		return err
	}
	left := q.bytes
	for _, s := range q.spans {
		next := 0
		for i := range uint64(s.count) {
			rec, ok := a.at(s.lane, s.from+i)
			if !ok {
				break
			}
			if next = a.tooLarge(rec, left); next > 0 {
				break
			}
			left -= rec.size()
			if err := a.say(encodeRecord(rec)); err != nil {
				return err
			}
		}
		if err := a.say(encodeSpanEnd(next)); err != nil {
			return err
		}
	}
	return nil
}

// at returns what is held and served at a place. Damage is told by the store; to
// a neighbour it is the same as nothing.
func (a *answering) at(l lane, sequence uint64) (record, bool) {
	header, ok, err := a.r.cfg.Held.Header(l.issuer, l.epoch, sequence)
	if err != nil || !ok {
		return record{}, false
	}
	_, id, err := feed.Peek(header)
	if err != nil {
		return record{}, false
	}
	held, ok, err := a.r.cfg.Held.Batch(id)
	if err != nil || !ok {
		return record{}, false
	}
	return record{held.Header, held.Body}, true
}

func (a *answering) batches(request []byte) error {
	left, ids, err := decodeBatches(request)
	if err != nil {
		return err
	}
	next := 0
	for _, id := range ids {
		held, ok, err := a.r.cfg.Held.Batch(id)
		if err != nil || !ok {
			continue
		}
		rec := record{held.Header, held.Body}
		if next = a.tooLarge(rec, left); next > 0 {
			break
		}
		left -= rec.size()
		if err := a.say(encodeRecord(rec)); err != nil {
			return err
		}
	}
	return a.say(encodeSpanEnd(next))
}

// tooLarge returns the size of a record that does not fit into what is left. It
// was read for nothing, and counts as served.
func (a *answering) tooLarge(rec record, left int) int {
	if rec.size() <= left {
		return 0
	}
	a.limit.ReserveN(time.Now(), rec.size())
	return rec.size()
}

func (a *answering) header(request []byte) error {
	l, sequence, err := decodeHeader(request)
	if err != nil {
		return err
	}
	header, _, err := a.r.cfg.Held.Header(l.issuer, l.epoch, sequence)
	if err != nil {
		return err
	}
	return a.say(encodeBytes(header))
}

func (a *answering) proof(request []byte) error {
	l, err := decodeProof(request)
	if err != nil {
		return err
	}
	proof, _, err := a.r.cfg.Held.Fork(l.issuer, l.epoch)
	if err != nil {
		return err
	}
	return a.say(encodeBytes(proof.Bytes()))
}

func (a *answering) sublist(request []byte) error {
	prefix, bits, err := decodeSublist(request)
	if err != nil {
		return err
	}
	if a.r.cfg.Sublist == nil {
		return fmt.Errorf("reconcile: this node has no list to compare")
	}
	s, err := a.r.cfg.Sublist(prefix, bits)
	if err != nil {
		return err
	}
	return a.say(encodeSublistIs(s))
}
