// Package inbox is what lies on a regulator's desk and is not before the regulators yet:
// what members propose, and what newcomers request. A vote brings it before all.
//
// Whoever is a member may fill it, and through a member's node whoever is none, so
// nothing in it is without bounds: each member has room of its own, which another cannot
// take; requests, which cost nothing, push each other out: those for admission, which
// anybody can make, only one another, and those of strangers too. Of these whoever brings
// most from one place pushes out its own, so that another from elsewhere is still heard.
// What has been set aside is remembered without its content for as long as it could be
// voted on, so that it does not come back.
//
// Floor 12, a room of node/council. It judges nothing but shape, time and room.
package inbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/council/letter"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// Bounds of an inbox.
const (
	MaxLetters  = 64       // of one member, with a motion
	MaxBytes    = 8 << 20  // of them, together
	MaxRequests = 16       // that the nodes of one member brought in, or strangers; as many for admission
	MaxAll      = 64 << 20 // of all, unless Config says so; who has most gives way
	// RequestTime is how long a request lies there.
	RequestTime = 30 * 24 * time.Hour
)

// Store keeps small values.
type Store interface {
	Put(space, key string, value []byte) error
	List(space string, fn func(key string, value []byte) error) error
	Delete(space, key string) error
}

// Config is what an Inbox stands on.
type Config struct {
	Store Store
	State func() *charter.State
	Now   func() time.Time
	Most  int // bytes of all letters; 0: MaxAll
}

// Inbox is one. It may be used concurrently.
type Inbox struct {
	cfg Config

	mu    sync.Mutex
	all   map[cid.Cid]*entry
	bytes int // of all letters
}

// entry is a letter that lies there, or the memory of one.
type entry struct {
	letter  letter.Letter // without content once it is aside
	from    string        // the member that is charged for it; "" for strangers
	place   string        // of the stranger for whom it was brought; "" for none
	room    room
	came    int64 // Unix seconds
	expires int64
	state   letter.State // Inbox, Aside or Withdrawn
}

// room is what letters of one member share places with. The codes are append-only.
type room uint8

const (
	forMotions    room = 0
	forRequests   room = 1
	forAdmissions room = 2
)

func roomOf(l *letter.Letter) room {
	switch {
	case !l.IsRequest():
		return forMotions
	case l.Kind == motion.AdmitMember:
		return forAdmissions
	}
	return forRequests
}

// space is where letters lie in the store, by ID.
const space = "inbox"

// Open reads what lies in the store.
func Open(cfg Config) (*Inbox, error) {
	if cfg.Most == 0 {
		cfg.Most = MaxAll
	}
	in := &Inbox{cfg: cfg, all: make(map[cid.Cid]*entry)}
	federation := cfg.State().Federation()
	err := cfg.Store.List(space, func(key string, b []byte) error {
		id, e, err := readEntry(b, federation)
		if err != nil {
			return fmt.Errorf("inbox: %s: %w", key, err)
		}
		in.all[id] = e
		in.bytes += len(e.letter.Bytes())
		return nil
	})
	return in, err
}

// entryVersion is the only one of the entries' formats.
const entryVersion = 1

func (e *entry) encode(id cid.Cid) []byte {
	b := wire.AppendUint(wire.AppendArray(nil, 9), entryVersion)
	b = wire.AppendText(wire.AppendBytes(b, id.Bytes()), e.from)
	b = wire.AppendUint(wire.AppendUint(wire.AppendUint(b, uint64(e.room)), uint64(e.came)), uint64(e.expires))
	return wire.AppendBytes(wire.AppendBytes(wire.AppendUint(b, uint64(e.state)), e.letter.Bytes()), []byte(e.place))
}

func readEntry(b []byte, federation cid.Cid) (id cid.Cid, e *entry, err error) {
	in := wire.NewReader("letter of the inbox", b)
	fields := in.Array("entry", 8, 9) // 8 before places were told apart
	in.Version(entryVersion)
	name := in.Bytes("ID", taxonomy.CIDSize, taxonomy.CIDSize)
	e = &entry{from: in.Text("from", 64), room: room(in.Uint("room", uint64(forAdmissions)))}
	e.came, e.expires = int64(in.Uint("came", uint64(taxonomy.MaxTime))), int64(in.Uint("expires", uint64(taxonomy.MaxTime)))
	e.state = letter.State(in.Uint("state", uint64(letter.Entered)))
	content := in.Bytes("letter", 0, letter.MaxMotion)
	if fields > 8 {
		e.place = string(in.Bytes("place", 0, letter.PlaceSize))
	}
	if err = in.End(); err == nil {
		id, err = taxonomy.CIDFromBytes(name)
	}
	if err == nil && len(content) > 0 {
		e.letter, err = letter.Open(slices.Clone(content), federation)
	}
	return id, e, err
}

