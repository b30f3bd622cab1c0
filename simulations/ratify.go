package simulations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/group"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/simulations/sample"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// How much the demo's regulators ratify: labels of numbers that the list labels, and
// blocks of some that are said to be fraud.
const (
	ratifiedLabels = 2000
	ratifiedBlocks = 50
	ratifiedFor    = 30 // days
)

// ratify has the regulators carry two motions about numbers of the list: three vote by
// hand, as this script has it, and the fourth says nothing.
func (d *demo) ratify(ctx context.Context) error {
	if err := d.wait(ctx, "the ledger has its first tick", func() bool {
		return d.station(regulator).node.Ledger().Follower().Standing().Tick > 0
	}); err != nil {
		return err
	}
	if err := d.anchor(ctx); err != nil {
		return err
	}
	labels, blocks := d.toRatify()
	d.printf("\nThe regulators ratify, by three votes of four; %s casts none:\n", regulators[len(regulators)-1])
	for _, m := range []struct {
		what, reason string
		items        []motion.Ratification
	}{
		{"labels of numbers that publishers agree on", "flagged by publishers that the charter trusts", labels},
		{"blocks of numbers in nobody's range that are said to be fraud", "said to be fraud by the desks", blocks},
	} {
		if len(m.items) == 0 {
			return fmt.Errorf("the list has nothing for a motion of %s", m.what)
		}
		began := time.Now()
		if err := d.carry(ctx, m.reason, m.items); err != nil {
			return err
		}
		d.printf("  %d %s: in force on every node %.1f s after the proposal\n", len(m.items), m.what, time.Since(began).Seconds())
	}
	return d.tellLedger(ctx)
}

// anchor has a regulator propose an anchor of all that was said. The others' nodes compute
// the list for themselves and vote for it, without anybody's hand.
func (d *demo) anchor(ctx context.Context) error {
	began := time.Now()
	proposer := d.station(regulator).node
	made, err := proposer.ProposeMotion(ctx, api.Proposal{Kind: motion.Anchor.String(), Reason: "all that was published"})
	if err != nil {
		return fmt.Errorf("propose an anchor: %w", err)
	}
	if err := d.wait(ctx, "every node has the anchor", func() bool {
		return d.everywhere(func(n *node.Node) bool { return n.Ledger().Follower().Past().LastAnchor() > 0 })
	}); err != nil {
		return err
	}
	if root := proposer.View().List().Stamp().Root.String(); made.Anchor.ListRoot != root {
		return fmt.Errorf("the anchor has list root %s, and the list %s", made.Anchor.ListRoot, root)
	}
	d.printf("\nThe regulators anchor %d feeds: their nodes came to one list root, %s…, each by itself, in %.1f s\n", len(made.Anchor.Moves), made.Anchor.ListRoot[:12], time.Since(began).Seconds())
	return nil
}

// toRatify picks what to ratify from the list, in its order, and leaves out what shows how
// the list comes about without regulators.
func (d *demo) toRatify() (labels, blocks []motion.Ratification) {
	l := d.home().View().List()
	shown := make(map[number.Range]bool)
	for _, some := range [][]number.Number{d.desks.labelled, d.desks.contested, d.desks.single} {
		for _, n := range some {
			shown[n.Range()] = true
		}
	}
	for key, e := range l.All() {
		if shown[key] {
			continue
		}
		one := motion.Ratification{Subject: key, Action: taxonomy.Label, Category: e.Category, Grounds: motion.GroundsFlags}
		around, inside := l.State().Allotted(key)
		nobodys := around.IsZero() && len(inside) == 0
		switch {
		case e.Class == taxonomy.Crm && nobodys && len(blocks) < ratifiedBlocks:
			one.Action = taxonomy.Block
			blocks = append(blocks, one)
		case e.Action == taxonomy.Label && e.Class != taxonomy.Crm && len(labels) < ratifiedLabels:
			labels = append(labels, one)
		}
	}
	return labels, blocks
}

// blocked returns the first number that the regulators block.
func (d *demo) blocked() []number.Number {
	for key, e := range d.home().View().List().All() {
		if n, single := key.Number(); single && e.Ratified && e.Action == taxonomy.Block {
			return []number.Number{n}
		}
	}
	return nil
}

