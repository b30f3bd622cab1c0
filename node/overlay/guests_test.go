package overlay_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/node/overlay"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// admitting is a roster to which the last host is admitted later.
type admitting struct {
	*overlaytest.Federation
	all atomic.Bool
}

func (a *admitting) Hosts() []keys.Public {
	hosts := a.Federation.Hosts()
	if !a.all.Load() {
		return hosts[:len(hosts)-1]
	}
	return hosts
}

func (a *admitting) Host(k keys.Public) (charter.MemberIndex, bool) {
	i, ok := a.Federation.Host(k)
	return i, ok && (a.all.Load() || int(i) < len(a.Keys)-1)
}

const openProtocol = "/test/open/1"

// echoes gives back all that it is told.
func echoes(s overlay.Stream) {
	defer func() { _ = s.Close() }()
	for {
		b, err := overlay.ReadFrame(s, 1<<20)
		if err != nil || overlay.WriteFrame(s, b) != nil {
			return
		}
	}
}

// hear says something on a stream and hears it again.
func hear(s overlay.Stream, what []byte) error {
	if err := s.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	if err := overlay.WriteFrame(s, what); err != nil {
		return err
	}
	b, err := overlay.ReadFrame(s, 1<<20)
	if err == nil && string(b) != string(what) {
		err = errors.New("it came back as something else")
	}
	return err
}

// Who is no member yet is served what is for everybody, for as long as a stranger is
// borne, and nothing else; and is met soon after it was admitted.
func TestWhoIsNotAdmittedVisits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer net.Close()
		f := overlaytest.Found("a", 3)
		members := &admitting{Federation: f}
		all, stop := net.Net(t, f, func(i int, cfg *overlay.Config) {
			if i < 2 {
				cfg.Roster, cfg.Hosts = members, members.Hosts
			}
		}, func(o *overlay.Overlay) {
			o.HandleAll(openProtocol, echoes)
			o.Handle(echoProtocol, echo)
		})
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all[:2]...)
		stranger, to := all[2], all[1] // of which it knows the address
		time.Sleep(10 * time.Second)   // it was dialled, and parted with, several times
		var streams []overlay.Stream
		for range 2 {
			var s overlay.Stream
			overlaytest.Within(t, 10*time.Second, "a visit", func() (ok bool) {
				var err error
				s, err = stranger.Visit(t.Context(), to.Self(), openProtocol)
				return err == nil && hear(s, []byte("hello")) == nil
			})
			streams = append(streams, s)
		}
		for range 30 {
			time.Sleep(time.Second)
			for i, s := range streams {
				if err := hear(s, make([]byte, 100_000)); err != nil {
					t.Fatalf("stream %d: %v", i, err)
				}
			}
		}
		if err := say(t.Context(), stranger, to, "hello"); err == nil {
			t.Error("a stranger speaks what is for members")
		}
		if len(stranger.Neighbours()) != 0 || len(to.Neighbours()) != 1 {
			t.Errorf("%d and %d neighbours", len(stranger.Neighbours()), len(to.Neighbours()))
		}
		members.all.Store(true) // while the connection is a stranger's
		for _, s := range streams {
			_ = s.Close()
			_ = s.Close()
		}
		overlaytest.Within(t, 2*layout.RedialEvery+5*time.Second, "who was admitted is met", func() bool { return len(to.Neighbours()) == 2 && len(stranger.Neighbours()) > 0 })
		if s, err := to.Visit(t.Context(), all[0].Self(), openProtocol); err != nil || hear(s, []byte("hello")) != nil {
			t.Errorf("a member visits another: %v", err)
		} else {
			_ = s.Close()
		}
		overlaytest.Whole(t, time.Minute, all...)
		if _, err := to.Visit(t.Context(), keys.FromSeed([32]byte{1}).Public(), openProtocol); err == nil {
			t.Error("visited nobody")
		}
	})
}

// F27: however many strangers want what is for everybody, few are served at once, few
// of them from one address, and members are served as if there were none.
func TestACrowdOfGuestsTakesNothingFromMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := overlaytest.NewSimnet(overlaytest.SimnetConfig{})
		defer net.Close()
		f := overlaytest.Found("a", 2)
		var mu sync.Mutex
		served, most := make(map[keys.Public]int), 0 // streams at once of each stranger, and of all
		total := 0
		all, stop := net.Net(t, f, nil, func(o *overlay.Overlay) {
			o.HandleAll(openProtocol, func(s overlay.Stream) {
				if _, member := f.Host(s.Peer()); !member {
					mu.Lock()
					served[s.Peer()]++
					total++
					if n := served[s.Peer()]; n > layout.MaxGuestsAt {
						t.Errorf("one stranger has %d streams", n)
					}
					most = max(most, total)
					mu.Unlock()
					defer func() {
						mu.Lock()
						served[s.Peer()]--
						total--
						mu.Unlock()
					}()
				}
				echoes(s)
			})
		})
		defer stop()
		overlaytest.Whole(t, 10*time.Second, all...)
		to := where(t, all[0])
		ctx, cancel := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		for i := range layout.MaxStrangers {
			h, err := libp2p.New(append(net.Options(100+i), libp2p.DisableMetrics(), libp2p.DisableRelay(), libp2p.DisableIdentifyAddressDiscovery())...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close() }()
			if err := h.Connect(ctx, to); err != nil {
				t.Fatal(err)
			}
			for range layout.MaxGuestsAt + 2 {
				wait.Go(func() { greedy(ctx, h, to) })
			}
		}
		for range 4 {
			begun := time.Now()
			s, err := all[1].Visit(t.Context(), all[0].Self(), openProtocol)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if err := hear(s, make([]byte, 100_000)); err != nil {
					t.Errorf("a member is not served: %v", err)
				}
			}
			_ = s.Close()
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("a member waited %v", took)
			}
			time.Sleep(time.Second)
		}
		cancel()
		wait.Wait()
		mu.Lock()
		defer mu.Unlock()
		if most != layout.MaxGuests {
			t.Errorf("%d strangers' streams were served at once, want %d", most, layout.MaxGuests)
		}
	})
}

// greedy asks and asks on one stream, and opens it again when it is reset.
func greedy(ctx context.Context, h host.Host, to peer.AddrInfo) {
	for ctx.Err() == nil {
		s, err := h.NewStream(ctx, to.ID, openProtocol)
		if err == nil {
			stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
			for err == nil {
				if err = overlay.WriteFrame(s, make([]byte, 1_000)); err == nil {
					_, err = overlay.ReadFrame(s, 1<<20)
					pause(ctx)
				}
			}
			stop()
			_ = s.Reset()
		}
		pause(ctx)
	}
}
