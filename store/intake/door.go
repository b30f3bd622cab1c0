package intake

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/taxonomy"
)

// Ahead is how far a batch may be dated ahead of the node's clock before it
// has to wait.
const Ahead = 10 * time.Minute

// Roster knows who may own a feed. charter.State is one.
type Roster interface {
	// EverAdmitted reports whether the ledger, as far as known here, ever
	// admitted the key as an issuer, ended or not.
	EverAdmitted(issuer keys.Public) bool
}

// Store keeps feeds and fork proofs.
type Store interface {
	// Tip returns the last batch held of an epoch.
	Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error)
	// Header returns the signed header held at a place, also that of a batch
	// in quarantine.
	Header(issuer keys.Public, epoch, sequence uint64) ([]byte, bool, error)
	// Has reports whether a batch is held whole and served.
	Has(batch cid.Cid) (bool, error)
	// Append keeps records in their order; they are durable when it returns.
	// One that is held already but in quarantine takes its own place again.
	Append(records []feed.Record) error
	// Fork returns the proof held of an epoch.
	Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error)
	// Rewind makes the feed of an epoch end before a sequence, durably. What is beyond is
	// held on without a place.
	Rewind(issuer keys.Public, epoch, sequence uint64) error
	// PutFork keeps a proof in place of the one held of its epoch.
	PutFork(proof feed.ForkProof) error
}

// Erasure is a slot that came without its opening.
type Erasure struct {
	Issuer      keys.Public
	Ref         taxonomy.Ref
	Publication assertion.PublicationID
	Expiry      taxonomy.Day
}

// Config is what a Door needs. The funcs may be nil; they stand for what the
// ledger will say and are asked under the door's lock.
type Config struct {
	Federation cid.Cid
	Roster     Roster
	Store      Store

	// Day returns the list's day; nil: the UTC day of now.
	Day func(now time.Time) taxonomy.Day
	// Retracted reports whether a retract that is anchored and in force names
	// the slot; nil: none does.
	Retracted func(Erasure) bool
	// Opened returns the highest epoch of an issuer that the ledger has opened;
	// nil: 0 of everybody. It is asked without the lock too.
	Opened func(issuer keys.Public) uint64
	// Base returns the batch of the epoch before on which an opened epoch goes on,
	// without its time, the zero Tip for none; nil: all begin from nothing.
	Base func(issuer keys.Public, epoch uint64) feed.Tip
	// Anchored returns the last head that the ledger anchored in an epoch;
	// nil: nothing is anchored.
	Anchored func(issuer keys.Public, epoch uint64) (feed.Tip, bool)
	// Keep reports whether what a fork froze is taken of an issuer all the same, for
	// its member to know what to say again; it counts for nothing. nil: of nobody.
	Keep func(issuer keys.Public) bool
	// Forked hears of every proof that is kept, after it is durable; nil: nobody
	// does. It is called under the door's lock and must not call the door.
	Forked func(feed.ForkProof)
}

// Door admits batches. Make one with New; it is safe for concurrent use, and
// one call is served at a time.
type Door struct {
	cfg Config

	trails trails // of branches that the ledger anchored

	mu sync.Mutex // held while feeds grow
}

// New returns a door. It fails when the configuration lacks what every node
// has.
func New(cfg Config) (*Door, error) {
	switch {
	case !cfg.Federation.Defined():
		return nil, errors.New("intake: the configuration names no federation")
	case cfg.Roster == nil:
		return nil, errors.New("intake: the configuration has no roster")
	case cfg.Store == nil:
		return nil, errors.New("intake: the configuration has no store")
	}
	if cfg.Day == nil {
		cfg.Day = func(now time.Time) taxonomy.Day { return taxonomy.DayOf(now.Unix()) }
	}
	if cfg.Retracted == nil {
		cfg.Retracted = func(Erasure) bool { return false }
	}
	if cfg.Opened == nil {
		cfg.Opened = func(keys.Public) uint64 { return 0 }
	}
	if cfg.Base == nil {
		cfg.Base = func(keys.Public, uint64) feed.Tip { return feed.Tip{} }
	}
	if cfg.Anchored == nil {
		cfg.Anchored = func(keys.Public, uint64) (feed.Tip, bool) { return feed.Tip{}, false }
	}
	if cfg.Keep == nil {
		cfg.Keep = func(keys.Public) bool { return false }
	}
	if cfg.Forked == nil {
		cfg.Forked = func(feed.ForkProof) {}
	}
	return &Door{cfg: cfg}, nil
}

