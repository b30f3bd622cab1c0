package courier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/council/letter"
	"ringfence/store/motion"
)

// Store keeps small values.
type Store interface {
	Put(space, key string, value []byte) error
	List(space string, fn func(key string, value []byte) error) error
	Delete(space, key string) error
}

// Sent is a letter of this node, and how it stands as far as the regulators say.
type Sent struct {
	letter.Letter
	letter.Standing
	With []string // members whose regulators hold it, or held it
}

// Outbox is what this node put to the regulators. It may be used concurrently.
type Outbox struct {
	courier *Courier
	store   Store
	now     func() time.Time

	mu    sync.Mutex
	all   map[cid.Cid]*sent
	order []cid.Cid
	stir  chan struct{}
}

type sent struct {
	Sent
	back []byte    // the withdrawal, once it was taken back
	next time.Time // when the regulators are asked again, by the machine's clock
	wait time.Duration
}

// How often the regulators are asked about a letter: soon, then ever more seldom.
const (
	askFirst = 2 * time.Second
	askLast  = time.Minute
	lookAt   = time.Second
	// MaxSent is how many letters an outbox holds at most.
	MaxSent = 256
)

// Where letters and withdrawals lie in the store, by ID.
const (
	space     = "outbox"
	spaceBack = "outbox-back"
)

// NewOutbox returns the outbox that lies in the store.
func NewOutbox(c *Courier, store Store, now func() time.Time) (*Outbox, error) {
	o := &Outbox{courier: c, store: store, now: now, all: make(map[cid.Cid]*sent), stir: make(chan struct{}, 1)}
	federation := c.cfg.State().Federation()
	err := store.List(space, func(key string, b []byte) error {
		l, err := letter.Open(slices.Clone(b), federation)
		if err != nil {
			return fmt.Errorf("outbox: %s: %w", key, err)
		}
		o.add(l)
		return nil
	})
	if err == nil {
		err = o.readBack()
	}
	return o, err
}

// readBack reads what was taken back.
func (o *Outbox) readBack() error {
	var left []string // that a stop kept from being forgotten with its letter
	err := o.store.List(spaceBack, func(key string, b []byte) error {
		id, err := cid.Decode(key)
		if err != nil {
			return fmt.Errorf("outbox: a withdrawal: %w", err)
		}
		if s := o.all[id]; s != nil {
			s.back, s.State = slices.Clone(b), letter.Withdrawn
		} else {
			left = append(left, key)
		}
		return nil
	})
	for _, key := range left {
		err = errors.Join(err, o.store.Delete(spaceBack, key))
	}
	return err
}

func (o *Outbox) add(l letter.Letter) *sent {
	s := &sent{Sent: Sent{Letter: l, Standing: letter.Standing{ID: l.ID}}}
	o.all[l.ID] = s
	o.order = append(o.order, l.ID)
	return s
}

// ErrFull is why an outbox takes no more.
var ErrFull = errors.New("outbox: it is full")

// Send makes letters durable and brings them to the regulators. What cannot be reached
// now is tried again until what became of them is known.
func (o *Outbox) Send(ctx context.Context, all []letter.Letter) error {
	o.mu.Lock()
	if len(o.all)+len(all) > MaxSent {
		o.mu.Unlock()
		return ErrFull
	}
	for _, l := range all {
		if o.all[l.ID] != nil {
			continue
		}
		if err := o.store.Put(space, l.ID.String(), l.Bytes()); err != nil {
			o.mu.Unlock()
			return fmt.Errorf("outbox: %w", err)
		}
		o.add(l)
	}
	o.mu.Unlock()
	ctx, stop := context.WithTimeout(ctx, askTime)
	defer stop()
	for i := range all {
		o.bring(ctx, all[i].ID)
	}
	return nil
}

// bring puts one letter to the regulators.
func (o *Outbox) bring(ctx context.Context, id cid.Cid) {
	o.mu.Lock()
	s := o.all[id]
	o.mu.Unlock()
	if s != nil {
		o.heard(ctx, []cid.Cid{id}, &letter.Question{Letter: s.Bytes()})
	}
}

