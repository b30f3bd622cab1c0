package crowd

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"ringfence/node/federation"
	"ringfence/node/overlay"
	"ringfence/store/view"
)

// bothered is the variable that tells a process of this test whom to bother.
const bothered = "RINGFENCE_CROWD_BOTHERED"

// What strangers do, and for how long at most.
const (
	strangers   = 500
	inEarnest   = 20                     // of them have an identity, and open what they may not
	strangerGap = 200 * time.Millisecond // between a stranger's tries
	longest     = 3 * time.Minute
)

// botherance is what the strangers say in the end.
type botherance struct{ Dials, TurnedAway, Streams int64 }

// F27: 500 strangers dial one of three nodes in a loop, from another process. All
// that the members say arrives, and connections, memory and goroutines stay within
// bounds. 99 % arrive within twice the time that they take when nobody dials, or
// within a second: the strangers have the lowest priority, but the kernel's part of
// their work, and whatever else the machine does, is not the node's.
func TestFiveHundredStrangers(t *testing.T) {
	const nodes, words = 3, 60
	var first *overlay.Overlay
	seen := &arrivals{next: make([]int, nodes), had: make([]map[int]bool, nodes)}
	for i := range seen.had {
		seen.had[i] = make(map[int]bool)
	}
	n := New(t, Config{
		Nodes: nodes, Loopback: true, Known: nodes,
		Alter: func(node int, cfg *federation.Config) {
			if node == 0 {
				cfg.Open = func(o overlay.Config) (_ *overlay.Overlay, err error) {
					first, err = overlay.New(o)
					return first, err
				}
			}
		},
		Listed: func(node int, l *view.List) { seen.look(node, l) },
	})
	defer n.Close()
	n.Within(time.Minute, "everybody is connected and ready", func() bool {
		for _, node := range n.Nodes {
			if s := node.Federation.Standing(); s.Connected < nodes-1 || !s.Ready {
				return false
			}
		}
		return true
	})
	before := takeUse(t, first)
	quiet := n.sayAll(seen, 0, words, func() {})
	child, enough := startBothering(t, n.Nodes[0].Federation.Standing().Addresses)
	most := before
	loud := n.sayAll(seen, words, words, func() { most = most.max(takeUse(t, first)) })
	said := enough()
	n.Within(30*time.Second, "all nodes have all", func() bool { return Equal(n.Nodes, 2*words) })
	t.Logf("to each: quiet median %v, p99 %v; among strangers %v, %v; %d dials, %d turned away, %d streams; at most %d connections, %d goroutines (%d before), %d MiB (%d before)",
		quiet.ToEach50, quiet.ToEach99, loud.ToEach50, loud.ToEach99, said.Dials, said.TurnedAway, said.Streams,
		most.conns, most.goroutines, before.goroutines, most.bytes>>20, before.bytes>>20)
	if loud.Reached != words*nodes || quiet.Reached != words*nodes {
		t.Errorf("%d and %d of %d deliveries", quiet.Reached, loud.Reached, words*nodes)
	}
	if said.Dials < strangers || said.TurnedAway == 0 || said.Streams != 0 {
		t.Errorf("process %d: %d dials, %d turned away, %d streams of members opened; want %d and more, some, none", child, said.Dials, said.TurnedAway, said.Streams, strangers)
	}
	if bound := 2 * max(quiet.ToEach99, time.Second/2); loud.ToEach99 > bound {
		t.Errorf("99 %% are there after %v, want %v", loud.ToEach99, bound)
	}
	const conns, each, bytes = 448 + 2*nodes, 8, 256 << 20 // the overlay's limits; goroutines of a connection
	if most.conns > conns || most.goroutines > before.goroutines+conns*each || most.bytes > before.bytes+bytes {
		t.Errorf("beyond the bounds of %d connections, %d goroutines and %d MiB more than before", conns, conns*each, bytes>>20)
	}
	n.Within(time.Minute, "nothing is left of the strangers", func() bool { return takeUse(t, first).goroutines <= before.goroutines+2*nodes })
}

// use is what a node, and with it this process, takes of the machine.
type use struct {
	conns, goroutines int
	bytes             uint64
}

func (u use) max(o use) use {
	return use{max(u.conns, o.conns), max(u.goroutines, o.goroutines), max(u.bytes, o.bytes)}
}

