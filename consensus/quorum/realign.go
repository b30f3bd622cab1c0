package quorum

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/cosign"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// Realign promises this regulator to the generation after its own, or to the one that
// others have promised themselves to. It takes part in its own no more. Once a quorum has
// promised, all of them begin the new one by themselves.
func (r *Regulator) Realign() (cosign.SignedPromise, error) {
	now := r.now.Load()
	if now == nil {
		return cosign.SignedPromise{}, errors.New("quorum: this regulator does not run")
	}
	number := now.certifier.Status().State.Generation.Number + 1
	for _, p := range now.certifier.Promises() {
		number = max(number, p.Number)
	}
	p, err := now.certifier.Promise(number)
	if err != nil {
		return p, err
	}
	r.poke()
	return p, nil
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
// others step in when he does not.
func (r *Regulator) promised(_ context.Context, now *run) error {
	w, at, own := &r.waited, r.cfg.Now(), r.cfg.Cosign.Public()
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
	if rec.Promises[0].By.Key == own || at.Sub(w.enough) > others {
		r.broadcast(&message{topic: aboutRecord, parts: [][]byte{rec.Bytes()}})
		return r.join(now, rec)
	}
	return nil
}

// hearRecord joins a record that somebody made, if this regulator promised itself to its
// generation. Who did not is asked for his promise by Realign.
func (r *Regulator) hearRecord(now *run, b []byte) error {
	rec, err := now.certifier.OpenRecord(b)
	if err != nil {
		return err
	}
	if now.certifier.Status().State.Promised == rec.Generation.Number {
		return r.join(now, rec)
	}
	return nil
}

// join takes a record as the one to begin with, as soon as the ledger up to its start is
// here.
func (r *Regulator) join(now *run, rec cosign.Record) error {
	if rec.Generation.Number <= now.certifier.Status().State.Generation.Number {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.joining == nil {
		r.joining = &joining{record: rec, entries: make(map[keys.Public][]ledger.Entry)}
		r.poke()
	}
	return nil
}

// joining is a record that is to begin a generation, and what is known of the ledger
// above what is certified here, up to its start.
type joining struct {
	record  cosign.Record
	entries map[keys.Public][]ledger.Entry // by the host that gave them
	asked   time.Time
}

// prepared brings together what joining takes, and reports that it is there.
func (r *Regulator) prepared(ctx context.Context, now *run) (bool, error) {
	r.mu.Lock()
	j := r.joining
	r.mu.Unlock()
	if j == nil {
		return false, nil
	}
	if j.record.Generation.Number <= now.certifier.Status().State.Generation.Number {
		r.mu.Lock()
		r.joining = nil // it was told once more while it began
		r.mu.Unlock()
		return false, nil
	}
	start := j.record.Start
	if note := r.noteOf(j.record); note != nil && note.Size > r.follower.Standing().Size() {
		r.want(*note)
		return false, nil
	}
	if start.Size <= r.follower.Standing().Size() {
		return true, nil
	}
	from := r.follower.Standing().Size()
	if root, ok := now.machine.Root(start.Size); ok && root == start.Root {
		return true, r.write(start, now.machine.between(from, start.Size))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entries := range j.entries {
		if from+uint64(len(entries)) >= start.Size && r.write(start, entries[:start.Size-from]) == nil {
			return true, nil
		}
	}
	at := r.cfg.Now()
	if at.Sub(j.asked) < askEvery {
		return false, nil
	}
	j.asked = at
	w := now.machine.wanted()
	for _, host := range append(w.Voters, w.Learners...) {
		if have := from + uint64(len(j.entries[host])); have < start.Size {
			r.cfg.Network.Send(host, (&message{topic: aboutNoEntries, parts: [][]byte{stretch{have, start.Size}.bytes(), start.Root[:]}}).bytes())
		} else {
			delete(j.entries, host) // it was not the truth
		}
	}
	return false, nil
}

// stretch is a part of the ledger.
type stretch struct{ from, to uint64 }

func (s stretch) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.from), s.to)
}

func decodeStretch(b []byte) (stretch, error) {
	if len(b) != 16 {
		return stretch{}, fmt.Errorf("quorum: a stretch of the ledger in %d bytes; it takes 16", len(b))
	}
	return stretch{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}, nil
}

// maxGiven is how many bytes of entries one message gives.
const maxGiven = 512 << 10

// giveEntries answers who asks for entries that lead to a tree which was applied here.
func (r *Regulator) giveEntries(now *run, to keys.Public, parts [][]byte) error {
	if len(parts) != 2 || len(parts[1]) != merkle.HashSize {
		return errors.New("quorum: entries are asked for, of no tree")
	}
	s, err := decodeStretch(parts[0])
	if err != nil {
		return err
	}
	if root, ok := now.machine.Root(s.to); !ok || root != merkle.Hash(parts[1]) {
		return nil
	}
	m := message{topic: aboutEntries, parts: [][]byte{stretch{s.from, s.to}.bytes()}}
	size := 0
	for _, e := range now.machine.between(s.from, s.to) {
		if size += len(e.Data) + len(e.Opening); size > maxGiven || len(m.parts)+2 > maxParts {
			break
		}
		m.parts = append(m.parts, e.Data, e.Opening)
	}
	r.cfg.Network.Send(to, m.bytes())
	return nil
}

