package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/simulations"
	"ringfence/simulations/crowd"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

// What an idle node may take.
const (
	idlePeers  = 49
	idleSince  = 75 * time.Second // nothing new for so long: the federation rests
	idleFor    = 30 * time.Second
	idleMemory = 120 << 20 // bytes, resident
	idleShare  = 1.0       // percent of a core
)

// idleMember is the member whose node is measured.
const idleMember = "bench"

// around is what the measured node is told of the crowd around it.
type around struct {
	Genesis   []byte   `json:"genesis"`
	Addresses []string `json:"addresses"`
}

// idle measures what a node costs that is connected to everybody in a federation
// of fifty and has nothing to do. The others live in one process beside it.
func idle(ctx context.Context, o *Options) (Result, error) {
	peers, since, lasts := idlePeers, idleSince, idleFor
	if o.Small {
		peers, since, lasts = 3, 0, time.Second
	}
	dir := filepath.Join(o.Dir, idleMember)
	voice, _, err := simulations.MakeVoice(dir, rand.Reader, keys.Private{})
	if err != nil {
		return Result{}, err
	}
	found, disperse, err := gather(ctx, peers, voice)
	if err != nil {
		return Result{}, err
	}
	defer disperse()
	if err := simulations.Settle(dir, found.Genesis, voice); err != nil {
		return Result{}, err
	}
	n, err := startNode(ctx, o, dir, found.Addresses)
	if err != nil {
		return Result{}, err
	}
	defer n.end()
	err = n.until(ctx, 2*time.Minute, func(s *api.Status) bool {
		return s.Peers != nil && s.Peers.Ready && s.Peers.Connected == peers && s.Peers.Agreeing == peers
	})
	if err != nil {
		return Result{}, err
	}
	o.tell("idle: connected to %d, in agreement with all; coming to rest", peers)
	if err := pass(ctx, since); err != nil {
		return Result{}, err
	}
	var shares, memories []float64
	for range o.Runs {
		share, memory, err := n.rest(ctx, lasts)
		if err != nil {
			return Result{}, err
		}
		shares, memories = append(shares, share), append(memories, float64(memory))
		o.tell("idle: %.2f %% of a core, %d MiB", share, memory>>20)
	}
	held := int64(median(memories))
	r := Result{
		Value: median(shares), Unit: "% of a core", Goal: fmt.Sprintf("under %.0f %% of a core and %d MiB", idleShare, idleMemory>>20), PeakBytes: &held,
		Details: []string{"the memory is that held while idle"},
	}
	r.Met = r.Value < idleShare && held < idleMemory
	return r, nil
}

// rest measures a node for a while.
func (n *otherNode) rest(ctx context.Context, lasts time.Duration) (share float64, memory int64, err error) {
	before, err := n.processor()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := pass(ctx, lasts); err != nil {
		return 0, 0, err
	}
	after, err := n.processor()
	took := time.Since(began)
	return 100 * max((after-before).Seconds(), 0.01) / took.Seconds(), n.memory("VmRSS:"), err
}

// pass lets time go by.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// gather starts a crowd that has a place for one more node.
func gather(ctx context.Context, peers int, one simulations.Voice) (found around, disperse func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return found, nil, err
	}
	cmd := exec.CommandContext(ctx, self, ChildVerb, "crowd", strconv.Itoa(peers), one.Issuer.Public().String(), one.Host.Public().String())
	stays, err := cmd.StdinPipe()
	if err != nil {
		return found, nil, err
	}
	told, err := cmd.StdoutPipe()
	if err != nil {
		return found, nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return found, nil, err
	}
	disperse = func() {
		_ = stays.Close()
		_, _ = io.Copy(io.Discard, told)
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(told).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &found)
	}
	if err != nil {
		disperse()
		return found, nil, fmt.Errorf("start the crowd: %w: %s", err, line)
	}
	return found, disperse, nil
}

// standAround is the other end of gather: it runs the crowd until its input ends.
func standAround(t *testing.T, peers int, issuer, hostKey string) {
	card := chartertest.Card(t, idleMember, "operator")
	var err error
	if card.Issuers[0], err = keys.ParsePublicText(issuer); err != nil {
		t.Fatal(err)
	}
	if card.Hosts[0], err = keys.ParsePublicText(hostKey); err != nil {
		t.Fatal(err)
	}
	n := crowd.New(t, crowd.Config{Nodes: peers, Loopback: true, Known: 1, Change: func(c *charter.FoundingConfig) {
		c.Cards = append(c.Cards, card)
	}})
	defer n.Close()
	tell(t, around{Genesis: n.Sealed(), Addresses: n.Nodes[0].Federation.Standing().Addresses})
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Error(err)
	}
}
