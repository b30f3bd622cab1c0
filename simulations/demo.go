package simulations

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"ringfence/consensus/quorum/group"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/federation"
	"ringfence/simulations/story"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// DemoConfig says how the demo runs. Only Out must be set.
type DemoConfig struct {
	Dir     string // of the nodes, made when missing; "" is a temporary one that is removed at the end
	Listen  string // address of the first node's API, "127.0.0.1:8650", the others' follow; "" for the sockets alone
	Once    bool   // ends after the summary
	JSON    bool   // the summary as one object, and nothing else
	Out     io.Writer
	Version string
	// FreeFloor is how many bytes must stay free; 0 is the store's default.
	FreeFloor uint64
	// Progress hears how far a member's publication is; it may be nil.
	Progress func(member string, p api.Progress)
	In       io.Reader        // what the user types once the story is told; nil: nobody does
	Logger   *slog.Logger     // nil discards
	Now      func() time.Time // nil: time.Now
	Random   io.Reader        // nil: crypto/rand
}

// demo is one run of the demonstration.
type demo struct {
	cfg        DemoConfig
	text       io.Writer // what people read: Out, or nothing
	federation *Federation
	stations   []*station
	summary    story.Summary
	desks      remembered                         // what the three desks alone brought about
	bootstrap  []string                           // addresses of the first node
	after      func(context.Context, *demo) error // done once the story is told; nil: nothing
}

// Demo founds a federation of twelve nodes, lets its members publish and its regulators
// ratify, tells what became of it, and serves until ctx ends; with Once it ends by itself. What it
// returns is what it told.
func Demo(ctx context.Context, cfg DemoConfig) (story.Summary, error) {
	d := &demo{cfg: cfg}
	err := demonstrate(ctx, d)
	return d.summary, err
}