// takeEntries keeps what was asked for.
func (r *Regulator) takeEntries(from keys.Public, parts [][]byte) error {
	if len(parts)%2 != 1 {
		return errors.New("quorum: entries without their openings")
	}
	s, err := decodeStretch(parts[0])
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.joining
	if j == nil || s.to != j.record.Start.Size || s.from != r.follower.Standing().Size()+uint64(len(j.entries[from])) {
		return nil
	}
	for i := 1; i < len(parts) && s.from+uint64(i/2) < s.to; i += 2 {
		j.entries[from] = append(j.entries[from], ledger.Entry{Data: parts[i], Opening: parts[i+1]})
	}
	j.asked = time.Time{}
	r.poke()
	return nil
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

// write writes down the ledger above what is certified, up to the start of a generation,
// which must come of it.
func (r *Regulator) write(start checkpoint.Tree, entries []ledger.Entry) error {
	tree, additions, err := r.follower.Tree().Append(entries)
	if err != nil {
		return err
	}
	if tree.Head() != start {
		return fmt.Errorf("quorum: the entries up to the start of the new generation come to %s, not to %s", tree.Head(), start)
	}
	return r.cfg.Ledger.Write(additions)
}

// begun makes a prepared record the state to go on with.
func (r *Regulator) begun() error {
	r.mu.Lock()
	rec := r.joining.record
	r.joining = nil
	r.mu.Unlock()
	if err := r.keepRecord(rec); err != nil {
		return err
	}
	tree, err := ledger.Open(r.ctx, r.cfg.Ledger, rec.Start)
	if err != nil {
		return fmt.Errorf("quorum: the ledger up to the start of generation %d: %w", rec.Generation.Number, err)
	}
	state, _ := r.cfg.Keeper.State()
	next, refused := state.Join(rec.Generation, rec.Start, newTail(tree, r.cfg.Ledger))
	if refused != cosign.None {
		return fmt.Errorf("quorum: this regulator does not join generation %d: %s", rec.Generation.Number, refused)
	}
	return r.cfg.Keeper.Keep(next)
}

// recordFile is where the record that began a generation lies, beside Raft's own.
func (r *Regulator) recordFile(number uint64) string {
	return filepath.Join(r.cfg.Dir, fmt.Sprintf("record-%d", number))
}

func (r *Regulator) keepRecord(rec cosign.Record) error {
	f, err := os.OpenFile(r.recordFile(rec.Generation.Number), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("quorum: keep the record of generation %d: %w", rec.Generation.Number, err)
	}
	_, err = f.Write(rec.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("quorum: keep the record of generation %d: %w", rec.Generation.Number, err)
	}
	return nil
}

// voters is who begins the own generation: the founders of the first, and of another
// those who promised.
func (r *Regulator) voters(now *run, state *cosign.State) (hosts []keys.Public, err error) {
	s := now.machine.constitution()
	if state.Generation.Number == 0 {
		return seated(s), nil
	}
	b, err := os.ReadFile(r.recordFile(state.Generation.Number))
	if err != nil {
		return nil, fmt.Errorf("quorum: read the record of generation %d: %w", state.Generation.Number, err)
	}
	rec, err := now.certifier.OpenRecord(b)
	if err != nil {
		return nil, err
	}
	now.record = b
	for _, seat := range s.Regulators() {
		promised := slices.ContainsFunc(rec.Promises, func(p cosign.SignedPromise) bool { return p.By.Key == seat.Cosign })
		if host, ok := hostOf(s, seat.Member); ok && promised {
			hosts = append(hosts, host)
		}
	}
	return hosts, nil
}

// leftOver is what was before the regulators, or decided and not certified, when a
// generation ended: commands that bring it before them again.
func (m *machine) leftOver() (commands [][]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	again := func(mo *motion.Signed, items []motion.Opening, votes []motion.Vote) {
		first := true
		for i := range votes {
			switch {
			case first && votes[i].For:
				commands, first = append(commands, ballot.ProposeCommand(mo, items, &votes[i])), false
			case !first:
				commands = append(commands, ballot.VoteCommand(&votes[i]))
			}
		}
	}
	for i := range m.enacted {
		if d := &m.enacted[i]; d.Motion != nil {
			again(&d.Motion.Motion, d.Items, d.Motion.Votes)
		}
	}
	d := m.state.Docket()
	for i := range d.Motions {
		again(&d.Motions[i].Motion, d.Motions[i].Items, d.Motions[i].Votes)
	}
	return commands
}
