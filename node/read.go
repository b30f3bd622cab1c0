package node

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringfence/node/api"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Lookup implements api.Reader.
func (n *Node) Lookup(_ context.Context, q api.Query) (api.Lookup, error) {
	return n.book.Load().Lookup(n.view.List(), q, n.age())
}

// Explain implements api.Reader.
func (n *Node) Explain(_ context.Context, q api.Query) (api.Explanation, error) {
	return n.book.Load().Explain(n.view.List(), q, n.age())
}

// Statement implements api.Reader.
func (n *Node) Statement(_ context.Context, text string) (api.Statement, error) {
	ref, err := taxonomy.ParseRef(text)
	if err != nil {
		return api.Statement{}, api.Errorf(api.BadInput, "%v", err)
	}
	l := n.view.List()
	told, ok := l.Told(ref)
	if !ok {
		return api.Statement{}, api.Errorf(api.NotFound, "no statement %s is held here", ref)
	}
	return n.book.Load().Statement(l, &told), nil
}

// Status implements api.Reader.
func (n *Node) Status(context.Context) (api.Status, error) {
	l := n.view.List()
	c := l.Counts()
	out := api.Status{
		Version: n.cfg.Version, Federation: n.state.Federation().String(), Name: n.state.Charter().Name,
		Roles: []string{}, Directory: n.cfg.Dir, Running: n.serving.running.Load(), StartedAt: n.started.UTC().Format(time.RFC3339),
		Members: len(n.state.Charter().Members),
		Batches: c.Batches, Statements: c.Statements, Void: c.Void, Keys: c.Keys, Entries: c.Entries,
		Labelled: c.Labelled, Blocked: c.Blocked, Contested: c.Contested,
		Feeds: n.feeds(l), Plans: n.plans(), Problems: n.problems(), List: n.stamp(),
	}
	if m, ok := n.member(); ok {
		member := n.state.Member(m)
		out.Member, out.Issuer, out.Suspended = member.ID, n.issuer.String(), l.Suspended(m)
		for _, r := range member.Roles {
			out.Roles = append(out.Roles, r.String())
		}
	}
	if out.Suspended > 0 {
		out.Problems = append(out.Problems, fmt.Sprintf("%d statements of this member are suspended: a key of it signed two stories, and %s", out.Suspended, sayAgainHint))
	}
	out.Peers, out.Queued = n.Standing(), n.voice.Queued()
	if free, floor, err := n.store.Space(); err == nil {
		out.FreeBytes, out.FloorBytes = free, floor
	}
	n.mu.Lock()
	out.Switches = n.switchboard()
	n.mu.Unlock()
	return out, nil
}

func (n *Node) feeds(l *view.List) []api.Feed {
	heads := l.Frontier()
	out := []api.Feed{}
	for _, key := range slices.SortedFunc(maps.Keys(heads), keys.Public.Compare) {
		tip := heads[key]
		f := api.Feed{
			Issuer: key.String(), Epoch: tip.Epoch, Sequence: tip.Sequence, Head: tip.CID.String(),
			Said: time.Unix(tip.Time, 0).UTC().Format(time.RFC3339),
		}
		if info, ok := n.state.Issuer(key); ok {
			f.Member = n.state.Member(info.Member).ID
		}
		if _, frozen, err := n.store.Fork(key, tip.Epoch); err == nil {
			f.Frozen = frozen
		}
		out = append(out, f)
	}
	return out
}

// problems tells in words what a person must look after.
func (n *Node) problems() []string {
	out := []string{}
	if n.own == nil {
		out = append(out, fmt.Sprintf("this node cannot speak: %v", n.ownErr))
	} else if bar, barred, err := n.store.Barred(n.own.Issuer()); err == nil && barred {
		out = append(out, "this node does not sign: "+bar.String())
	}
	if why := n.voice.Stuck(); why != "" {
		out = append(out, fmt.Sprintf("what is queued is not said yet: %s; nothing else is said before it", why))
	}
	if err := n.store.Writable(); err != nil {
		out = append(out, err.Error())
	}
	out = append(out, n.troubles()...)
	broken, err := n.store.Quarantined()
	if err != nil {
		out = append(out, err.Error())
	}
	for _, q := range broken {
		out = append(out, fmt.Sprintf("batch %s is damaged and set aside: %s", q.Batch, q.Reason))
	}
	return out
}
