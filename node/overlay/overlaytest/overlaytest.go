// Package overlaytest makes overlays for tests: on loopback with real sockets,
// and in a synctest bubble over a virtual network whose latency, loss and
// partitions the test decides.
//
// Federation draws the members, Net starts their overlays on loopback, Simnet is
// the virtual network; whoever composes more than an overlay takes from Simnet
// what a Config needs (Options, Bootstrap) and starts it himself.
//
// It is for tests alone: its keys follow from numbers.
package overlaytest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"ringfence/node/overlay"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// Federation is a roster of hosts, one a member. A copy with fewer Keys has fewer
// members.
type Federation struct {
	ID   cid.Cid
	Keys []keys.Private

	hosts  []keys.Public
	places map[keys.Public]charter.MemberIndex
}

// Found returns a federation of n hosts. The name tells federations apart.
func Found(name string, n int) *Federation {
	hash, err := multihash.Sum([]byte(name), multihash.SHA2_256, -1)
	if err != nil {
		panic(err) // a known hash of a byte string
	}
	f := &Federation{ID: cid.NewCidV1(cid.DagCBOR, hash), places: make(map[keys.Public]charter.MemberIndex)}
	for i := range n {
		k := keys.FromSeed(sha256.Sum256(fmt.Append(nil, "overlaytest/", name, "/", i)))
		f.Keys, f.hosts = append(f.Keys, k), append(f.hosts, k.Public())
		f.places[k.Public()] = charter.MemberIndex(i)
	}
	return f
}

// Hosts returns the host keys, in order.
func (f *Federation) Hosts() []keys.Public { return f.hosts[:len(f.Keys)] }

// Host says whose a key is: member i has key i.
func (f *Federation) Host(k keys.Public) (charter.MemberIndex, bool) {
	i, ok := f.places[k]
	return i, ok && int(i) < len(f.Keys)
}

// Config returns the Config of host i, without a place to listen.
func (f *Federation) Config(i int) overlay.Config {
	return overlay.Config{
		Key: f.Keys[i], Federation: f.ID, Roster: f, Hosts: f.Hosts,
		Name: "test", Version: "test",
	}
}

// Start makes an overlay, prepares what is to be there for its first peer (what
// it serves, and GossipSub on its host, which asks a peer only once what it
// speaks), and runs it until the test ends, or stop is called. In a synctest
// bubble the test calls stop itself, before its Simnet is closed.
func Start(t testing.TB, cfg overlay.Config, prepare ...func(*overlay.Overlay)) (o *overlay.Overlay, stop func()) {
	t.Helper()
	o, err := overlay.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := o.Close(); err != nil {
			t.Errorf("close an overlay: %v", err)
		}
	})
	t.Cleanup(stop) // before what prepare cleans up, so that it comes after it
	for _, f := range prepare {
		f(o)
	}
	running.Go(func() {
		if err := o.Run(ctx); err != nil {
			t.Errorf("run an overlay: %v", err)
		}
	})
	return o, stop
}

// Net starts a federation on loopback. Each host starts from the one before it;
// change, if any, may alter a Config first; prepare is Start's.
func Net(t testing.TB, f *Federation, change func(i int, cfg *overlay.Config), prepare ...func(*overlay.Overlay)) []*overlay.Overlay {
	t.Helper()
	var all []*overlay.Overlay
	for i := range f.Keys {
		cfg := f.Config(i)
		cfg.Listen = []string{"127.0.0.1:0"}
		if i > 0 {
			cfg.Bootstrap = all[i-1].Addresses()
		}
		if change != nil {
			change(i, &cfg)
		}
		o, _ := Start(t, cfg, prepare...)
		all = append(all, o)
	}
	return all
}

// Whole waits until every overlay has all others as neighbours. It polls, in a
// bubble in virtual time.
func Whole(t testing.TB, within time.Duration, all ...*overlay.Overlay) {
	t.Helper()
	Within(t, within, "every host has all others as neighbours", func() bool {
		for _, o := range all {
			if len(o.Neighbours()) < len(all)-1 {
				return false
			}
		}
		return true
	})
}

// Patience is how long a test over real sockets waits for what comes by itself. It
// says nothing of speed: on a busy machine everything is late, and only what hangs
// takes as long as this.
const Patience = 2 * time.Minute

// Within waits until ok, or fails the test.
func Within(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
