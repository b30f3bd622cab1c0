package merkle

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// proofVersion is the first byte of an encoded Proof.
const proofVersion = 1

const stepSize = 1 + HashSize

// MaxProofSize is the greatest length in bytes of an encoded Proof.
const MaxProofSize = 2 + 4 + 2*(EntrySize+8*HashSize) + 1 + keyBits*stepSize

// Bytes returns the one encoding of p:
//
//	version 1 ‖ kind ‖ foot ‖ count of steps (1 byte) ‖ steps
//
// where a step is the prefix length (1 byte) and the sibling's hash, lowest
// first, and the foot depends on the kind: of 0 (empty list) nothing, and no
// steps either; of 1 (present) and 3 (between others) the block's count and
// the index in it, two bytes each, then for each witness its entry and its
// inclusion hashes, whose number follows from place and count; of 2 (apart) the
// node's prefix length (1 byte), prefix (8 bytes) and children's hashes.
// Integers are big-endian.
func (p Proof) Bytes() []byte {
	b := []byte{proofVersion, byte(p.kind)}
	switch p.kind {
	case emptyList:
		return b
	case apart:
		b = append(b, p.node.bits)
		b = binary.BigEndian.AppendUint64(b, p.node.prefix)
		b = append(b, p.node.kids[0][:]...)
		b = append(b, p.node.kids[1][:]...)
	case present, betweenOthers:
		b = binary.BigEndian.AppendUint16(b, uint16(p.count))
		b = binary.BigEndian.AppendUint16(b, uint16(p.index))
		for _, w := range p.witnesses {
			b = append(b, w.entry[:]...)
			for _, h := range w.inclusion {
				b = append(b, h[:]...)
			}
		}
	}
	b = append(b, byte(len(p.path)))
	for _, s := range p.path {
		b = append(b, s.bits)
		b = append(b, s.sibling[:]...)
	}
	return b
}

// ParseProof decodes what Bytes encodes and refuses anything else. A parsed
// Proof is well formed and shows nothing until it is verified.
func ParseProof(b []byte) (Proof, error) {
	p, err := parseProof(b)
	if err != nil {
		return Proof{}, fmt.Errorf("merkle: parse proof: %w", err)
	}
	return p, nil
}

var (
	errShort    = errors.New("it ends too early")
	errTrailing = errors.New("bytes follow its end")
)

func parseProof(b []byte) (Proof, error) {
	if len(b) > MaxProofSize {
		return Proof{}, fmt.Errorf("%d bytes; a proof has at most %d", len(b), MaxProofSize)
	}
	r := reader{b}
	head, ok := r.take(2)
	switch {
	case !ok:
		return Proof{}, errShort
	case head[0] != proofVersion:
		return Proof{}, fmt.Errorf("version %d; this software reads version %d", head[0], proofVersion)
	}
	p := Proof{kind: proofKind(head[1])}
	var err error
	switch p.kind {
	case emptyList:
		if len(r.rest) > 0 {
			return Proof{}, errTrailing
		}
		return p, nil
	case apart:
		p.node, err = r.branch()
	case present, betweenOthers:
		err = r.witnesses(&p)
	default:
		err = fmt.Errorf("unknown kind %d", p.kind)
	}
	if err != nil {
		return Proof{}, err
	}
	p.path, err = r.steps()
	return p, err
}

// reader takes an encoding apart from its front.
type reader struct{ rest []byte }

func (r *reader) take(n int) ([]byte, bool) {
	if len(r.rest) < n {
		return nil, false
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken, true
}

func (r *reader) branch() (branch, error) {
	b, ok := r.take(1 + 8 + 2*HashSize)
	if !ok {
		return branch{}, errShort
	}
	n := branch{b[0], binary.BigEndian.Uint64(b[1:]), [2]Hash{Hash(b[9:]), Hash(b[9+HashSize:])}}
	if n.bits >= keyBits || n.prefix&^prefixMask(int(n.bits)) != 0 {
		return branch{}, fmt.Errorf("%016x is no prefix of %d bits", n.prefix, n.bits)
	}
	return n, nil
}

func (r *reader) witnesses(p *Proof) error {
	b, ok := r.take(4)
	if !ok {
		return errShort
	}
	p.count = int(binary.BigEndian.Uint16(b))
	p.index = int(binary.BigEndian.Uint16(b[2:]))
	last := p.count // where a key that is absent may stand: also behind all
	if p.kind == present {
		last--
	}
	if p.count == 0 || p.count > maxBlockCount || p.index > last {
		return fmt.Errorf("place %d in a block of %d; a block has 1 to %d entries", p.index, p.count, maxBlockCount)
	}
	for _, place := range p.places() {
		hashes := inclusionLength(place, p.count)
		b, ok := r.take(EntrySize + hashes*HashSize)
		if !ok {
			return errShort
		}
		w := witness{Entry(b), make([]Hash, hashes)}
		for i := range w.inclusion {
			w.inclusion[i] = Hash(b[EntrySize+i*HashSize:])
		}
		p.witnesses = append(p.witnesses, w)
	}
	return nil
}

func (r *reader) steps() ([]step, error) {
	count, ok := r.take(1)
	if !ok {
		return nil, errShort
	}
	if count[0] > keyBits {
		return nil, fmt.Errorf("%d steps; a path has at most %d", count[0], keyBits)
	}
	b, ok := r.take(int(count[0]) * stepSize)
	switch {
	case !ok:
		return nil, errShort
	case len(r.rest) > 0:
		return nil, errTrailing
	}
	path := make([]step, count[0])
	for i := range path {
		one := b[i*stepSize:]
		path[i] = step{one[0], Hash(one[1:])}
		if path[i].bits >= keyBits {
			return nil, fmt.Errorf("step %d to a prefix of %d bits; a node has at most %d", i, path[i].bits, keyBits-1)
		}
	}
	return path, nil
}
