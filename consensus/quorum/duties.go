package quorum

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// When a duty falls due: on the leader, and on everybody else, who steps in for a leader
// that does nothing.
const (
	lookEvery = 250 * time.Millisecond // what is to do at once pokes
	others    = 3 * time.Second        // later than the leader

	markAfter  = 250 * time.Millisecond // while an earlier mark is not certified, which ends the wait; else at once
	tickAfter  = time.Second            // any entry but a tick is followed by one within two
	tickEvery  = 3600                   // seconds of the ledger's time, and at the turn of the day
	askEvery   = time.Second            // for the times of a tick
	wholeAfter = 500 * time.Millisecond // that a tick is due, it may leave something uncounted
	sayEvery   = time.Second            // what is not certified
	anewEvery  = time.Minute            // the newest checkpoint
	helpAfter  = 5 * time.Second        // that no leader is known, others are asked why
	againIn    = time.Second            // what was submitted is, if nothing is seen of it
	dutyTime   = 5 * time.Second        // for one command
	carryTime  = time.Second            // for what is carried over, between other duties
)

// waits is since when duties wait, and when they were last attended to, by the machine's
// clock: the node's may be set, and no duty waits for that.
type waits struct {
	group group.Status

	grown, untold time.Time // since when there is something to mark, and to tick
	unsettled     time.Time // since when a set change is certified and not settled
	asked         time.Time
	said, anew    time.Time
	alone         time.Time // when others were asked last
	carried       time.Time // not before then

	promised, enough time.Time // to another generation
}

// attend does what falls to this regulator until ctx ends, until another generation is to
// begin (errJoin), or until it cannot go on.
func (r *Regulator) attend(ctx context.Context, now *run) error {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-r.waking:
		}
		r.waited.group = now.group.Status()
		r.stalls(now)
		for _, duty := range []func(context.Context, *run) error{r.certifyOn, r.promised, r.mark, r.settle, r.tick, r.carryOver} {
			if err := duty(ctx, now); err != nil && ctx.Err() == nil && !errors.Is(err, group.ErrNoLeader) {
				r.cfg.Logger.Warn("a duty of this regulator was not done", "error", err)
			}
		}
		if err := now.certifier.Silent(); errors.Is(err, certify.ErrBroken) {
			return err // to say nothing more while all looks well would be worse
		}
		now.group.Want(now.machine.Wanted())
		ready, err := r.prepared(ctx, now)
		if err != nil && ctx.Err() == nil {
			r.cfg.Logger.Warn("another generation cannot begin yet", "error", err)
		}
		if ready {
			return errJoin
		}
	}
}

// Leads reports whether this regulator leads Raft, as far as it knows.
func (r *Regulator) Leads() bool {
	now := r.now.Load()
	return now != nil && now.group.Status().Leading
}

// due reports whether what waits since a time falls to this regulator now: to the leader,
// and to the others one after the other, so that not all of them do what he does not.
// Without a leader nothing can be done.
func (r *Regulator) due(now *run, since time.Time, after time.Duration) bool {
	if since.IsZero() || r.waited.group.Leader.IsZero() {
		return false
	}
	if !r.waited.group.Leading {
		after += others * time.Duration(1+r.rank(now))
	}
	return time.Since(since) >= after
}

// rank is the place of this regulator among those that do not lead.
func (r *Regulator) rank(now *run) (n int) {
	for _, host := range now.machine.Wanted().Voters {
		switch host {
		case r.cfg.Host:
			return n
		case r.waited.group.Leader:
		default:
			n++
		}
	}
	return n
}

// certifyOn says again what is not certified, and each minute what is.
func (r *Regulator) certifyOn(_ context.Context, now *run) error {
	w, at := &r.waited, time.Now()
	var errs []error
	if at.Sub(w.said) >= sayEvery {
		w.said = at
		errs = append(errs, now.certifier.Applied(), now.certifier.Again())
	}
	if at.Sub(w.anew) >= anewEvery {
		w.anew = at
		errs = append(errs, now.certifier.Refresh())
	}
	if ago := at.Sub(w.alone); ago >= anewEvery || w.group.Leader.IsZero() && ago >= helpAfter {
		w.alone = at
		r.broadcast(&message{topic: aboutMissed})
	}
	return errors.Join(errs...)
}

func (r *Regulator) submit(ctx context.Context, command []byte) (applied.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, dutyTime)
	defer cancel()
	return r.Submit(ctx, command)
}

// mark has what was applied certified.
func (r *Regulator) mark(ctx context.Context, now *run) error {
	w, at := &r.waited, time.Now()
	size, marked := now.machine.Marks()
	certified := r.follower.Standing().Size()
	if size <= max(certified, marked) {
		w.grown = time.Time{}
		return nil
	}
	if w.grown.IsZero() {
		w.grown = at
	}
	after := time.Duration(0)
	if marked > certified {
		after = markAfter
	}
	if !r.due(now, w.grown, after) {
		return nil
	}
	_, err := r.submit(ctx, ballot.MarkCommand())
	w.grown = at.Add(againIn) // if it is not seen in the log by then
	if err != nil {
		return fmt.Errorf("mark %d entries: %w", size, err)
	}
	return nil
}

// settle shows the certified checkpoint of a set change, so that the ledger goes on.
func (r *Regulator) settle(ctx context.Context, now *run) error {
	w, d, note := &r.waited, now.machine.Unsettled(), r.follower.Standing().Note
	if d == nil || note.Size < d.Size {
		w.unsettled = time.Time{}
		return nil
	}
	if w.unsettled.IsZero() {
		w.unsettled = time.Now()
	}
	if !r.due(now, w.unsettled, 0) {
		return nil
	}
	w.unsettled = time.Now().Add(againIn)
	if _, err := r.submit(ctx, ballot.SettleCommand(note.Bytes())); err != nil {
		return fmt.Errorf("show the checkpoint of a change of the regulators: %w", err)
	}
	return nil
}

