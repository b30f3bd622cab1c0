package tiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringfence/node/overlay"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// end is one end of a pipe as a stream.
type end struct {
	net.Conn
	peer keys.Public
}

func (e end) Peer() keys.Public { return e.peer }
func (e end) CloseWrite() error { return errors.New("a pipe has no half") }

// shelf is a Ledger in memory.
type shelf struct {
	ledgertest.Memory
	tree    ledger.Tree
	note    []byte
	genesis []byte
}

func (s *shelf) Checkpoint() ([]byte, uint64) { return s.note, s.tree.Size() }
func (s *shelf) Genesis() []byte              { return s.genesis }

func shelved(t testing.TB, size uint64) *shelf {
	t.Helper()
	s := &shelf{note: fmt.Appendf(nil, "checkpoint of %d", size), genesis: []byte("genesis")}
	s.tree = ledgertest.Grow(t, s, ledger.Tree{}, ledgertest.Entries(0, size))
	return s
}

// behaviour serves a stream in some way, honest or not.
type behaviour func(stream overlay.Stream)

// town is peers by their keys, and how each behaves.
type town struct {
	t       *testing.T
	keys    []keys.Public
	homes   map[keys.Public]behaviour
	wait    sync.WaitGroup
	streams atomic.Int64
	stop    context.CancelFunc
	ctx     context.Context
}

func newTown(t *testing.T, homes ...behaviour) *town {
	w := &town{t: t, homes: make(map[keys.Public]behaviour)}
	w.ctx, w.stop = context.WithCancel(context.Background())
	for i, b := range homes {
		k := keys.FromSeed([32]byte{byte(i + 1)}).Public()
		w.keys = append(w.keys, k)
		w.homes[k] = b
	}
	return w
}

func (w *town) open(_ context.Context, peer keys.Public) (overlay.Stream, error) {
	b := w.homes[peer]
	if b == nil {
		return nil, errors.New("nobody is there")
	}
	here, there := net.Pipe()
	w.streams.Add(1)
	w.wait.Go(func() {
		defer context.AfterFunc(w.ctx, func() { _ = there.Close() })()
		b(end{there, keys.FromSeed([32]byte{99}).Public()})
		_ = there.Close()
	})
	return end{here, peer}, nil
}

func (w *town) source() (s *Source, done func()) {
	s, err := New(Config{Open: w.open, Peers: func() []keys.Public { return w.keys }})
	if err != nil {
		w.t.Fatal(err)
	}
	return s, func() { s.Close(); w.stop(); w.wait.Wait() }
}

func honest(held Ledger) behaviour {
	return func(s overlay.Stream) { NewServer(held, slog.New(slog.DiscardHandler)).Serve(s) }
}

// answering reads requests and answers each as it likes.
func answering(answer func(path string, s overlay.Stream) error) behaviour {
	return func(s overlay.Stream) {
		for {
			path, err := overlay.ReadFrame(s, maxPath)
			if err != nil || answer(string(path), s) != nil {
				return
			}
		}
	}
}

func frame(kind byte, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(content)))
	return append(append(b, kind), content...)
}

// The ways to be of no use. Each keeps to the layout as far as it can, so that only
// what it is named for gives it away.
func hostile(held *shelf) map[string]behaviour {
	right := func(path string) []byte {
		switch path {
		case ledger.CheckpointPath:
			return held.note
		case GenesisPath:
			return held.genesis
		}
		t, err := ledger.ParsePath(path)
		if err != nil {
			return nil
		}
		b, err := held.Read(context.Background(), t)
		if err != nil {
			return nil
		}
		return b
	}
	write := func(s overlay.Stream, b []byte) error { _, err := s.Write(b); return err }
	return map[string]behaviour{
		"one byte a second": answering(func(path string, s overlay.Stream) error {
			for _, b := range frame(given, right(path)) {
				if err := write(s, []byte{b}); err != nil {
					return err
				}
				time.Sleep(time.Second)
			}
			return nil
		}),
		"silent":   answering(func(string, overlay.Stream) error { return nil }),
		"hangs up": func(overlay.Stream) {},
		"wrong bytes": answering(func(path string, s overlay.Stream) error {
			b := append([]byte(nil), right(path)...)
			if len(b) > 0 {
				b[len(b)-1] ^= 1
			}
			return write(s, frame(given, b))
		}),
		"too short": answering(func(path string, s overlay.Stream) error {
			b := right(path)
			return write(s, frame(given, b[:len(b)/2]))
		}),
		"too long": answering(func(path string, s overlay.Stream) error { return write(s, frame(given, append(right(path), 0))) }),
		"2^32 bytes": answering(func(_ string, s overlay.Stream) error {
			return write(s, []byte{0xff, 0xff, 0xff, 0xff, given})
		}),
		"without an end": answering(func(path string, s overlay.Stream) error {
			if err := write(s, append(binary.BigEndian.AppendUint32(nil, uint32(1+mostOf(path))), given)); err != nil {
				return err
			}
			_, err := io.Copy(s, zeros{})
			return err
		}),
		"an announced length, then a trickle": answering(func(path string, s overlay.Stream) error {
			if err := write(s, append(binary.BigEndian.AppendUint32(nil, uint32(1+mostOf(path))), given)); err != nil {
				return err
			}
			for write(s, make([]byte, 100)) == nil {
				time.Sleep(time.Second)
			}
			return io.EOF
		}),
		"another kind":    answering(func(path string, s overlay.Stream) error { return write(s, frame(7, right(path))) }),
		"nothing":         answering(func(_ string, s overlay.Stream) error { return write(s, []byte{0, 0, 0, 0}) }),
		"has nothing":     answering(func(_ string, s overlay.Stream) error { return write(s, frame(absent, nil)) }),
		"absent and more": answering(func(path string, s overlay.Stream) error { return write(s, frame(absent, right(path))) }),
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// insist does what reads until it comes to an end, as long as blaming helps.
func insist(s *Source, do func() error) error {
	for {
		err := do()
		if err == nil || !s.Blame(err) {
			return err
		}
	}
}

// readAll reads all entries and openings of a tree from peers, and states that it had.
func readAll(t *testing.T, s *Source, held *shelf) error {
	t.Helper()
	tree, err := s.Open(t.Context(), held.tree.Head())
	if err != nil {
		return err
	}
	r := ledger.NewReader(tree, s)
	for i := range (held.tree.Size() + ledger.Full - 1) / ledger.Full {
		var entries, openings [][]byte
		err := insist(s, func() (err error) { entries, err = r.Entries(t.Context(), i); return err })
		if err == nil {
			err = insist(s, func() (err error) { openings, err = r.Openings(t.Context(), i); return err })
		}
		if err != nil {
			return fmt.Errorf("bundle %d: %w", i, err)
		}
		for j := range entries {
			if want := ledgertest.Entry(i*ledger.Full + uint64(j)).Data; !bytes.Equal(entries[j], want) || len(openings) != len(entries) {
				return fmt.Errorf("entry %d of bundle %d is %q; %d openings", j, i, entries[j], len(openings))
			}
		}
	}
	for old := uint64(1); old <= held.tree.Size(); old += 97 {
		if err := insist(s, func() error { return r.Extends(t.Context(), headOf(t, held, old)) }); err != nil {
			return fmt.Errorf("extends %d: %w", old, err)
		}
	}
	return nil
}

func headOf(t *testing.T, held *shelf, size uint64) checkpoint.Tree {
	t.Helper()
	then, err := ledger.NewReader(held.tree, held).At(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	return then.Head()
}

// errNone is what errors wrap of what nobody has.
var errNone = fs.ErrNotExist
