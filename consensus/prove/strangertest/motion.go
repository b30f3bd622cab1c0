package strangertest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// Kinds of motions that this package treats apart.
const (
	admitMember = 1 + iota
	changeMember
	removeMember
	admitIssuer
	endIssuer
	admitRegulator
	removeRegulator
	rekeyRegulator
	reinstate
	_
	_
	setPolicy
	ratify
	revoke
	stay
	anchor
)

const never = 4294967295

// motion is the header of one.
type motion struct {
	id                                    []byte
	kind, time, expires, until, builds    uint64
	proposer, standing, root, commitments []byte
	reason                                string
	items                                 uint64
}

func readMotion(header, federation []byte) (m motion, err error) {
	f := opened("motion", header, 12)
	f.is(1)
	if !bytes.Equal(f.bytes(36), federation) {
		f.fail("of another federation")
	}
	m = motion{
		id: cid(header), kind: f.uint(), proposer: f.bytes(33), time: f.uint(), expires: f.uint(), until: f.uint(),
		builds: f.uint(), standing: f.bytes(0, 32), reason: f.text(), items: f.uint(), root: f.bytes(32),
	}
	switch {
	case m.items < 1 || m.items > 4096:
		f.fail("%d items", m.items)
	case m.expires < m.time || m.expires-m.time > 92*86400:
		f.fail("voted on for more than 92 days")
	case len(m.reason) > 512:
		f.fail("its reason has more than 512 bytes")
	case (len(m.standing) > 0) != (m.kind >= admitRegulator && m.kind <= rekeyRegulator || m.kind == setPolicy):
		f.fail("it names what stands, or should")
	case m.kind < ratify && m.until != never:
		f.fail("what it enters ends by itself")
	}
	return m, f.err
}

// readOpening returns the item in an opening, and its commitment.
func readOpening(b []byte) (item, commitment []byte, err error) {
	f := opened("opening", b, 2)
	salt, item := f.bytes(16), f.bytes()
	if len(item) < 1 || len(item) > 60000 {
		f.fail("an item of %d bytes", len(item))
	}
	sum := sha256.Sum256(slices.Concat(salt, item))
	return item, sum[:], f.err
}

// itemEntry is the ledger's entry of an item.
func (m motion) itemEntry(commitment []byte) []byte {
	return encode([]any{uint64(1), uint64(3), m.kind, m.id, commitment})
}

// motionEntry reads the entry of a motion and how many votes it has by hand.
func (f *Federation) motionEntry(b []byte, seats []seat) (m motion, votes int, err error) {
	e := opened("motion entry", b, 4)
	e.is(1, 2)
	s := opened("signed motion", e.bytes(), 2)
	header, signature := s.bytes(), s.bytes(65)
	all := e.list()
	if err := errors.Join(e.err, s.err); err != nil {
		return m, 0, err
	}
	if m, err = readMotion(header, f.id); err != nil {
		return m, 0, err
	}
	if !signed(m.proposer, signature, "ringfence/motion/v1", header) {
		return m, 0, errors.New("motion: not signed by its proposer")
	}
	var last []byte
	for _, v := range all {
		b, _ := v.([]byte)
		by, err := f.vote(b, m, seats)
		if err != nil {
			return m, 0, err
		}
		if bytes.Compare(by, last) <= 0 {
			return m, 0, errors.New("votes: not ascending")
		}
		last = by
	}
	if least := needed(m.kind, len(seats)); len(all) < least {
		return m, 0, fmt.Errorf("motion: %d votes where %d are needed", len(all), least)
	}
	return m, len(all), nil
}

// needed is how many votes carry a motion with so many regulators in force.
func needed(kind uint64, n int) int {
	switch kind {
	case stay:
		return 1
	case revoke:
		return faults(n) + 1
	}
	return quorum(n)
}

// vote checks that a vote is for a motion, of a regulator, and returns by whom.
func (f *Federation) vote(b []byte, m motion, seats []seat) ([]byte, error) {
	s := opened("signed vote", b, 2)
	body, signature := s.bytes(), s.bytes(65)
	if s.err != nil {
		return nil, s.err
	}
	v := opened("vote", body, 9)
	v.is(1)
	federation, of, by, yes, cast, rule := v.bytes(36), v.bytes(36), v.bytes(33), v.bool(), v.uint(), v.bytes(0, 32)
	v.uint() // counter
	v.uint() // time
	anchors := sha256.Sum256([]byte("ringfence/rule/anchor/v1\n"))
	switch {
	case v.err != nil:
		return nil, v.err
	case !bytes.Equal(federation, f.id) || !bytes.Equal(of, m.id) || !yes:
		return nil, errors.New("vote: not for this motion")
	case !slices.ContainsFunc(seats, func(s seat) bool { return bytes.Equal(s.vote, by) }):
		return nil, fmt.Errorf("vote: %x is no regulator", by)
	case !signed(by, signature, "ringfence/vote/v1", body):
		return nil, errors.New("vote: wrongly signed")
	case cast == 1 && len(rule) == 0, cast == 2 && m.kind == anchor && bytes.Equal(rule, anchors[:]):
		return by, nil
	}
	return nil, errors.New("vote: cast by a rule that does not count")
}