// tick moves the ledger's time.
func (r *Regulator) tick(ctx context.Context, now *run) error {
	past, w, at := now.machine.Clock(), &r.waited, time.Now()
	if !tickDue(past, r.cfg.Now().Unix()) {
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
	if err != nil || !enough || below(&tick) < past.Size && at.Sub(w.untold) < wholeAfter {
		if at.Sub(w.asked) >= askEvery {
			w.asked = at
			r.broadcast(&message{topic: aboutNoTime})
		}
		return err
	}
	if !tickDue(past, worth(&tick)) {
		w.untold = at.Add(anewEvery) // by this regulator's clock alone, which is ahead
		return nil
	}
	w.untold = time.Time{}
	if _, err := r.submit(ctx, ballot.TickCommand(&tick)); err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	return nil
}

// tickDue reports whether the ledger's time is to be moved on, by a clock in Unix seconds.
func tickDue(last ballot.Clock, unix int64) bool {
	return last.Unix == 0 || last.Untold || unix-last.Unix >= tickEvery || unix > last.Unix && unix/86400 != last.Unix/86400
}

// below is what a tick counts for: what lies below every size in it.
func below(t *motion.Tick) uint64 {
	least := uint64(math.MaxUint64)
	for i := range t.Times {
		least = min(least, t.Times[i].Size)
	}
	return least
}

// worth is what a tick comes to, but for its bounds: the lower median.
func worth(t *motion.Tick) int64 {
	var all []int64
	for i := range t.Times {
		all = append(all, t.Times[i].Unix)
	}
	slices.Sort(all)
	return all[(len(all)-1)/2]
}

// carried is a command that a generation has left over.
type carried struct {
	command []byte
	refused int // how often, for what may pass
}

// A command that is refused for what may pass is submitted so often, and so much later.
const (
	carryTries = 40
	carryEvery = 5 * time.Second
)

// leave takes what a generation has left over, beside what is left of earlier ones.
func (r *Regulator) leave(commands [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range commands {
		if !slices.ContainsFunc(r.carry, func(o carried) bool { return bytes.Equal(o.command, c) }) {
			r.carry = append(r.carry, carried{command: c})
		}
	}
}

// carryOver brings before the regulators again what another generation has left over. All
// do so, for nobody knows what the leader has; what is there counts once. What is refused
// for now does not stop what comes after it.
func (r *Regulator) carryOver(ctx context.Context, _ *run) error {
	w, begun := &r.waited, time.Now()
	if w.group.Leader.IsZero() || begun.Before(w.carried) {
		return nil
	}
	r.mu.Lock()
	carry := r.carry
	r.carry = nil
	r.mu.Unlock()
	var again []carried
	for len(carry) > 0 && time.Since(begun) < carryTime {
		a, err := r.submit(ctx, carry[0].command)
		if err != nil {
			break
		}
		c := carry[0]
		carry = carry[1:]
		if c.refused++; a.Refusal != nil && a.Refusal.Code.Passing() && c.refused < carryTries {
			again = append(again, c)
		}
	}
	if len(carry) == 0 {
		w.carried = begun.Add(carryEvery)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.carry = append(carry, again...)
	return nil
}

// collect makes a tick of the times that were given after the last one, if there are
// enough. It counts for what all hold who gave them: so of more than enough it takes those
// that hold most, and who claims to hold little holds nobody up.
func (r *Regulator) collect(now *run, last ballot.Clock) (motion.Tick, bool, error) {
	own, err := r.ownTime(now)
	if err != nil {
		return motion.Tick{}, false, err
	}
	s := now.machine.Constitution()
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
	enough := s.Cosigners().Quorum()
	if len(tick.Times) < enough {
		return tick, false, nil
	}
	slices.SortFunc(tick.Times, func(a, b motion.Time) int { return cmp.Compare(b.Size, a.Size) })
	least := tick.Times[enough-1].Size
	tick.Times = slices.DeleteFunc(tick.Times, func(t motion.Time) bool { return t.Size < least })
	slices.SortFunc(tick.Times, func(a, b motion.Time) int { return a.By.Compare(b.By) })
	return tick, true, nil
}

// ownTime is this regulator's word on what time it is.
func (r *Regulator) ownTime(now *run) (motion.Time, error) {
	last, federation := now.machine.Clock(), now.machine.Constitution().Federation()
	t := motion.Time{Federation: federation, By: r.cfg.Vote.Public(), Unix: r.cfg.Now().Unix(), Previous: last.Index, Size: last.Size}
	return t.Sign(r.cfg.Vote)
}

// giveTime answers who asks for it when a tick is due by this regulator's clock too:
// anybody may collect them, and each tick makes the ledger grow.
func (r *Regulator) giveTime(now *run, to keys.Public) error {
	if !tickDue(now.machine.Clock(), r.cfg.Now().Unix()) {
		return nil
	}
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
	e, err := motion.OpenEntry(b, now.machine.Constitution().Federation())
	if err != nil {
		return err
	}
	tick, ok := e.(motion.Tick)
	if !ok || len(tick.Times) != 1 {
		return errors.New("quorum: what was given as a time is none")
	}
	t := tick.Times[0]
	if _, seated := now.machine.Constitution().Regulator(t.By); !seated {
		return nil // whose key is new may be ahead of this regulator: it is asked again
	}
	r.mu.Lock()
	if t.Previous >= r.times[t.By].Previous { // an old one may be sent again by anybody
		r.times[t.By] = t
	}
	r.mu.Unlock()
	r.poke()
	return nil
}
