package tiles

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// visit opens a stream to a server, as a peer.
func visit(s *Server, peer byte) (stream overlay.Stream, served *sync.WaitGroup) {
	here, there := net.Pipe()
	served = new(sync.WaitGroup)
	served.Go(func() { s.Serve(end{there, keys.FromSeed([32]byte{peer}).Public()}) })
	return end{here, keys.Public{}}, served
}

func put(s overlay.Stream, path string) ([]byte, error) {
	if err := overlay.WriteFrame(s, []byte(path)); err != nil {
		return nil, err
	}
	return overlay.ReadFrame(s, 1<<25)
}

// What is served ends where the certified checkpoint does, around the edge of a bundle
// too, though the store holds more.
func TestNothingBeyondTheCheckpoint(t *testing.T) {
	held := shelved(t, 2*ledger.Full+5)
	for _, size := range []uint64{1, 255, 256, 257, 511, 512, 513} {
		then, err := ledger.NewReader(held.tree, held).At(t.Context(), size)
		if err != nil {
			t.Fatal(err)
		}
		lesser := &certified{shelf: held, size: size}
		s := NewServer(lesser, nil)
		stream, served := visit(s, 1)
		for _, kind := range []ledger.Kind{ledger.Hashes, ledger.Entries, ledger.Openings} {
			for index := range uint64(3) {
				for _, width := range []int{1, 5, 254, 255, 256} {
					tile := ledger.Tile{Kind: kind, Index: index, Width: width}
					b, err := put(stream, tile.Path())
					if err != nil {
						t.Fatal(err)
					}
					if got := b[0] == given; got != tile.In(then.Size()) {
						t.Errorf("%s of %d entries: given %v", tile, size, got)
					}
					if want, _ := held.Read(t.Context(), tile); b[0] == given && !bytes.Equal(b[1:], want) {
						t.Errorf("%s of %d entries: %d bytes, want %d", tile, size, len(b)-1, len(want))
					}
				}
			}
		}
		_ = stream.Close()
		served.Wait()
		s.Close()
	}
}

// certified is a ledger of which less is certified than is held.
type certified struct {
	*shelf
	size uint64
}

func (c *certified) Checkpoint() ([]byte, uint64) { return c.note, c.size }

func TestServe(t *testing.T) {
	held := shelved(t, 300)
	s := NewServer(held, nil)
	defer s.Close()
	for path, want := range map[string]string{
		ledger.CheckpointPath: "\x00checkpoint of 300", GenesisPath: "\x00genesis", "tile/0/002": "\x01",
	} {
		stream, served := visit(s, 1)
		if b, err := put(stream, path); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", path, b, err)
		}
		_ = stream.Close()
		served.Wait()
	}
	for _, path := range []string{"", "/checkpoint", "tile/0/000.p/0", "tile/0/0", "../genesis", strings.Repeat("a", maxPath), strings.Repeat("a", maxPath+1)} {
		stream, served := visit(s, 1)
		if b, err := put(stream, path); err == nil {
			t.Errorf("%q is answered: %q", path, b)
		}
		served.Wait()
	}
	empty := NewServer(&shelf{}, nil)
	defer empty.Close()
	for _, path := range []string{ledger.CheckpointPath, GenesisPath, "tile/0/000", "tile/entries/000.p/1"} {
		stream, served := visit(empty, 1)
		if b, err := put(stream, path); err != nil || string(b) != "\x01" {
			t.Errorf("no ledger, %s: %q, %v", path, b, err)
		}
		_ = stream.Close()
		served.Wait()
	}
}

// Many requests are under way on one stream, and are answered in their order.
func TestManyInFlightOnOneStream(t *testing.T) {
	held := shelved(t, 600)
	s := NewServer(held, nil)
	defer s.Close()
	stream, served := visit(s, 1)
	paths := []string{"tile/0/000", "checkpoint", "tile/entries/001", "tile/0/099", "genesis", "tile/openings/000"}
	go func() {
		for _, p := range paths {
			if err := overlay.WriteFrame(stream, []byte(p)); err != nil {
				t.Error(err)
			}
		}
	}()
	for _, p := range paths {
		b, err := overlay.ReadFrame(stream, 1<<25)
		if err != nil {
			t.Fatal(err)
		}
		content, found, _ := s.find(p)
		if (b[0] == given) != found || !bytes.Equal(b[1:], content) {
			t.Errorf("%s is answered by %d bytes", p, len(b))
		}
	}
	_ = stream.Close()
	served.Wait()
}

