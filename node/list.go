package node

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/metrics"
	"ringfence/node/screen"
	"ringfence/node/snapshot"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// openPlans reads the plans that ship, and those that were imported.
func (n *Node) openPlans() error { return n.book.Open(n.cfg.Dir, n.cfg.Home, n.writeWhole) }

// openView loads the snapshot or, without a usable one, replays.
func (n *Node) openView() error {
	cfg, err := n.viewConfig()
	if err != nil {
		return err
	}
	loading := cfg
	loading.State = n.under.Follower().Standing().State
	latest := n.today()
	if n.under.Follower().Standing().Tick != 0 {
		latest = taxonomy.NeverDay // the ledger's day, which no clock here is to judge
	}
	n.snapshot = &snapshot.File{
		Path: filepath.Join(n.cfg.Dir, SnapshotFile), Store: n.store, Space: spaceNode, Random: n.cfg.Random, Write: n.writeWhole,
	}
	v, err := n.snapshot.Load(loading, latest)
	if err != nil {
		n.log.Warn("the list's snapshot is not used; replaying the feeds", "reason", err)
	}
	if v == nil {
		if v, err = view.New(cfg); err != nil {
			return fmt.Errorf("node: %w", err)
		}
	}
	err = n.takeView(v)
	if errors.Is(err, feed.ErrCursor) {
		// The store was restored to a moment before the snapshot's.
		if v, err = view.New(cfg); err != nil {
			return fmt.Errorf("node: %w", err)
		}
		err = n.takeView(v)
	}
	n.decided = nil
	return err
}

// takeView makes a view the node's, and brings it up to the ledger and the feeds.
func (n *Node) takeView(v *view.View) error {
	v.TurnTo(n.today())
	held := v.List().Stamp().LedgerSize
	news := slices.IndexFunc(n.decided, func(d charter.Enacted) bool { return d.Size > held })
	if news < 0 {
		news = len(n.decided)
	}
	if err := v.Enact(n.decided[news:]...); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.view = v
	return n.follow()
}

func (n *Node) viewConfig() (view.Config, error) {
	session, err := n.session()
	if err != nil {
		return view.Config{}, err
	}
	proofs, err := n.store.Forks()
	if err != nil {
		return view.Config{}, fmt.Errorf("node: read fork proofs: %w", err)
	}
	cfg := view.Config{State: n.founded, Source: n.store, Day: n.today(), Session: session}
	for _, p := range proofs {
		cfg.Frozen = append(cfg.Frozen, view.FeedEpoch{Issuer: p.Issuer(), Epoch: p.Epoch()})
	}
	return cfg, nil
}

func (n *Node) today() taxonomy.Day { return taxonomy.DayOf(n.cfg.Now().Unix()) }

const (
	spaceNode = "node"
	keyIssuer = "issuer"
)

// saveSnapshot saves the next start the replay.
func (n *Node) saveSnapshot() error {
	err := n.snapshot.Save(n.view, func(why error) {
		n.log.Warn("the list is not saved; the next start takes longer", "reason", why)
	})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// follow brings the list up to date with the feeds.
func (n *Node) follow() error {
	if _, err := n.view.Follow(); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if f := n.among.Load(); f != nil {
		f.Listed()
	}
	n.updated.Store(n.cfg.Now().UnixNano())
	n.measure()
	return nil
}

// measure tells monitoring how the list and the disk stand.
func (n *Node) measure() {
	if free, floor, err := n.store.Space(); err == nil {
		n.metrics.SetDisk(free, floor)
	}
	l := n.view.List()
	c := l.Counts()
	n.metrics.SetList(metrics.List{
		Allowed: c.Entries - c.Labelled - c.Blocked, Labelled: c.Labelled, Blocked: c.Blocked, Contested: c.Contested,
		Serial: l.Stamp().Serial, LedgerSize: l.Stamp().LedgerSize, Updated: time.Unix(0, n.updated.Load()),
	})
}

// asOf is the time of which the list is: when it last took in all that the node
// knew, or earlier, when the node last heard from a peer all that it holds.
func (n *Node) asOf() time.Time {
	updated, heard := time.Unix(0, n.updated.Load()), n.cfg.Now().Add(-n.unheard())
	if heard.Before(updated) {
		return heard
	}
	return updated
}

// age tells how old the list is.
func (n *Node) age() answer.Age {
	age := answer.Age{List: max(n.cfg.Now().Sub(n.asOf()), 0), Checkpoint: -1}
	if fresh := n.under.Fresh(); !fresh.IsZero() {
		age.Checkpoint = max(n.cfg.Now().Sub(fresh), 0)
	}
	return age
}

func (n *Node) stamp() api.ListStamp { return answer.Stamp(n.view.List().Stamp(), n.age()) }

// screenList is the list as screening sees it.
type screenList struct {
	*view.List
	updated, fresh time.Time
}

// Stamp implements screen.List.
func (l screenList) Stamp() screen.Stamp {
	s := l.List.Stamp()
	return screen.Stamp{Root: s.Root, Session: s.Session, Serial: s.Serial, LedgerSize: s.LedgerSize, Day: s.Day, Updated: l.updated, Checkpoint: l.fresh}
}
