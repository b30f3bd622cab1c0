package speak

import (
	"context"
	"errors"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/publish"
	"ringfence/store/feed"
)

// tryEvery is how often what is queued is tried again.
const tryEvery = 5 * time.Second

// Drain says what was accepted while signing was barred, as soon as it is not any
// more, until ctx ends. What else keeps it from that is told once.
func (s *Speaker) Drain(ctx context.Context) {
	own := s.cfg.Publisher
	if own == nil {
		return
	}
	try := time.NewTicker(tryEvery)
	defer try.Stop()
	for {
		s.attempt(ctx, own)
		select {
		case <-ctx.Done():
			return
		case <-try.C:
		}
	}
}

// attempt drains, and keeps what is in the way.
func (s *Speaker) attempt(ctx context.Context, own *publish.Publisher) {
	var why phrase.Phrase
	if err := s.drain(ctx, own); err != nil && !errors.Is(err, feed.ErrBarred) && ctx.Err() == nil {
		why = Why(err)
	}
	if told := s.stuck.Swap(&why); !why.IsZero() && (told == nil || !told.SaysAs(why)) {
		s.cfg.Logger.Error("what is queued is not said yet", "reason", why.Text)
	}
}

// Stuck says what keeps the queue from being said although the node may sign; none:
// nothing does.
func (s *Speaker) Stuck() phrase.Phrase {
	if why := s.stuck.Load(); why != nil {
		return *why
	}
	return phrase.Phrase{}
}

// drain says what is queued and tells the log what became of it.
func (s *Speaker) drain(ctx context.Context, own *publish.Publisher) error {
	all, err := own.Drain(ctx)
	for i := range all {
		one := &all[i].Publication
		if left := all[i].Inherited; left != nil {
			s.cfg.Logger.Info("what the key before said too late to count is said again", "issuer", left.Of.Short(), "statements", left.Said, "void", left.Void, "unreadable", left.Unreadable)
			continue
		}
		if refused := all[i].Refused; refused != nil {
			s.cfg.Logger.Error("what was queued is not said", "publication", one.ID, "said", one.File, "reason", refused)
			continue
		}
		s.cfg.Logger.Info("what was queued is said", "publication", one.ID, "state", string(one.State), "statements", one.Statements, "unchanged", one.Unchanged, "refused", one.Refused)
	}
	if len(all) > 0 {
		s.cfg.Said()
	}
	return err
}

// Queued is how many drafts wait to be signed.
func (s *Speaker) Queued() int {
	if s.cfg.Publisher == nil {
		return 0
	}
	count, err := s.cfg.Publisher.Queued()
	if err != nil {
		s.cfg.Logger.Error("the queue of drafts cannot be read", "reason", err)
	}
	return count
}
