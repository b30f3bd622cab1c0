// Package courier brings letters to the regulators over the network and asks how they
// stand.
//
// A member's node brings its own letters to every regulator's node that can be reached,
// again until it is known what became of them. A newcomer is nobody's peer and may know
// one address only, so that every node carries its request: to all regulators, at once,
// and back goes what they say. Nothing that is carried is kept.
//
// Strangers are heard slowly: what they may ask a second, together and from one address,
// is bounded before anything is read, and nothing of theirs but a request for admission is
// carried, with a name of the place that it came from: whoever asks much takes the places
// of his own requests.
//
// Floor 12, a room of node/council. What regulators answer is theirs: see letter.
package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	"golang.org/x/time/rate"

	"ringfence/node/council/letter"
	"ringfence/node/overlay"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// Desk answers on a regulator's node.
type Desk interface {
	// Take takes a letter that somebody brought.
	Take(l *letter.Letter, by letter.Bearer) letter.Standing
	// Tell says how letters stand.
	Tell(ids []cid.Cid) []letter.Standing
	// TakeBack takes a motion back.
	TakeBack(ctx context.Context, w *motion.Withdrawal) letter.Standing
}

// Config is what a Courier stands on.
type Config struct {
	State  func() *charter.State
	Self   keys.Public // the node's host key
	Logger *slog.Logger
}

// Courier is one. It may be used concurrently.
type Courier struct {
	cfg       Config
	desk      Desk                            // nil on a node that is no regulator's
	net       atomic.Pointer[overlay.Overlay] // while it runs
	strangers *strangers

	mu      sync.Mutex
	members map[string]*rate.Limiter // by member
}

// What may be asked.
const (
	askTime    = 10 * time.Second // for one question and its answer
	memberRate = 20               // questions a second of the nodes of one member, …
	memberMost = 200              // … and at once: a proposal of 65,536 entries is 16 letters
)

// New makes a Courier.
func New(cfg Config) *Courier {
	return &Courier{cfg: cfg, strangers: newStrangers(), members: make(map[string]*rate.Limiter)}
}

// Serve registers what this node answers, before the overlay runs: on a regulator's node
// from its desk, on others none.
func (c *Courier) Serve(o *overlay.Overlay, desk Desk) {
	c.desk = desk
	o.HandleAll(c.protocol(), func(s overlay.Stream) {
		defer func() { _ = s.Close() }() // it is gone either way
		if err := c.serve(s); err != nil {
			c.cfg.Logger.Debug("a question about a letter is not answered", "host", s.Peer().Short(), "reason", err)
		}
	})
}

func (c *Courier) protocol() string {
	return overlay.ProtocolsOf(c.cfg.State().Federation()).Propose
}

// Run has the courier on its way until ctx ends.
func (c *Courier) Run(ctx context.Context, o *overlay.Overlay) {
	c.net.Store(o)
	defer c.net.Store(nil)
	<-ctx.Done()
}

// memberOf returns the member whose host a key is; "" of a stranger.
func (c *Courier) memberOf(host keys.Public) string {
	s := c.cfg.State()
	m, ok := s.Host(host)
	if !ok || !s.IsMember(m) {
		return ""
	}
	return s.Member(m).ID
}

