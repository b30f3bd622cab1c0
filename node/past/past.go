package past

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ringfence/consensus/follow"
	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/ledger"
	"ringfence/store/number"
	"ringfence/store/view"
)

// Follower is the ledger as it is followed here: follow.Follower.
type Follower interface {
	Standing() follow.Standing
	Tree() ledger.Tree
}

// Config is what a Teller stands on.
type Config struct {
	Genesis *charter.Genesis
	Founded *charter.State // as the genesis has it
	Ledger  Follower
	Held    ledger.Source // what is followed, as it is held
	Feeds   view.Source
	List    func() *view.List   // the list as it stands
	Book    func() *answer.Book // reads numbers, and words answers
	Age     func() answer.Age
	Now     func() time.Time
}

// Teller answers for the list, now and as it was, and makes proofs. It may be used
// concurrently.
type Teller struct {
	cfg  Config
	turn chan struct{} // held by whoever computes a list

	mu   sync.Mutex
	kept *standing // that was computed last, for keptFor
	gone *time.Timer
}

// keptFor is how long a list of the past is kept for the next question: whoever looks a
// number up there often wants it explained, and proved.
const keptFor = 2 * time.Minute

// New makes a Teller.
func New(cfg Config) *Teller {
	return &Teller{cfg: cfg, turn: make(chan struct{}, 1)}
}

// Lookup implements api.Reader.
func (t *Teller) Lookup(ctx context.Context, q api.Query) (api.Lookup, error) {
	if q.At == "" {
		return t.lookup(t.cfg.List(), q, nil)
	}
	if _, err := t.cfg.Book().Read(q); err != nil {
		return api.Lookup{}, err // before a list is computed for it
	}
	then, err := t.then(ctx, q.At)
	if err != nil {
		return api.Lookup{}, err
	}
	return t.lookup(then.list, q, &then)
}

// Explain implements api.Reader.
func (t *Teller) Explain(ctx context.Context, q api.Query) (api.Explanation, error) {
	if q.At == "" {
		return t.cfg.Book().Explain(t.cfg.List(), q, t.cfg.Age())
	}
	if _, err := t.cfg.Book().Read(q); err != nil {
		return api.Explanation{}, err
	}
	then, err := t.then(ctx, q.At)
	if err == nil {
		err = t.knows(&then, q, func(view.Ratified) bool { return true })
	}
	if err != nil {
		return api.Explanation{}, err
	}
	out, err := t.cfg.Book().Explain(then.list, q, t.cfg.Age())
	out.AsOf = then.tell(then.why.Phrase)
	return out, err
}

// asOf is the list as it was when a question asks; why is what of it is not recomputable,
// if only the ledger is known of that moment.
type asOf struct {
	*standing

	why lost
}

// then returns the list as it was at a moment.
func (t *Teller) then(ctx context.Context, at string) (out asOf, err error) {
	m, err := t.moment(ctx, at)
	if err != nil {
		return out, err
	}
	out.standing, err = t.stand(ctx, m)
	if errors.As(err, &out.why) {
		m.anchor = nil
		out.standing, err = t.stand(ctx, m)
	} else if err == nil && m.anchor == nil {
		out.why.Phrase = phrase.New("past.no_anchor", "the ledger of %d entries has no anchor, which would fix what members had said", m.size)
	}
	if err != nil {
		return out, failed(err)
	}
	return out, nil
}

// knows refuses a question about a number of which a moment does not know enough: where
// only the ledger is known of it, that must have an entry that says enough.
func (t *Teller) knows(then *asOf, q api.Query, enough func(view.Ratified) bool) error {
	readings, err := t.cfg.Book().Read(q)
	if err != nil {
		return err
	}
	if (then.anchor == nil || then.erased > 0) && !then.decided(readings, enough) {
		return api.Tell(cmp.Or(then.why.kind, api.NotFound), phrase.Join(
			phrase.New("past.not_recomputable", "what the list said of it at ledger size %d is not recomputable: no ratified entry of that time is known to decide it", then.size), then.also(then.why.Phrase)))
	}
	return nil
}

// decided reports whether a ratified entry about a number says enough, for certain.
func (s *standing) decided(readings number.Readings, enough func(view.Ratified) bool) bool {
	for _, c := range readings.All() {
		n, ok := c.Number()
		if !ok {
			continue
		}
		for _, k := range s.list.Explain(n).Keys {
			for _, r := range k.Ratified {
				if enough(r) && s.certain(k.Key, r) {
					return true
				}
			}
		}
	}
	return false
}

// failed is what becomes of an error that this package does not name itself.
func failed(err error) error {
	var told *api.Error
	switch {
	case errors.As(err, &told):
		return told
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return api.Tell(api.Unavailable, phrase.New("past.unreadable", "what the node keeps of that time cannot be read: %s", err))
}

// Constitution implements api.Prover.
func (t *Teller) Constitution(ctx context.Context, at string) (api.Constitution, error) {
	state := t.cfg.Ledger.Standing().State
	if at != "" {
		m, err := t.moment(ctx, at)
		if err != nil {
			return api.Constitution{}, err
		}
		known := false
		if state, known = state.At(m.size); !known {
			return api.Constitution{}, api.Tell(api.NotFound, phrase.New("past.beyond", "the ledger has %d entries here, not %d", t.cfg.Ledger.Standing().Size(), m.size))
		}
	}
	c, err := answer.Constitution(state)
	if err != nil {
		return c, fmt.Errorf("past: %w", err)
	}
	return c, nil
}
