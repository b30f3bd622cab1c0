package answer

import (
	"bufio"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"golang.org/x/time/rate"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// Shelf is what is shown of what a node holds.
type Shelf interface {
	Tips() ([]feed.Head, error)
	Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error)
	Batch(c cid.Cid) (feed.Record, bool, error)
	Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error)
	Forks() ([]feed.ForkProof, error)
}

// Config is what an answerer needs.
type Config struct {
	Held    Shelf
	Beacon  func() message.Beacon
	Sublist func(prefix uint64, bits int) (merkle.Sublist, error) // nil: nobody is answered
	Told    func(peer keys.Public, w message.Word)                // hears what askers tell of themselves
	Logger  *slog.Logger
}

// Answerer answers neighbours, each as much as its share allows.
type Answerer struct {
	cfg    Config
	vector *vector
	done   chan struct{} // closed once nobody is answered any more
	open   sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	streams map[keys.Public][]overlay.Stream
	limits  map[keys.Public]*rate.Limiter
}

// New returns an Answerer.
func New(cfg Config) *Answerer {
	return &Answerer{
		cfg:     cfg,
		vector:  newVector(cfg.Held),
		done:    make(chan struct{}),
		streams: make(map[keys.Public][]overlay.Stream),
		limits:  make(map[keys.Public]*rate.Limiter),
	}
}

// enter counts a stream of a peer, unless it has too many, and returns what the
// peer may be served a second.
func (a *Answerer) enter(stream overlay.Stream) (*rate.Limiter, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	peer := stream.Peer()
	if a.stopped || len(a.streams[peer]) >= message.MaxStreams {
		return nil, false
	}
	a.streams[peer] = append(a.streams[peer], stream)
	a.open.Add(1)
	if a.limits[peer] == nil { // no more than hosts that the charter names
		a.limits[peer] = rate.NewLimiter(message.ServeRate, message.ServeRate)
	}
	return a.limits[peer], true
}

func (a *Answerer) leave(stream overlay.Stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	peer := stream.Peer()
	for i, one := range a.streams[peer] {
		if one == stream {
			a.streams[peer] = append(a.streams[peer][:i:i], a.streams[peer][i+1:]...)
			break
		}
	}
	if len(a.streams[peer]) == 0 {
		delete(a.streams, peer)
	}
	a.open.Done()
}

// Forget forgets all who were served nothing lately. Whoever was keeps what is left of
// its share, else coming back would be a new one.
func (a *Answerer) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.limits, func(peer keys.Public, limit *rate.Limiter) bool {
		return len(a.streams[peer]) == 0 && limit.Tokens() >= message.ServeRate
	})
}

// Stop ends all answers and waits for them.
func (a *Answerer) Stop() {
	a.mu.Lock()
	if !a.stopped {
		a.stopped = true
		close(a.done)
	}
	for _, streams := range a.streams {
		for _, stream := range streams {
			_ = stream.Close() // it is over either way
		}
	}
	a.mu.Unlock()
	a.open.Wait()
}

// Serve answers on a stream until its other end has asked all it wanted, or asks
// what cannot be read. It closes the stream.
func (a *Answerer) Serve(s overlay.Stream) {
	defer func() { _ = s.Close() }() // it is over either way
	limit, ok := a.enter(s)
	if !ok {
		return
	}
	defer a.leave(s)
	one := answering{Answerer: a, s: s, limit: limit}
	one.out = bufio.NewWriterSize(&one, message.Pace)
	for range message.MaxTalk {
		if s.SetDeadline(time.Now().Add(message.ServeTimeout)) != nil {
			return
		}
		request, err := overlay.ReadFrame(s, message.MaxRequest)
		if err != nil {
			return // gone, or has asked all
		}
		if err := one.answer(request); err != nil {
			a.cfg.Logger.Debug("a neighbour was not answered", "peer", s.Peer().Short(), "error", err)
			return
		}
	}
}

// answering is one stream that is being answered.
type answering struct {
	*Answerer
	s     overlay.Stream
	limit *rate.Limiter
	out   *bufio.Writer
}

// Write implements io.Writer: for some of the answer there is some time, so that a
// large record may go over a thin line.
func (a *answering) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if err = a.s.SetDeadline(time.Now().Add(message.WriteTimeout)); err == nil {
			var wrote int
			wrote, err = a.s.Write(b[n:min(len(b), n+message.Pace)])
			n += wrote
		}
	}
	return n, err
}

// charge takes bytes from the peer's share, as if they had been said.
func (a *answering) charge(bytes int) { a.limit.ReserveN(time.Now(), bytes) }

func (a *answering) answer(request []byte) error {
	a.charge(message.AskCost)
	k, err := message.KindOf(request)
	if err != nil {
		return err
	}
	switch k {
	case message.KindBeacon:
		err = a.beacon(request)
	case message.KindHeads:
		err = a.heads(request)
	case message.KindRanges:
		err = a.ranges(request)
	case message.KindBatches:
		err = a.batches(request)
	case message.KindHeader:
		err = a.header(request)
	case message.KindProof:
		err = a.proof(request)
	case message.KindSublist:
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
		case <-a.done:
			return fmt.Errorf("reconcile: this node stops")
		}
	}
	return overlay.WriteFrame(a.out, b)
}

