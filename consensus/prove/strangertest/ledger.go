package strangertest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

const day = 86400

// Ledger is what a stranger folds from a ledger's entries.
type Ledger struct {
	*Federation

	Size     uint64
	Time     uint64         // of the last tick, Unix seconds
	Motions  map[uint64]int // how many of each kind
	Votes    int
	Ratified int // entries in force
	Seats    []string

	seats      []seat
	members    []member
	policy     []any
	protected  []any
	issuers    map[string]string // keys in force, with their members
	tick       uint64            // index of the last
	had        map[string]bool   // motions
	ratified   map[uint64]uint64 // until, of entries that are in force
	stayed     map[string]bool   // index and member
	boundaries map[uint64]uint64 // sizes between decisions, with the time of the last tick below
	anchored   uint64            // size of the last anchor

	entries, openings [][]byte
}

// Replay judges a whole ledger, whose openings stand beside the entries that have one,
// with the checkpoint it was served with.
func (f *Federation) Replay(entries, openings [][]byte, note []byte) (*Ledger, error) {
	l := &Ledger{
		Federation: f, Motions: make(map[uint64]int), seats: f.seats, members: slices.Clone(f.members), policy: f.policy, protected: f.protected,
		issuers: make(map[string]string), had: make(map[string]bool), ratified: make(map[uint64]uint64), stayed: make(map[string]bool),
		boundaries: make(map[uint64]uint64), entries: entries, openings: openings,
	}
	for _, m := range f.members {
		for _, key := range m.issuers {
			l.issuers[string(key)] = m.id
		}
	}
	if len(entries) == 0 || len(openings) != len(entries) {
		return nil, errors.New("ledger: nothing in it, or openings of something else")
	}
	if !bytes.Equal(entries[0], encode([]any{uint64(1), uint64(1), f.charter, f.signatures})) {
		return nil, errors.New("entry 0: not that of the genesis")
	}
	l.Size = 1
	for l.Size < uint64(len(entries)) {
		at := l.Size
		if err := l.decision(); err != nil {
			return nil, fmt.Errorf("entry %d: %w", at, err)
		}
		l.boundaries[l.Size] = l.Time
	}
	for _, s := range l.seats {
		l.Seats = append(l.Seats, s.member)
	}
	t, by, err := f.checkpoint(note, l.seats...)
	switch {
	case err != nil:
		return nil, err
	case t != tree{l.Size, root(entries)}:
		return nil, errors.New("checkpoint: of another ledger")
	}
	for _, until := range l.ratified {
		if until > l.Time/day {
			l.Ratified++
		}
	}
	return l, cosigned(l.seats, by)
}

// decision takes what stands next: a tick, or a motion with its items and its settlement.
func (l *Ledger) decision() error {
	b := l.entries[l.Size]
	v, err := decode(b)
	if err != nil {
		return err
	}
	parts, _ := v.([]any)
	if len(b) > 60000 || len(parts) < 2 || parts[0] != uint64(1) {
		return errors.New("no entry")
	}
	switch parts[1] {
	case uint64(2):
		return l.motion(b)
	case uint64(4):
		return l.ticked(b)
	}
	return fmt.Errorf("type %v does not belong here", parts[1])
}

func (l *Ledger) ticked(b []byte) error {
	times, err := l.times(b, l.seats, func(previous, size uint64) bool { return previous == l.tick && size <= l.Size })
	if err != nil {
		return err
	}
	worth := times[(len(times)-1)/2]
	if l.tick > 0 {
		worth = min(worth, l.Time+day)
	}
	l.Time = max(worth, l.Time, l.created)
	l.tick = l.Size
	l.Size++
	return nil
}

func (l *Ledger) motion(b []byte) error {
	m, votes, err := l.motionEntry(b, l.seats)
	switch {
	case err != nil:
		return err
	case l.tick == 0:
		return errors.New("the first decision is no tick")
	case l.had[string(m.id)]:
		return errors.New("a motion twice")
	case l.Time > m.expires || m.time > l.Time+day:
		return errors.New("a motion out of its time")
	}
	if err := l.proposes(m); err != nil {
		return err
	}
	if len(m.standing) > 0 && !bytes.Equal(m.standing, l.standing()) {
		return errors.New("made for other regulators or another policy")
	}
	first := l.Size + 1
	items, err := l.items(m)
	if err != nil {
		return err
	}
	if err := l.carry(m, first, items); err != nil {
		return err
	}
	l.had[string(m.id)] = true
	l.Motions[m.kind]++
	l.Votes += votes
	return nil
}

