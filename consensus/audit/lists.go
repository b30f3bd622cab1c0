package audit

import (
	"context"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// sound is the feeds without the batches that prove nothing: to the list they are not
// here.
type sound struct {
	Feeds
	bad map[cid.Cid]struct{}
}

func (s sound) Batch(c cid.Cid) (feed.Record, bool, error) {
	if _, bad := s.bad[c]; bad {
		return feed.Record{}, false, nil
	}
	return s.Feeds.Batch(c)
}

func (s sound) Since(cursor uint64, fn func(uint64, feed.Record) error) error {
	return s.Feeds.Since(cursor, func(next uint64, r feed.Record) error {
		if _, bad := s.bad[r.Tip.CID]; bad {
			return nil
		}
		return fn(next, r)
	})
}

// itemsAtOnce is about how many items the list takes in at once.
const itemsAtOnce = 1 << 16

// recompute brings a view from anchor to anchor and compares its root with the one that
// the regulators signed.
func (a *auditor) recompute(ctx context.Context) error {
	a.done, a.total = 0, uint64(len(a.anchors))
	a.report.Anchors = len(a.anchors)
	if len(a.anchors) == 0 {
		return nil
	}
	v, err := view.New(view.Config{
		State: a.begins, Source: sound{a.cfg.Feeds, a.bad}, Day: taxonomy.DayOf(a.begins.Charter().Created), Session: 1, Anchored: true,
	})
	if err != nil {
		return err
	}
	items := openings{ctx: ctx, from: ledger.NewReader(a.tree, a.rows())}
	next := 0
	for _, at := range a.anchors {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var heads []motion.AnchoredHead
		if next, err = a.enact(v, &items, next, at.point.Size); err == nil {
			heads, err = items.heads(at)
		}
		if err != nil {
			a.find(NotJudged, entryAt(at.index), fmt.Errorf("nor can any behind it: %w", err))
			return ctx.Err()
		}
		a.compare(v, at, heads)
		a.went(Recomputing, 1)
	}
	return nil
}

// enact has the view take the decisions from one on that end at or below a ledger size, and
// returns which is the next.
func (a *auditor) enact(v *view.View, items *openings, next int, size uint64) (int, error) {
	for next < len(a.pieces) && a.pieces[next].Size <= size {
		var some []charter.Enacted
		for n := 0; next < len(a.pieces) && a.pieces[next].Size <= size && n < itemsAtOnce; next++ {
			whole, err := items.of(a.pieces[next])
			if err != nil {
				return next, err
			}
			some, n = append(some, whole), n+len(whole.Items)
		}
		if err := v.Enact(some...); err != nil {
			return next, err
		}
	}
	return next, nil
}

// compare judges the list root of one anchor.
func (a *auditor) compare(v *view.View, at anchor, heads []motion.AnchoredHead) {
	root, err := v.BringTo(heads)
	m := Moment{Index: at.index, Size: at.point.Size, Day: at.point.Day, Root: at.point.ListRoot}
	switch {
	case err == nil && root == at.point.ListRoot:
		a.report.Right++
		return
	case err != nil:
		a.find(NotJudged, entryAt(at.index), err)
	case a.lacking(v, at.point):
		m.NotRecomputable = true
	default:
		a.find(WrongListRoot, entryAt(at.index), fmt.Errorf("at ledger size %d, on %s, it names %s; what was signed gives %s", at.point.Size, at.point.Day, at.point.ListRoot, root))
	}
	a.report.Moments = append(a.report.Moments, m)
}

// lacking reports whether something was erased since that may have counted on an anchor's
// day: an item of the ledger below its size, or a statement up to where the view stands.
func (a *auditor) lacking(v *view.View, point motion.AnchorPoint) bool {
	for _, e := range a.erased {
		if e.index < point.Size && e.until >= point.Day {
			return true
		}
	}
	heads := v.List().Frontier()
	for i := range a.gone {
		g := &a.gone[i]
		if head, heard := heads[g.issuer]; heard && !head.Before(g.tip) && g.last >= point.Day {
			return true
		}
	}
	return false
}

// openings reads anew what the items of decisions say.
type openings struct {
	ctx  context.Context
	from *ledger.Reader
	held uint64 // bundle
	rows [][]byte
}

// at returns the opening of an entry, none where it was erased.
func (o *openings) at(index uint64) (motion.Opening, error) {
	if bundle := index / ledger.Full; o.rows == nil || o.held != bundle {
		rows, err := o.from.Openings(o.ctx, bundle)
		if err != nil {
			return motion.Opening{}, err
		}
		o.held, o.rows = bundle, rows
	}
	row := o.rows[index%ledger.Full]
	if len(row) == 0 {
		return motion.Opening{}, nil
	}
	return motion.OpenOpening(row)
}

// of returns a decision with what its items say.
func (o *openings) of(d charter.Enacted) (charter.Enacted, error) {
	if d.Motion == nil {
		return d, nil
	}
	d.Items = make([]motion.Opening, 0, d.Size-d.First-1)
	for index := d.First + 1; index < d.Size; index++ {
		one, err := o.at(index)
		if err != nil {
			return d, err
		}
		d.Items = append(d.Items, one)
	}
	return d, nil
}

// heads returns the heads that an anchor names.
func (o *openings) heads(at anchor) (heads []motion.AnchoredHead, err error) {
	for index := at.index + 2; index < at.size; index++ {
		one, err := o.at(index)
		if err != nil {
			return nil, err
		}
		h, err := motion.DecodeAnchorHeads(one.Item)
		if err != nil {
			return nil, err
		}
		heads = append(heads, h.Heads...)
	}
	return heads, nil
}
