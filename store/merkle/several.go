package merkle

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

const (
	// MaxKeys is how many keys one proof answers at most: all that a look-up asks for.
	MaxKeys = 16
	// MaxSeveralSize is the greatest length in bytes of a proof for several keys. On the
	// lists of today none has a quarter of it.
	MaxSeveralSize = 16 << 10
)

const (
	severalVersion = 2 // beside the Proof of one key, which is version 1

	// A part of the tree under which keys are asked for begins with the length of the
	// node's prefix, 0 to 63, or with one of these marks.
	markBlock    = 0x40
	markEmpty    = 0x41 // the list has no entries
	markExplicit = 0x80 // added to a length: the prefix follows, for the first key has another
)

// Answer is what a list says of a key: Value, or nothing.
type Answer struct {
	Value  Value
	Listed bool
}

// ProveSeveral proves what t says of up to MaxKeys keys, strictly ascending: one proof
// that shares what the keys' paths have in common, as those of a number and of the
// ranges around it do. It hashes what Root would.
func (t *Tree) ProveSeveral(keys []Key) ([]byte, error) {
	if err := ascend(keys); err != nil {
		return nil, fmt.Errorf("merkle: prove: %w", err)
	}
	b := []byte{severalVersion}
	if t == nil || t.root == nil {
		return append(b, markEmpty), nil
	}
	b = t.root.appendSeveral(b, keys)
	if len(b) > MaxSeveralSize {
		return nil, fmt.Errorf("merkle: prove: the proof has %d bytes, at most %d are read: ask for fewer keys", len(b), MaxSeveralSize)
	}
	return b, nil
}

func ascend(keys []Key) error {
	bad := len(keys) == 0 || len(keys) > MaxKeys
	for i := 1; i < len(keys); i++ {
		bad = bad || keys[i-1].Compare(keys[i]) >= 0
	}
	if bad {
		return fmt.Errorf("%d keys; a proof is of 1 to %d that ascend", len(keys), MaxKeys)
	}
	return nil
}

func (n *node) appendSeveral(b []byte, keys []Key) []byte {
	if len(keys) == 0 {
		h := n.sum()
		return append(b, h[:]...)
	}
	if n.isBlock() {
		return n.appendBlock(b, keys)
	}
	w := way{n.prefix, int(n.bits)}
	if w.has(keys[0].First) {
		b = append(b, n.bits)
	} else {
		b = binary.BigEndian.AppendUint64(append(b, n.bits|markExplicit), n.prefix)
	}
	from, mid, to := w.part(keys)
	b = n.kids[0].appendSeveral(b, keys[from:mid])
	return n.kids[1].appendSeveral(b, keys[mid:to])
}

// way is what numbers begin with in some part of the tree.
type way struct {
	prefix uint64
	bits   int
}

func (w way) has(first uint64) bool { return bits.LeadingZeros64(w.prefix^first) >= w.bits }

// part returns where among ascending keys those stand that go a node's way, and where
// among these the ones of its second child begin.
func (w way) part(keys []Key) (from, mid, to int) {
	for from < len(keys) && !w.has(keys[from].First) {
		from++
	}
	for to = from; to < len(keys) && w.has(keys[to].First); to++ {
		if keys[to].First>>(keyBits-1-w.bits)&1 == 0 {
			mid = to + 1
		}
	}
	return from, max(mid, from), to
}

