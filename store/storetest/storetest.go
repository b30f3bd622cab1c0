// Package storetest says what a store of feeds promises, and tests it.
//
// The interface and the suite travel together: what intake, the view and the
// publisher rely on is one list here, and store/disk and store/memory each pass
// the same tests in a few lines. A promise that no test here checks is none.
//
// Durability is not among them, for a store in memory keeps nothing; store/disk
// tests its own.
//
// Floor 6, for tests only.
package storetest

import (
	"io"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Store is everything that a store of feeds can do. Consumers declare the few
// methods that they need. All may be called concurrently; what goes in and what
// comes out is shared with nobody.
type Store interface {
	Feeds
	Follower
	Signer
	Values

	// Quarantine stops serving a batch that is held, for a reason: Has, Batch
	// and Since leave it out, Append replaces it, and it arrives anew.
	Quarantine(batch cid.Cid, reason string) error
	// Quarantined lists them in their order of arrival.
	Quarantined() ([]feed.Quarantined, error)

	// Backup writes the store of one moment as an archive (store/archive).
	Backup(w io.Writer) error
	// Close gives up what the store holds; it may be called again.
	Close() error
}

// Feeds is what the door into feeds needs.
type Feeds interface {
	// Tip returns the last batch of an epoch, Latest that of the highest
	// epoch held, Tips all of them by issuer and epoch.
	Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error)
	Latest(issuer keys.Public) (feed.Tip, bool, error)
	Tips() ([]feed.Head, error)
	// Header returns the signed header at a place, also of a batch in
	// quarantine.
	Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error)
	// Has reports whether a batch is held and served.
	Has(batch cid.Cid) (bool, error)
	// Append keeps records in their order, each whole or not at all, durable
	// when it returns. One that is held is passed over; any other must be the
	// next of its feed, from sequence 0 in each epoch. On an error those
	// before the failing one are kept. It removes the reservation that a
	// record fulfils.
	Append(records []feed.Record) error
	// Rewind makes the feed of an epoch end before a sequence, if it goes on there. The
	// batches beyond are held on, by their CIDs and for Since, and have no place: Append
	// passes them over, and a backup leaves them out.
	Rewind(issuer keys.Public, epoch, sequence uint64) error
	// PutFork keeps the lowest proof of each epoch, Fork returns it, Forks
	// lists them by issuer and epoch.
	PutFork(p feed.ForkProof) error
	Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error)
	Forks() ([]feed.ForkProof, error)
}

// Follower is what those need who keep something derived from the feeds.
type Follower interface {
	// Batch returns a batch that is held and served.
	Batch(c cid.Cid) (feed.Record, bool, error)
	// Since calls fn for the batches that arrived after cursor, in order; 0 is
	// before the first, next resumes after r. A cursor that no arrival reached
	// is feed.ErrCursor. An error of fn ends it and is returned.
	Since(cursor uint64, fn func(next uint64, r feed.Record) error) error
}

// Signer is what a publisher needs so that no place is ever signed twice.
type Signer interface {
	// Reserve keeps unsigned headers and bodies, durable when it returns. The
	// first follows whatever is later, the highest place ever reserved or the
	// last batch held.
	Reserve(issuer keys.Public, drafts []feed.Reservation) error
	// Reserved lists what was reserved and not appended, in order.
	Reserved(issuer keys.Public) ([]feed.Reservation, error)
	// HighestReserved never goes back.
	HighestReserved(issuer keys.Public) (feed.Tip, bool, error)
	// Bar makes Reserve answer feed.ErrBarred until Lift. A bar of a higher kind
	// takes the place of a lower one; of one kind the first stays.
	Bar(issuer keys.Public, bar feed.Bar) error
	Barred(issuer keys.Public) (feed.Bar, bool, error)
	// Lift ends a bar of the kind most or a lower one; of a higher one it answers
	// feed.ErrBarred.
	Lift(issuer keys.Public, most feed.BarKind) error
}

// Values keeps small named values in spaces.
type Values interface {
	Put(space, key string, value []byte) error
	Get(space, key string) ([]byte, bool, error)
	// List calls fn for the values of a space by the bytes of their keys.
	List(space string, fn func(key string, value []byte) error) error
	// Delete forgets a value, if there is one.
	Delete(space, key string) error
}

// Run tests the stores that open makes, each of them empty; open closes them
// when their test ends.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s Store)
	}{
		{"empty", testEmpty},
		{"append and read", testAppend},
		{"append refuses", testAppendRefuses},
		{"append again", testAppendAgain},
		{"epochs", testEpochs},
		{"rewind", testRewind},
		{"rewind a long feed", testRewindLong},
		{"tips in order", testTips},
		{"nothing is shared", testNothingShared},
		{"forks", testForks},
		{"since", testSince},
		{"since stops", testSinceStops},
		{"quarantine", testQuarantine},
		{"quarantine refuses", testQuarantineRefuses},
		{"reserve and append", testReserve},
		{"reserve refuses", testReserveRefuses},
		{"reserve after others", testReserveAfterTip},
		{"another batch at a reserved place", testReservedPlaceTaken},
		{"bar", testBar},
		{"stolen", testStolen},
		{"named values", testNamed},
		{"named values are apart", testNamedApart},
		{"backup", testBackup},
		{"readers beside a writer", testConcurrent},
		{"random", testRandom},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}