// items reads the entries of a motion's items, which follow it, and their openings: nil
// for one that was erased.
func (l *Ledger) items(m motion) ([][]byte, error) {
	l.Size++
	if uint64(len(l.entries))-l.Size < m.items {
		return nil, errors.New("items are missing")
	}
	var items, commitments [][]byte
	for range m.items {
		e := opened("item entry", l.entries[l.Size], 5)
		e.is(1, 3, m.kind)
		if !bytes.Equal(e.bytes(36), m.id) {
			e.fail("of another motion")
		}
		commitment := e.bytes(32)
		if e.err != nil {
			return nil, e.err
		}
		var item []byte
		if opening := l.openings[l.Size]; len(opening) > 0 {
			var got []byte
			var err error
			if item, got, err = readOpening(opening); err != nil || !bytes.Equal(got, commitment) {
				return nil, errors.Join(err, errors.New("an opening is not its entry's"))
			}
		} else if m.kind < ratify || m.kind > stay {
			return nil, errors.New("an opening is kept back")
		}
		items, commitments = append(items, item), append(commitments, commitment)
		l.Size++
	}
	if r := root(commitments); !bytes.Equal(r[:], m.root) {
		return nil, errors.New("other items than the motion's")
	}
	return items, nil
}

// proposes checks who proposed and signed a motion.
func (l *Ledger) proposes(m motion) error {
	if _, ok := l.issuers[string(m.proposer)]; ok {
		return nil
	}
	for _, s := range l.seats {
		if bytes.Equal(s.vote, m.proposer) {
			return nil
		}
	}
	if m.kind == admitIssuer || m.kind == endIssuer || m.kind == reinstate {
		for _, member := range l.members {
			if bytes.Equal(member.recovery, m.proposer) {
				return nil
			}
		}
	}
	return errors.New("proposed by a key that may not")
}

// standing is what motions name that change regulators or policy.
func (l *Ledger) standing() []byte {
	var seats []any
	for _, s := range l.seats {
		seats = append(seats, s.array())
	}
	message := encode([]any{uint64(1), seats, []any{l.policy, uint64(1), l.protected}})
	sum := sha256.Sum256(append([]byte("ringfence/standing/v1\n"), message...))
	return sum[:]
}

func (l *Ledger) carry(m motion, first uint64, items [][]byte) error {
	switch m.kind {
	case admitRegulator, removeRegulator, rekeyRegulator:
		return l.reseats(m, items)
	case setPolicy:
		s := &fields{}
		var whole []byte
		for _, item := range items {
			s = opened("set_policy", item, 2)
			s.is(1)
			whole = append(whole, s.bytes()...)
		}
		setting := opened("setting", whole, 2)
		setting.is(1)
		a := array("setting", any(setting.list()), 3)
		l.policy = a.list()
		a.is(1)
		l.protected = a.list()
		return errors.Join(s.err, setting.err, a.err)
	case ratify:
		return l.ratifies(m, first, items)
	case revoke, stay:
		return l.ends(m, items)
	case anchor:
		return l.anchors(m, items[0])
	}
	for _, item := range items {
		if m.kind > reinstate {
			continue
		}
		if err := l.article(m.kind, item); err != nil {
			return err
		}
	}
	return nil
}

// reseats changes the regulators and reads the settlement that follows.
func (l *Ledger) reseats(m motion, items [][]byte) error {
	if len(items) != 1 {
		return errors.New("more than one change of regulators")
	}
	after, err := l.reseat(m.kind, items[0], l.seats)
	if err != nil {
		return err
	}
	if l.Size == uint64(len(l.entries)) {
		return errors.New("no settlement")
	}
	e := opened("settlement", l.entries[l.Size], 3)
	e.is(1, 5)
	file := e.bytes()
	if e.err != nil {
		return e.err
	}
	t, by, err := l.checkpoint(file, append(slices.Clone(l.seats), after...)...)
	switch {
	case err != nil:
		return err
	case t != tree{l.Size, root(l.entries[:l.Size])}:
		return errors.New("settlement: of another ledger")
	}
	if err := errors.Join(cosigned(l.seats, by), cosigned(after, by)); err != nil {
		return err
	}
	l.seats = after
	l.Size++
	return nil
}

