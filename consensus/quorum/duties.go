package quorum

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/quorum/group"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// When a duty falls due: on the leader, and on everybody else, who steps in for a leader
// that does nothing.
const (
	lookEvery = 250 * time.Millisecond // what is to do at once pokes
	others    = 3 * time.Second        // later than the leader

	markAfter = 250 * time.Millisecond // while an earlier mark is not certified, which ends the wait; else at once
	tickAfter = time.Second            // any entry but a tick is followed by one within two
	tickEvery = 3600                   // seconds of the ledger's time, and at the turn of the day
	askEvery  = time.Second            // for the times of a tick
	sayEvery  = time.Second            // what is not certified
	anewEvery = time.Minute            // the newest checkpoint
	dutyTime  = 5 * time.Second        // for one command
)

// waits is since when duties wait, and when they were last attended to.
type waits struct {
	marked        uint64 // the size that was last marked, as far as is known here
	markedAt      time.Time
	grown, untold time.Time // since when there is something to mark, and to tick
	asked         time.Time
	said, anew    time.Time
	settled       uint64

	promised, enough time.Time // to another generation
}

// attend does what falls to this regulator until ctx ends, or until another generation
// is to begin: then it returns true.
func (r *Regulator) attend(ctx context.Context, now *run) bool {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
		case <-r.waking:
		}
		for _, duty := range []func(context.Context, *run) error{r.certifyOn, r.promised, r.mark, r.settle, r.tick, r.carryOver} {
			if err := duty(ctx, now); err != nil && ctx.Err() == nil && !errors.Is(err, group.ErrNoLeader) {
				r.cfg.Logger.Warn("a duty of this regulator was not done", "error", err)
			}
		}
		now.group.Want(now.machine.wanted())
		ready, err := r.prepared(ctx, now)
		if err != nil {
			r.cfg.Logger.Warn("another generation cannot begin yet", "error", err)
		}
		if ready {
			return true
		}
	}
}

// Leads reports whether this regulator leads Raft, as far as it knows.
func (r *Regulator) Leads() bool {
	now := r.now.Load()
	return now != nil && now.group.Status().Leading
}

// due reports whether what waits since a time falls to this regulator now.
func (r *Regulator) due(now *run, since time.Time, after time.Duration) bool {
	if since.IsZero() {
		return false
	}
	if !now.group.Status().Leading {
		after += others
	}
	return r.cfg.Now().Sub(since) >= after
}

// certifyOn says again what is not certified, and each minute what is.
func (r *Regulator) certifyOn(_ context.Context, now *run) error {
	w, at := &r.waited, r.cfg.Now()
	var errs []error
	if at.Sub(w.said) >= sayEvery {
		w.said = at
		errs = append(errs, now.certifier.Applied(), now.certifier.Again())
	}
	if at.Sub(w.anew) >= anewEvery {
		w.anew = at
		errs = append(errs, now.certifier.Refresh())
	}
	return errors.Join(errs...)
}

func (r *Regulator) submit(ctx context.Context, command []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, dutyTime)
	defer cancel()
	return r.Submit(ctx, command)
}

// mark has what was applied certified.
func (r *Regulator) mark(ctx context.Context, now *run) error {
	w, size := &r.waited, now.machine.size()
	certified := r.follower.Standing()
	if size <= certified.Size() || size <= w.marked {
		w.grown = time.Time{}
		return nil
	}
	if w.grown.IsZero() {
		w.grown = r.cfg.Now()
	}
	after := time.Duration(0)
	if w.marked > certified.Size() {
		after = markAfter
	}
	if !r.due(now, w.grown, after) {
		return nil
	}
	answer, err := r.submit(ctx, ballot.MarkCommand())
	if err != nil {
		return fmt.Errorf("mark %d entries: %w", size, err)
	}
	w.marked, w.grown = max(w.marked, answer.Size), time.Time{}
	return nil
}

// settle shows the certified checkpoint of a set change, so that the ledger goes on.
func (r *Regulator) settle(ctx context.Context, now *run) error {
	d := r.unsettled(now)
	standing := r.follower.Standing()
	if d == nil || standing.Note.Size < d.Size || r.waited.settled == d.Size && !r.due(now, r.waited.markedAt, others) {
		return nil
	}
	r.waited.settled, r.waited.markedAt = d.Size, r.cfg.Now()
	if _, err := r.submit(ctx, ballot.SettleCommand(standing.Note.Bytes())); err != nil {
		return fmt.Errorf("show the checkpoint of a change of the regulators: %w", err)
	}
	return nil
}

