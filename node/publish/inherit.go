package publish

import (
	"context"

	"ringfence/node/publish/internal/inherit"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
)

// inherit says again, once, what this node said by keys whose place its own took, too late
// to count. The caller holds mu.
func (p *Publisher) inherit(ctx context.Context) error {
	if p.heir == p.Issuer() || p.InForce() != nil {
		return nil
	}
	heir := inherit.Heir{Issuer: p.Issuer(), Store: p.cfg.Store, View: p.cfg.View, Now: p.cfg.Now, Say: p.sayUnder}
	all, err := heir.Settle(ctx, func() error { _, err := p.begin(); return err })
	for i := range all {
		p.dealt = append(p.dealt, Drained{Inherited: &all[i]})
	}
	if err == nil {
		p.heir = p.Issuer()
	}
	return err
}

// sayUnder says statements under an ID. The caller holds mu.
func (p *Publisher) sayUnder(id publication.ID, statements []assertion.Statement) error {
	batches, err := p.build(id, statements)
	if err != nil {
		return err
	}
	admitted, err := p.as.Load().pen.Write(batches) // all of it has its place, or nothing
	if err != nil {
		return err
	}
	return p.show(admitted)
}
