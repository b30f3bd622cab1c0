package layout

import (
	"errors"
	"fmt"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// MaxNamed bounds a named value, in bytes: they are small by their purpose.
const MaxNamed = 1 << 20

// CheckName refuses a named value whose names or size are out of bounds.
func CheckName(space, key string, value []byte) error {
	if len(space) < 1 || len(space) > MaxName || len(key) < 1 || len(key) > MaxKey {
		return fmt.Errorf("%.64q/%.64q: a space has 1 to %d bytes, a key 1 to %d", space, key, MaxName, MaxKey)
	}
	if len(value) > MaxNamed {
		return fmt.Errorf("%.64q/%.64q: a value of %d bytes, the most is %d", space, key, len(value), MaxNamed)
	}
	return nil
}

// CheckSizes refuses what no batch can be, so that a transaction's share of the
// tree has a bound.
func CheckSizes(header, body []byte) error {
	if len(header) < 1 || len(header) > assertion.MaxSignedHeader {
		return fmt.Errorf("a header of %d bytes, it has 1 to %d", len(header), assertion.MaxSignedHeader)
	}
	if len(body) > assertion.MaxSlots {
		return fmt.Errorf("a body of %d bytes, the most is %d", len(body), assertion.MaxSlots)
	}
	return nil
}

// Writer is a transaction that changes a store. A value given to Set is the
// writer's from then on, with the room behind it.
type Writer interface {
	Set(key, value []byte) error
	SetLarge(key, value []byte) error
}

// SetBatch sets what stands of a batch beside its body and the tip.
func SetBatch(w Writer, v *Batch) error {
	return errors.Join(
		w.Set(BatchKey(v.Tip.CID), v.Encode()),
		w.Set(ArrivalKey(v.Arrival), v.Tip.CID.Bytes()),
		w.Set(PlaceKey(v.Lane(), v.Tip.Sequence), v.Tip.CID.Bytes()),
	)
}

// SetReservation sets all that stands of a reservation.
func SetReservation(w Writer, issuer keys.Public, r *feed.Reservation) error {
	v := ReservationOf(r)
	return errors.Join(
		w.Set(ReservationKey(issuer, r.Tip), v.Encode()),
		w.SetLarge(BodyKey(r.Tip.CID), r.Body),
	)
}