// carry proposes a motion on the first regulator's node, and has the next ones vote on
// theirs. It returns when every node that runs has it in its ledger.
func (d *demo) carry(ctx context.Context, reason string, entries []motion.Ratification) error {
	proposer := d.station(regulator)
	now := d.cfg.Now().Unix()
	h := motion.Header{
		Federation: proposer.node.State().Federation(), Kind: motion.Ratify, Proposer: proposer.voice.Vote.Public(), Time: now, Expires: now + 86400,
		Until: taxonomy.DayOf(now) + ratifiedFor, Reason: reason,
	}
	items := make([]motion.Opening, len(entries))
	for i := range entries {
		item, err := entries[i].Encode()
		if err != nil {
			return err
		}
		items[i].Item = item
		if _, err := io.ReadFull(d.cfg.Random, items[i].Salt[:]); err != nil {
			return err
		}
	}
	if _, err := h.Commit(items); err != nil {
		return err
	}
	m, err := motion.Sign(h, proposer.voice.Vote)
	if err != nil {
		return err
	}
	for i, member := range regulators[:3] {
		s := d.station(member)
		v, err := motion.Vote{Federation: m.Federation, Motion: m.ID, By: s.voice.Vote.Public(), For: true, Cast: motion.ByHand, Counter: 1, Time: now}.Sign(s.voice.Vote)
		if err != nil {
			return err
		}
		command := ballot.VoteCommand(&v)
		if i == 0 {
			command = ballot.ProposeCommand(&m, items, &v)
		}
		var a applied.Answer
		if unknown := d.wait(ctx, "it is known what became of a vote", func() bool { // it counts once
			a, err = s.node.Ledger().Regulator().Submit(ctx, command)
			return !errors.Is(err, group.ErrUnknown) && !errors.Is(err, group.ErrNoLeader)
		}); unknown != nil {
			return unknown
		}
		if err != nil {
			return fmt.Errorf("%s votes: %w", member, err)
		}
		if a.Refusal != nil {
			return fmt.Errorf("%s votes: %w", member, a.Refusal)
		}
	}
	return d.wait(ctx, "every node has what was ratified", func() bool {
		return d.everywhere(func(n *node.Node) bool {
			past := n.Ledger().Follower().Past()
			return past.HasEnacted(m.ID) && n.View().List().Stamp().LedgerSize >= past.Size()
		})
	})
}

// everywhere reports whether something holds of every node that runs.
func (d *demo) everywhere(holds func(n *node.Node) bool) bool {
	for _, s := range d.stations {
		if s.node != nil && !holds(s.node) {
			return false
		}
	}
	return true
}

// wait waits until something holds, for as long as nodes are given to agree.
func (d *demo) wait(ctx context.Context, what string, holds func() bool) error {
	ctx, stop := context.WithTimeout(ctx, agreeWithin)
	defer stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %v: %s", agreeWithin, what)
		case <-look.C:
		}
	}
	return nil
}

// tellLedger waits until the tick behind the last motion is everywhere, so that all
// lists are of one ledger, and sums up what was ratified.
func (d *demo) tellLedger(ctx context.Context) error {
	err := d.wait(ctx, "all nodes have one ledger with all in force", func() bool {
		home := d.home().Ledger().Follower()
		size := home.Standing().Note.Size
		index, _ := home.Past().LastTick()
		return index+1 == size && d.everywhere(func(n *node.Node) bool { return n.View().List().Stamp().LedgerSize == size })
	})
	if err != nil {
		return err
	}
	s, standing := &d.summary, d.home().Ledger().Follower().Standing()
	s.LedgerSize = standing.Note.Size
	for _, one := range standing.State.Cosigners().Cosignatures(standing.Note) {
		if one != nil {
			s.Cosigners++
		}
	}
	l := d.home().View().List()
	s.Ratified = l.Counts().Ratified
	if s.ProofBytes, err = sample.Proof(ctx, d.home().Ledger()); err != nil {
		return err
	}
	return d.tellAgreement(ctx)
}
