// Package stage sets up what publishing needs and nothing more: a store, the
// door into it, the view that follows, and publishers who read files.
//
// A node has much besides (listeners, keys, switches), and what is measured
// should be as little as possible and still be the real thing; what is killed
// is the command and the node itself. So a Stage is made of the packages that a node is made of, put
// together in the same way, and nothing of it is a stand-in.
//
// A room of package simulations, floor 14.
package stage

import (
	"context"
	"fmt"
	"io"
	"time"

	"ringfence/node/publish"
	"ringfence/node/source"
	"ringfence/node/source/mapping"
	"ringfence/node/speak"
	"ringfence/store/charter"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Store is what a Stage stands on. Both store/disk and store/memory are one.
type Store interface {
	publish.Store
	intake.Store
	view.Source
}

// Config is what a Stage is made of. All of it must be set, but for Snapshot.
type Config struct {
	State  *charter.State
	Store  Store
	Now    func() time.Time
	Random io.Reader
	// Snapshot of an earlier view, to begin with; nil replays the store.
	Snapshot []byte
}

// Stage is a store with its door and its view.
type Stage struct {
	View  *view.View
	cfg   Config
	door  *intake.Door
	plans *plan.Set
}

// New returns a Stage whose view has followed all that the store holds.
func New(cfg Config) (*Stage, error) {
	s := &Stage{cfg: cfg}
	var err error
	if s.door, err = intake.New(intake.Config{Federation: cfg.State.Federation(), Roster: cfg.State, Store: cfg.Store}); err != nil {
		return nil, err
	}
	about := view.Config{State: cfg.State, Source: cfg.Store, Day: taxonomy.DayOf(cfg.Now().Unix()), Session: 1}
	if cfg.Snapshot != nil {
		s.View, err = view.Load(about, cfg.Snapshot)
	} else {
		s.View, err = view.New(about)
	}
	if err != nil {
		return nil, err
	}
	if _, err := s.View.Follow(); err != nil {
		return nil, err
	}
	if s.plans, err = plan.Shipped(); err != nil {
		return nil, err
	}
	return s, nil
}

// Plans returns the numbering plans that ship.
func (s *Stage) Plans() *plan.Set { return s.plans }

// Publisher returns who speaks by an issuer's key.
func (s *Stage) Publisher(key keys.Private) (*publish.Publisher, error) {
	return publish.New(publish.Config{
		Key: key, Store: s.cfg.Store, Door: s.door, View: s.View, Now: s.cfg.Now, Random: s.cfg.Random,
	})
}

// File says how a publisher's file is to be read.
type File struct {
	Name    string
	Mapping string // name of one that ships
	Country number.Country
	Newest  taxonomy.Day // to which the newest creation day is moved
	Text    io.Reader
}

// Read reads a file.
func (s *Stage) Read(ctx context.Context, f File) (*source.Delivery, error) {
	m, err := mapping.Shipped(f.Mapping)
	if err != nil {
		return nil, err
	}
	return source.Read(ctx, f.Text, m, source.Options{
		File: f.Name, Country: f.Country, NewestOn: f.Newest,
		Dialler: func(c number.Country) (source.Dialler, error) {
			rules := s.plans.Rules(c)
			return func(written string) number.Caller { return rules.Dialled(written).First() }, nil
		},
	})
}

// Publish reads a file and says what it says, by an issuer's key.
func (s *Stage) Publish(ctx context.Context, key keys.Private, f File, opts publish.Options) (*source.Delivery, publish.Result, error) {
	p, err := s.Publisher(key)
	if err != nil {
		return nil, publish.Result{}, err
	}
	d, err := s.Read(ctx, f)
	if err != nil {
		return nil, publish.Result{}, err
	}
	res, err := p.Publish(ctx, speak.Delivery(f.Name, d), opts)
	if err != nil {
		return d, res, fmt.Errorf("publish %s: %w", f.Name, err)
	}
	return d, res, nil
}