func demonstrate(ctx context.Context, d *demo) error {
	d.cfg = complete(d.cfg)
	if d.text = d.cfg.Out; d.cfg.JSON {
		d.text = io.Discard
	}
	if d.cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "ringfence-demo-")
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		d.cfg.Dir = dir
	}
	if err := d.run(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

func complete(cfg DemoConfig) DemoConfig {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Progress == nil {
		cfg.Progress = func(string, api.Progress) {}
	}
	return cfg
}

// run starts the nodes, tells the story, and stays until ctx ends.
func (d *demo) run(ctx context.Context) (err error) {
	began := d.cfg.Now()
	if err := d.found(began); err != nil {
		return err
	}
	defer func() {
		for _, s := range d.stations {
			err = errors.Join(err, s.halt())
		}
	}()
	if err := d.startAll(); err != nil {
		return err
	}
	if err := d.tell(ctx, began); err != nil {
		return err
	}
	if d.after != nil {
		return d.after(ctx, d)
	}
	if d.cfg.Once {
		return nil
	}
	return d.stay(ctx)
}

// found makes the nodes' directories and seals the charter of their federation.
func (d *demo) found(began time.Time) error {
	dir := d.cfg.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if held, err := os.ReadDir(dir); err != nil {
		return err
	} else if len(held) > 0 {
		return api.Errorf(api.BadInput, "%s is not empty; the demo makes a federation of its own: name another directory, or remove this one", dir)
	}
	d.seatNodes()
	log, err := keys.Generate(d.cfg.Random)
	if err != nil {
		return err
	}
	d.federation, err = Found(Founding{Now: began, Random: d.cfg.Random, Log: log, Voice: func(member string) (_ Voice, err error) {
		s := d.station(member)
		held := log
		if s.role != charter.Regulator {
			held = keys.Private{}
		}
		s.voice, s.cfg.Unlock, err = MakeVoice(s.cfg.Dir, d.cfg.Random, held)
		return s.voice, err
	}})
	if err != nil {
		return err
	}
	sealed, err := d.federation.Genesis.Encode()
	if err != nil {
		return err
	}
	for _, s := range d.stations {
		if err := Settle(s.cfg.Dir, sealed, s.voice); err != nil {
			return err
		}
		i := slices.IndexFunc(d.federation.Cards, func(c charter.Card) bool { return c.ID == s.id })
		card, err := d.federation.Cards[i].YAML()
		if err == nil {
			err = os.WriteFile(filepath.Join(s.cfg.Dir, node.CardFile), card, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// seatNodes says where each node lies and how it runs.
func (d *demo) seatNodes() {
	for _, seat := range seats(true) {
		log := d.cfg.Logger
		if log != nil {
			log = log.With("node", seat.id)
		}
		d.stations = append(d.stations, &station{seat: seat, cfg: node.Config{
			Dir: filepath.Join(d.cfg.Dir, seat.id), FreeFloor: d.cfg.FreeFloor, Version: d.cfg.Version,
			Network: federation.Network{Every: exchangeEvery}, Logger: log, Now: d.cfg.Now, Random: d.cfg.Random,
			Quorum: group.Loopback(),
		}})
	}
}

// exchangeEvery is how often the demo's nodes compare their lists: somebody is
// watching.
const exchangeEvery = time.Second

// station returns the node of a member.
func (d *demo) station(member string) *station {
	for _, s := range d.stations {
		if s.id == member {
			return s
		}
	}
	return nil
}

// home is the node that the demo's examples are asked.
func (d *demo) home() *node.Node { return d.station(carrier).node }

// startAll starts the nodes. Each knows the address of the first; the others
// they hear of from each other.
func (d *demo) startAll() error {
	for i, s := range d.stations {
		rest, err := portAfter(d.cfg.Listen, i)
		if err != nil {
			return err
		}
		peer, err := freePort()
		if err != nil {
			return err
		}
		s.cfg.Listen, s.cfg.Network.Listen = rest, []string{peer}
		if i > 0 {
			s.cfg.Network.Bootstrap = d.bootstrap
		}
		if err := s.start(); err != nil {
			return err
		}
		seen, err := s.node.Peers(context.Background())
		if err != nil {
			return err
		}
		if i == 0 {
			d.bootstrap = seen.Addresses
		}
		d.summary.Nodes = append(d.summary.Nodes, nodeOf(s, seen.Addresses))
	}
	return nil
}

// portAfter returns the address i ports after one; a port of 0 stays 0, and no
// address none.
func portAfter(address string, i int) (string, error) {
	if address == "" {
		return "", nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", api.Errorf(api.BadInput, "%q is no address to listen on; write host:port, 127.0.0.1:8650", address)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", api.Errorf(api.BadInput, "%q is no port", port)
	}
	if n != 0 {
		n += i
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}

// freePort returns an address of this machine that nobody listens on, neither by
// TCP nor by UDP (for QUIC): a node that is started again must be where it was.
func freePort() (address string, err error) {
	for range 100 {
		var udp error
		if address, udp, err = freeAt("127.0.0.1:0"); err != nil || udp == nil {
			return address, err
		}
	}
	return "", errors.New("no port of 127.0.0.1 is free by TCP and by UDP")
}

// freeAt listens at an address by TCP and by UDP, for a moment, and returns the
// address that it was, and why it could not by UDP.
func freeAt(at string) (address string, udp, err error) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	p, udp := net.ListenPacket("udp", address)
	if udp == nil {
		udp = p.Close()
	}
	return address, udp, l.Close()
}

// tell is the story: who they are, what they publish, what it comes to.
func (d *demo) tell(ctx context.Context, began time.Time) error {
	d.introduce()
	if err := d.publishAll(ctx, began); err != nil {
		return err
	}
	if err := d.ratify(ctx); err != nil {
		return err
	}
	if err := d.sum(ctx, began); err != nil {
		return err
	}
	if d.cfg.JSON {
		text, err := json.MarshalIndent(d.summary, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(d.cfg.Out, "%s\n", text)
		return err
	}
	d.summary.Conclude(d.text, d.cfg.Once)
	return nil
}