// One peer has so many streams and so many bytes a second, and takes nothing from
// another; who asks nothing, or takes nothing, is left.
func TestOnePeersShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 600)
		s := NewServer(held, nil)
		defer s.Close()
		var all []overlay.Stream
		for range maxStreams {
			stream, _ := visit(s, 1)
			all = append(all, stream)
		}
		synctest.Wait()
		extra, _ := visit(s, 1)
		if _, err := put(extra, "genesis"); err == nil {
			t.Error("one stream too many is served")
		}
		other, _ := visit(s, 2)
		if _, err := put(other, "genesis"); err != nil {
			t.Errorf("another peer: %v", err)
		}
		begun := time.Now()
		for range serveBurst / serveCost {
			if _, err := put(all[0], "tile/0/099"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("the burst took %v", took)
		}
		for range 2 * serveRate / serveCost {
			if _, err := put(all[0], "tile/0/099"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begun); took < 1900*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("two seconds' worth took %v", took)
		}
		if _, err := put(other, "genesis"); err != nil {
			t.Errorf("another peer: %v", err)
		}
		if err := overlay.WriteFrame(all[1], []byte("tile/0/000")); err != nil { // and does not read the answer
			t.Fatal(err)
		}
		time.Sleep(2*serveTimeout + grace)
		for i, stream := range append(all, other) {
			if _, err := put(stream, "genesis"); err == nil {
				t.Errorf("stream %d lives on", i)
			}
		}
	})
}

// A damaged disk costs a line of the log a minute, however often it is asked.
func TestADamagedDiskIsToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		s := NewServer(&broken{shelved(t, 300)}, slog.New(slog.NewTextHandler(&log, nil)))
		defer s.Close()
		stream, served := visit(s, 1)
		for range 130 {
			if b, err := put(stream, "tile/0/000"); err != nil || string(b) != "\x01" {
				t.Fatalf("%q, %v", b, err)
			}
			time.Sleep(time.Second)
		}
		_ = stream.Close()
		served.Wait()
		if n := strings.Count(string(log), "\n"); n != 3 || !strings.Contains(string(log), "tile=tile/0/000") {
			t.Errorf("%d lines: %s", n, log)
		}
	})
}

type broken struct{ *shelf }

func (*broken) Read(context.Context, ledger.Tile) ([]byte, error) {
	return nil, errors.New("the disk is damaged")
}

type lines []byte

func (l *lines) Write(b []byte) (int, error) { *l = append(*l, b...); return len(b), nil }

func TestRequestBombs(t *testing.T) {
	held := shelved(t, 300)
	for name, bomb := range overlaytest.Bombs() {
		allocated, left := overlaytest.Spent(func() {
			for range 20 {
				s := NewServer(held, nil)
				stream, served := visit(s, 1)
				if b, err := put(stream, string(bomb[:min(len(bomb), maxPath)])); err == nil {
					t.Errorf("%s is answered by %d bytes", name, len(b))
				}
				_ = stream.Close()
				served.Wait()
				s.Close()
			}
		})
		if allocated > overlaytest.MostSpent || left > overlaytest.MostSpent {
			t.Errorf("%s: %d bytes were allocated, %d are held", name, allocated, left)
		}
	}
}

// FuzzServe: whatever is asked, the server says what lies there or hangs up.
func FuzzServe(f *testing.F) {
	held := shelved(f, 300)
	s := NewServer(held, nil)
	f.Add("checkpoint")
	f.Add("tile/0/000.p/44")
	f.Add("tile/entries/x001/000")
	f.Fuzz(func(t *testing.T, path string) {
		content, found, ok := s.find(path)
		if found && (!ok || len(content) == 0 || len(content) > mostOf(path)) {
			t.Errorf("%q: %d bytes, the most is said to be %d", path, len(content), mostOf(path))
		}
	})
}
