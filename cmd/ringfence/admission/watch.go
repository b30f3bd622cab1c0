package admission

import (
	"context"
	"time"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api/client"
	"ringfence/store/checkpoint"
)

// unreachedFor is how long no regulator must have been reached before that is told: while a
// motion is enacted those that are asked may not know it for a moment.
const unreachedFor = 15 * time.Second

// watch is what was told of a request while one waits for the regulators.
type watch struct {
	told      show.Request
	unreached time.Time // since when none of them is
}

// news returns what is to be told now, in order: each count of signatures that was passed
// since, so that nobody misses one that came between two looks.
func (w *watch) news(now show.Request, at time.Time) []show.Request {
	if now.State != "unreached" {
		w.unreached = time.Time{}
	} else if w.unreached.IsZero() {
		w.unreached = at
	}
	if now == w.told || now.State == "unreached" && at.Sub(w.unreached) < unreachedFor {
		return nil
	}
	from := now.Signatures
	if now.Needed > 0 {
		from = min(w.told.Signatures+1, now.Signatures)
	}
	var all []show.Request
	for n := from; n <= now.Signatures; n++ {
		one := now
		one.Signatures = n
		all = append(all, one)
	}
	w.told = now
	return all
}

// enacted returns what is to be told once this node is in. Where its own node saw that in
// the ledger as many signatures as it takes are there, whether they were seen or not; else
// that is the word of the node that is asked, and no count of what was verified.
func (w *watch) enacted(needed int, seen bool) []show.Request {
	now := w.told
	now.State, now.Unknown, now.Needed = "open", 0, max(now.Needed, needed)
	switch {
	case seen:
		now.Signatures = max(now.Signatures, now.Needed)
	case now.Signatures >= now.Needed:
		return nil
	default:
		now.State = "word"
		return []show.Request{now}
	}
	return w.news(now, time.Time{})
}

// needed is how many signatures it takes; 0 if that is not known.
func (a *asker) needed(ctx context.Context) int {
	seats, err := a.regulators(ctx)
	if err != nil || len(seats) == 0 {
		return 0
	}
	q, _ := checkpoint.Quorum(len(seats))
	return q
}

// runs reports whether a node runs behind a socket.
func runs(ctx context.Context, socket string) bool {
	own, err := client.New(client.Config{Socket: socket})
	if err != nil {
		return false
	}
	defer func() { _ = own.Close() }()
	s, err := own.Status(ctx)
	return err == nil && s.Running
}