func (a *answering) beacon(request []byte) error {
	said, err := message.DecodeWord(request)
	if err != nil {
		return err
	}
	own, err := a.Word()
	if err != nil {
		return err
	}
	a.cfg.Told(a.s.Peer(), said)
	return a.say(message.EncodeWord(own))
}

// Word is what this node tells of itself. When it says that it is ready, its
// vector is no older than that: whoever hears the heads up to it, or later ones,
// hears all that the node must hold to be ready.
func (a *Answerer) Word() (w message.Word, err error) {
	w.Beacon = a.cfg.Beacon()
	w.Vector, w.Beacon.Ready, err = a.vector.now(w.Beacon.Ready)
	return w, err
}

// Counts returns how many batches of each epoch this node's last word told of, what a
// fork froze left out. It is not to be changed.
func (a *Answerer) Counts() map[message.Lane]uint64 { return a.vector.counts() }

func (a *answering) heads(request []byte) error {
	since, err := message.DecodeHeads(request)
	if err != nil {
		return err
	}
	heads, end, err := a.vector.since(since, message.MaxHeads)
	if err != nil {
		return err
	}
	for len(heads) > 0 {
		n := min(len(heads), message.MaxPage)
		if err := a.say(message.EncodePage(heads[:n])); err != nil {
			return err
		}
		heads = heads[n:]
	}
	return a.say(message.EncodeHeadsEnd(end))
}

func (a *answering) ranges(request []byte) error {
	q, err := message.DecodeRanges(request)
	if err != nil {
		return err
	}
	left := q.Bytes
	for _, s := range q.Spans {
		next := 0
		for i := range uint64(s.Count) {
			rec, ok := a.at(s.Lane, s.From+i)
			if !ok {
				break
			}
			if next = a.tooLarge(rec, left); next > 0 {
				break
			}
			left -= rec.Size()
			if err := a.say(message.EncodeRecord(rec)); err != nil {
				return err
			}
		}
		if err := a.say(message.EncodeSpanEnd(next)); err != nil {
			return err
		}
	}
	return nil
}

// at returns what is held and served at a place. Damage is told by the store; to
// a neighbour it is the same as nothing.
func (a *answering) at(l message.Lane, sequence uint64) (message.Record, bool) {
	a.charge(message.AskCost)
	header, ok, err := a.cfg.Held.Header(l.Issuer, l.Epoch, sequence)
	if err != nil || !ok {
		return message.Record{}, false
	}
	_, id, err := feed.Peek(header)
	if err != nil {
		return message.Record{}, false
	}
	held, ok, err := a.cfg.Held.Batch(id)
	if err != nil || !ok {
		return message.Record{}, false
	}
	return message.Record{Header: held.Header, Body: held.Body}, true
}

func (a *answering) batches(request []byte) error {
	left, ids, err := message.DecodeBatches(request)
	if err != nil {
		return err
	}
	next := 0
	for _, id := range ids {
		a.charge(message.AskCost)
		held, ok, err := a.cfg.Held.Batch(id)
		if err != nil || !ok {
			continue
		}
		rec := message.Record{Header: held.Header, Body: held.Body}
		if next = a.tooLarge(rec, left); next > 0 {
			break
		}
		left -= rec.Size()
		if err := a.say(message.EncodeRecord(rec)); err != nil {
			return err
		}
	}
	return a.say(message.EncodeSpanEnd(next))
}

// tooLarge returns the size of a record that does not fit into what is left. It
// was read for nothing, and counts as served.
func (a *answering) tooLarge(rec message.Record, left int) int {
	if rec.Size() <= left {
		return 0
	}
	a.charge(rec.Size())
	return rec.Size()
}

func (a *answering) header(request []byte) error {
	l, sequence, err := message.DecodeHeader(request)
	if err != nil {
		return err
	}
	header, _, err := a.cfg.Held.Header(l.Issuer, l.Epoch, sequence)
	if err != nil {
		return err
	}
	return a.say(message.EncodeBytes(header))
}

func (a *answering) proof(request []byte) error {
	l, err := message.DecodeProof(request)
	if err != nil {
		return err
	}
	proof, _, err := a.cfg.Held.Fork(l.Issuer, l.Epoch)
	if err != nil {
		return err
	}
	return a.say(message.EncodeBytes(proof.Bytes()))
}

func (a *answering) sublist(request []byte) error {
	prefix, bits, err := message.DecodeSublist(request)
	if err != nil {
		return err
	}
	if a.cfg.Sublist == nil {
		return fmt.Errorf("reconcile: this node has no list to compare")
	}
	s, err := a.cfg.Sublist(prefix, bits)
	if err != nil {
		return err
	}
	return a.say(message.EncodeSublistIs(s))
}
