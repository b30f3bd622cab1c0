package strangertest

import (
	"bytes"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// Federation is what a sealed genesis says.
type Federation struct {
	id      []byte // CID of the first charter
	charter []byte // CID of this one
	origin  string // of its checkpoints
	log     []byte // key
	created uint64

	signatures []any
	members    []member
	seats      []seat
	policy     []any
	protected  []any
}

type member struct {
	id       string
	issuers  [][]byte
	recovery []byte
}

// seat is a regulator.
type seat struct {
	member       string
	vote, cosign []byte
	name         string // of the cosigner
	jurisdiction string
}

func (s seat) array() []any { return []any{s.member, s.jurisdiction, s.vote, s.cosign, s.name} }

func readSeat(v any) (seat, error) {
	f := array("seat", v, 5)
	s := seat{member: f.text(), jurisdiction: f.text(), vote: f.bytes(33), cosign: f.bytes(33), name: f.text()}
	return s, f.err
}

func readMember(v any) (m member, err error) {
	f := array("member", v, 10)
	m.id = f.text()
	f.text() // name
	f.text() // Chinese name
	f.bytes()
	f.text() // group
	f.text() // contact
	if m.issuers, err = byteStrings(f.list()); err != nil {
		return m, err
	}
	f.list() // hosts
	f.text() // audience
	m.recovery = f.bytes(33)
	return m, f.err
}

func byteStrings(all []any) (out [][]byte, err error) {
	for _, v := range all {
		b, ok := v.([]byte)
		if !ok {
			return nil, errors.New("not a list of bytes")
		}
		out = append(out, b)
	}
	return out, nil
}

// Read reads a sealed genesis.
func Read(file []byte) (*Federation, error) {
	g := opened("genesis", file, 3)
	g.is(1)
	bare := g.bytes()
	f := &Federation{signatures: g.list(), charter: cid(bare)}
	c := opened("charter", bare, 12)
	c.is(1)
	c.text() // name
	f.created = c.uint()
	f.id = f.charter
	before := array("predecessor", c.list(), 3)
	if first := before.bytes(0, 36); len(first) > 0 {
		f.id = first
	}
	founders, seats, members := c.list(), c.list(), c.list()
	c.list() // grants
	f.protected, f.policy, f.log = c.list(), c.list(), c.bytes(33)
	c.is(1)
	if err := errors.Join(g.err, c.err, before.err); err != nil {
		return nil, err
	}
	f.origin = "ringfence/b" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(f.id))
	for _, v := range members {
		m, err := readMember(v)
		if err != nil {
			return nil, err
		}
		f.members = append(f.members, m)
	}
	for _, v := range seats {
		s, err := readSeat(v)
		if err != nil {
			return nil, err
		}
		f.seats = append(f.seats, s)
	}
	return f, f.sealed(founders, bare)
}

// sealed says whether every founder signed the charter once and nobody else did.
func (f *Federation) sealed(founders []any, bare []byte) error {
	keys := make(map[string]bool)
	for _, v := range founders {
		a := array("founder", v, 2)
		a.text()
		keys[string(a.bytes(33))] = true
		if a.err != nil {
			return a.err
		}
	}
	var last []byte
	for _, v := range f.signatures {
		a := array("signature", v, 2)
		key, signature := a.bytes(33), a.bytes(65)
		switch {
		case a.err != nil:
			return a.err
		case bytes.Compare(key, last) <= 0 || !keys[string(key)] || !signed(key, signature, "ringfence/genesis/v1", bare):
			return fmt.Errorf("genesis: %x did not sign as a founder does", key)
		}
		last = key
	}
	if len(f.signatures) != len(keys) {
		return errors.New("genesis: a founder's signature is missing")
	}
	return nil
}

// faults is f, quorum is q of a set of n regulators.
func faults(n int) int { return (n - 1) / 3 }

func quorum(n int) int {
	if n < 4 {
		return n
	}
	return (n+faults(n))/2 + 1
}

// cosigned says whether a quorum of seats is among those who signed.
func cosigned(seats []seat, by map[string]bool) error {
	n := 0
	for _, s := range seats {
		if by[fmt.Sprint(s.name, cosigner{s.name, s.cosign}.KeyHash())] {
			n++
		}
	}
	if n < quorum(len(seats)) {
		return fmt.Errorf("checkpoint: %d of %d regulators cosigned it, %d must", n, len(seats), quorum(len(seats)))
	}
	return nil
}
