package intake

import (
	"bytes"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// shelf is the least store that keeps the contract; its fields let a test see
// and break it.
type shelf struct {
	tips       map[lane]feed.Tip
	headers    map[place][]byte
	records    []feed.Record
	quarantine map[cid.Cid]bool
	forks      map[lane]feed.ForkProof
	appends    int
	fail       map[string]error // by method
}

func newShelf() *shelf {
	return &shelf{tips: map[lane]feed.Tip{}, headers: map[place][]byte{}, quarantine: map[cid.Cid]bool{}, forks: map[lane]feed.ForkProof{}, fail: map[string]error{}}
}

func (s *shelf) Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error) {
	tip, ok := s.tips[lane{issuer, epoch}]
	return tip, ok, s.fail["Tip"]
}

func (s *shelf) Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error) {
	header, ok := s.headers[place{lane{issuer, epoch}, sequence}]
	return header, ok, s.fail["Header"]
}

func (s *shelf) Has(batch cid.Cid) (bool, error) {
	for _, r := range s.records {
		if r.Tip.CID.Equals(batch) && !s.quarantine[batch] {
			return true, s.fail["Has"]
		}
	}
	return false, s.fail["Has"]
}

func (s *shelf) Append(records []feed.Record) error {
	if err := s.fail["Append"]; err != nil {
		return err
	}
	s.appends++
	for _, r := range records {
		at := lane{r.Issuer, r.Tip.Epoch}
		if s.quarantine[r.Tip.CID] {
			delete(s.quarantine, r.Tip.CID)
		} else {
			s.tips[at] = r.Tip
		}
		s.headers[place{at, r.Tip.Sequence}] = r.Header
		s.records = append(s.records, r)
	}
	return nil
}

func (s *shelf) Rewind(issuer keys.Public, epoch, sequence uint64) error {
	if err := s.fail["Rewind"]; err != nil {
		return err
	}
	at := lane{issuer, epoch}
	for n := s.tips[at].Sequence + 1; n > sequence; n-- {
		delete(s.headers, place{at, n - 1})
	}
	delete(s.tips, at)
	for _, r := range s.records {
		if r.Issuer == issuer && r.Tip.Epoch == epoch && r.Tip.Sequence+1 == sequence {
			if id, held, _ := headerAt(s, issuer, epoch, r.Tip.Sequence); held && id.Equals(r.Tip.CID) {
				s.tips[at] = r.Tip
			}
		}
	}
	return nil
}

func (s *shelf) Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error) {
	p, ok := s.forks[lane{issuer, epoch}]
	return p, ok, s.fail["Fork"]
}

func (s *shelf) PutFork(p feed.ForkProof) error {
	if err := s.fail["PutFork"]; err != nil {
		return err
	}
	s.forks[lane{p.Issuer(), p.Epoch()}] = p
	return nil
}

// has reports whether the store holds the named batches and no others.
func (s *shelf) holds(t *testing.T, d *feedtest.Drawing, names ...string) {
	t.Helper()
	if len(s.records) != len(names) {
		t.Errorf("%d records are held, want %v", len(s.records), names)
		return
	}
	for _, name := range names {
		if ok, _ := s.Has(d.Batch(name).CID); !ok {
			t.Errorf("%s is not held", name)
		}
	}
}

// roster admits the issuers that its letters name.
type roster string

func (r roster) EverAdmitted(k keys.Public) bool {
	for _, letter := range r {
		if feedtest.Key(string(letter)).Public() == k {
			return true
		}
	}
	return false
}

// noon is the time of the tests: twelve hours after the drawings begin.
func noon() time.Time { return time.Unix(feedtest.Start+12*3600, 0) }

// open returns a door for issuers A and B before an empty store.
func open(t testing.TB, change ...func(*Config)) (*Door, *shelf) {
	t.Helper()
	s := newShelf()
	cfg := Config{Federation: feedtest.Federation(), Roster: roster("AB"), Store: s}
	for _, f := range change {
		f(&cfg)
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d, s
}

func offer(b feedtest.Batch) Offer { return Offer{Header: b.Signed, Body: b.Body} }

// offers returns the named batches of d.
func offers(d *feedtest.Drawing, names ...string) []Offer {
	all := make([]Offer, len(names))
	for i, name := range names {
		all[i] = offer(d.Batch(name))
	}
	return all
}

// admit offers the named batches in one call.
func admit(t testing.TB, door *Door, d *feedtest.Drawing, names ...string) []Outcome {
	t.Helper()
	outcomes, err := door.Admit(offers(d, names...), noon())
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// resign returns b with another header, signed by its issuer.
func resign(t testing.TB, b feedtest.Batch, letter string, change func(*assertion.Header)) feedtest.Batch {
	t.Helper()
	h := b.Header
	change(&h)
	return feedtest.Sign(t, h, b.Body, feedtest.Key(letter))
}

// erase returns the body of b with the openings of some slots stripped.
func erase(t testing.TB, b feedtest.Batch, which ...int) []byte {
	t.Helper()
	slots, err := assertion.DecodeSlots(b.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range which {
		slots[i] = slots[i].Erase()
	}
	body, err := assertion.EncodeSlots(slots)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}
