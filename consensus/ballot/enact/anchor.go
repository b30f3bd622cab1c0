package enact

import (
	"sort"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/heads"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// judgeAnchor judges an anchor: its size, that size's day, and each head in it.
func (p *Past) judgeAnchor(m *Matter) *Refusal {
	if r := lasting(m); r != nil {
		return r
	}
	point := m.point
	now, border := p.TimeAt(point.Size)
	switch {
	case point.Size != m.BuildsOn:
		return Refuse(AnchorSize, "the anchor is of %d entries and builds on %d; both are one size", point.Size, m.BuildsOn)
	case point.Size <= p.first:
		return Refuse(AnchorSize, "the anchor is of %d entries; the first tick is entry %d and must be among them", point.Size, p.first)
	case point.Size < p.anchorSize:
		return Refuse(AnchorSize, "the anchor is of %d entries; the last one was of %d", point.Size, p.anchorSize)
	case !border:
		return Refuse(AnchorSize, "the anchor is of %d entries, which ends inside a motion", point.Size)
	case point.Day != taxonomy.DayOf(now):
		return Refuse(AnchorDay, "the anchor is of %s; at %d entries the ledger's day was %s", point.Day, point.Size, taxonomy.DayOf(now))
	}
	for _, h := range m.heads {
		if r := p.judgeHead(h, m.BuildsOn); r != nil {
			return r
		}
	}
	return nil
}

// judgeHead judges a head that an anchor names on a ledger size.
func (p *Past) judgeHead(h motion.AnchoredHead, buildsOn uint64) *Refusal {
	issuer, known := p.state.RecordAt(h.Issuer)
	last, fixed := p.anchored[h.Issuer]
	switch {
	case !known:
		return Refuse(UnknownIssuer, "head of issuer %d: the roster has %d", h.Issuer, p.state.Admitted())
	case issuer.End != nil:
		return Refuse(UnknownIssuer, "head of issuer %d: its authority ended at entry %d", h.Issuer, issuer.End.Since)
	case h.Epoch != openEpoch(issuer.Epochs):
		return Refuse(HeadBack, "head of issuer %d: it is of epoch %d; epoch %d is open", h.Issuer, h.Epoch, openEpoch(issuer.Epochs))
	case fixed && last.at >= buildsOn:
		return anchoredSince(h.Issuer, last.at, buildsOn)
	case !fixed || last.none || last.head.Epoch != h.Epoch:
		return nil
	case last.head.Frozen:
		return Refuse(HeadBack, "head of issuer %d: its epoch %d is frozen at sequence %d; reinstate it first", h.Issuer, h.Epoch, last.head.Sequence)
	}
	return notBelow(h, last.head)
}

// judgeHeads judges the heads in what ends an authority or opens an epoch. What was
// fixed after the size that a motion builds on makes a reinstatement void; an ending
// keeps its effect, with the head that was fixed.
func (p *Past) judgeHeads(m *Matter) *Refusal {
	for _, h := range m.heads {
		last, fixed := p.anchored[h.Issuer]
		if !fixed || last.none || last.at >= m.BuildsOn || last.head.Epoch != h.Epoch {
			continue
		}
		if r := notBelow(h, last.head); r != nil {
			return r
		}
	}
	for _, a := range m.articles {
		if r, ok := a.(*article.Reinstatement); ok {
			if refusal := p.judgeBase(r, m.BuildsOn); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}

// judgeBase judges what a reinstatement builds on: nothing that is anchored is lost.
func (p *Past) judgeBase(r *article.Reinstatement, buildsOn uint64) *Refusal {
	issuer, known := p.state.Record(r.Issuer)
	if !known {
		return Refuse(UnknownIssuer, "%s was never admitted as an issuer", r.Issuer.Short())
	}
	last, fixed := p.anchored[issuer.Index]
	switch {
	case fixed && last.at >= buildsOn:
		return anchoredSince(issuer.Index, last.at, buildsOn)
	case fixed && !last.none && len(r.Base) == 0 && last.head.Epoch == openEpoch(issuer.Epochs):
		return Refuse(HeadBack, "the feed of issuer %d cannot go on from none: its batch %d in epoch %d is anchored, which is for good; name that one or a later one to go on from (keys reinstate --from)", issuer.Index, last.head.Sequence, last.head.Epoch)
	}
	return nil
}

// notBelow refuses a head below another of its epoch, or beside it.
func notBelow(h, last motion.AnchoredHead) *Refusal {
	if h.Sequence < last.Sequence || h.Sequence == last.Sequence && h.Digest != last.Digest {
		return Refuse(HeadBack, "head of issuer %d: sequence %d is not above sequence %d, which is anchored in epoch %d, nor equal to it", h.Issuer, h.Sequence, last.Sequence, last.Epoch)
	}
	return nil
}

func anchoredSince(issuer uint32, at, buildsOn uint64) *Refusal {
	return Refuse(AnchoredSince, "issuer %d was anchored at entry %d, after the %d entries that the motion builds on: propose it anew", issuer, at, buildsOn)
}

// openEpoch returns the last epoch that the ledger opened.
func openEpoch(epochs []charter.Epoch) uint64 {
	if len(epochs) == 0 {
		return 0
	}
	return epochs[len(epochs)-1].Number
}

// fix notes which heads a motion fixed, at the index of its entry.
func (p *Past) fix(m *Matter, first uint64) {
	for _, h := range m.heads {
		last, fixed := p.anchored[h.Issuer]
		next := heads.Fixed{Head: h, At: first}
		if fixed && !last.none && last.head.Epoch == h.Epoch {
			next, _ = heads.Fixed{Head: last.head, At: last.at}.Then(h, first, m.BuildsOn)
		}
		p.anchored[h.Issuer] = anchored{at: next.At, head: next.Head}
	}
	for _, a := range m.articles {
		r, ok := a.(*article.Reinstatement)
		if !ok || len(r.Base) != 0 {
			continue
		}
		if issuer, known := p.state.Record(r.Issuer); known {
			p.anchored[issuer.Index] = anchored{at: first, none: true}
		}
	}
	if m.Kind != motion.Anchor {
		return
	}
	p.anchorSize = m.point.Size
	p.borders = p.borders[sort.Search(len(p.borders), func(i int) bool { return p.borders[i].size >= p.anchorSize }):]
}
