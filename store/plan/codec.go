package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// magic begins an encoded plan and carries its format's version.
const magic = "ringfence plan 1\n"

// ErrCorrupt says that an encoded plan does not have its checksum.
var ErrCorrupt = errors.New("plan: checksum does not match; import the plan again")

// Encode returns the plan in a compact form: equal plans give equal bytes.
//
// After the magic come, as unsigned varints (LEB128) and texts with their
// length in front: country, day, source, licence; the count of scopes, each as
// the distance of its first number from the last of the one before and its
// count of numbers less one; the count of values, each as the bytes class,
// public and province and the texts holder and region; the count of ranges,
// each like a scope with the place of its value behind it. Values stand in the
// order of their first use. The SHA-256 of all that is at the end.
func (p *Plan) Encode() []byte {
	b := []byte(magic)
	b = binary.AppendUvarint(b, uint64(p.meta.Country))
	b = binary.AppendUvarint(b, uint64(p.meta.Date))
	b = appendText(b, p.meta.Source)
	b = appendText(b, p.meta.Licence)
	b = binary.AppendUvarint(b, uint64(len(p.scopes)))
	before := uint64(0)
	for _, s := range p.scopes {
		b, before = appendSpan(b, s, before)
	}
	b = binary.AppendUvarint(b, uint64(len(p.values)))
	for _, v := range p.values {
		public := byte(0)
		if v.public {
			public = 1
		}
		b = append(b, byte(v.class), public, v.province)
		b = appendText(b, v.holder)
		b = appendText(b, v.region)
	}
	b = binary.AppendUvarint(b, uint64(len(p.spans)))
	before = 0
	for i, s := range p.spans {
		b, before = appendSpan(b, s, before)
		b = binary.AppendUvarint(b, uint64(p.which[i]))
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendSpan(b []byte, s span, before uint64) ([]byte, uint64) {
	b = binary.AppendUvarint(b, s.first-before)
	return binary.AppendUvarint(b, s.last-s.first), s.last
}

// Decode reads what Encode writes and refuses everything else: ErrCorrupt when
// the checksum is wrong.
func Decode(data []byte) (*Plan, error) {
	body := len(data) - sha256.Size
	if body < len(magic) || string(data[:len(magic)]) != magic {
		return nil, errors.New("plan: not an encoded plan, or one of a newer version")
	}
	if sum := sha256.Sum256(data[:body]); !bytes.Equal(sum[:], data[body:]) {
		return nil, ErrCorrupt
	}
	d := decoder{rest: data[len(magic):body]}
	p := d.plan()
	if d.err == nil && len(d.rest) > 0 {
		d.fail("%d bytes too many", len(d.rest))
	}
	if d.err != nil {
		return nil, d.err
	}
	if err := p.meta.check(); err != nil {
		return nil, err
	}
	// Whatever the steps above let pass, such as a varint with padding or a
	// value that no range uses, has another encoding than the one it came in.
	if !bytes.Equal(p.Encode(), data) {
		return nil, errors.New("plan: not in canonical form")
	}
	return p, nil
}

// decoder reads from rest until the first error.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("plan: malformed: "+format, args...)
	}
	d.rest = nil
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.fail("ends early")
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.fail("ends early")
		return nil
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > maxText {
		d.fail("a text of %d bytes; at most %d", n, maxText)
	}
	return string(d.take(n))
}

// count reads a count of things that take at least size bytes each, so that it
// cannot ask for more memory than its input justifies.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.rest)/size) {
		d.fail("a count of %d in %d bytes", n, len(d.rest))
		return 0
	}
	return int(n)
}

func (d *decoder) plan() *Plan {
	p := &Plan{}
	if c := d.uvarint(); c < 1000 {
		p.meta.Country = number.Country(c)
	}
	if day := d.uvarint(); day < uint64(taxonomy.NeverDay) {
		p.meta.Date = taxonomy.Day(day)
	}
	p.meta.Source, p.meta.Licence = d.text(), d.text()
	before := uint64(0)
	for range d.count(2) {
		s := d.span(before, p.meta.Country)
		p.scopes, before = append(p.scopes, s), s.last
	}
	for range d.count(5) {
		p.values = append(p.values, d.value())
	}
	n := d.count(3)
	p.spans, p.which = make([]span, 0, n), make([]uint32, 0, n)
	before = 0
	used := uint64(0)
	for range n {
		s := d.span(before, p.meta.Country)
		which := d.uvarint()
		if which > used || which >= uint64(len(p.values)) {
			d.fail("a range names value %d of %d", which, len(p.values))
		}
		used = max(used, which+1)
		p.spans, p.which, before = append(p.spans, s), append(p.which, uint32(which)), s.last
		if d.err != nil {
			break
		}
	}
	if used != uint64(len(p.values)) {
		d.fail("%d values, of which the ranges use %d", len(p.values), used)
	}
	return p
}

func (d *decoder) value() value {
	var v value
	if b := d.take(3); b != nil {
		v.class, v.public, v.province = Class(b[0]), b[1] == 1, b[2]
		if int(v.class) >= len(classNames) || b[1] > 1 || v.province > 99 {
			d.fail("a value with class %d, public %d, province %d", b[0], b[1], b[2])
		}
	}
	v.holder, v.region = d.text(), d.text()
	return v
}

// span reads an interval behind before. Both ends must be numbers of the
// country, in one namespace and of one length.
func (d *decoder) span(before uint64, c number.Country) span {
	distance, more := d.uvarint(), d.uvarint()
	first := before + distance
	last := first + more
	if d.err != nil {
		return span{}
	}
	low, err1 := number.FromUint64(first)
	high, err2 := number.FromUint64(last)
	switch {
	case err1 != nil, err2 != nil, first <= before, last < first,
		low.Country() != c, high.Country() != c, low.Len() != high.Len(), low.Service() != high.Service(), low.Nationwide() != low, high.Nationwide() != high:
		d.fail("an interval that is none of country %s", c)
	}
	return span{first, last}
}
