package node

import (
	"context"
	"errors"
	"time"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/publish/pen"
	"ringfence/node/speak"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

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
	c, state := l.Counts(), l.State()
	out := api.Status{
		Version: n.cfg.Version, Federation: state.Federation().String(), Name: state.Name(),
		Roles: []string{}, Directory: n.cfg.Dir, Running: n.serving.running.Load(), StartedAt: n.started.UTC().Format(time.RFC3339),
		Members: members(state),
		Batches: c.Batches, Statements: c.Statements, Void: c.Void, Keys: c.Keys, Entries: c.Entries,
		Labelled: c.Labelled, Blocked: c.Blocked, Contested: c.Contested,
		Feeds: n.forks().Feeds(l), Plans: n.book.All(), Problems: n.problems(), List: n.stamp(),
	}
	if m, ok := n.member(); ok {
		member := state.Member(m)
		out.Member, out.Issuer, out.Suspended = member.ID, n.whose().String(), view.Suspended(l, m)
		for _, r := range member.Roles {
			out.Roles = append(out.Roles, r.String())
		}
		forked := n.forks().Problem(out.Suspended)
		if !forked.IsZero() && (out.Suspended == 0 || n.again.Left(l, m)) {
			out.Problems = append(out.Problems, forked)
		}
	}
	out.Peers, out.Queued = n.Standing(), n.voice.Queued()
	n.Report(&out)
	if free, floor, err := n.store.Space(); err == nil {
		out.FreeBytes, out.FloorBytes = free, floor
	}
	n.mu.Lock()
	out.Switches = n.switchboard()
	n.mu.Unlock()
	return out, nil
}

// problems tells what a person must look after.
func (n *Node) problems() []phrase.Phrase {
	out := []phrase.Phrase{}
	if why := n.voice.Mute(); why != nil {
		out = append(out, phrase.Join(phrase.New("problem.mute", "this node cannot speak"), phrase.From(why)))
	} else if bar := n.barred(); !bar.IsZero() {
		out = append(out, bar)
	}
	if why := n.voice.Stuck(); !why.IsZero() {
		out = append(out, phrase.Join(phrase.New("problem.stuck", "what is queued is not said yet, and nothing else is said before it"), why))
	}
	if err := n.store.Writable(); err != nil {
		out = append(out, unwritable(err))
	}
	out = append(out, n.troubles()...)
	out = append(out, n.Problems()...)
	broken, err := n.store.Quarantined()
	if err != nil {
		out = append(out, phrase.From(err))
	}
	for _, q := range broken {
		out = append(out, phrase.Join(phrase.New("problem.damaged", "batch %s is damaged and set aside", q.Batch), phrase.Plain(q.Reason)))
	}
	return out
}

// barred says why this node must not sign and what ends that.
func (n *Node) barred() phrase.Phrase {
	bar, err := pen.Barred(n.store, n.own.Issuer(), n.State().OpenEpoch(n.own.Issuer()), n.spare())
	if err != nil {
		return phrase.From(err)
	}
	return bar
}

// unwritable says why nothing is written.
func unwritable(err error) phrase.Phrase {
	if errors.Is(err, disk.ErrDiskFull) {
		return speak.Why(err)
	}
	return phrase.Join(phrase.New("problem.unwritable", "nothing is written"), phrase.From(err))
}

// members returns how many there are.
func members(state *charter.State) (n int) {
	for range state.Members() {
		n++
	}
	return n
}
