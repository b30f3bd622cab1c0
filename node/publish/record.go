package publish

import (
	"encoding/hex"
	"fmt"
	"time"

	"ringfence/node/publish/publication"
)

// Publications lists what the member published, oldest first: see publication.List.
func (p *Publisher) Publications() ([]publication.Listed, error) {
	who, err := p.speaker()
	if err != nil {
		return nil, err
	}
	records, err := p.book.Of(who.id)
	if err != nil {
		return nil, err
	}
	return publication.List(records, p.cfg.View.Deliveries(who.member), who.id, p.Issuer()), nil
}

// open begins the publication of a delivery.
func (p *Publisher) open(who speaker, d *Delivery) (publication.Record, error) {
	id, err := publication.NewID(p.cfg.Random)
	if err != nil {
		return publication.Record{}, err
	}
	one := publication.Record{
		ID: id, Member: who.id, Issuer: p.Issuer().String(), State: publication.Open,
		File: d.File, Mapping: d.Mapping, Digest: hex.EncodeToString(d.Digest[:]), Begun: p.cfg.Now().UTC(),
	}
	return one, p.book.Keep(&one)
}

// Close gives up an unfinished publication; what was said of it stands.
func (p *Publisher) Close(id publication.ID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end(id, publication.Closed)
}

// end marks a publication. The caller holds mu.
func (p *Publisher) end(id publication.ID, state publication.State) error {
	who, err := p.speaker()
	if err != nil {
		return err
	}
	one, err := p.book.Get(who.id, id)
	if err != nil {
		return err
	}
	if state == publication.Closed && one.State != publication.Open {
		return fmt.Errorf("publish: publication %s is %s, not open", id, one.State)
	}
	one.State, one.Ended = state, time.Unix(who.now, 0).UTC()
	return p.book.Keep(&one)
}
