// Package feedtest builds feeds for tests from a drawing of their chains.
//
// A test about chains should show the chain. Draw reads
//
//	A1 <- A2 <- A3; A2 <- A3'
//
// and returns signed headers and bodies to the letter: issuer A (the leading
// letter names the key) said A1, A2 and A3, and beside A3 also A3', a fork.
// Everything is derived from the names, so the same drawing gives the same
// bytes on every machine.
//
// For tests only, beside package feed on floor 2.
package feedtest

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Start is the time of a first batch, Unix seconds: 1 November 2026, UTC. Each
// later one comes a minute after its parent unless the drawing says otherwise.
const Start int64 = 1793491200

// Batch is one batch of a drawing.
type Batch struct {
	Header assertion.Header
	CID    cid.Cid
	Signed []byte // header
	Body   []byte
}

// Tip returns the batch's place in its feed.
func (b Batch) Tip() feed.Tip {
	return feed.Tip{Epoch: b.Header.Epoch, Sequence: b.Header.Sequence, CID: b.CID, Time: b.Header.Time}
}

// Record returns the batch as it is kept.
func (b Batch) Record() feed.Record {
	return feed.Record{Issuer: b.Header.Issuer, Tip: b.Tip(), Header: b.Signed, Body: b.Body}
}

// Drawing is the batches of a drawn set of feeds.
type Drawing struct {
	t       testing.TB
	batches map[string]Batch
	order   []string
}

// Federation returns the federation that all drawings are of.
func Federation() cid.Cid { return assertion.CID([]byte("feedtest")) }

// Key returns the key of the issuer that a letter names.
func Key(letter string) keys.Private {
	return keys.FromSeed(sha256.Sum256([]byte("feedtest issuer " + letter)))
}

// Draw builds the feeds of a drawing: chains separated by semicolons, batches
// of a chain by "<-". A batch's name is a letter, which names the issuer, then
// anything without spaces. A name that was drawn before stands for the same
// batch. "A2@-30" is a batch 30 seconds before its parent (or, of a first one,
// before Start); "A3+" a second statement in it, "A3++" a third.
func Draw(t testing.TB, drawing string) *Drawing {
	t.Helper()
	d := &Drawing{t: t, batches: map[string]Batch{}}
	for chain := range strings.SplitSeq(drawing, ";") {
		parent := ""
		for name := range strings.SplitSeq(chain, "<-") {
			name = strings.TrimSpace(name)
			if _, drawn := d.batches[label(name)]; !drawn {
				d.draw(name, parent)
			}
			parent = label(name)
		}
	}
	return d
}

// label returns a name without its marks.
func label(name string) string {
	name, _, _ = strings.Cut(name, "@")
	return strings.TrimRight(name, "+")
}

func (d *Drawing) draw(name, parent string) {
	d.t.Helper()
	if name == "" || label(name) == "" {
		d.t.Fatalf("feedtest: a batch without a name")
	}
	key := Key(name[:1])
	head, offset, timed := strings.Cut(name, "@")
	body := d.body(label(name), strings.Count(head, "+"))
	h := assertion.Header{
		Federation: Federation(),
		Issuer:     key.Public(),
		Time:       Start,
		Count:      body.Count,
		Root:       body.Root,
	}
	step := int64(0)
	if parent != "" {
		before := d.Batch(parent)
		h.Sequence, h.Previous, h.Time, step = before.Header.Sequence+1, before.CID, before.Header.Time, 60
	}
	if timed {
		seconds, err := strconv.ParseInt(offset, 10, 64)
		if err != nil {
			d.t.Fatalf("feedtest: %q: seconds after the parent: %v", name, err)
		}
		step = seconds
	}
	h.Time += step
	d.batches[label(name)] = Sign(d.t, h, body.Body, key)
	d.order = append(d.order, label(name))
}

// Sign returns the batch of a header and body signed by key.
func Sign(t testing.TB, h assertion.Header, body []byte, key keys.Private) Batch {
	t.Helper()
	unsigned, err := h.Encode()
	if err != nil {
		t.Fatalf("feedtest: %v", err)
	}
	signed, err := assertion.Sign(unsigned, key)
	if err != nil {
		t.Fatalf("feedtest: %v", err)
	}
	return Batch{Header: h, CID: assertion.CID(unsigned), Signed: signed, Body: body}
}

// body returns a body of 1 + more flags that are told apart by the name.
func (d *Drawing) body(name string, more int) assertion.Batch {
	d.t.Helper()
	seed := sha256.Sum256([]byte("feedtest body " + name))
	b := assertion.NewBuilder(bytes.NewReader(bytes.Repeat(seed[:], 1024)))
	for i := range 1 + more {
		s := Flag(d.t, i, int(seed[0]), name)
		if _, err := b.Add(assertion.PublicationID(seed[:16]), &s); err != nil {
			d.t.Fatalf("feedtest: %v", err)
		}
	}
	batch, err := b.Finish()
	if err != nil {
		d.t.Fatalf("feedtest: %v", err)
	}
	return batch
}

// Flag returns a sound flag on one of 256,000 fictitious numbers, chosen by i
// and j, that expires 90 days after Start.
func Flag(t testing.TB, i, j int, text string) assertion.Statement {
	t.Helper()
	n, err := number.International("8617000" + strconv.Itoa(100000+i%1000*256+j%256))
	if err != nil {
		t.Fatalf("feedtest: %v", err)
	}
	key := n.Range().Bytes()
	s := assertion.Statement{
		Subject:      assertion.Subject{Kind: assertion.SubjectNumber, Value: key[:8]},
		ObservedFrom: Start - 86400,
		ObservedTo:   Start - 3600,
		Effective:    Start,
		Expires:      Start + 90*86400,
		Basis:        assertion.Basis{Kind: assertion.BasisReports, Count: 3},
	}
	flag := assertion.Flag{Category: taxonomy.Untyped, Label: text, Confidence: 428, Reports: 3}
	if err := s.SetBody(flag); err != nil {
		t.Fatalf("feedtest: %v", err)
	}
	return s
}

// Batch returns the batch of a name; the test fails when it was not drawn.
func (d *Drawing) Batch(name string) Batch {
	d.t.Helper()
	b, ok := d.batches[name]
	if !ok {
		d.t.Fatalf("feedtest: %q was not drawn; drawn are %v", name, d.order)
	}
	return b
}

// Verified returns the verified header of a name.
func (d *Drawing) Verified(name string) feed.Verified {
	d.t.Helper()
	v, err := feed.Verify(d.Batch(name).Signed, Federation())
	if err != nil {
		d.t.Fatalf("feedtest: %v", err)
	}
	return v
}

// All returns the batches in the order in which they were drawn.
func (d *Drawing) All() []Batch {
	all := make([]Batch, len(d.order))
	for i, name := range d.order {
		all[i] = d.batches[name]
	}
	return all
}
