package past

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"ringfence/consensus/follow"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// anchor is an anchor of the ledger.
type anchor struct {
	index uint64 // of its motion's entry
	point motion.AnchorPoint
	heads []motion.AnchoredHead
}

// moment is when something is asked about: the ledger as it had a size, and the last
// anchor in it; nil for none.
type moment struct {
	size   uint64
	anchor *anchor
}

// reader reads the certified ledger.
func (t *Teller) reader() *ledger.Reader { return ledger.NewReader(t.cfg.Ledger.Tree(), t.cfg.Held) }

// moment reads when something is asked about: a ledger size, or a time, at which the
// ledger had what its ticks up to then cover.
func (t *Teller) moment(ctx context.Context, at string) (moment, error) {
	size, err := t.sizeOf(ctx, at)
	if err != nil {
		return moment{}, err
	}
	a, err := t.anchorUpTo(ctx, size)
	return moment{size, a}, err
}

// sizeOf returns the ledger size of a moment.
func (t *Teller) sizeOf(ctx context.Context, at string) (uint64, error) {
	most := t.cfg.Ledger.Standing().Size()
	if size, err := strconv.ParseUint(at, 10, 64); err == nil {
		if size < 1 || size > most {
			return 0, api.Tell(api.NotFound, phrase.New("past.beyond", "the ledger has %d entries here, not %d", most, size))
		}
		return size, nil
	}
	when, err := time.Parse(time.DateOnly, at)
	if err != nil {
		when, err = time.Parse(time.RFC3339, at)
	}
	if err != nil {
		return 0, api.Tell(api.BadInput, phrase.New("past.no_moment", "%q is neither a ledger size, nor a day as 2026-11-30, nor a time as 2026-11-30T12:00:00Z", at))
	}
	if when.After(t.cfg.Now()) {
		return 0, api.Tell(api.BadInput, phrase.New("past.future", "%s has not come yet", at))
	}
	size, err := t.ticked(ctx, when.Unix())
	if err == nil && size == 0 {
		return 0, api.Tell(api.NotFound, phrase.New("past.before", "the ledger has no time as early as %s", at))
	}
	return size, err
}

// ticked returns the ledger size up to the last tick by a time, in Unix seconds; 0 if none
// is as early.
func (t *Teller) ticked(ctx context.Context, unix int64) (uint64, error) {
	r, most := t.reader(), t.cfg.Ledger.Standing().Size()
	covered := t.cfg.List().CoveredBy(unix)
	for at := covered; covered > 0 && at < most; at++ {
		opened, err := entryAt(ctx, r, at, t.cfg.Founded)
		if err != nil {
			return 0, failed(err)
		}
		if _, ok := opened.(motion.Tick); ok {
			return at + 1, nil
		}
	}
	return covered, nil
}

// errEnough ends a replay that has found what it looks for.
var errEnough = errors.New("enough")

// replay hands each decision of the certified ledger on, until each says that it is enough.
func (t *Teller) replay(ctx context.Context, each func(charter.Enacted) error) error {
	size := t.cfg.Ledger.Standing().Size()
	if size == 1 {
		return nil // the genesis is no decision
	}
	err := follow.Replay(ctx, t.cfg.Genesis, t.reader(), size, each)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// anchorUpTo returns the last anchor that the ledger of a size holds; nil if it has none.
func (t *Teller) anchorUpTo(ctx context.Context, size uint64) (*anchor, error) {
	l := t.cfg.List()
	for skip := 0; ; skip++ {
		index, end, ok := l.FixedUpTo(size, skip)
		if !ok {
			return nil, nil
		}
		if a, err := t.readAnchor(ctx, index, end); a != nil || err != nil {
			return a, err
		}
	}
}

// readAnchor reads the motion of an entry with the items up to an end; nil if it is no
// anchor: other motions fix heads too.
func (t *Teller) readAnchor(ctx context.Context, index, end uint64) (*anchor, error) {
	r := t.reader()
	opened, err := entryAt(ctx, r, index, t.cfg.Founded)
	if err != nil {
		return nil, failed(err)
	}
	m, ok := opened.(motion.MotionEntry)
	if !ok || m.Motion.Kind != motion.Anchor {
		return nil, nil
	}
	a := &anchor{index: index}
	for at := index + 1; at < end; at++ {
		item, err := itemAt(ctx, r, at)
		if err == nil && at == index+1 {
			a.point, err = motion.DecodeAnchorPoint(item)
		} else if err == nil {
			var h motion.AnchorHeads
			h, err = motion.DecodeAnchorHeads(item)
			a.heads = append(a.heads, h.Heads...)
		}
		if err != nil {
			return nil, failed(err)
		}
	}
	return a, nil
}

// entryAt opens an entry of the ledger.
func entryAt(ctx context.Context, r *ledger.Reader, index uint64, founded *charter.State) (motion.Entry, error) {
	bundle, err := r.Entries(ctx, index/ledger.Full)
	if err != nil {
		return nil, err
	}
	if index%ledger.Full >= uint64(len(bundle)) {
		return nil, fmt.Errorf("past: the ledger has no entry %d", index)
	}
	return motion.OpenEntry(bundle[index%ledger.Full], founded.Federation())
}

// itemAt returns what an item says; the error isErased if that was erased.
func itemAt(ctx context.Context, r *ledger.Reader, index uint64) ([]byte, error) {
	openings, err := r.Openings(ctx, index/ledger.Full)
	if err != nil {
		return nil, err
	}
	opening := openings[index%ledger.Full]
	if len(opening) == 0 {
		return nil, erasedAt(index)
	}
	o, err := motion.OpenOpening(opening)
	if err != nil {
		return nil, fmt.Errorf("past: entry %d: %w", index, err)
	}
	return o.Item, nil
}
