package tiles

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ringfence/node/overlay"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// Ledger is what is served of a ledger. It is called concurrently.
type Ledger interface {
	ledger.Source
	// Checkpoint returns the newest certified checkpoint as a note, and how many
	// entries it has; nothing and 0 while there is none. Nothing beyond is served.
	Checkpoint() (note []byte, size uint64)
	// Genesis returns the sealed genesis; nothing when it is not known.
	Genesis() []byte
}

// Server answers peers, each as much as its share allows. Make one with NewServer.
type Server struct {
	held Ledger
	log  *slog.Logger
	told rate.Sometimes  // of tiles that cannot be read
	ctx  context.Context // ends with Close
	end  context.CancelFunc
	open sync.WaitGroup

	mu      sync.Mutex
	streams map[overlay.Stream]bool
	peers   map[keys.Public]*share
}

// share is what one peer has.
type share struct {
	streams int
	limit   *rate.Limiter
}

// maxShares is how many peers are remembered that have no stream. Members are fewer;
// strangers may come under many keys, and what they get is bounded by the overlay.
const maxShares = 4096

// NewServer returns a Server of a ledger. A nil logger is silent.
func NewServer(held Ledger, log *slog.Logger) *Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Server{held: held, log: log, told: rate.Sometimes{Interval: time.Minute}, streams: make(map[overlay.Stream]bool), peers: make(map[keys.Public]*share)}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Close ends all answers and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.end()
	for stream := range s.streams {
		_ = stream.Close() // it is over either way
	}
	s.mu.Unlock()
	s.open.Wait()
}

// enter counts a stream, unless its peer has too many.
func (s *Server) enter(stream overlay.Stream) (*share, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	peer := stream.Peer()
	one := s.peers[peer]
	if one == nil {
		if len(s.peers) >= maxShares {
			s.forget()
		}
		one = &share{limit: rate.NewLimiter(serveRate, serveBurst)}
		s.peers[peer] = one
	}
	if s.ctx.Err() != nil || one.streams >= maxStreams {
		return nil, false
	}
	one.streams++
	s.streams[stream] = true
	s.open.Add(1)
	return one, true
}

// forget drops peers that have no stream. The caller holds the lock.
func (s *Server) forget() {
	for peer, one := range s.peers {
		if one.streams == 0 {
			delete(s.peers, peer)
		}
	}
}

func (s *Server) leave(stream overlay.Stream, one *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, stream)
	one.streams--
	s.open.Done()
}

// Serve answers on a stream until its other end has asked all it wanted, or asks what
// no honest node asks. It closes the stream.
func (s *Server) Serve(stream overlay.Stream) {
	defer func() { _ = stream.Close() }() // it is over either way
	one, ok := s.enter(stream)
	if !ok {
		return
	}
	defer s.leave(stream, one)
	for stream.SetDeadline(time.Now().Add(serveTimeout)) == nil {
		path, err := overlay.ReadFrame(stream, maxPath)
		if err != nil {
			return // gone, or has asked all
		}
		content, found, ok := s.find(string(path))
		if !ok || !s.wait(one.limit, len(content)) || s.answer(stream, content, found) != nil {
			return
		}
	}
}

// find returns what lies at a path; not ok when there can be nothing.
func (s *Server) find(path string) (content []byte, found, ok bool) {
	note, size := s.held.Checkpoint()
	switch path {
	case ledger.CheckpointPath:
		return note, len(note) > 0, true
	case GenesisPath:
		content = s.held.Genesis()
		return content, len(content) > 0, true
	}
	t, err := ledger.ParsePath(path)
	if err != nil {
		return nil, false, false
	}
	if !t.In(size) {
		return nil, false, true
	}
	ctx, cancel := context.WithTimeout(s.ctx, readTimeout)
	defer cancel()
	content, err = s.held.Read(ctx, t)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && s.ctx.Err() == nil {
			s.told.Do(func() {
				s.log.Warn("a tile of the ledger cannot be read here; peers get it elsewhere", "tile", t, "error", err)
			})
		}
		return nil, false, true
	}
	return content, true, true
}

// wait waits until a peer may be sent an answer; false when the Server ends first.
func (s *Server) wait(limit *rate.Limiter, bytes int) bool {
	r := limit.ReserveN(time.Now(), min(max(bytes, serveCost), serveBurst))
	timer := time.NewTimer(r.Delay())
	defer timer.Stop()
	select {
	case <-s.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// answer writes an answer in pieces; each must be taken at the pace.
func (s *Server) answer(stream overlay.Stream, content []byte, found bool) error {
	kind := absent
	if found {
		kind = given
	}
	begun := time.Now()
	b := append(binary.BigEndian.AppendUint32(make([]byte, 0, 5+min(len(content), piece)), uint32(1+len(content))), kind)
	for went := 0; ; {
		n := min(len(content)-went, piece)
		// What strangers are written waits for their share, so the pace is theirs.
		if err := stream.SetDeadline(due(begun, went+n).Add(serveTimeout)); err != nil {
			return err
		}
		if _, err := stream.Write(append(b, content[went:went+n]...)); err != nil {
			return err
		}
		if went += n; went == len(content) {
			return nil
		}
		b = b[:0]
	}
}