// times reads a tick and returns the times that regulators signed, ascending; check
// judges the last tick and the size that each names.
func (f *Federation) times(b []byte, seats []seat, check func(previous, size uint64) bool) ([]uint64, error) {
	e := opened("tick", b, 3)
	e.is(1, 4)
	all := e.list()
	if e.err != nil {
		return nil, e.err
	}
	var last []byte
	var times []uint64
	for _, v := range all {
		a := array("time of a tick", v, 5)
		key, unix, previous, size, signature := a.bytes(33), a.uint(), a.uint(), a.uint(), a.bytes(65)
		message := encode([]any{uint64(1), f.id, key, unix, previous, size})
		switch {
		case a.err != nil:
			return nil, a.err
		case bytes.Compare(key, last) <= 0:
			return nil, errors.New("tick: not ascending")
		case !slices.ContainsFunc(seats, func(s seat) bool { return bytes.Equal(s.vote, key) }):
			return nil, fmt.Errorf("tick: %x is no regulator", key)
		case !signed(key, signature, "ringfence/tick/v1", message):
			return nil, errors.New("tick: wrongly signed")
		case !check(previous, size):
			return nil, errors.New("tick: names another last tick or a size that the ledger has not")
		}
		last = key
		times = append(times, unix)
	}
	if len(times) < quorum(len(seats)) {
		return nil, fmt.Errorf("tick: %d times where %d are needed", len(times), quorum(len(seats)))
	}
	slices.Sort(times)
	return times, nil
}

// endorsed checks the endorsements of an item: all are of keys that may, and those that
// must are there. Item is the array behind the version.
func (f *Federation) endorsed(kind uint64, item []any, must, may [][]byte) error {
	given, ok := item[len(item)-1].([]any)
	if !ok {
		return errors.New("item: no endorsements")
	}
	bare := append(slices.Clone(item[:len(item)-1]), []any{})
	message := encode([]any{uint64(1), f.id, kind, bare})
	var last []byte
	missing := len(must)
	for _, v := range given {
		a := array("endorsement", v, 2)
		key, signature := a.bytes(33), a.bytes(65)
		same := func(k []byte) bool { return bytes.Equal(k, key) }
		obliged := slices.ContainsFunc(must, same)
		switch {
		case a.err != nil:
			return a.err
		case bytes.Compare(key, last) <= 0:
			return errors.New("endorsements: not ascending")
		case !obliged && !slices.ContainsFunc(may, same):
			return errors.New("endorsements: one of a key that has nothing to say here")
		case !signed(key, signature, "ringfence/article/v1", message):
			return errors.New("endorsements: wrongly signed")
		}
		last = key
		if obliged {
			missing--
		}
	}
	if missing > 0 {
		return errors.New("endorsements: a key that must endorse did not")
	}
	return nil
}

// reseat is the set of regulators after an item of a motion that changes it.
func (f *Federation) reseat(kind uint64, item []byte, seats []seat) ([]seat, error) {
	v := opened("item", item, 2)
	v.is(1)
	parts := v.list()
	if v.err != nil {
		return nil, v.err
	}
	out := slices.Clone(seats)
	switch kind {
	case admitRegulator:
		a := array("admit_regulator", parts, 2)
		s, err := readSeat(a.list())
		if err := errors.Join(err, a.err); err != nil {
			return nil, err
		}
		if err := f.endorsed(kind, parts, [][]byte{s.vote, s.cosign}, nil); err != nil {
			return nil, err
		}
		out = append(out, s)
	case removeRegulator:
		a := array("remove_regulator", parts, 2)
		id := a.text()
		if out = slices.DeleteFunc(out, func(s seat) bool { return s.member == id }); a.err != nil || len(out) != len(seats)-1 {
			return nil, errors.New("remove_regulator: no such seat")
		}
	case rekeyRegulator:
		a := array("rekey_regulator", parts, 4)
		id, vote, key := a.text(), a.bytes(33), a.bytes(33)
		i := slices.IndexFunc(out, func(s seat) bool { return s.member == id })
		if a.err != nil || i < 0 {
			return nil, errors.New("rekey_regulator: no such seat")
		}
		if err := f.rekeyed(parts, out[i], vote, key); err != nil {
			return nil, err
		}
		out[i].vote, out[i].cosign = vote, key
	default:
		return nil, fmt.Errorf("kind %d does not change the regulators", kind)
	}
	slices.SortFunc(out, func(a, b seat) int { return bytes.Compare([]byte(a.member), []byte(b.member)) })
	return out, distinctSeats(out)
}

// rekeyed checks endorsements of a rekey_regulator: of the keys that are new; those that
// they replace may.
func (f *Federation) rekeyed(item []any, old seat, vote, key []byte) error {
	var must, may [][]byte
	for _, k := range [][2][]byte{{old.vote, vote}, {old.cosign, key}} {
		if !bytes.Equal(k[0], k[1]) {
			must, may = append(must, k[1]), append(may, k[0])
		}
	}
	return f.endorsed(rekeyRegulator, item, must, may)
}

func distinctSeats(seats []seat) error {
	had := make(map[string]bool)
	for _, s := range seats {
		for _, part := range []string{s.member, string(s.vote), string(s.cosign), s.name} {
			if had[part] && part != s.member || had["member "+s.member] {
				return errors.New("seats: two share a member, a key or a name")
			}
			had[part] = true
		}
		had["member "+s.member] = true
	}
	return nil
}
