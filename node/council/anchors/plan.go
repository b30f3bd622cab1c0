package anchors

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// longestHead is how many bytes a head takes in an item at most.
const longestHead = 64

// mostHeads is how many heads one anchor names at most: with their salts they fit one
// command.
const mostHeads = (motion.MaxBytes - 1024) / (longestHead + 1)

// move is how far an issuer's feed is to be anchored.
type move struct {
	issuer *charter.IssuerRecord
	head   motion.AnchoredHead
	last   *motion.AnchoredHead // anchored in that epoch; nil for none
	at     uint64               // when something of the issuer was fixed last; 0 never
}

// plan is what an anchor made now would name.
type plan struct {
	size  uint64
	day   taxonomy.Day
	moves []move // in the order of the roster
	left  int    // issuers that moved too, and have no room in it
}

func (p *plan) heads() []motion.AnchoredHead {
	heads := make([]motion.AnchoredHead, len(p.moves))
	for i := range p.moves {
		heads[i] = p.moves[i].head
	}
	return heads
}

// draw plans an anchor of the certified ledger: every issuer in force whose feed the list
// has further than the ledger fixed it, and every epoch that is known to be forked above
// what is fixed and was not said to be.
func draw(past *enact.Past, l *view.List, forked func(view.FeedEpoch) bool) plan {
	state := past.State()
	p := plan{size: past.Size()}
	unix, _ := past.TimeAt(p.size)
	p.day = taxonomy.DayOf(unix)
	for key, tip := range l.Frontier() {
		record, ok := state.Record(key)
		if !ok || record.End != nil || tip.Epoch != record.Epochs[len(record.Epochs)-1].Number {
			continue
		}
		m := move{issuer: record, head: motion.AnchoredHead{
			Issuer: record.Index, Epoch: tip.Epoch, Sequence: tip.Sequence, Digest: merkle.Hash(tip.CID.Hash()[len(tip.CID.Hash())-merkle.HashSize:]),
		}}
		if last, at, ok := past.AnchoredHead(record.Index); ok {
			if m.at = at; last.Epoch == tip.Epoch {
				m.last = &last
			}
		}
		switch {
		case forked(view.FeedEpoch{Issuer: key, Epoch: tip.Epoch}):
			if m.last == nil || m.last.Frozen {
				continue // nothing of it counts, or that is said already
			}
			m.head = *m.last
			m.head.Frozen = true
		case m.last != nil && (m.last.Frozen || m.last.Sequence >= tip.Sequence):
			continue
		}
		p.moves = append(p.moves, m)
	}
	slices.SortFunc(p.moves, func(a, b move) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.head.Issuer, b.head.Issuer))
	})
	if over := len(p.moves) - mostHeads; over > 0 {
		p.moves, p.left = p.moves[:mostHeads], over
	}
	slices.SortFunc(p.moves, func(a, b move) int { return cmp.Compare(a.head.Issuer, b.head.Issuer) })
	return p
}

// items writes an anchor: the point, then the heads.
func (p *plan) items(root merkle.Hash, random io.Reader) ([]motion.Opening, error) {
	point := motion.AnchorPoint{Size: p.size, Day: p.day, ListRoot: root}
	items := [][]byte{point.Encode()}
	for some := range slices.Chunk(p.heads(), motion.MaxHeads) {
		h := motion.AnchorHeads{Heads: some}
		b, err := h.Encode()
		if err != nil {
			return nil, err
		}
		items = append(items, b)
	}
	openings := make([]motion.Opening, len(items))
	for i := range items {
		openings[i].Item = items[i]
		if _, err := io.ReadFull(random, openings[i].Salt[:]); err != nil {
			return nil, fmt.Errorf("anchors: draw a salt: %w", err)
		}
	}
	return openings, nil
}

// shown tells a plan to people.
func (p *plan) shown(state *charter.State) *api.AnchorPlan {
	out := &api.AnchorPlan{Size: p.size, Day: p.day.String(), Left: p.left, Moves: []api.AnchorMove{}}
	for i := range p.moves {
		m := &p.moves[i]
		one := api.AnchorMove{
			Issuer: m.issuer.Key.String(), Member: state.Member(m.issuer.Member).ID, Epoch: m.head.Epoch, To: m.head.Sequence, Frozen: m.head.Frozen,
		}
		if m.last != nil {
			from := m.last.Sequence
			one.Anchored = &from
		}
		out.Moves = append(out.Moves, one)
	}
	return out
}

func nothingMoved() error {
	return api.Tell(api.Refused, phrase.New("council.nothing_moved", "no feed has moved since the last anchor, as far as this node holds them, and the list is as it was: there is nothing to anchor"))
}

func notComputed(err error) error {
	return api.Tell(api.Unavailable, phrase.New("council.no_anchor", "the list at the heads cannot be computed now: %s", err))
}
