package simulations

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/store/keys"
)

// DemoConfig says how the demo runs. Only Out must be set.
type DemoConfig struct {
	Dir     string // of the node, made when missing; "" is a temporary one that is removed at the end
	Listen  string // address of the API, "127.0.0.1:8650"; "" for the socket alone
	Once    bool   // ends after the summary
	JSON    bool   // the summary as one object, and nothing else
	Out     io.Writer
	Version string
	// FreeFloor is how many bytes must stay free; 0 is the store's default.
	FreeFloor uint64
	// Progress hears how far a member's publication is; it may be nil.
	Progress func(member string, p api.Progress)
	Logger   *slog.Logger     // nil discards
	Now      func() time.Time // nil: time.Now
	Random   io.Reader        // nil: crypto/rand
}

// KeyFileName is the file of a demo's directory that opens its keys: a
// demonstration needs no passphrase, and a real node should not keep the two
// together.
const KeyFileName = "demo.key"

// demo is one run of the demonstration.
type demo struct {
	cfg        DemoConfig
	text       io.Writer // what people read: Out, or nothing
	federation *Federation
	node       *node.Node
	summary    Summary
}

// Demo founds a federation on one node, lets its members publish, tells what
// became of it, and serves until ctx ends; with Once it ends by itself. What it
// returns is what it told.
func Demo(ctx context.Context, cfg DemoConfig) (Summary, error) {
	d := &demo{cfg: complete(cfg), text: cfg.Out}
	if cfg.JSON {
		d.text = io.Discard
	}
	if d.cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "ringfence-demo-")
		if err != nil {
			return Summary{}, fmt.Errorf("demo: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		d.cfg.Dir = dir
	}
	err := d.run(ctx)
	if err != nil {
		err = fmt.Errorf("demo: %w", err)
	}
	return d.summary, err
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

// run opens the node, serves, and tells the story while it serves.
func (d *demo) run(ctx context.Context) (err error) {
	began := d.cfg.Now()
	if err := d.open(began); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.node.Close()) }()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- d.node.Run(serving) }()
	select {
	case err := <-served:
		return err
	case <-d.node.Ready():
	}
	told := d.tell(ctx, began)
	if told == nil && !d.cfg.Once {
		d.printf("\nThe node stays up. End it with Ctrl-C.\n")
		return <-served // ends with ctx, or because it cannot serve
	}
	stop()
	if ended := <-served; told == nil {
		told = ended
	}
	return told
}

// open founds the federation and opens a node of its carrier.
func (d *demo) open(began time.Time) error {
	dir := d.cfg.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if held, err := os.ReadDir(dir); err != nil {
		return err
	} else if len(held) > 0 {
		return api.Errorf(api.BadInput, "%s is not empty; the demo makes a federation of its own: name another directory, or remove this one", dir)
	}
	unlock, home, err := d.makeKeys()
	if err != nil {
		return err
	}
	if d.federation, err = Found(began, d.cfg.Random, home); err != nil {
		return err
	}
	sealed, err := d.federation.Genesis.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, node.GenesisFile), sealed, 0o644); err != nil {
		return err
	}
	if err := node.NewStore(dir, d.federation.speakers()...); err != nil {
		return err
	}
	d.node, err = node.Open(node.Config{
		Dir: dir, Unlock: unlock, Listen: d.cfg.Listen, FreeFloor: d.cfg.FreeFloor, Version: d.cfg.Version,
		Logger: d.cfg.Logger, Now: d.cfg.Now, Random: d.cfg.Random,
	})
	return err
}

// makeKeys makes the key by which the carrier speaks, at rest as any node's.
func (d *demo) makeKeys() (keys.Unlock, keys.Private, error) {
	file := filepath.Join(d.cfg.Dir, KeyFileName)
	if err := keys.CreateKeyFile(file, d.cfg.Random); err != nil {
		return keys.Unlock{}, keys.Private{}, err
	}
	unlock, ring := keys.KeyFile(file), filepath.Join(d.cfg.Dir, node.KeysDir)
	if _, err := keys.Create(ring, keys.PurposeIssuer, unlock, d.cfg.Random); err != nil {
		return keys.Unlock{}, keys.Private{}, err
	}
	opened, err := keys.Open(ring, unlock)
	if err != nil {
		return keys.Unlock{}, keys.Private{}, err
	}
	home, err := opened.Private(keys.PurposeIssuer)
	return unlock, home, err
}

// tell is the story: who they are, what they publish, what it comes to.
func (d *demo) tell(ctx context.Context, began time.Time) error {
	d.introduce()
	if err := d.publishAll(ctx, began); err != nil {
		return err
	}
	if err := d.holdings(ctx); err != nil {
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
	d.conclude()
	return nil
}

// socket is where the node listens for its owner.
func (d *demo) socket() string { return filepath.Join(d.cfg.Dir, "node.sock") }
