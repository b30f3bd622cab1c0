package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/metrics"
	"ringfence/node/screen"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// openPlans reads the plans that ship, and those that were imported.
func (n *Node) openPlans() (err error) {
	if n.shipped, err = plan.Shipped(); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return n.loadPlans()
}

// loadPlans lays the imported plans over those that ship.
func (n *Node) loadPlans() error {
	set := n.shipped
	files, err := filepath.Glob(filepath.Join(n.cfg.Dir, plansDir, "*.plan"))
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("node: read plan: %w", err)
		}
		p, err := plan.Decode(b)
		if err != nil {
			return fmt.Errorf("node: plan %s: %w; remove it and import it again", name, err)
		}
		set = set.With(p)
	}
	n.book.Store(&answer.Book{Home: n.cfg.Home, Plans: set, Texts: locale.New()})
	return nil
}

// openView loads the snapshot or, without a usable one, replays.
func (n *Node) openView() error {
	cfg, err := n.viewConfig()
	if err != nil {
		return err
	}
	loading := cfg
	loading.State = n.under.Follower().Standing().State
	v, err := n.loadSnapshot(loading)
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
	cfg := view.Config{State: n.state, Source: n.store, Day: n.today(), Session: session}
	for _, p := range proofs {
		cfg.Frozen = append(cfg.Frozen, view.FeedEpoch{Issuer: p.Issuer(), Epoch: p.Epoch()})
	}
	return cfg, nil
}

func (n *Node) today() taxonomy.Day { return taxonomy.DayOf(n.cfg.Now().Unix()) }

// storeID tells this store's records from those of any other: a snapshot of
// another store's list must not be taken for this one's.
func (n *Node) storeID() ([]byte, error) {
	id, ok, err := n.store.Get(spaceNode, keyStoreID)
	if err != nil || ok {
		return id, err
	}
	id = make([]byte, storeIDSize)
	if _, err := io.ReadFull(n.cfg.Random, id); err != nil {
		return nil, err
	}
	return id, n.store.Put(spaceNode, keyStoreID, id)
}

const (
	spaceNode     = "node"
	keyStoreID    = "store-id"
	keyIssuer     = "issuer"
	keyFederation = "federation"
	storeIDSize   = 16
)

// loadSnapshot reads the store's ID and, behind it, the view's snapshot.
func (n *Node) loadSnapshot(cfg view.Config) (*view.View, error) {
	b, err := os.ReadFile(filepath.Join(n.cfg.Dir, SnapshotFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := n.storeID()
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(b, id) {
		return nil, errors.New("it is of another store")
	}
	v, err := view.Load(cfg, b[len(id):])
	if err != nil {
		return nil, err
	}
	if v.List().Stamp().Day > n.today() {
		return nil, fmt.Errorf("it stands on %s, which is after today", v.List().Stamp().Day)
	}
	stamp := v.List().Stamp()
	n.savedStamp.Store(&stamp)
	return v, nil
}

// saveSnapshot writes the list's snapshot if the list changed since the last.
func (n *Node) saveSnapshot() error {
	l := n.view.List()
	stamp := l.Stamp()
	if saved := n.savedStamp.Load(); saved != nil && *saved == stamp {
		return nil
	}
	id, err := n.storeID()
	if err != nil {
		return fmt.Errorf("node: save the list's snapshot: %w", err)
	}
	const perKey, perStatement, rest = 32, 48, 1 << 20 // bytes, rounded up
	c := l.Counts()
	err = n.writeWhole(filepath.Join(n.cfg.Dir, SnapshotFile), c.Keys*perKey+c.Statements*perStatement+c.Suspended*(perKey+perStatement)+rest, func(w io.Writer) error {
		if _, err := w.Write(id); err != nil {
			return err
		}
		return n.view.Save(w)
	})
	if api.KindOf(err) == api.Refused {
		n.log.Warn("the list is not saved; the next start takes longer", "reason", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("node: save the list's snapshot: %w", err)
	}
	n.savedStamp.Store(&stamp)
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
	return answer.Age{List: max(n.cfg.Now().Sub(n.asOf()), 0), Checkpoint: -1}
}

func (n *Node) stamp() api.ListStamp { return answer.Stamp(n.view.List().Stamp(), n.age()) }

// screenList is the list as screening sees it.
type screenList struct {
	*view.List
	updated time.Time
}

// Stamp implements screen.List.
func (l screenList) Stamp() screen.Stamp {
	s := l.List.Stamp()
	return screen.Stamp{Root: s.Root, Session: s.Session, Serial: s.Serial, LedgerSize: s.LedgerSize, Day: s.Day, Updated: l.updated}
}
