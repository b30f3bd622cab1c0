// Package speak is a node's voice: it says in its member's name what people and
// programs ask for, in the words of node/api, and tells what came of it.
//
// Between those words and a signed batch lie two things that know nothing of each
// other: node/source reads files, node/publish signs drafts. Here the one is handed
// to the other, every row that is not taken is told of and counted once, a thing
// that is said by hand is previewed before it is said, and what nobody would notice
// by itself (that a publication labels nothing, and why) is put into words. What is
// refused comes back as the kind of error that callers act on.
//
// What is accepted while signing is barred is said here too, as soon as it may be:
// somebody must try again, and tell when it is said or why it is not.
//
// Floor 11. It decides nothing about evidence or authority, keeps nothing, and does
// not know over which face it was asked.
package speak

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/publish"
	"ringfence/node/publish/hand"
	"ringfence/node/publish/pen"
	"ringfence/node/publish/publication"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/view"
)

// Config is what a Speaker needs. Exactly one of Publisher and Mute must be set,
// and all of the rest.
type Config struct {
	Publisher *publish.Publisher
	Mute      error // why there is no Publisher

	State  func() *charter.State // as the ledger stands
	List   func() *view.List
	Book   func() *answer.Book
	Stamp  func() api.ListStamp
	Now    func() time.Time
	Said   func()                         // hears that something may have been said
	Rows   func(outcome string, rows int) // hears what became of the rows of a file: accepted, rejected
	Logger *slog.Logger
}

// Speaker says things in the name of one issuer. It is safe for concurrent use.
// Without a publisher whatever it is asked to say is refused.
type Speaker struct {
	cfg   Config
	stuck atomic.Pointer[phrase.Phrase] // what keeps the queue from being said
}

// New returns a Speaker.
func New(cfg Config) *Speaker { return &Speaker{cfg: cfg} }

// Mute returns why nothing can be said: there is no publisher, or the charter does not
// name its key now; nil when something can.
func (s *Speaker) Mute() error {
	if s.cfg.Publisher == nil {
		return s.cfg.Mute
	}
	return s.cfg.Publisher.InForce()
}

// publisher returns who signs.
func (s *Speaker) publisher() (*publish.Publisher, error) {
	if why := s.Mute(); why != nil {
		return nil, api.Tell(api.Refused, phrase.Join(phrase.New("problem.mute", "this node cannot speak"), phrase.From(why)))
	}
	return s.cfg.Publisher, nil
}

// terms returns who signs, and what is drafted by hand now. Whatever keeps the node
// from saying anything is told first, unless only a preview is asked for.
func (s *Speaker) terms(preview bool) (*publish.Publisher, hand.Terms, error) {
	own, err := s.publisher()
	if err == nil && !preview {
		err = own.MaySay()
	}
	if err != nil {
		return nil, hand.Terms{}, Refusal(err)
	}
	t, err := own.Terms()
	return own, t, Refusal(err)
}

// Why returns what an error says to people: of a full disk the figures, in whole MiB and
// rounded so that they add up; of any other error its phrase.
func Why(err error) phrase.Phrase {
	var full *disk.DiskFullError
	if !errors.As(err, &full) {
		return phrase.From(err)
	}
	const more = 1<<20 - 1
	return phrase.New("problem.disk_full", "nothing is written, since %d MiB are free on the disk, writing may take %d MiB, and %d MiB must stay free beside: make room; look-ups go on, and writing too once there is room",
		full.Free>>20, (full.Need+more)>>20, (full.Floor+more)>>20)
}

// Refusal gives an error of the floors below the kind that callers act on (api.KindOf).
func Refusal(err error) error {
	var known *api.Error
	var void *publish.VoidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.As(err, &void), errors.Is(err, feed.ErrBarred), errors.Is(err, publication.ErrUnfinished), errors.Is(err, publish.ErrQueue), errors.Is(err, pen.ErrClock), errors.Is(err, pen.ErrHeld),
		errors.Is(err, publish.ErrNotIssuer), errors.Is(err, pen.ErrOtherHead), errors.Is(err, pen.ErrNotBarred), errors.Is(err, publish.ErrDamaged), errors.Is(err, publish.ErrUndone), errors.Is(err, disk.ErrDiskFull):
		return api.Tell(api.Refused, Why(err))
	case errors.Is(err, publication.ErrNone), errors.Is(err, publish.ErrNothingToUndo):
		return api.Tell(api.NotFound, Why(err))
	}
	return err
}