// Put takes a letter that somebody brought in, and says how it stands. What is refused
// costs nothing.
func (in *Inbox) Put(l *letter.Letter, by letter.Bearer) (letter.Standing, error) {
	now := in.cfg.Now().Unix()
	e := &entry{letter: *l, from: by.Member, place: by.Place, room: roomOf(l), came: now, expires: now + int64(RequestTime/time.Second), state: letter.Inbox}
	if e.room == forMotions {
		m := l.Matter
		e.from, e.expires = proposer(in.cfg.State(), m.Proposer), m.Expires
		switch {
		case e.from == "":
			return refused(l.ID, nobody(m.Proposer)), nil
		case m.Expires <= now:
			return refused(l.ID, why(phrase.New("inbox.expired", "it has expired: propose it anew"))), nil
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if have := in.all[l.ID]; have != nil {
		return letter.Standing{ID: l.ID, State: have.state}, nil
	}
	if err := in.prune(now); err != nil {
		return letter.Standing{}, err
	}
	why, err := in.makeRoom(e)
	if err != nil || !why.IsZero() {
		return refused(l.ID, why), err
	}
	if err := in.keep(l.ID, e); err != nil {
		return letter.Standing{}, err
	}
	in.all[l.ID] = e
	in.bytes += len(l.Bytes())
	return letter.Standing{ID: l.ID, State: letter.Inbox}, nil
}

// proposer returns the member in force that a key proposes for; "" for none.
func proposer(s *charter.State, key keys.Public) string {
	if seat, ok := s.Regulator(key); ok {
		return seat.Member
	}
	if info, ok := s.Issuer(key); ok {
		return s.Member(info.Member).ID
	}
	return ""
}

// why is a refusal as it travels: its code and its English, which stands in the words of
// other languages.
func why(p phrase.Phrase) phrase.Phrase { return phrase.Coded(p.Code, p.Text, p.Text) }

func nobody(key keys.Public) phrase.Phrase {
	return why(phrase.New("inbox.nobody", "the proposer %s is no issuer in force and no regulator", key.Short()))
}

func refused(id cid.Cid, why phrase.Phrase) letter.Standing {
	return letter.Standing{ID: id, State: letter.Refused, Why: why}
}

// orphaned reports whether a letter waits here whose proposer is nobody any more: no key
// that ended speaks again, so it can never enter.
func (in *Inbox) orphaned(e *entry) bool {
	return e.room == forMotions && e.state == letter.Inbox && proposer(in.cfg.State(), e.letter.Matter.Proposer) == ""
}

// prune forgets what can no longer be voted on.
func (in *Inbox) prune(now int64) error {
	for id, e := range in.all {
		if e.expires <= now || in.orphaned(e) {
			if err := in.drop(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeRoom makes room for a letter, or says why there is none.
func (in *Inbox) makeRoom(e *entry) (phrase.Phrase, error) {
	letters, bytes := 0, 0
	for _, one := range in.all {
		if one.room == e.room && one.from == e.from {
			letters++
			bytes += len(one.letter.Bytes())
		}
	}
	switch {
	case e.room != forMotions && letters >= MaxRequests:
		if err := in.drop(in.yields(e)); err != nil {
			return phrase.Phrase{}, err
		}
	case e.room == forMotions && letters >= MaxLetters, bytes+len(e.letter.Bytes()) > MaxBytes:
		lies := fmt.Sprintf("%d proposals of %s with %d bytes wait here already; at most %d with %d", letters, e.from, bytes, MaxLetters, MaxBytes)
		return why(phrase.New("inbox.member_full", "the inbox has no more room for the member: %s; withdraw some, or wait until they are voted on", lies)), nil
	}
	for in.bytes+len(e.letter.Bytes()) > in.cfg.Most {
		last := in.ofFullest(e.from, bytes+len(e.letter.Bytes()))
		if !last.Defined() {
			return why(phrase.New("inbox.full", "the inbox is full: what waits in it has %d bytes", in.bytes)), nil
		}
		if err := in.drop(last); err != nil {
			return phrase.Phrase{}, err
		}
	}
	return phrase.Phrase{}, nil
}

// yields returns which request makes room for another: the oldest of the place that has
// most with the new one, of its own place if no other has more.
func (in *Inbox) yields(e *entry) (oldest cid.Cid) {
	fills := map[string]int{e.place: 1}
	shares := func(one *entry) bool { return one.room == e.room && one.from == e.from }
	for _, one := range in.all {
		if shares(one) {
			fills[one.place]++
		}
	}
	most := slices.Max(slices.Collect(maps.Values(fills)))
	own := fills[e.place] == most && most > 1
	for id, one := range in.all {
		full := fills[one.place] == most && (!own || one.place == e.place)
		if shares(one) && full && (!oldest.Defined() || earlier(in.all, id, oldest)) {
			oldest = id
		}
	}
	return oldest
}

// ofFullest returns the last letter of whoever fills most of the inbox, if that is more
// than so many bytes, and another: members who fill it together keep nobody out.
func (in *Inbox) ofFullest(but string, than int) (last cid.Cid) {
	fills := make(map[string]int)
	for _, one := range in.all {
		fills[one.from] += len(one.letter.Bytes())
	}
	most := ""
	for from, bytes := range fills {
		if from != but && bytes > than && (most == "" || bytes > fills[most] || bytes == fills[most] && from < most) {
			most = from
		}
	}
	for id, one := range in.all {
		if most != "" && one.from == most && (!last.Defined() || earlier(in.all, last, id)) {
			last = id
		}
	}
	return last
}

// earlier reports whether one letter came before another; of one moment that of the lower
// ID.
func earlier(all map[cid.Cid]*entry, a, b cid.Cid) bool {
	return cmp.Or(cmp.Compare(all[a].came, all[b].came), cmp.Compare(a.KeyString(), b.KeyString())) < 0
}

// keep makes an entry durable. The caller holds mu.
func (in *Inbox) keep(id cid.Cid, e *entry) error {
	if err := in.cfg.Store.Put(space, id.String(), e.encode(id)); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	return nil
}

// drop forgets a letter. The caller holds mu.
func (in *Inbox) drop(id cid.Cid) error {
	e := in.all[id]
	if e == nil {
		return nil
	}
	if err := in.cfg.Store.Delete(space, id.String()); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	in.bytes -= len(e.letter.Bytes())
	delete(in.all, id)
	return nil
}

// Drop forgets a letter: it is before the regulators, or what became of it is known.
func (in *Inbox) Drop(id cid.Cid) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.drop(id)
}

// End takes a letter off the desk, set aside or withdrawn, and remembers that.
func (in *Inbox) End(id cid.Cid, state letter.State) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	e := in.all[id]
	if e == nil {
		return nil
	}
	next := *e
	next.letter, next.state = letter.Letter{}, state
	if err := in.keep(id, &next); err != nil {
		return err
	}
	in.bytes -= len(e.letter.Bytes())
	in.all[id] = &next
	return nil
}

// Lies returns the letters that wait here, the oldest first.
func (in *Inbox) Lies() []letter.Letter {
	now := in.cfg.Now().Unix()
	in.mu.Lock()
	defer in.mu.Unlock()
	var ids []cid.Cid
	for id, e := range in.all {
		if e.state == letter.Inbox && e.expires > now && !in.orphaned(e) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b cid.Cid) int {
		if earlier(in.all, a, b) {
			return -1
		}
		return 1
	})
	all := make([]letter.Letter, len(ids))
	for i, id := range ids {
		all[i] = in.all[id].letter
	}
	return all
}

// Letter returns a letter that waits here.
func (in *Inbox) Letter(id cid.Cid) (*letter.Letter, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	e := in.all[id]
	if e == nil || e.state != letter.Inbox {
		return nil, false
	}
	l := e.letter
	return &l, true
}

// Came returns when a letter came; 0 when it does not lie here.
func (in *Inbox) Came(id cid.Cid) int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	if e := in.all[id]; e != nil {
		return e.came
	}
	return 0
}

// Standing returns how a letter stands here; Unknown when it is not here.
func (in *Inbox) Standing(id cid.Cid) letter.Standing {
	in.mu.Lock()
	defer in.mu.Unlock()
	s := letter.Standing{ID: id}
	if e := in.all[id]; e != nil {
		if s.State = e.state; in.orphaned(e) {
			return refused(id, nobody(e.letter.Matter.Proposer))
		}
	}
	return s
}
