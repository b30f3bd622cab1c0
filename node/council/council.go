package council

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/cosign"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/standing"
	"ringfence/node/answer"
	"ringfence/node/authority"
	"ringfence/node/council/anchors"
	"ringfence/node/council/courier"
	"ringfence/node/council/heads"
	"ringfence/node/council/history"
	"ringfence/node/council/inbox"
	"ringfence/node/council/overtaken"
	"ringfence/node/council/parting"
	"ringfence/node/council/seats"
	"ringfence/node/council/submit"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/view"
)

// Follower is the ledger as it is followed here: follow.Follower.
type Follower interface {
	Standing() follow.Standing
	Past() *enact.Past
	Tree() ledger.Tree
}

// Regulator is a regulator's part in keeping it: quorum.Regulator.
type Regulator interface {
	Submit(ctx context.Context, command []byte) (applied.Answer, error)
	Docket() (ballot.Docket, bool)
	Open(kind motion.Kind) []ballot.Open
	Shows(command []byte) bool
	Entered(id cid.Cid) bool
	Withdrawn(id cid.Cid) bool
	Realign() (cosign.SignedPromise, error)
	Status() standing.Status
}

// Config is what a Council stands on.
type Config struct {
	Ledger    Follower
	Held      ledger.Source // what is followed, as it is held
	Decided   *history.History
	Regulator Regulator            // nil of a member
	Vote      keys.Private         // of the regulator, zero of a member
	Issuer    keys.Private         // by which a member proposes; zero: this node cannot
	Inbox     *inbox.Inbox         // of a regulator; made by New
	Outbox    Outbox               // of a member; nil: it puts nothing to the regulators
	Anchors   anchors.Config       // of a regulator: where the anchored view comes from
	Idle      func() phrase.Phrase // why this node does not take the seat that its key has; may be nil
	List      func() *view.List
	Book      func() *answer.Book // reads numbers
	Store     submit.Store
	Feeds     heads.Feeds
	Now       func() time.Time
	Random    io.Reader
	Logger    *slog.Logger
	Host      keys.Public // of this node
}

// Council implements api.Council. It may be used concurrently.
type Council struct {
	*seats.Seats
	heads.Heads

	cfg       Config
	log       *slog.Logger
	courier   *courier.Courier // nil: what is put to the regulators travels by itself
	outbox    *courier.Outbox
	anchors   *anchors.Anchors             // nil of a member
	issuer    atomic.Pointer[keys.Private] // by which it proposes for a member
	submits   *submit.Submitter
	overtaken overtaken.Judge // of what waits in the inbox

	mu      sync.Mutex
	known   map[cid.Cid]*memo // what was before the regulators, or proposed here
	order   []cid.Cid         // of known, the oldest first
	counter uint64            // of the last vote that was signed
}

// maxKnown is how many motions are remembered that lie nowhere any more.
const maxKnown = 4096

// memo is what is remembered of a motion beyond where it lies.
type memo struct {
	motion    motion.Signed
	withdrawn bool
	unsent    bool          // no quorum could be reached to take it: nothing was done
	refusal   phrase.Phrase // why it ended
}

// Open is New with what a node has: its place under the ledger, and its keys, nil for
// none. Of a member that speaks it proposes by its issuer key.
func Open(cfg Config, under *authority.Authority, ring *keys.Ring, speaks bool) (c *Council, err error) {
	cfg.Ledger, cfg.Held = under.Follower(), under
	if r := under.Regulator(); r != nil {
		cfg.Regulator = r
		if cfg.Vote, err = ring.Private(keys.PurposeVote); err != nil {
			return nil, fmt.Errorf("council: %w", err)
		}
	}
	cfg.Idle = func() phrase.Phrase { return under.Idle(ring) }
	if why := cfg.Idle(); !why.IsZero() {
		cfg.Logger.Error(why.Text)
	}
	if speaks {
		if cfg.Issuer, err = ring.Private(keys.PurposeIssuer); err != nil {
			return nil, fmt.Errorf("council: %w", err)
		}
	}
	post := courier.New(courier.Config{State: func() *charter.State { return cfg.Ledger.Standing().State }, Self: cfg.Host, Logger: cfg.Logger})
	var out *courier.Outbox
	if speaks && cfg.Regulator == nil {
		if out, err = courier.NewOutbox(post, cfg.Store, cfg.Now); err != nil {
			return nil, fmt.Errorf("council: %w", err)
		}
		cfg.Outbox = out
	}
	if c, err = New(cfg); err == nil {
		c.courier, c.outbox = post, out
		if out != nil {
			c.Anchors = parting.Watch{Sent: out.Sent, State: c.state}
		}
	}
	return c, err
}

// New makes a Council, with the commands that it had not done with.
func New(cfg Config) (*Council, error) {
	c := &Council{Heads: heads.Heads{Ledger: cfg.Ledger, Feeds: cfg.Feeds}, cfg: cfg, log: cfg.Logger, known: make(map[cid.Cid]*memo)}
	c.overtaken.Size, c.overtaken.Past = func() uint64 { return cfg.Ledger.Standing().Size() }, cfg.Ledger.Past
	c.Succeed(cfg.Issuer)
	c.Seats = &seats.Seats{Ledger: cfg.Ledger, Seat: c.seat, Idle: cfg.Idle, Now: cfg.Now}
	if cfg.Regulator != nil {
		c.Seats.Regulator = cfg.Regulator
	}
	c.anchoring()
	var err error
	c.submits, err = submit.New(submit.Config{Regulator: cfg.Regulator, Store: cfg.Store, Now: cfg.Now, Logger: cfg.Logger, Ended: c.ended})
	if err != nil || cfg.Regulator == nil {
		return c, err
	}
	c.cfg.Inbox, err = inbox.Open(inbox.Config{Store: cfg.Store, State: c.state, Now: cfg.Now})
	return c, err
}

// Succeed goes on under another issuer key of the member.
func (c *Council) Succeed(key keys.Private) { c.issuer.Store(&key) }

// remember notes a motion, so that it can be told of when it lies nowhere any more. The
// caller holds mu.
func (c *Council) remember(m *motion.Signed) *memo {
	if have := c.known[m.ID]; have != nil {
		return have
	}
	if len(c.order) >= maxKnown {
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
	c.known[m.ID] = &memo{motion: *m}
	c.order = append(c.order, m.ID)
	return c.known[m.ID]
}

// ended notes why nothing came of a command that was kept.
func (c *Council) ended(id cid.Cid, why phrase.Phrase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.known[id]; m != nil {
		m.refusal = why
		c.log.Warn("what was put to the regulators came to nothing", "motion", id.String(), "reason", why.Text)
	}
}

// state is the constitution as it is followed.
func (c *Council) state() *charter.State { return c.cfg.Ledger.Standing().State }

// seat returns the member whose regulator this node is; "" if none.
func (c *Council) seat() string {
	if c.cfg.Vote.IsZero() {
		return ""
	}
	seat, _ := c.state().Regulator(c.cfg.Vote.Public())
	return seat.Member
}