// appendBlock writes the count of entries, those that answer with their places, and the
// hashes of the rest.
func (n *node) appendBlock(b []byte, keys []Key) []byte {
	var places []int
	for _, key := range keys {
		at, found := n.find(key)
		p := Proof{kind: betweenOthers, count: n.size(), index: at}
		if found {
			p.kind = present
		}
		places = append(places, p.places()...)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	b = binary.BigEndian.AppendUint16(append(b, markBlock), uint16(n.size()))
	b = append(b, byte(len(places)))
	for _, at := range places {
		e := n.entry(at)
		b = append(append(b, byte(at)), e[:]...)
	}
	return appendOthers(b, n.leaves(), places, 0)
}

// appendOthers writes the roots of the largest subtrees over leaves in which there is
// none of the places, from left to right. The leaves begin at place from.
func appendOthers(b []byte, leaves []Hash, places []int, from int) []byte {
	if len(places) == 0 {
		h := Root(leaves)
		return append(b, h[:]...)
	}
	if len(leaves) == 1 {
		return b
	}
	k := firstHalf(len(leaves))
	split, _ := slices.BinarySearch(places, from+k)
	b = appendOthers(b, leaves[:k], places[:split], from)
	return appendOthers(b, leaves[k:], places[split:], from+k)
}

// firstHalf returns how many of n leaves stand in the first child of their root.
func firstHalf(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

// VerifySeveral returns what the list with the given root says of each of keys,
// strictly ascending, as a proof that ProveSeveral made for these very keys shows it.
// The error tells why it does not.
func VerifySeveral(proof []byte, root Hash, keys []Key) ([]Answer, error) {
	v := several{reader{proof}, keys, make([]Answer, len(keys))}
	if err := v.verify(root); err != nil {
		return nil, fmt.Errorf("merkle: verify a proof for several keys: %w", err)
	}
	return v.answers, nil
}

// several is a proof that is being verified.
type several struct {
	reader
	keys    []Key
	answers []Answer // one a key
}

func (v *several) verify(root Hash) error {
	if err := ascend(v.keys); err != nil {
		return err
	}
	if n := len(v.rest); n == 0 || n > MaxSeveralSize || v.rest[0] != severalVersion {
		return fmt.Errorf("%d bytes, which are not 1 to %d of version %d", n, MaxSeveralSize, severalVersion)
	}
	v.rest = v.rest[1:]
	got, err := v.subtree(0, len(v.keys), way{})
	switch {
	case err != nil:
		return err
	case len(v.rest) > 0:
		return errTrailing
	case got != root:
		return fmt.Errorf("it leads to the root %s, not to %s", got, root)
	}
	return nil
}

func (v *several) hash() (h Hash, err error) {
	b, ok := v.take(HashSize)
	if !ok {
		return h, errShort
	}
	return Hash(b), nil
}

// subtree reads the subtree in which the keys from..to would stand, notes what it says
// of them and returns its hash.
func (v *several) subtree(from, to int, w way) (Hash, error) {
	if from == to {
		return v.hash()
	}
	mark, ok := v.take(1)
	switch {
	case !ok:
		return Hash{}, errShort
	case mark[0] == markBlock:
		return v.block(from, to, w)
	case mark[0] == markEmpty && w.bits == 0:
		return Hash{}, nil
	}
	length := int(mark[0] &^ markExplicit)
	if length >= keyBits || length < w.bits {
		return Hash{}, fmt.Errorf("a prefix of %d bits below one of %d", length, w.bits-1)
	}
	prefix := v.keys[from].First & prefixMask(length)
	if mark[0]&markExplicit != 0 {
		b, ok := v.take(8)
		if ok {
			prefix = binary.BigEndian.Uint64(b)
		}
		if !ok || prefix&^prefixMask(length) != 0 || (way{prefix, length}).has(v.keys[from].First) || !w.has(prefix) {
			return Hash{}, fmt.Errorf("%016x is no prefix that stands there", prefix)
		}
	}
	a, mid, b := way{prefix, length}.part(v.keys[from:to])
	left, err := v.subtree(from+a, from+mid, way{prefix, length + 1})
	if err != nil {
		return Hash{}, err
	}
	right, err := v.subtree(from+mid, from+b, way{prefix | 1<<(keyBits-1-length), length + 1})
	if err != nil {
		return Hash{}, err
	}
	return nodeHash(uint8(length), prefix, left, right), nil
}

// shown is an entry that a block shows.
type shown struct {
	place int
	entry Entry
	used  bool
}

func (v *several) block(from, to int, w way) (Hash, error) {
	head, ok := v.take(3)
	if !ok {
		return Hash{}, errShort
	}
	count, n := int(binary.BigEndian.Uint16(head)), int(head[2])
	if count == 0 || count > maxBlockCount || n == 0 || n > count || n > 2*MaxKeys {
		return Hash{}, fmt.Errorf("%d entries of a block of %d", n, count)
	}
	rows, ok := v.take(n * (1 + EntrySize))
	if !ok {
		return Hash{}, errShort
	}
	all := make([]shown, n)
	for i := range all {
		s := shown{place: int(rows[0]), entry: Entry(rows[1:])}
		rows = rows[1+EntrySize:]
		falls := i > 0 && (s.place <= all[i-1].place || s.entry.Key().Compare(all[i-1].entry.Key()) <= 0)
		if falls || s.place >= count || !w.has(s.entry.Key().First) {
			return Hash{}, errors.New("an entry is shown that does not stand there")
		}
		all[i] = s
	}
	for i := from; i < to; i++ {
		if err := v.answer(i, all, count); err != nil {
			return Hash{}, err
		}
	}
	if slices.ContainsFunc(all, func(s shown) bool { return !s.used }) {
		return Hash{}, errors.New("an entry is shown that answers nothing")
	}
	root, err := v.others(0, count, all)
	return wrapBlock(count, root), err
}

// answer notes what the entries shown say of a key: it is one of them, or it has no
// room between two that stand side by side, or at an end.
func (v *several) answer(key int, all []shown, count int) error {
	i, found := slices.BinarySearchFunc(all, v.keys[key], func(s shown, k Key) int { return s.entry.Key().Compare(k) })
	if found {
		all[i].used = true
		v.answers[key] = Answer{Value: all[i].entry.Value(), Listed: true}
		return nil
	}
	before, after := -1, count
	if i > 0 {
		before, all[i-1].used = all[i-1].place, true
	}
	if i < len(all) {
		after, all[i].used = all[i].place, true
	}
	if after != before+1 {
		return errors.New("a key could stand between the entries shown")
	}
	return nil
}

// others returns the RFC 6962 root of the entries from..to of a block, of those shown
// and of the hashes that follow.
func (v *several) others(from, to int, all []shown) (Hash, error) {
	a, _ := slices.BinarySearchFunc(all, from, func(s shown, p int) int { return s.place - p })
	if a == len(all) || all[a].place >= to {
		return v.hash()
	}
	if to-from == 1 {
		return entryHash(all[a].entry), nil
	}
	mid := from + firstHalf(to-from)
	left, errLeft := v.others(from, mid, all)
	right, errRight := v.others(mid, to, all)
	return hashChildren(&left, &right), cmp.Or(errLeft, errRight)
}
