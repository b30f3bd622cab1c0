package past

import (
	"errors"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// openingErased is the code of the error that says: what an entry said was erased here.
const openingErased = "past.opening_erased"

// erasedAt is why nobody can tell here what an entry says.
func erasedAt(index uint64) error {
	return api.Tell(api.NotFound, phrase.New("past.opening_erased", "what ledger entry %d said was erased here after it was over; a proof that was made before stays valid, and another node may still make one", index))
}

func isErased(err error) bool {
	var told *api.Error
	return errors.As(err, &told) && told.Code == openingErased
}

// losses are the openings of ratified entries that were erased, as far as the ledger was
// gone through: what the list of that time may lack.
type losses struct {
	rulings  []ruled             // by index
	revoked  map[uint64]struct{} // of them
	lasting  taxonomy.Day        // on which something of what was ratified may count, the last
	reversed ruled               // the last revocation or stay that was erased, and until when it may matter
}

type ruled struct {
	index uint64
	until taxonomy.Day
}

// note takes the next decision.
func (l *losses) note(d *charter.Enacted) {
	if d.Motion == nil {
		return
	}
	h := &d.Motion.Motion.Header
	if h.Kind == motion.Ratify {
		l.lasting = max(l.lasting, h.Until)
	}
	for i := range d.Items {
		item := d.Items[i].Item
		switch {
		case h.Kind == motion.Ratify && len(item) == 0:
			l.rulings = append(l.rulings, ruled{d.First + 1 + uint64(i), h.Until})
		case h.Kind != motion.Ratify && len(item) == 0:
			l.reversed = ruled{d.First + 1 + uint64(i), l.lasting}
		case h.Kind == motion.Revoke && len(l.rulings) > 0:
			l.revoke(item)
		}
	}
}

func (l *losses) revoke(item []byte) {
	back, err := motion.DecodeReversal(item)
	if err != nil {
		return // the judge of the ledger has read it
	}
	if l.revoked == nil {
		l.revoked = make(map[uint64]struct{})
	}
	l.revoked[back.Index] = struct{}{}
}

// counting returns how many of them may have counted on a day, and the index of the last:
// nobody knows whether what came before that stood.
func (l *losses) counting(day taxonomy.Day) (n int, last uint64) {
	for _, r := range l.rulings {
		if _, gone := l.revoked[r.index]; !gone && r.until >= day {
			n, last = n+1, r.index
		}
	}
	if l.reversed.index != 0 && l.reversed.until >= day {
		n, last = max(n, 1), max(last, l.reversed.index)
	}
	return n, last
}

// openingsErased is the code of what openings says.
const openingsErased = "past.openings"

// openings says that so many openings may have counted, and are gone; nothing for none.
func openings(n int) phrase.Phrase {
	if n == 0 {
		return phrase.Phrase{}
	}
	return phrase.New("past.openings", "what ledger entries said that may have counted then was erased since, as it was over: %d of them", n)
}

// certain reports whether an entry of a key says what the list said, whatever was erased of
// other entries: the last one on the number itself, which no longer key takes it from.
func (s *standing) certain(key number.Range, r view.Ratified) bool {
	return s.erased == 0 || r.Decides && key.Free() == 0 && r.Index > s.last
}

// also says after why something is not known of a moment what of the ledger is not.
func (s *standing) also(why phrase.Phrase) phrase.Phrase {
	if why.Code == openingsErased {
		return why
	}
	return phrase.Join(why, openings(s.erased))
}
