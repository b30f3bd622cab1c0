package node

import (
	"context"
	"errors"
	"time"

	"ringfence/node/publish"
	"ringfence/store/feed"
)

// drainQueue says what was accepted while signing was barred, as soon as it is not
// any more, until ctx ends. What keeps it from that is told once.
func (n *Node) drainQueue(ctx context.Context) {
	if n.own == nil {
		return
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	told := ""
	for {
		why := ""
		if err := n.drain(ctx, n.own); err != nil && !errors.Is(err, feed.ErrBarred) && ctx.Err() == nil {
			why = err.Error()
		}
		if why != told && why != "" {
			n.log.Error("what is queued is not said yet", "reason", why)
		}
		told = why
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// drain says what is queued and tells the log what became of it.
func (n *Node) drain(ctx context.Context, own *publish.Publisher) error {
	all, err := own.Drain(ctx)
	for i := range all {
		one := &all[i].Publication
		if refused := all[i].Refused; refused != nil {
			n.log.Error("what was queued is not said: it would count for nothing", "publication", one.ID, "said", one.File, "reason", refused)
			continue
		}
		n.log.Info("what was queued is said", "publication", one.ID, "state", string(one.State), "statements", one.Statements, "unchanged", one.Unchanged, "refused", one.Refused)
	}
	if len(all) > 0 {
		n.refreshOwn()
		n.measure()
	}
	return err
}

// queued is how many drafts wait to be signed.
func (n *Node) queued() int {
	if n.own == nil {
		return 0
	}
	count, err := n.own.Queued()
	if err != nil {
		n.log.Error("the queue of drafts cannot be read", "reason", err)
	}
	return count
}
