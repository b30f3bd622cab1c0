package council

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/cosign"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/number"
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
	Submit(ctx context.Context, command []byte) (quorum.Answer, error)
	Docket() (ballot.Docket, bool)
	Entered(id cid.Cid) bool
	Realign() (cosign.SignedPromise, error)
	Status() quorum.Status
}

// Store keeps small values.
type Store interface {
	Put(space, key string, value []byte) error
	List(space string, fn func(key string, value []byte) error) error
	Delete(space, key string) error
}

// Config is what a Council stands on.
type Config struct {
	Ledger    Follower
	Held      ledger.Source // what is followed, as it is held
	Decided   *History
	Regulator Regulator    // nil of a member
	Vote      keys.Private // of the regulator, zero of a member
	Issuer    keys.Private // by which a member proposes; zero: this node cannot
	List      func() *view.List
	ReadKey   func(text, country string) (number.Range, error)
	Store     Store
	Now       func() time.Time
	Random    io.Reader
	Logger    *slog.Logger
}

// Council implements api.Council. It may be used concurrently.
type Council struct {
	cfg Config
	log *slog.Logger

	mu      sync.Mutex
	pending map[string]*pending // by key in the store
	known   map[cid.Cid]*memo   // what was before the regulators, or proposed here
	order   []cid.Cid           // of known, the oldest first
}

// maxKnown is how many motions are remembered that lie nowhere any more.
const maxKnown = 4096

// memo is what is remembered of a motion beyond where it lies.
type memo struct {
	motion    motion.Signed
	withdrawn bool
	refusal   phrase.Phrase // why it ended
}

// New makes a Council, with the commands that it had not done with.
func New(cfg Config) (*Council, error) {
	c := &Council{cfg: cfg, log: cfg.Logger, pending: make(map[string]*pending), known: make(map[cid.Cid]*memo)}
	return c, c.recall()
}

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

// History is what the ledger decided, as it is followed. The zero History is ready; it
// may be used concurrently.
type History struct {
	mu    sync.Mutex
	at    map[cid.Cid]uint64 // motions, and where their entries are
	order []decided
}

type decided struct {
	motion motion.Signed
	votes  []motion.Vote
	first  uint64
}

// Recent is how many of the last motions are kept in full.
const Recent = 4096

// Add takes the next decisions of the ledger, in order.
func (h *History) Add(all []charter.Enacted) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at == nil {
		h.at = make(map[cid.Cid]uint64)
	}
	for i := range all {
		if m := all[i].Motion; m != nil {
			h.at[m.Motion.ID] = all[i].First
			h.order = append(h.order, decided{m.Motion, m.Votes, all[i].First})
		}
	}
	if over := len(h.order) - 2*Recent; over > 0 {
		h.order = append([]decided(nil), h.order[len(h.order)-Recent:]...)
	}
}

// first returns where a motion lies in the ledger.
func (h *History) first(id cid.Cid) (uint64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.at[id]
	return at, ok
}

// last returns the last motions that were decided, the newest first.
func (h *History) last(most int) []decided {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []decided
	for i := len(h.order) - 1; i >= 0 && len(all) < most; i-- {
		all = append(all, h.order[i])
	}
	return all
}
