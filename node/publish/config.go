package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/publish/damage"
	"ringfence/node/publish/hand"
	"ringfence/node/publish/internal/queue"
	"ringfence/node/publish/pen"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
	"ringfence/store/view"
)

// Config is what a Publisher needs. All but Announce, MaySign and
// Queue must be set.
type Config struct {
	Key    keys.Private // of the issuer whose feed is written
	Store  Store
	Door   pen.Door
	View   View
	Now    func() time.Time
	Random io.Reader // a cryptographic source outside tests
	// Announce hears of batches that are durable and listed, in order, to
	// tell peers of them. It may be nil.
	Announce func([]*intake.Admitted)
	// MaySign returns why nothing may be signed now, nil when it may be; a nil
	// MaySign lets everything be signed.
	MaySign func() error
	// Queue lets what is accepted while the issuer is barred as feed.Restored wait
	// to be said by Drain, once the peers have confirmed its feed; else it is refused.
	Queue bool
}

// Store keeps what must outlive a crash. Both store/disk and store/memory are
// one.
type Store interface {
	pen.Store
	damage.Store
	Values
}

// Values keeps small named values.
type Values interface {
	Put(space, key string, value []byte) error
	Get(space, key string) ([]byte, bool, error)
	Delete(space, key string) error
	List(space string, fn func(key string, value []byte) error) error
}

// View tells what stands and what statements would do: view.View.
type View interface {
	Follow() (int, error)
	List() *view.List
	// Deliveries returns what a member published, from any node.
	Deliveries(member charter.MemberIndex) []view.Delivery
	// Excerpt returns what a member said under some publication IDs.
	Excerpt(member charter.MemberIndex, ids []assertion.PublicationID) *view.Excerpt
	// Delivered yields what a member ever said under a publication ID.
	Delivered(member charter.MemberIndex, id assertion.PublicationID) iter.Seq[view.Told]
	Preview(issuer keys.Public, now int64, publication assertion.PublicationID, statements []assertion.Statement) (view.Preview, error)
}

// ErrNotIssuer says that the charter does not know the key as an issuer.
var ErrNotIssuer = errors.New("publish: not an issuer of the federation")

// ErrDamaged says that a batch of the issuer's own cannot be read here.
var ErrDamaged = damage.ErrDamaged

// ErrQueue says that what was accepted before has to be said first, and cannot be.
var ErrQueue = errors.New("publish: what was accepted before waits to be said first")

// Publisher speaks for one issuer. It is safe for concurrent use; one
// publication is made at a time.
type Publisher struct {
	cfg  Config
	as   atomic.Pointer[identity]
	book publication.Book
	line queue.Line

	mu    sync.Mutex  // held while anything is said; guards what follows
	dealt []Drained   // of the queue, that Drain has not returned yet
	swept bool        // the queue, of what a stop left behind
	heir  keys.Public // the issuer that has said again what others left
}

// New returns a Publisher. It fails when the configuration lacks what every publisher
// needs. It may speak while the charter names its key: see InForce.
func New(cfg Config) (*Publisher, error) {
	switch {
	case cfg.Key.IsZero():
		return nil, fmt.Errorf("publish: no issuer key")
	case cfg.Store == nil || cfg.Door == nil || cfg.View == nil:
		return nil, fmt.Errorf("publish: store, door and view are needed")
	case cfg.Now == nil || cfg.Random == nil:
		return nil, fmt.Errorf("publish: clock and randomness are needed")
	}
	p := &Publisher{cfg: cfg, book: publication.Book{Values: cfg.Store}, line: queue.Line{Values: cfg.Store}}
	p.adopt(cfg.Key)
	return p, nil
}

// identity is by which key the publisher speaks.
type identity struct {
	issuer keys.Public
	pen    *pen.Pen
}

func (p *Publisher) adopt(key keys.Private) {
	p.as.Store(&identity{key.Public(), pen.New(pen.Config{
		Key: key, Federation: p.cfg.View.List().State().Federation(), Store: p.cfg.Store, Door: p.cfg.Door, Now: p.cfg.Now,
		MaySign: p.maySign, Spare: p.spare, Epoch: p.epoch,
	})})
}

