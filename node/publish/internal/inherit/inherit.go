// Package inherit says again, under the key that took the place of another, what that one
// said too late to count.
//
// The motion that rotates a key names the last batch that counts, and is signed before it
// is enacted. Its member publishes all the while: what regulators take time over keeps
// nobody from undoing a mistake. What the old key says meanwhile works at once, goes on
// working if an anchor covers it, and else works no more from the enactment on. None of
// that was acknowledged to be lost, so the successor says it again, under the publication
// IDs that it had.
//
// Only what this node signed itself is said again. A key may well be rotated because
// somebody else holds it, and nothing of his is to be said in the member's name.
//
// Floor 10, a room of node/publish. It signs nothing; whoever holds the pen does.
package inherit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/view"
)

// space is that of the named values that this package owns: the keys, by their text, of
// which everything has been said again.
const space = "inherited"

// Store is what an heir finds on its node.
type Store interface {
	// HighestReserved returns the highest place of a feed that this node signed for.
	HighestReserved(issuer keys.Public) (feed.Tip, bool, error)
	Put(space, key string, value []byte) error
	Get(space, key string) ([]byte, bool, error)
}

// View tells what stands and what would.
type View interface {
	List() *view.List
	Preview(issuer keys.Public, now int64, publication assertion.PublicationID, statements []assertion.Statement) (view.Preview, error)
}

// Heir says again what others left.
type Heir struct {
	Issuer keys.Public // its own
	Store  Store
	View   View
	Now    func() time.Time
	// Say says statements under a publication ID.
	Say func(publication.ID, []assertion.Statement) error
}

// Left is what became of what a key left.
type Left struct {
	Of         keys.Public
	Said       int // statements, again
	Void       int // that would count for nothing, so they are not said
	Unreadable int // whose batch cannot be read here
}

// estate is a key that this node signed by, and how far.
type estate struct {
	of   keys.Public
	last feed.Tip
}

// Settle says again what counts no more of what the predecessors of the issuer left here,
// the first one's first, since later ones replaced it; and notes that it is done. It asks
// ready before it says anything, if there is anything to look at. It returns what there
// was. Cut short, it goes on where it was when it is called again.
func (h *Heir) Settle(ctx context.Context, ready func() error) (all []Left, err error) {
	estates, err := h.estates(h.View.List().State())
	for i := 0; i < len(estates) && err == nil; i++ {
		if err = ready(); err != nil {
			break
		}
		var left Left
		if left, err = h.settle(ctx, estates[i]); left.Said+left.Void+left.Unreadable > 0 {
			all = append(all, left)
		}
	}
	return all, err
}

// estates returns what nobody has said again.
func (h *Heir) estates(state *charter.State) (all []estate, err error) {
	for r := predecessor(state, h.Issuer); r != nil; r = predecessor(state, r.Key) {
		last, signed, err := h.Store.HighestReserved(r.Key)
		if err != nil {
			return nil, fmt.Errorf("publish: read the highest reserved place: %w", err)
		}
		_, done, err := h.Store.Get(space, r.Key.String())
		if err != nil {
			return nil, fmt.Errorf("publish: read what was said again: %w", err)
		}
		if signed && !done {
			all = append(all, estate{r.Key, last})
		}
	}
	slices.Reverse(all)
	return all, nil
}

// predecessor returns the record of the key whose rotation an issuer took its place by;
// nil if there is none.
func predecessor(state *charter.State, issuer keys.Public) *charter.IssuerRecord {
	for i := range state.Admitted() {
		if r, ok := state.RecordAt(i); ok && r.End != nil && r.End.How == article.Rotate && r.End.Successor == issuer {
			return r
		}
	}
	return nil
}

// settle says again what counts no more of an estate. Of what cannot be read a later start
// may say more.
func (h *Heir) settle(ctx context.Context, of estate) (left Left, err error) {
	left.Of = of.of
	var under assertion.PublicationID
	var together []assertion.Statement // of one publication
	for told := range view.CutOff(h.View.List(), of.of, of.last) {
		if told.Status == view.Unreadable {
			left.Unreadable++
			continue
		}
		if told.Publication != under || len(together) == assertion.MaxStatements {
			if err := h.say(ctx, under, together, &left); err != nil {
				return left, err
			}
			under, together = told.Publication, together[:0]
		}
		together = append(together, told.Statement)
	}
	if err := h.say(ctx, under, together, &left); err != nil || left.Unreadable > 0 {
		return left, err
	}
	return left, h.Store.Put(space, of.of.String(), nil)
}

// say says those of statements that would count.
func (h *Heir) say(ctx context.Context, under assertion.PublicationID, all []assertion.Statement, left *Left) error {
	if ctx.Err() != nil || len(all) == 0 {
		return context.Cause(ctx)
	}
	trial, err := h.View.Preview(h.Issuer, h.Now().Unix(), under, all)
	if err != nil {
		return fmt.Errorf("publish: preview: %w", err)
	}
	var sound []assertion.Statement
	for i := range all {
		if !slices.ContainsFunc(trial.Void, func(v view.VoidAt) bool { return v.Index == i }) {
			sound = append(sound, all[i])
		}
	}
	if len(sound) > 0 {
		err = h.Say(publication.ID(under), sound)
	}
	if err == nil {
		left.Said, left.Void = left.Said+len(sound), left.Void+len(all)-len(sound)
	}
	return err
}