func takeUse(t *testing.T, o *overlay.Overlay) use {
	t.Helper()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	u := use{goroutines: runtime.NumGoroutine(), bytes: memory.HeapInuse + memory.StackInuse}
	err := o.Host().Network().ResourceManager().ViewSystem(func(s network.ResourceScope) error {
		u.conns = s.Stat().NumConnsInbound + s.Stat().NumConnsOutbound
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// sayAll lets the nodes in turn flag so many numbers, each once everybody has the
// one before, and returns how long they took.
func (n *Net) sayAll(seen *arrivals, from, words int, meanwhile func()) SpreadResult {
	n.t.Helper()
	for i := from; i < from+words; i++ {
		speaker := n.Nodes[i%len(n.Nodes)]
		seen.expect(n.t, Num(i))
		speaker.Flag(Num(i))
		seen.look(speaker.Index, speaker.View.List()) // its own is nothing that must arrive
		n.Within(30*time.Second, "a flag is everywhere", func() bool { return seen.reached(i) == len(n.Nodes) })
		meanwhile()
	}
	seen.mu.Lock()
	part := arrivals{said: seen.said[from:], since: seen.since[from:]}
	seen.mu.Unlock()
	return part.result(len(n.Nodes))
}

// reached returns how many nodes have a flag.
func (a *arrivals) reached(flag int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.since[flag])
}

// startBothering starts the strangers and waits until each has dialled. What it
// returns ends them and says what they did.
func startBothering(t *testing.T, addresses []string) (pid int, end func() botherance) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), bothered+"="+tcpOf(t, addresses))
	cmd.Stderr = os.Stderr
	stop, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatalf("the strangers did not begin: %v", err)
	}
	return cmd.Process.Pid, func() (said botherance) {
		if err := stop.Close(); err != nil {
			t.Fatal(err)
		}
		err := json.NewDecoder(lines).Decode(&said)
		if _, more := io.Copy(io.Discard, lines); err != nil || more != nil || cmd.Wait() != nil {
			t.Fatalf("the strangers did not end well: %v, %v", err, more)
		}
		return said
	}
}

// tcpOf returns the address of a node that begins a TCP connection.
func tcpOf(t *testing.T, addresses []string) string {
	t.Helper()
	for _, text := range addresses {
		if a, err := ma.NewMultiaddr(text); err == nil && a[1].Protocol().Code == ma.P_TCP {
			return text
		}
	}
	t.Fatalf("no TCP address among %v", addresses)
	return ""
}

// bother is the process of the strangers. It ends when its input does.
func bother(address string) int {
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19); err != nil {
		fmt.Fprintln(os.Stderr, "the strangers keep their priority:", err)
	}
	to, err := peer.AddrInfoFromString(address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }()
	var begun, ended sync.WaitGroup
	var dials, turned, streams atomic.Int64
	for i := range strangers {
		begun.Add(1)
		ended.Go(func() {
			once := sync.OnceFunc(begun.Done)
			try := func() bool { return dialSilently(ctx, to.Addrs[0]) }
			if i < inEarnest {
				h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.DisableMetrics(), libp2p.DisableRelay(), libp2p.Transport(tcp.NewTCPTransport))
				if err != nil {
					panic(err)
				}
				defer func() { _ = h.Close() }()
				try = func() bool { return dialInEarnest(ctx, h, *to, &streams) }
			}
			for ctx.Err() == nil {
				if !try() {
					turned.Add(1)
				}
				dials.Add(1)
				once()
				select {
				case <-ctx.Done():
				case <-time.After(strangerGap):
				}
			}
			once()
		})
	}
	begun.Wait()
	fmt.Println("all have dialled")
	ended.Wait()
	if json.NewEncoder(os.Stdout).Encode(botherance{dials.Load(), turned.Load(), streams.Load()}) != nil {
		return 1
	}
	return 0
}

// dialSilently opens a connection, says a little of what nobody speaks, and
// waits. It reports whether it was let in so far.
func dialSilently(ctx context.Context, to ma.Multiaddr) bool {
	var dialer manet.Dialer
	c, err := dialer.DialContext(ctx, to)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Write([]byte("\x13/multistream/1.0.0\n\x09/nothing\n"))
	_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	_, err = c.Read(make([]byte, 64))
	return err == nil
}

// dialInEarnest connects and tries what members speak, which counts when it is
// answered. It reports whether it was let in.
func dialInEarnest(ctx context.Context, h host.Host, to peer.AddrInfo, streams *atomic.Int64) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	defer func() { _ = h.Network().ClosePeer(to.ID) }()
	if h.Connect(ctx, to) != nil {
		return false
	}
	for _, id := range []protocol.ID{"/meshsub/1.1.0", "/meshsub/1.2.0", "/ipfs/ping/1.0.0"} {
		s, err := h.NewStream(ctx, to.ID, id)
		if err != nil {
			continue
		}
		_, _ = s.Write(make([]byte, 64))
		_ = s.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if n, _ := s.Read(make([]byte, 1)); n > 0 {
			streams.Add(1)
		}
		_ = s.Reset()
	}
	return true
}