// Admit takes offers in their order and returns one outcome for each. Offers
// of one call may follow each other in one feed. All that is admitted is made
// durable together before Admit returns; when it returns an error nothing of
// the call is admitted, and the same offers may come again.
func (d *Door) Admit(offers []Offer, now time.Time) ([]Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	hall := newHall(d.cfg.Store)
	outcomes := make([]Outcome, len(offers))
	for i, offer := range offers {
		v := visit{cfg: &d.cfg, trails: &d.trails, hall: hall, now: now, offer: offer}
		outcome, err := v.walk()
		d.tell(v.fork) // which is durable already
		if err != nil {
			return nil, fmt.Errorf("intake: admit offer %d of %d: %w", i+1, len(offers), err)
		}
		outcomes[i] = outcome
	}
	if err := hall.settle(); err != nil {
		return nil, fmt.Errorf("intake: append %d batches: %w", len(hall.records), err)
	}
	for i := range outcomes {
		d.tell(outcomes[i])
	}
	return outcomes, nil
}

// Inspect judges an offer by itself, without the feed and without keeping
// anything: an Outcome without a status says that it is sound, so that every honest node
// which knows its issuer finds the same. Whoever passes offers on before they are
// admitted asks it. It takes no lock and reads no disk.
func (d *Door) Inspect(offer Offer) Outcome {
	v := visit{cfg: &d.cfg, offer: offer}
	for _, s := range steps {
		if !s.still {
			continue
		}
		if outcome, err := s.take(&v); err != nil || outcome.Status != 0 {
			outcome.Issuer, outcome.Tip = v.header.Issuer, v.tip()
			return outcome
		}
	}
	return Outcome{Issuer: v.header.Issuer, Tip: v.tip()}
}

// AdmitFork takes an encoded fork proof. Its outcome is Forked, or Early when
// the issuer is not known or its epoch not open here, or closed, or a later release made it, or
// Refused when it proves nothing. Only the first keeps anything: of epochs that were
// never opened one key can sign as many forks as it likes.
func (d *Door) AdmitFork(encoded []byte) (Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	proof, err := feed.ParseForkProof(encoded)
	if errors.Is(err, assertion.ErrNewer) {
		return because(NewerVersion, "%v", err), nil
	}
	if err != nil {
		return because(BadHeader, "%v", err), nil
	}
	if !proof.Federation().Equals(d.cfg.Federation) {
		return because(OtherFederation, "the fork proof is of federation %s, this node is of %s", proof.Federation(), d.cfg.Federation), nil
	}
	if !d.cfg.Roster.EverAdmitted(proof.Issuer()) {
		return because(UnknownIssuer, "no admission of key %s is known here; the ledger may say more later", proof.Issuer().Short()), nil
	}
	first, _ := proof.Headers()
	outcome := d.cfg.unopened(proof.Issuer(), proof.Epoch())
	if d.cfg.closed(proof.Issuer(), proof.Epoch()) {
		outcome = because(FrozenEpoch, "the ledger has closed epoch %d of key %s; only what it anchored of it is taken", proof.Epoch(), proof.Issuer().Short())
	}
	if outcome.Status == 0 {
		if outcome, err = keepFork(d.cfg.Store, proof); err != nil {
			return Outcome{}, fmt.Errorf("intake: keep fork proof: %w", err)
		}
	}
	outcome.Issuer, outcome.Tip = proof.Issuer(), first.Tip()
	d.tell(outcome)
	return outcome, nil
}

// Note keeps a fork proof that the ledger holds, whatever the ledger says of the issuer and
// the epoch since: of those the regulators let in nobody can sign too many.
func (d *Door) Note(proof feed.ForkProof) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	outcome, err := keepFork(d.cfg.Store, proof)
	if err != nil {
		return fmt.Errorf("intake: keep a fork proof of the ledger: %w", err)
	}
	d.tell(outcome)
	return nil
}

// tell passes a fork on that is news.
func (d *Door) tell(o Outcome) {
	if o.Reason == NewFork {
		d.cfg.Forked(o.Fork)
	}
}

// keepFork keeps a proof unless one as low is held.
func keepFork(store Store, proof feed.ForkProof) (Outcome, error) {
	held, _, err := store.Fork(proof.Issuer(), proof.Epoch())
	if err != nil {
		return Outcome{}, err
	}
	lowest := feed.Lower(held, proof)
	reason := KnownFork
	if held.IsZero() || lowest.Compare(held) != 0 {
		reason = NewFork
		if err := store.PutFork(lowest); err != nil {
			return Outcome{}, err
		}
	}
	outcome := because(reason, "key %s signed two headers for epoch %d, sequence %d: its member must go on under another key until the ledger reinstates this one", proof.Issuer().Short(), proof.Epoch(), proof.Sequence())
	outcome.Fork = lowest
	return outcome, nil
}

// because returns the outcome that a reason stands for.
func because(reason Reason, format string, args ...any) Outcome {
	return Outcome{Status: reasons[reason].status, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}