// unsettled is the set change whose checkpoint is to be shown.
func (r *Regulator) unsettled(now *run) *enact.SetChange {
	now.machine.mu.Lock()
	defer now.machine.mu.Unlock()
	return now.machine.state.Unsettled()
}

// tick moves the ledger's time.
func (r *Regulator) tick(ctx context.Context, now *run) error {
	now.machine.mu.Lock()
	past := now.machine.state.Clock()
	now.machine.mu.Unlock()
	w, at := &r.waited, r.cfg.Now()
	switch {
	case past.Unix == 0, past.Untold, at.Unix()-past.Unix >= tickEvery, at.Unix()/86400 != past.Unix/86400 && at.Unix() > past.Unix:
	default:
		w.untold = time.Time{}
		return nil
	}
	if w.untold.IsZero() {
		w.untold = at
		if past.Untold {
			w.untold = at.Add(tickAfter) // let what comes at once be told at once
		}
	}
	if !r.due(now, w.untold, 0) {
		return nil
	}
	tick, enough, err := r.collect(now, past)
	if err != nil || !enough {
		if at.Sub(w.asked) >= askEvery {
			w.asked = at
			r.broadcast(&message{topic: aboutNoTime})
		}
		return err
	}
	w.untold = time.Time{}
	if _, err := r.submit(ctx, ballot.TickCommand(&tick)); err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	return nil
}

// carryOver brings before the regulators again what another generation has left over. All
// do so, for nobody knows what the leader has; what is there counts once.
func (r *Regulator) carryOver(ctx context.Context, _ *run) error {
	r.mu.Lock()
	carry := r.carry
	r.mu.Unlock()
	for i, command := range carry {
		a, err := r.submit(ctx, command)
		if err != nil || a.Refusal != nil && a.Refusal.Code.Passing() {
			r.mu.Lock()
			r.carry = carry[i:]
			r.mu.Unlock()
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.carry = nil
	return nil
}

// collect makes a tick of the times that were given after the last one, if there are
// enough.
func (r *Regulator) collect(now *run, last ballot.Clock) (motion.Tick, bool, error) {
	own, err := r.ownTime(now)
	if err != nil {
		return motion.Tick{}, false, err
	}
	s := now.machine.constitution()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times[own.By] = own
	maps.DeleteFunc(r.times, func(by keys.Public, t motion.Time) bool {
		_, seated := s.Regulator(by)
		return !seated || t.Previous != last.Index
	})
	var tick motion.Tick
	for _, t := range r.times {
		if t.Size <= last.Size {
			tick.Times = append(tick.Times, t)
		}
	}
	slices.SortFunc(tick.Times, func(a, b motion.Time) int { return a.By.Compare(b.By) })
	return tick, len(tick.Times) >= s.Cosigners().Quorum(), nil
}

// ownTime is this regulator's word on what time it is.
func (r *Regulator) ownTime(now *run) (motion.Time, error) {
	now.machine.mu.Lock()
	last := now.machine.state.Clock()
	federation := now.machine.state.Constitution().Federation()
	now.machine.mu.Unlock()
	t := motion.Time{Federation: federation, By: r.cfg.Vote.Public(), Unix: r.cfg.Now().Unix(), Previous: last.Index, Size: last.Size}
	return t.Sign(r.cfg.Vote)
}

// giveTime answers who asks for it.
func (r *Regulator) giveTime(now *run, to keys.Public) error {
	t, err := r.ownTime(now)
	if err != nil {
		return err
	}
	tick := motion.Tick{Times: []motion.Time{t}}
	m := message{topic: aboutTime, parts: [][]byte{tick.Bytes()}}
	r.cfg.Network.Send(to, m.bytes())
	return nil
}

// takeTime keeps a regulator's time for the tick that is to come.
func (r *Regulator) takeTime(now *run, b []byte) error {
	e, err := motion.OpenEntry(b, now.machine.constitution().Federation())
	if err != nil {
		return err
	}
	tick, ok := e.(motion.Tick)
	if !ok || len(tick.Times) != 1 {
		return errors.New("quorum: what was given as a time is none")
	}
	t := tick.Times[0]
	if _, seated := now.machine.constitution().Regulator(t.By); !seated {
		return fmt.Errorf("quorum: a time of %s, which is no regulator", t.By.Short())
	}
	r.mu.Lock()
	r.times[t.By] = t
	r.mu.Unlock()
	r.poke()
	return nil
}