// Succeed goes on under another key of the member, once what is being said is said.
func (p *Publisher) Succeed(key keys.Private) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.adopt(key)
}

// InForce returns ErrNotIssuer, with the reason, unless the charter as it stands names
// the key as an issuer.
func (p *Publisher) InForce() error {
	_, err := p.speaker()
	return err
}

// maySign refuses a key that is no issuer's, and what the configuration refuses.
func (p *Publisher) maySign() error {
	if err := p.InForce(); err != nil || p.cfg.MaySign == nil {
		return err
	}
	return p.cfg.MaySign()
}

// epoch is the open epoch of the feed, by the charter as the list has it.
func (p *Publisher) epoch() feed.Epoch { return p.cfg.View.List().State().OpenEpoch(p.Issuer()) }

// spare reports whether the charter names another key of the issuer's member.
func (p *Publisher) spare() bool {
	state := p.cfg.View.List().State()
	r, ok := state.Record(p.Issuer())
	return ok && slices.ContainsFunc(state.Member(r.Member).Issuers, func(k keys.Public) bool { return k != p.Issuer() })
}

// Issuer returns the key whose feed is written.
func (p *Publisher) Issuer() keys.Public { return p.as.Load().issuer }

// speaker is who speaks, by the charter as it stands now.
type speaker struct {
	list   *view.List
	state  *charter.State
	member charter.MemberIndex
	id     string // of the member
	now    int64  // Unix seconds
}

func (s *speaker) terms() hand.Terms {
	return hand.Terms{Member: s.id, Policy: s.state.Policy(), Rules: s.list.Rules(), Now: s.now, Day: s.list.Stamp().Day}
}

func (p *Publisher) speaker() (speaker, error) {
	list := p.cfg.View.List()
	state := list.State()
	info, ok := state.Issuer(p.Issuer())
	if r, was := state.Record(p.Issuer()); was && !ok {
		if !state.IsMember(r.Member) {
			return speaker{}, fmt.Errorf("%w: %w", ErrNotIssuer, phrase.New("problem.ended_left", "the regulators ended the issuer key %s at ledger entry %d, and its member has left the federation or was expelled: nothing more is signed in its name", p.Issuer().Short(), r.End.Since))
		}
		return speaker{}, fmt.Errorf("%w: %w", ErrNotIssuer, phrase.New("problem.ended_issuer", "the regulators ended the issuer key %s at ledger entry %d, and an ended key signs nothing more: the member goes on under another key that the ledger admits, on the node that holds that key", p.Issuer().Short(), r.End.Since))
	}
	if !ok {
		return speaker{}, fmt.Errorf("%w: %w", ErrNotIssuer, phrase.New("problem.not_issuer", "the charter names no issuer with the key %s: it speaks, by itself, once the regulators have admitted it; ringfence join asks for that", p.Issuer().Short()))
	}
	return speaker{list: list, state: state, member: info.Member, id: state.Member(info.Member).ID, now: p.cfg.Now().Unix()}, nil
}

// turn is begin for what is said anew: what was accepted before it is said first,
// or a newer word would be replaced by an older one. The error is ErrQueue when that
// cannot be; the speaker is there all the same. The caller holds mu.
func (p *Publisher) turn(ctx context.Context) (speaker, error) {
	who, err := p.begin()
	if err != nil {
		return who, err
	}
	before := len(p.dealt)
	if err := p.drainLine(ctx); err != nil {
		return who, fmt.Errorf("%w: %w", ErrQueue, err)
	}
	if len(p.dealt) == before {
		return who, nil
	}
	return p.speaker()
}

// begin makes the feed whole and returns the speaker by the newest list, in
// which all that was said before is counted. The caller holds mu.
func (p *Publisher) begin() (speaker, error) {
	if _, err := p.settle(); err != nil {
		return speaker{}, err
	}
	return p.speaker()
}