func (l *Ledger) ratifies(m motion, first uint64, items [][]byte) error {
	most := array("expiry_max_days", l.policy[12], 3)
	most.uint()
	most.uint()
	days := most.uint()
	free := array("max_free_digits", l.policy[21], 3)
	free.uint()
	free.uint()
	digits := free.uint()
	if err := errors.Join(most.err, free.err); err != nil {
		return err
	}
	if m.until <= l.Time/day || m.until > m.time/day+days {
		return errors.New("ratified for no time or for too long")
	}
	for i, item := range items {
		l.ratified[first+uint64(i)] = m.until
		if item == nil {
			continue
		}
		r := opened("ratify", item, 6)
		r.is(1)
		subject, action, _, grounds, citations := r.bytes(9), r.uint(), r.uint(), r.uint(), r.list()
		if action > 2 || grounds < 1 || grounds > 7 || len(citations) > 3 || uint64(subject[8]) > digits && subject[8] != 0xff {
			r.fail("out of bounds")
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// ends takes the items of revoke and stay.
func (l *Ledger) ends(m motion, items [][]byte) error {
	var last uint64
	for _, item := range items {
		if item == nil {
			continue
		}
		r := opened("revoke or stay", item, 2)
		r.is(1)
		index := r.uint()
		until, ok := l.ratified[index]
		if r.err != nil || !ok || until <= l.Time/day || index <= last || m.until != never {
			return errors.Join(r.err, fmt.Errorf("entry %d cannot be ended", index))
		}
		last = index
		if m.kind == revoke {
			delete(l.ratified, index)
		}
	}
	return nil
}

func (l *Ledger) anchors(m motion, item []byte) error {
	a := opened("anchor", item, 4)
	a.is(1)
	size, on := a.uint(), a.uint()
	a.bytes(32)
	at, ok := l.boundaries[size]
	if a.err != nil || !ok || size != m.builds || size < l.anchored || on != at/day || m.until != never {
		return errors.Join(a.err, errors.New("anchor: not of a state of this ledger"))
	}
	l.anchored = size
	return nil
}

// article takes an item that changes members and issuers.
func (l *Ledger) article(kind uint64, item []byte) error {
	v := opened("item", item, 2)
	v.is(1)
	parts := v.list()
	if v.err != nil {
		return v.err
	}
	switch kind {
	case admitMember:
		m, err := readMember(parts[0])
		if err != nil {
			return err
		}
		l.members = append(l.members, m)
		for _, key := range m.issuers {
			l.issuers[string(key)] = m.id
		}
		return l.endorsed(kind, parts, m.issuers, [][]byte{m.recovery})
	case changeMember:
		m, err := readMember(parts[0])
		i := slices.IndexFunc(l.members, func(o member) bool { return o.id == m.id })
		if err != nil || i < 0 {
			return errors.Join(err, errors.New("change_member: no such member"))
		}
		l.members[i] = m
	case removeMember:
		a := array("remove_member", parts, 3)
		id := a.text()
		for key, of := range l.issuers {
			if of == id {
				delete(l.issuers, key)
			}
		}
		l.members = slices.DeleteFunc(l.members, func(m member) bool { return m.id == id })
		return a.err
	case admitIssuer:
		a := array("admit_issuer", parts, 3)
		id, key := a.text(), a.bytes(33)
		if a.err != nil {
			return a.err
		}
		may := l.keys(id)
		l.issuers[string(key)] = id
		return l.endorsed(kind, parts, [][]byte{key}, may)
	case endIssuer:
		return l.endsIssuer(parts)
	}
	return nil
}

func (l *Ledger) endsIssuer(parts []any) error {
	a := array("end_issuer", parts, 5)
	key, how, successor := a.bytes(33), a.uint(), a.bytes(33)
	id, ok := l.issuers[string(key)]
	if a.err != nil || !ok {
		return errors.Join(a.err, errors.New("end_issuer: not in force"))
	}
	may := l.keys(id)
	delete(l.issuers, string(key))
	if how != 1 {
		return l.endorsed(endIssuer, parts, nil, may)
	}
	l.issuers[string(successor)] = id
	return l.endorsed(endIssuer, parts, [][]byte{key, successor}, may)
}

// keys are those that a member may endorse with: its issuers and its recovery key.
func (l *Ledger) keys(id string) (keys [][]byte) {
	for key, of := range l.issuers {
		if of == id {
			keys = append(keys, []byte(key))
		}
	}
	for _, m := range l.members {
		if m.id == id {
			keys = append(keys, m.recovery)
		}
	}
	return keys
}
