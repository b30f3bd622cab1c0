package federation

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"ringfence/node/phrase"
)

// Where it is kept who else was last heard to live by the own host key, so that
// neither a restart nor a verb on a stopped node signs beside him: Unix seconds by the
// node's clock in eight bytes, then his addresses.
const (
	spaceTwin = "twin"
	keyTwin   = "heard"
)

// keepTwinEvery is how often it is kept at most: whoever has the key signs as many
// records as he likes, and each write waits for the disk.
const keepTwinEvery = time.Second

// Values keeps small named values, durably.
type Values interface {
	Put(space, key string, value []byte) error
	Get(space, key string) ([]byte, bool, error)
}

// TwinBefore returns ErrTwin, with the reason, while a second node with this node's
// host key may still run that this one heard when it last ran: until five minutes
// after it was heard, by the node's clock. It is for a node that does not run, and so
// hears nobody. A time to come, as after the clock was set back, becomes now, so that
// the clock holds nothing for longer.
func TwinBefore(store Values, now time.Time) error {
	at, heard, err := recallTwin(store, now)
	if err != nil || heard.IsZero() || now.Sub(heard) >= twinFor {
		return err
	}
	return fmt.Errorf("%w: %w", ErrTwin, twinBefore(at, heard, heard.Add(twinFor)))
}

// recall takes up the twin that an earlier run heard shortly before this one began:
// for as long as one that is heard now, so that it can be heard anew.
func (f *Federation) recall() error {
	now := f.cfg.Now()
	at, heard, err := recallTwin(f.cfg.Store, now)
	if err != nil || heard.IsZero() || now.Sub(heard) >= twinFor {
		return err
	}
	f.twin = twin{at: at, heard: f.began, told: twinBefore(at, heard, now.Add(twinFor))}
	return nil
}

// twinBefore says that an earlier run heard a twin, and until when nothing is signed.
func twinBefore(at string, heard, until time.Time) phrase.Phrase {
	before := phrase.New("problem.twin_before", "a second node with this node's host key was heard until %s, shortly before this one stopped, so nothing is signed here before %s", clockTime(heard), clockTime(until))
	if at == "" {
		return phrase.Join(before, stopOne())
	}
	return phrase.Join(before, phrase.New("why.twin_at", "it ran at %s", at), stopOne())
}

// clockTime writes a moment for people, to the second, in UTC.
func clockTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// keepTwin keeps that a twin is heard now.
func keepTwin(store Values, at string, now time.Time) error {
	return store.Put(spaceTwin, keyTwin, append(binary.BigEndian.AppendUint64(nil, dated(now)), at...))
}

// dated returns the second under which a twin that is heard now is kept: the first by
// which it is kept anew if it is still heard, or what is heard until then would count
// from before it was.
func dated(now time.Time) uint64 { return uint64(now.Add(keepTwinEvery).Unix() + 1) }

// recallTwin returns when and where a twin was last heard, zero for never. What cannot
// be read, or is dated later than what is heard now, is taken for now, once
// and for all.
func recallTwin(store Values, now time.Time) (at string, heard time.Time, err error) {
	value, ok, err := store.Get(spaceTwin, keyTwin)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("federation: was a second node with this node's host key heard: %w", err)
	}
	if !ok {
		return "", time.Time{}, nil
	}
	const size = 8 // bytes of the time
	seconds := uint64(math.MaxUint64)
	if len(value) >= size {
		seconds, at = binary.BigEndian.Uint64(value), string(value[size:])
	}
	if seconds <= dated(now) {
		return at, time.Unix(int64(seconds), 0), nil
	}
	if err := keepTwin(store, at, now); err != nil {
		return "", time.Time{}, fmt.Errorf("federation: date anew when a second node with this node's host key was heard: %w", err)
	}
	return at, now, nil
}
