package kills

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
	"ringfence/node"
	"ringfence/node/api/client"
	"ringfence/node/federation"
	"ringfence/simulations"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

// variable tells the test binary that it is to be a node, and which.
const variable = "RINGFENCE_KILLED_NODE"

func TestMain(m *testing.M) {
	told := os.Getenv(variable)
	if told == "" {
		os.Exit(m.Run())
	}
	if err := beNode([]byte(told)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// place is where a node lies and listens.
type place struct {
	Dir, Listen string
	Bootstrap   []string
}

// beNode runs a node until nobody holds the other end of its input.
func beNode(told []byte) error {
	var p place
	if err := json.Unmarshal(told, &p); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	n, err := node.Open(node.Config{
		Dir: p.Dir, Unlock: keys.KeyFile(filepath.Join(p.Dir, simulations.KeyFileName)), FreeFloor: 1, Version: "test", Quorum: group.Loopback(),
		Network: federation.Network{Listen: []string{p.Listen}, Bootstrap: p.Bootstrap, Every: time.Second},
	})
	if err != nil {
		return err
	}
	return errors.Join(n.Run(ctx), n.Close())
}

// regulator is one, in a process of its own.
type regulator struct {
	place
	id string
	*client.Client

	process *exec.Cmd // nil while it is dead
	input   io.Closer
	errors  *bytes.Buffer
}

// council is the regulators of a federation.
type council struct {
	testing.TB
	genesis *charter.Genesis
	all     []*regulator
}

// found founds a federation of four regulators, and starts none.
func found(t testing.TB) *council {
	c := &council{TB: t}
	log, err := keys.Generate(rand.Reader)
	c.must(err)
	cfg := chartertest.Config(t, "east: regulator", "south: regulator", "west: regulator")
	cfg.LogKey, cfg.Created = log.Public(), time.Now().Unix()-3600
	voices := make([]simulations.Voice, len(cfg.Cards))
	for i := range cfg.Cards {
		card := &cfg.Cards[i]
		r := &regulator{id: card.ID, place: place{Dir: filepath.Join(t.TempDir(), card.ID)}}
		voices[i], _, err = simulations.MakeVoice(r.Dir, rand.Reader, log)
		c.must(err)
		card.Issuers, card.Hosts = []keys.Public{voices[i].Issuer.Public()}, []keys.Public{voices[i].Host.Public()}
		card.Vote, card.Cosign = voices[i].Vote.Public(), voices[i].Cosign.Public()
		r.Listen = c.port()
		r.Client, err = client.New(client.Config{Socket: filepath.Join(r.Dir, "node.sock")})
		c.must(err)
		c.all = append(c.all, r)
	}
	c.genesis = chartertest.Seal(t, cfg)
	sealed, err := c.genesis.Encode()
	c.must(err)
	for i, r := range c.all {
		c.must(simulations.Settle(r.Dir, sealed, voices[i]))
	}
	t.Cleanup(func() {
		for _, r := range c.all {
			c.kill(r)
			_ = r.Close()
		}
	})
	return c
}

func (c *council) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// port is an address that a node can have each time it is started.
func (c *council) port() string {
	c.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		c.must(err)
		address := l.Addr().String()
		p, err := net.ListenPacket("udp", address)
		_ = l.Close()
		if err == nil {
			_ = p.Close()
			return address
		}
	}
	c.Fatal("no port is free by TCP and by UDP")
	return ""
}

// start starts a regulator's process and waits until it answers.
func (c *council) start(r *regulator) {
	c.Helper()
	told, err := json.Marshal(r.place)
	c.must(err)
	self, err := os.Executable()
	c.must(err)
	r.errors = new(bytes.Buffer)
	r.process = exec.Command(self)
	r.process.Env = append(os.Environ(), variable+"="+string(told))
	r.process.Stderr = r.errors
	r.input, err = r.process.StdinPipe()
	c.must(err)
	c.must(r.process.Start())
	c.until(r.id+" answers", func() bool {
		seen, err := r.Peers(c.Context())
		if err == nil {
			for _, o := range c.all {
				if o != r && len(o.Bootstrap) == 0 {
					o.Bootstrap = seen.Addresses
				}
			}
		}
		return err == nil
	})
}

// kill is kill -9.
func (c *council) kill(r *regulator) {
	if r.process == nil {
		return
	}
	if err := r.process.Process.Kill(); err != nil {
		c.Errorf("%s ended before it was killed: %v\n%s", r.id, err, r.errors)
	}
	_ = r.process.Wait()
	r.process = nil
}

// end has a regulator end as a node ends that is told to.
func (c *council) end(r *regulator) {
	c.Helper()
	c.must(r.input.Close())
	if err := r.process.Wait(); err != nil {
		c.Errorf("%s: %v\n%s", r.id, err, r.errors)
	}
	r.process = nil
}

// patience is how long something may take that comes by itself.
const patience = 2 * time.Minute

func (c *council) until(what string, holds func() bool) {
	c.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			for _, r := range c.all {
				c.Logf("%s: %s", r.id, r.errors)
			}
			c.Fatalf("not within %v: %s", patience, what)
		}
	}
}
