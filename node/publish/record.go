package publish

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ringfence/store/assertion"
)

// spacePublication is the space of named values that this package owns: from
// the ID in hexadecimal to the Publication as JSON.
const spacePublication = "publication"

// ID names a publication: 16 random bytes, written in hexadecimal.
type ID assertion.PublicationID

// String returns 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText returns the text that String gives.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText accepts the text that String gives.
func (id *ID) UnmarshalText(text []byte) error {
	got, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = got
	return nil
}

// ParseID reads the text that String gives.
func ParseID(s string) (ID, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(ID{}) {
		return ID{}, fmt.Errorf("publish: %.40q is no publication ID of %d hexadecimal digits; the verb publications lists them", s, 2*len(ID{}))
	}
	return ID(b), nil
}

func newID(random io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return ID{}, fmt.Errorf("publish: draw a publication ID: %w", err)
	}
	return id, nil
}

// State is how far a publication came.
type State string

// The states.
const (
	Queued    State = "queued"    // accepted, to be signed when the peers have confirmed the feed
	Open      State = "open"      // begun; delivering the same content again finishes it
	Complete  State = "complete"  // all of it is said
	Closed    State = "closed"    // given up unfinished; what was said stands
	Retracted State = "retracted" // undone; its ID is dead for ever
)

// Publication is a node's own record of what it published under one ID. It
// serves people and resuming; nothing of it is signed.
type Publication struct {
	ID         ID        `json:"id"`
	Member     string    `json:"member"`
	Issuer     string    `json:"issuer"`
	State      State     `json:"state"`
	File       string    `json:"file,omitempty"`    // as it was called, or what was said by hand
	Mapping    string    `json:"mapping,omitempty"` // "" by hand
	Digest     string    `json:"digest,omitempty"`  // of the content, in hexadecimal
	Statements int       `json:"statements"`        // said, in every run
	Unchanged  int       `json:"unchanged"`         // drafts that stood already as the file says
	Refused    int       `json:"refused"`           // drafts that would have been void
	Begun      time.Time `json:"begun"`
	Ended      time.Time `json:"ended,omitzero"`
}

// ErrNoPublication says that no publication of that ID was made here.
var ErrNoPublication = errors.New("publish: no such publication was made on this node")

// ErrUnfinished says that another publication must be finished first.
var ErrUnfinished = errors.New("publish: an earlier publication is unfinished")

// Publications lists what the member published from this node, oldest first.
func (p *Publisher) Publications() ([]Publication, error) {
	who, err := p.speaker()
	if err != nil {
		return nil, err
	}
	return p.records(who.id)
}

func (p *Publisher) records(member string) ([]Publication, error) {
	var all []Publication
	err := p.cfg.Store.List(spacePublication, func(key string, value []byte) error {
		one, err := decodeRecord(key, value)
		if err == nil && one.Member == member {
			all = append(all, one)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("publish: list publications: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Publication) int { return a.Begun.Compare(b.Begun) })
	return all, nil
}

func decodeRecord(key string, value []byte) (Publication, error) {
	var one Publication
	if err := json.Unmarshal(value, &one); err != nil {
		return Publication{}, fmt.Errorf("publish: record of publication %s: %w", key, err)
	}
	return one, nil
}

// record returns a member's publication.
func (p *Publisher) record(member string, id ID) (Publication, error) {
	value, ok, err := p.cfg.Store.Get(spacePublication, id.String())
	if err != nil {
		return Publication{}, fmt.Errorf("publish: read publication %s: %w", id, err)
	}
	if !ok {
		return Publication{}, fmt.Errorf("%w: %s", ErrNoPublication, id)
	}
	one, err := decodeRecord(id.String(), value)
	if err == nil && one.Member != member {
		return Publication{}, fmt.Errorf("%w: %s is of member %s", ErrNoPublication, id, one.Member)
	}
	return one, err
}

func (p *Publisher) keep(one *Publication) error {
	value, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("publish: encode record: %w", err)
	}
	if err := p.cfg.Store.Put(spacePublication, one.ID.String(), value); err != nil {
		return fmt.Errorf("publish: keep record of publication %s: %w", one.ID, err)
	}
	return nil
}

// find returns the publication of a delivery's content, if there is one, and
// refuses while another of the member is unfinished: what stood before a
// publication must not change under it.
func (p *Publisher) find(who speaker, d *Delivery) (one Publication, found bool, err error) {
	all, err := p.records(who.id)
	if err != nil {
		return Publication{}, false, err
	}
	digest := hex.EncodeToString(d.Digest[:])
	for i := range all {
		switch same := all[i].Digest == digest; {
		case same && (all[i].State == Queued || all[i].State == Open || all[i].State == Complete):
			one, found = all[i], true
		case all[i].State == Open:
			return Publication{}, false, fmt.Errorf("%w: %s of file %q; publish that file again to finish it, retract it, or close it as it stands", ErrUnfinished, all[i].ID, all[i].File)
		}
	}
	return one, found, nil
}

// open returns the publication of a delivery's content, or begins one.
func (p *Publisher) open(who speaker, d *Delivery) (Publication, error) {
	one, found, err := p.find(who, d)
	if err != nil || found {
		return one, err
	}
	id, err := newID(p.cfg.Random)
	if err != nil {
		return Publication{}, err
	}
	one = Publication{
		ID: id, Member: who.id, Issuer: p.issuer.String(), State: Open,
		File: d.File, Mapping: d.Mapping, Digest: hex.EncodeToString(d.Digest[:]), Begun: p.cfg.Now().UTC(),
	}
	return one, p.keep(&one)
}

// Close gives up an unfinished publication; what was said of it stands.
func (p *Publisher) Close(id ID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end(id, Closed)
}

// end marks a publication. The caller holds mu.
func (p *Publisher) end(id ID, state State) error {
	who, err := p.speaker()
	if err != nil {
		return err
	}
	one, err := p.record(who.id, id)
	if err != nil {
		return err
	}
	if state == Closed && one.State != Open {
		return fmt.Errorf("publish: publication %s is %s, not open", id, one.State)
	}
	one.State, one.Ended = state, time.Unix(who.now, 0).UTC()
	return p.keep(&one)
}
