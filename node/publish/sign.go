package publish

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/intake"
)

// Recover signs again what was reserved and not admitted before the node went
// down, the very same headers, and returns how many batches that were. Call it
// when the node starts; every other method begins with it too.
func (p *Publisher) Recover() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settle()
}

// settle admits, lists and announces what is reserved, and brings the list up
// to date. The caller holds mu.
func (p *Publisher) settle() (int, error) {
	recovered, admitted, err := p.as.Load().pen.Settle()
	if err != nil {
		return 0, err
	}
	return recovered, p.show(admitted)
}

// Lift allows the issuer to sign again, when a bar forbids it and none of a higher
// kind than most, and signs what is reserved; see pen.Pen.Lift.
func (p *Publisher) Lift(head cid.Cid, most feed.BarKind) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.as.Load().pen.Lift(head, most); err != nil {
		return err
	}
	_, err := p.settle()
	return err
}

// MaySay refuses what Say would refuse whatever it is asked to say: nothing may be
// signed now, and nothing waits to be.
func (p *Publisher) MaySay() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.as.Load().pen.MaySign()
	if _, waits := p.waits(err); waits {
		return nil
	}
	return err
}

// show lists what was admitted, then tells peers of it.
func (p *Publisher) show(admitted []*intake.Admitted) error {
	if _, err := p.cfg.View.Follow(); err != nil {
		return fmt.Errorf("publish: bring the list up to date: %w", err)
	}
	if p.cfg.Announce != nil && len(admitted) > 0 {
		p.cfg.Announce(admitted)
	}
	return nil
}
