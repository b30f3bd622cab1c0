package quorum

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// stuckFor is how long a generation may take to begin before Realign goes for another.
const stuckFor = 10 * time.Second

// Realign promises this regulator to the generation after its own, or to the one that
// others have promised themselves to, or have begun. It takes part in its own no more.
// Once a quorum has promised, all of them begin the new one by themselves. Asked again it
// promises the same, but to the generation after that one if that cannot begin.
func (r *Regulator) Realign() (cosign.SignedPromise, error) {
	now := r.now.Load()
	if now == nil {
		return cosign.SignedPromise{}, errors.New("quorum: this regulator does not run")
	}
	number := r.nextGeneration(now)
	p, err := now.certifier.Promise(number)
	if err != nil {
		return p, err
	}
	r.mu.Lock()
	shown := r.shown
	r.mu.Unlock()
	if shown != nil && shown.Generation.Number == number {
		r.join(now, *shown)
	}
	r.poke()
	return p, nil
}

// nextGeneration is which one this regulator is to promise itself to. Where others are it
// follows as many of them as cannot all be lying: numbers end.
func (r *Regulator) nextGeneration(now *run) uint64 {
	state := now.certifier.State()
	number := max(state.Generation.Number+1, state.Promised)
	var others []uint64
	for _, p := range now.certifier.Promises() {
		if p.By.Key != r.cfg.Cosign.Public() {
			others = append(others, p.Number)
		}
	}
	slices.Sort(others)
	slices.Reverse(others)
	if f := (len(now.machine.Constitution().Regulators()) - 1) / 3; len(others) > f {
		number = max(number, others[f])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown != nil {
		number = max(number, r.shown.Generation.Number)
	}
	if j := r.joining; j != nil && time.Since(j.since) > stuckFor {
		number = max(number, j.record.Generation.Number+1)
	}
	return number
}

// Promises returns who promised themselves to a generation to come.
func (r *Regulator) Promises() []cosign.SignedPromise {
	if now := r.now.Load(); now != nil {
		return now.certifier.Promises()
	}
	return nil
}

// promised tells the own promise again, and makes the record once there are enough. Of
// those who promised, the one with the lowest key makes it, so that there is one; the
// others step in one after the other when he does not.
func (r *Regulator) promised(_ context.Context, now *run) error {
	w, at, own := &r.waited, time.Now(), r.cfg.Cosign.Public()
	promises := now.certifier.Promises()
	i := slices.IndexFunc(promises, func(p cosign.SignedPromise) bool { return p.By.Key == own })
	if i < 0 || at.Sub(w.promised) < sayEvery {
		return nil
	}
	w.promised = at
	r.broadcast(&message{topic: aboutPromise, parts: [][]byte{promises[i].Bytes()}})
	rec, err := now.certifier.Record(promises[i].Number)
	if err != nil {
		w.enough = time.Time{}
		return nil // not enough yet
	}
	if w.enough.IsZero() {
		w.enough = at
	}
	before := slices.IndexFunc(rec.Promises, func(p cosign.SignedPromise) bool { return p.By.Key == own })
	if at.Sub(w.enough) >= others*time.Duration(before) {
		r.broadcast(&message{topic: aboutRecord, parts: [][]byte{rec.Bytes()}})
		r.join(now, rec)
	}
	return nil
}

// followFirst has followed what a promise or record shows as certified, if it is beyond
// what is known here. Until then who signed it cannot be judged.
func (r *Regulator) followFirst(now *run, notes [][]byte) (behind bool) {
	for _, b := range notes {
		n, err := checkpoint.Open(b, r.log)
		if err == nil && n.Size > now.machine.Known() {
			r.want(n)
			behind = true
		}
	}
	return behind
}

// hearPromise takes another regulator's promise.
func (r *Regulator) hearPromise(now *run, b []byte) error {
	_, notes, err := cosign.Shown(b)
	if err != nil || r.followFirst(now, notes) {
		return err
	}
	return now.certifier.HearPromise(b)
}

// hearRecord takes a record that somebody made. This regulator joins it if it promised
// itself to that generation or an earlier one that never began here, or if it is new and
// said nothing in any generation. Else somebody is to agree, by Realign.
func (r *Regulator) hearRecord(now *run, b []byte) error {
	number, notes, err := cosign.Shown(b)
	state := now.certifier.State()
	if err != nil || number <= state.Generation.Number || r.followFirst(now, notes) {
		return err
	}
	rec, err := now.certifier.OpenRecord(b)
	if err != nil {
		return err
	}
	if state.Promised > state.Generation.Number && number >= state.Promised || r.isNew(now, &state, &rec) {
		r.join(now, rec)
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown == nil || r.shown.Generation.Number < number {
		r.shown = &rec
	}
	return nil
}

// isNew reports whether this regulator has a key that nobody knew when a generation
// began, and has said nothing: it was admitted or re-keyed since, and has nothing to
// promise.
func (r *Regulator) isNew(now *run, s *cosign.State, rec *cosign.Record) bool {
	if now.certifier.Silent() != nil || s.Promised > 0 || len(s.Reported) > 0 || !s.Locked.IsZero() || s.Cosigned.Size > 0 || rec.Start.Size > now.machine.Known() {
		return false
	}
	return !slices.ContainsFunc(now.machine.Cosigners(rec.Start.Size), func(v checkpoint.Verifier) bool { return v.Key() == r.cfg.Cosign.Public() })
}

// join takes a record as the one to begin with, as soon as the ledger up to its start is
// here. Who is silent for good begins none.
func (r *Regulator) join(now *run, rec cosign.Record) {
	if rec.Generation.Number <= now.certifier.State().Generation.Number || now.certifier.Silent() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.joining == nil || r.joining.record.Generation.Number < rec.Generation.Number {
		r.joining = &joining{record: rec, since: time.Now(), entries: make(map[keys.Public][]ledger.Entry), wrong: make(map[keys.Public]bool)}
		r.poke()
	}
}

// prepared brings together what joining takes, and reports that it is there.
func (r *Regulator) prepared(ctx context.Context, now *run) (bool, error) {
	j := r.toJoin(now)
	if j == nil {
		return false, nil
	}
	start, from := j.record.Start, r.follower.Standing().Size()
	if note := r.noteOf(j.record); note != nil && note.Size > from {
		r.want(*note)
		return false, nil
	}
	if start.Size > from {
		if there, err := r.holdStart(ctx, now, j, from); err != nil || !there {
			return false, err
		}
	}
	if err := r.judged(ctx, j.record); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.joining == j {
			r.joining = nil
		}
		return false, err
	}
	return true, nil
}

// toJoin is what is to be joined, unless it was told once more when it had begun.
func (r *Regulator) toJoin(now *run) *joining {
	generation := now.certifier.State().Generation.Number
	r.mu.Lock()
	defer r.mu.Unlock()
	if j := r.joining; j != nil && j.record.Generation.Number <= generation {
		r.joining = nil
	}
	if s := r.shown; s != nil && s.Generation.Number <= generation {
		r.shown = nil
	}
	return r.joining
}

// judged opens a record once more, now that the regulators up to its start are known for
// sure.
func (r *Regulator) judged(ctx context.Context, rec cosign.Record) error {
	m, err := r.newMachine(ctx, rec.Start)
	if err != nil {
		return err
	}
	_, err = r.judge(m).OpenRecord(rec.Bytes())
	return err
}

// judge returns a Certifier that says nothing, but knows what m knows.
func (r *Regulator) judge(m *applied.Machine) *certify.Certifier {
	return certify.New(certify.Config{Federation: m.Constitution().Federation(), LogKey: r.cfg.Log, Quorum: m.Quorum, Known: m.Known, Set: m.Cosigners})
}

// noteOf is the largest certified checkpoint that a record shows.
func (r *Regulator) noteOf(rec cosign.Record) (largest *checkpoint.Note) {
	for _, p := range rec.Promises {
		if len(p.Note()) == 0 {
			continue
		}
		if n, err := checkpoint.Open(p.Note(), r.log); err == nil && (largest == nil || n.Size > largest.Size) {
			largest = &n
		}
	}
	return largest
}

// begun makes a prepared record the state to go on with.
func (r *Regulator) begun(ctx context.Context) error {
	r.mu.Lock()
	rec := r.joining.record
	r.joining = nil
	r.mu.Unlock()
	if err := group.KeepRecord(r.cfg.Dir, rec.Generation.Number, rec.Bytes()); err != nil {
		return err
	}
	tree, err := ledger.Open(ctx, r.cfg.Ledger, rec.Start)
	if err != nil {
		return fmt.Errorf("quorum: the ledger up to the start of generation %d: %w", rec.Generation.Number, err)
	}
	state, _ := r.cfg.Keeper.State()
	next, refused := state.Join(rec.Generation, rec.Start, applied.NewTail(tree, r.cfg.Ledger))
	if refused != cosign.None {
		return fmt.Errorf("quorum: this regulator does not join generation %d: %s", rec.Generation.Number, refused)
	}
	return r.cfg.Keeper.Keep(next)
}

// voters is who begins the own generation: the founders of the first, and of another
// those who promised.
func (r *Regulator) voters(now *run, state *cosign.State) (hosts []keys.Public, err error) {
	s := now.machine.Constitution()
	if state.Generation.Number == 0 {
		return applied.Seated(s), nil
	}
	b, err := group.Record(r.cfg.Dir, state.Generation.Number)
	if err != nil {
		return nil, err
	}
	rec, err := now.certifier.OpenRecord(b)
	if err != nil {
		return nil, err
	}
	now.record = b
	for _, seat := range s.Regulators() {
		promised := slices.ContainsFunc(rec.Promises, func(p cosign.SignedPromise) bool { return p.By.Key == seat.Cosign })
		if host, ok := applied.HostOf(s, seat.Member); ok && promised {
			hosts = append(hosts, host)
		}
	}
	return hosts, nil
}
