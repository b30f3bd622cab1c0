// Package heads keeps up to where the ledger fixed each feed.
//
// Motions of several kinds name heads of feeds, and each names the size of the ledger on
// which it builds. What comes of a head where the feed was anchored since is read by the
// regulators that judge the next motion, by the list and by the door into feeds: this is
// the one reading that all of them have.
//
// Floor 3, a room of store/charter.
package heads

import (
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

// Fixed is the head that the ledger fixed last of an epoch.
type Fixed struct {
	Head motion.AnchoredHead
	At   uint64 // index of the last motion that named it
}

// Then returns what is fixed once the motion whose entry is at names another head of the
// epoch, building on a ledger of buildsOn entries, and whether that is further than before.
//
// An anchor or a reinstatement that builds on less than what was anchored since is void
// and is no motion of the ledger. What ends an authority keeps its effect, with the head
// that was anchored since, whether it names a lower or a higher one. Otherwise no motion
// of the ledger names a lower one than those before it; of several in one the highest
// counts, and of those that are as high the first.
func (f Fixed) Then(head motion.AnchoredHead, at, buildsOn uint64) (next Fixed, moved bool) {
	since, again := f.At != at && f.At >= buildsOn, f.At == at && head.Sequence == f.Head.Sequence
	if since || again || head.Sequence < f.Head.Sequence {
		return f, false
	}
	return Fixed{head, at}, head.Sequence > f.Head.Sequence
}

// Of returns the heads that a decision names, none for one of a kind that names none. The
// error says that its items are none that a ledger holds.
func Of(d *charter.Enacted) ([]motion.AnchoredHead, error) {
	if d.Motion == nil {
		return nil, nil
	}
	switch h := &d.Motion.Motion.Header; {
	case h.Kind == motion.Anchor:
		return Anchored(d.Items)
	case h.Kind.NamesHeads():
		items, err := article.Open(h.Federation, h.Kind, d.Items)
		return article.Heads(items), err
	}
	return nil, nil
}

// Anchored returns the heads that the items of an Anchor motion name, which follow its
// point.
func Anchored(items []motion.Opening) (named []motion.AnchoredHead, err error) {
	for i := 1; i < len(items); i++ {
		part, err := motion.DecodeAnchorHeads(items[i].Item)
		if err != nil {
			return nil, err
		}
		named = append(named, part.Heads...)
	}
	return named, nil
}