// allowed reports whether a member's node, or a stranger from some address, may ask now.
func (c *Courier) allowed(member string, at netip.Prefix) bool {
	if member == "" {
		return c.strangers.allow(at)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.members[member]
	if l == nil {
		l = rate.NewLimiter(memberRate, memberMost)
		c.members[member] = l // as many as there are members
	}
	return l.Allow()
}

func (c *Courier) serve(s overlay.Stream) error {
	member, at := c.memberOf(s.Peer()), overlay.PlaceOf(s)
	if !c.allowed(member, at) {
		return errors.New("too many questions")
	}
	most := letter.MaxQuestion
	if member == "" {
		most = letter.MaxSmall
	}
	if err := s.SetDeadline(time.Now().Add(askTime)); err != nil {
		return err
	}
	b, err := overlay.ReadFrame(s, most)
	if err != nil {
		return err
	}
	q, err := letter.DecodeQuestion(b)
	if err != nil {
		return err
	}
	if member == "" {
		q.Place = c.strangers.name(at)
	}
	ctx, stop := context.WithTimeout(context.Background(), askTime*3/4)
	defer stop()
	all, err := c.answer(ctx, &q, member)
	if err != nil {
		return err
	}
	return overlay.WriteFrame(s, letter.EncodeAnswer(all))
}

// answer answers a question of a member's node, "" of a stranger's.
func (c *Courier) answer(ctx context.Context, q *letter.Question, member string) ([]letter.Standing, error) {
	federation := c.cfg.State().Federation()
	switch {
	case len(q.Withdrawal) > 0:
		w, err := motion.OpenWithdrawal(q.Withdrawal, federation)
		switch {
		case err != nil:
			return nil, err
		case member == "" || c.desk == nil:
			return nil, errors.New("a motion is taken back with a regulator")
		}
		return []letter.Standing{c.desk.TakeBack(ctx, &w)}, nil
	case len(q.Letter) > 0:
		l, err := letter.Open(q.Letter, federation)
		switch {
		case err != nil:
			return nil, err
		case member == "" && (!l.IsRequest() || l.Kind != motion.AdmitMember):
			return nil, fmt.Errorf("a stranger brings a %s letter; strangers request to be admitted", l.Kind)
		}
		return c.Put(ctx, &l, letter.Bearer{Member: member, Place: q.Place}), nil
	}
	return c.Ask(ctx, q.IDs, member == ""), nil
}

// Put puts a letter to the regulator here, if there is one, and a stranger's to the others
// that can be reached. It returns how it stands.
func (c *Courier) Put(ctx context.Context, l *letter.Letter, by letter.Bearer) []letter.Standing {
	var all []letter.Standing
	if c.desk != nil {
		all = append(all, c.desk.Take(l, by))
	}
	if by.Member == "" {
		all = append(all, c.others(ctx, &letter.Question{Letter: l.Bytes(), Place: by.Place})...)
	}
	if len(all) == 0 {
		return nil
	}
	return []letter.Standing{Together(l.ID, all)}
}

// Ask asks how letters stand, here and where it is to be carried with the others: one
// standing a letter.
func (c *Courier) Ask(ctx context.Context, ids []cid.Cid, carry bool) (all []letter.Standing) {
	if c.desk != nil {
		all = c.desk.Tell(ids)
	}
	if !carry {
		return all
	}
	all = append(all, c.others(ctx, &letter.Question{IDs: ids})...)
	one := make([]letter.Standing, len(ids))
	for i, id := range ids {
		one[i] = Together(id, all)
	}
	return one
}

// Withdraw takes a motion back wherever it lies.
func (c *Courier) Withdraw(ctx context.Context, w *motion.Withdrawal) []letter.Standing {
	return c.others(ctx, &letter.Question{Withdrawal: w.Bytes()})
}

// Together puts together what several regulators say of one letter: the furthest state of
// any, and all votes on the motion that it is then.
func Together(id cid.Cid, all []letter.Standing) letter.Standing {
	one := letter.Standing{ID: id}
	for i := range all {
		if s := &all[i]; s.ID.Equals(id) && s.State > one.State {
			one = *s
		}
	}
	one.Votes = nil
	for i := range all {
		if s := &all[i]; s.ID.Equals(id) && s.Motion.Equals(one.Motion) {
			one.Votes = latest(one.Votes, s.Votes)
		}
	}
	return one
}

// latest adds votes to others, of each voter the last one.
func latest(votes, more []motion.Vote) []motion.Vote {
	for _, v := range more {
		at := slices.IndexFunc(votes, func(have motion.Vote) bool { return have.By == v.By })
		switch {
		case at < 0 && len(votes) < article.MaxRegulators:
			votes = append(votes, v)
		case at >= 0 && votes[at].Counter < v.Counter:
			votes[at] = v
		}
	}
	return votes
}

// others asks every other regulator's nodes that can be reached.
func (c *Courier) others(ctx context.Context, q *letter.Question) (all []letter.Standing) {
	said := c.each(ctx, q)
	for _, member := range slices.Sorted(maps.Keys(said)) {
		all = append(all, said[member]...)
	}
	return all
}

// each is others, by member.
func (c *Courier) each(ctx context.Context, q *letter.Question) map[string][]letter.Standing {
	o := c.net.Load()
	if o == nil {
		return nil
	}
	var mu sync.Mutex
	all := make(map[string][]letter.Standing)
	var asked sync.WaitGroup
	for _, host := range c.regulators() {
		asked.Go(func() {
			said, err := c.put(ctx, o, host, q)
			if err != nil {
				c.cfg.Logger.Debug("a regulator's node is not asked about a letter", "host", host.Short(), "reason", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			member := c.memberOf(host)
			all[member] = append(all[member], said...)
		})
	}
	asked.Wait()
	return all
}

// regulators returns the hosts of the members that have a seat, but for this node.
func (c *Courier) regulators() (hosts []keys.Public) {
	s := c.cfg.State()
	for _, seat := range s.Regulators() {
		if m, ok := s.MemberByID(seat.Member); ok {
			hosts = append(hosts, s.Member(m).Hosts...)
		}
	}
	return slices.DeleteFunc(hosts, func(h keys.Public) bool { return h == c.cfg.Self })
}

func (c *Courier) put(ctx context.Context, o *overlay.Overlay, host keys.Public, q *letter.Question) ([]letter.Standing, error) {
	s, err := o.Visit(ctx, host, c.protocol())
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }() // it is gone either way
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(askTime)
	}
	return Converse(s, deadline, q, c.cfg.State().Federation())
}

// Line is a stream on which a question is asked.
type Line interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	SetDeadline(time.Time) error
}

// Converse asks a question on a stream.
func Converse(s Line, deadline time.Time, q *letter.Question, federation cid.Cid) ([]letter.Standing, error) {
	if err := s.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if err := overlay.WriteFrame(s, q.Encode()); err != nil {
		return nil, err
	}
	b, err := overlay.ReadFrame(s, letter.MaxAnswer)
	if err != nil {
		return nil, err
	}
	return letter.DecodeAnswer(b, federation)
}
