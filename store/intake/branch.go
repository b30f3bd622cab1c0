package intake

import (
	"slices"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Where the ledger anchored another branch of an epoch than the one that is held, the
// anchored head is the beginning of a trail: its header names its parent, that one's the
// next, down to a batch whose parent is held. There the branches part: what is held beyond
// it gives way, and from there on the feed is taken in as ever. One step of the trail is
// all that is remembered, so neither its length nor who shows headers costs memory; who
// forgets it with a restart begins at the head again.

// trail is how far an anchored branch is known down from its head.
type trail struct {
	head cid.Cid
	at   uint64  // place of the lowest header that is known to be wanted
	want cid.Cid // which it is
}

// Astray returns the place whose header is wanted next to find where the branch that the
// ledger anchored leaves what is held of an epoch; false for an epoch of which nothing is
// anchored beyond what is held, or the anchored head is held. strayed says that what is
// held is another branch; otherwise it may only be shorter. It does not wait for the door.
func (d *Door) Astray(issuer keys.Public, epoch uint64) (place uint64, strayed, ok bool, err error) {
	head, anchored := d.cfg.Anchored(issuer, epoch)
	if !anchored {
		return 0, false, false, nil
	}
	held, there, err := headerAt(d.cfg.Store, issuer, epoch, head.Sequence)
	if err != nil || there && held.Equals(head.CID) {
		return 0, false, false, err
	}
	return d.trails.of(lane{issuer, epoch}, head).at, there, true, nil
}

// headerAt returns which batch stands at a place.
func headerAt(store Store, issuer keys.Public, epoch, sequence uint64) (id cid.Cid, held bool, err error) {
	signed, held, err := store.Header(issuer, epoch, sequence)
	if err == nil && held {
		_, id, err = feed.Peek(signed)
	}
	return id, held, err
}

// aside reports whether a batch is held beside its feed, because the ledger anchored another
// branch.
func (v *visit) aside() (bool, error) {
	h := &v.header
	if _, anchored := v.cfg.Anchored(h.Issuer, h.Epoch); !anchored {
		return false, nil
	}
	id, held, err := headerAt(v.hall, h.Issuer, h.Epoch, h.Sequence)
	return err == nil && !(held && id.Equals(v.id)), err
}

// followTrail looks whether a header is the next on the trail of an anchored branch, and
// notes its parent then, or, where that is held, lets what is held beyond it give way.
func (v *visit) followTrail() (Outcome, error) {
	h := &v.header
	head, anchored := v.cfg.Anchored(h.Issuer, h.Epoch)
	if !anchored || h.Sequence > head.Sequence {
		return Outcome{}, nil
	}
	at := lane{h.Issuer, h.Epoch}
	if t := v.trails.of(at, head); t.at != h.Sequence || !t.want.Equals(v.id) {
		return Outcome{}, nil
	}
	other, held, err := v.hall.Header(h.Issuer, h.Epoch, h.Sequence)
	if err != nil {
		return Outcome{}, err
	}
	if held {
		if _, id, err := feed.Peek(other); err != nil || id.Equals(v.id) { // whole, but for its body
			return Outcome{}, err
		}
	}
	if held && !v.cfg.closed(h.Issuer, h.Epoch) {
		if v.fork, err = v.proveFork(other); err != nil { // the evidence comes before the change
			return Outcome{}, err
		}
	}
	if h.Sequence > 0 {
		parent, there, err := headerAt(v.hall, h.Issuer, h.Epoch, h.Sequence-1)
		if err != nil {
			return Outcome{}, err
		}
		if !there || !parent.Equals(h.Previous) {
			v.trails.put(at, trail{head: head.CID, at: h.Sequence - 1, want: h.Previous})
			return v.onTrail(), nil
		}
	}
	if held && v.hall.awaits(at) {
		return v.onTrail(), nil // what came in the same call is not durable yet
	}
	v.trails.drop(at)
	if held {
		return Outcome{}, v.hall.Rewind(h.Issuer, h.Epoch, h.Sequence)
	}
	return Outcome{}, nil
}

// awaits reports whether anything of an epoch waits to be appended.
func (h *hall) awaits(at lane) bool {
	return slices.ContainsFunc(h.records, func(r feed.Record) bool { return at == lane{r.Issuer, r.Tip.Epoch} })
}

func (v *visit) onTrail() Outcome {
	return because(AnchoredBranch, "the ledger anchored another branch of epoch %d of key %s than is held here; sequence %d of it is known, its parent is not held", v.header.Epoch, v.header.Issuer.Short(), v.header.Sequence)
}

// trails are those of all epochs; each is of one that the ledger anchored.
type trails struct {
	mu  sync.Mutex // guards all of it
	all map[lane]trail
}

// of returns the trail that leads down from a head, which is where it begins unless it was
// followed.
func (t *trails) of(at lane, head feed.Tip) trail {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.all[at]; ok && known.head.Equals(head.CID) {
		return known
	}
	return trail{head: head.CID, at: head.Sequence, want: head.CID}
}

func (t *trails) put(at lane, known trail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = make(map[lane]trail)
	}
	t.all[at] = known
}

func (t *trails) drop(at lane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, at)
}