// heard asks each regulator and takes what they say of letters; it returns those that one
// of them does not know.
func (o *Outbox) heard(ctx context.Context, ids []cid.Cid, q *letter.Question) (lacking []cid.Cid) {
	all := o.courier.each(ctx, q)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		s := o.all[id]
		if s == nil {
			continue
		}
		s.wait = min(max(2*s.wait, askFirst), askLast)
		s.next = time.Now().Add(s.wait)
		if s.back != nil {
			continue // what they say of it changes nothing
		}
		var said []letter.Standing
		var with []string
		unknown := false
		for _, member := range slices.Sorted(maps.Keys(all)) {
			one := Together(id, all[member])
			said = append(said, one)
			if one.State >= letter.Inbox {
				with = append(with, member)
			}
			unknown = unknown || one.State == letter.Unknown
		}
		if unknown {
			lacking = append(lacking, id)
		}
		if len(said) == 0 {
			continue // nobody was reached: what was heard before stands
		}
		if next := Together(id, said); next.State != letter.Unknown {
			s.Standing, s.With = next, with
		}
	}
	return lacking
}

// Run asks how letters stand, and brings them where they are not known, until ctx ends.
// Of what was taken back it brings the withdrawal: some regulators may not have heard.
func (o *Outbox) Run(ctx context.Context) {
	tick := time.NewTicker(lookAt)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		ask, back := o.due()
		for ids := range slices.Chunk(ask, letter.MaxAsked) {
			within, stop := context.WithTimeout(ctx, askTime)
			for _, id := range o.heard(within, ids, &letter.Question{IDs: ids}) {
				o.bring(within, id)
			}
			stop()
		}
		for _, w := range back {
			within, stop := context.WithTimeout(ctx, askTime)
			o.heard(within, []cid.Cid{w.Letter.ID}, &letter.Question{Withdrawal: w.back})
			stop()
		}
	}
}

// due returns the letters that are to be asked about and those that are to be taken back,
// and forgets what can no longer be voted on.
func (o *Outbox) due() (ask []cid.Cid, back []*sent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range slices.Clone(o.order) {
		s := o.all[id]
		switch {
		case s.Matter != nil && s.Matter.Expires < o.now().Unix():
			o.forget(id)
		case time.Now().Before(s.next):
		case s.back != nil:
			one := *s
			back = append(back, &one)
		default:
			ask = append(ask, id)
		}
	}
	return ask, back
}

// forget takes a letter from the outbox. The caller holds mu.
func (o *Outbox) forget(id cid.Cid) {
	err := o.store.Delete(space, id.String())
	if err == nil && o.all[id].back != nil {
		err = o.store.Delete(spaceBack, id.String())
	}
	if err != nil {
		o.courier.cfg.Logger.Warn("a letter that is done with stays in the outbox", "reason", err)
		return
	}
	delete(o.all, id)
	o.order = slices.DeleteFunc(o.order, func(one cid.Cid) bool { return one.Equals(id) })
}

// Done forgets letters of which it is known what became of them.
func (o *Outbox) Done(known func(id cid.Cid) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range slices.Clone(o.order) {
		if known(id) {
			o.forget(id)
		}
	}
}

// Sent returns the letters, as they were sent.
func (o *Outbox) Sent() []Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]Sent, len(o.order))
	for i, id := range o.order {
		all[i] = o.all[id].Sent
	}
	return all
}

// Withdraw takes a motion back from every regulator that can be reached, and later from
// the others; it is sent no more.
func (o *Outbox) Withdraw(ctx context.Context, w *motion.Withdrawal) letter.Standing {
	ctx, stop := context.WithTimeout(ctx, askTime)
	defer stop()
	one := Together(w.Motion, o.courier.Withdraw(ctx, w))
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.all[w.Motion]; s != nil && one.State == letter.Withdrawn {
		s.Standing, s.back = one, w.Bytes()
		if err := o.store.Put(spaceBack, w.Motion.String(), s.back); err != nil {
			o.courier.cfg.Logger.Warn("a letter that was taken back is sent again after the next start", "reason", err)
		}
	}
	return one
}
