package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/prove"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/past"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// withList has a home in a council's federation publish numbers as the trusted list.
func withList(t *testing.T, numbers ...string) (*home, *board) {
	h, c := withCouncil(t, func(cfg *charter.FoundingConfig) { cfg.Trusted = append(cfg.Trusted, "list") })
	must(t, h.node.Store().Lift(chartertest.Issuer("list").Public(), feed.Restored))
	h.list("2026-11-20", numbers...)
	return h, c
}

// later moves all clocks on by an hour.
func (c *board) later() {
	c.h.now = c.h.now.Add(time.Hour)
	c.Now += 3600
}

// enacts carries a motion, has its tick come, and brings the ledger to the node.
func (c *board) enacts(kind motion.Kind, items [][]byte) uint64 {
	c.Helper()
	r := c.Try(c.Motion(kind, items, nil), "reg")
	c.take(r)
	c.take(c.Tick())
	c.keep()
	return r.Enacted.First
}

// head is the end of a feed that the node holds, as anchors name it.
func (c *board) head(issuer string) motion.AnchoredHead {
	c.Helper()
	tip, held, err := c.h.node.Store().Tip(chartertest.Issuer(issuer).Public(), 0)
	info, known := c.State.Constitution().Issuer(chartertest.Issuer(issuer).Public())
	if err != nil || !held || !known {
		c.Fatal(issuer, held, known, err)
	}
	hash := tip.CID.Hash()
	return motion.AnchoredHead{Issuer: info.Index, Epoch: tip.Epoch, Sequence: tip.Sequence, Digest: merkle.Hash(hash[len(hash)-merkle.HashSize:])}
}

// anchors anchors what the node holds of some feeds, whose list has the root that root
// makes of the one that is right.
func (c *board) anchors(root func(merkle.Hash) merkle.Hash, issuers ...string) uint64 {
	c.Helper()
	v, err := view.New(view.Config{State: c.h.node.founded, Source: c.h.node.Store(), Day: c.h.node.today(), Session: 9, Anchored: true})
	if err == nil {
		err = v.Enact(c.decided...)
	}
	heads := motion.AnchorHeads{}
	for _, issuer := range issuers {
		heads.Heads = append(heads.Heads, c.head(issuer))
	}
	point := motion.AnchorPoint{Size: c.State.Size(), Day: taxonomy.DayOf(c.Now)}
	if err == nil {
		point.ListRoot, err = v.BringTo(heads.Heads)
	}
	point.ListRoot = root(point.ListRoot)
	named, failed := heads.Encode()
	if err := errors.Join(err, failed); err != nil {
		c.Fatal(err)
	}
	return c.enacts(motion.Anchor, [][]byte{point.Encode(), named})
}

func right(root merkle.Hash) merkle.Hash { return root }

// proves asks for a proof, verifies it with the genesis alone, and a tampered one not.
func (h *home) proves(q api.ProofQuery) (api.Proof, *prove.Finding) {
	h.t.Helper()
	p, err := h.node.Prove(context.Background(), q)
	if err != nil {
		h.t.Fatalf("%+v: %v", q, err)
	}
	v, err := prove.NewVerifier(prove.Trust{Genesis: h.node.genesis})
	must(h.t, err)
	f, err := v.Verify(p.Proof)
	if err != nil {
		h.t.Fatalf("%+v: %v", q, err)
	}
	if len(p.Proof) != p.Bytes || p.LedgerSize != f.Certified.Size {
		h.t.Errorf("%+v: %d bytes are told to be %d, of size %d: %d", q, len(p.Proof), p.Bytes, f.Certified.Size, p.LedgerSize)
	}
	bad := bytes.Clone(p.Proof)
	bad[len(bad)/2] ^= 4
	if _, err := v.Verify(bad); err == nil {
		h.t.Errorf("%+v: a tampered proof passes", q)
	}
	return p, f
}

// refusesProof compares why there is no proof.
func (h *home) refusesProof(q api.ProofQuery, kind api.Kind, code string) {
	h.t.Helper()
	p, err := h.node.Prove(context.Background(), q)
	var told *api.Error
	if !errors.As(err, &told) || told.Kind != kind || told.Code != code {
		h.t.Errorf("%+v: %v, %v; want %s %s", q, p.What, err, kind, code)
	}
}

const (
	flagged = "+8613900139000"
	clean   = "+8613900139999"
	ruled   = "+8613700137000"
)

// What a node proves of its ledger and its list: whoever has the genesis believes it, and
// nobody a file that was changed.
func TestANodeProvesWhatIsSaid(t *testing.T) {
	h, c := withList(t, flagged)
	h.refusesProof(api.ProofQuery{Number: flagged}, api.Unavailable, "past.no_checkpoint")
	c.keep()
	h.refusesProof(api.ProofQuery{Number: flagged}, api.Refused, "past.unanchored")
	h.refusesProof(api.ProofQuery{Number: ruled, What: "ratified"}, api.NotFound, "past.never_ratified")
	ratified := c.enacts(motion.Ratify, ballottest.Label(t, ruled)) + 1

	p, f := h.proves(api.ProofQuery{Number: ruled})
	if p.What != "ratified" || p.Number != ruled || p.Action != "label" || p.Index != ratified || f.Entry.Ratified.Subject.String() != ruled || len(p.Notes) != 0 || p.Bytes > 4<<10 {
		t.Errorf("%+v, %+v", p, f.Entry)
	}
	if _, f := h.proves(api.ProofQuery{Number: ruled, What: "ratified", Full: true}); len(f.Entry.Voted) != 1 || f.Entry.Held == 0 {
		t.Errorf("in full: %+v", f.Entry)
	}
	h.refusesProof(api.ProofQuery{Number: ruled, What: "listed"}, api.Refused, "past.unanchored")

	c.later()
	first := c.anchors(right, "list")
	h.list("2026-11-24", clean) // beyond the anchor
	p, f = h.proves(api.ProofQuery{Number: flagged})
	if p.What != "listed" || p.Index != first+1 || f.List.Says.Ratified || f.List.Key.String() != flagged || p.Bytes > 5<<10 {
		t.Errorf("%+v, %+v", p, f.List)
	}
	p, _ = h.proves(api.ProofQuery{Number: clean})
	if p.What != "absent" || !h.lookup(clean).Listed {
		t.Errorf("listed only since the anchor: %+v", p)
	}
	if p, f = h.proves(api.ProofQuery{Number: ruled, What: "listed"}); !f.List.Says.Ratified {
		t.Errorf("%+v, %+v", p, f.List)
	}
	h.refusesProof(api.ProofQuery{Number: clean, What: "listed"}, api.NotFound, "past.was_absent")
	h.refusesProof(api.ProofQuery{Number: flagged, What: "absent"}, api.NotFound, "past.was_listed")
	h.refusesProof(api.ProofQuery{Number: flagged, What: "absent", Full: true}, api.BadInput, "past.full_list")

	c.later()
	revoked := c.enacts(motion.Revoke, ballottest.Reverse(ratified)) + 1
	p, _ = h.proves(api.ProofQuery{Number: ruled, What: "ratified"})
	if p.What != "ratified" || len(p.Notes) != 1 || p.Notes[0].Code != "past.revoked_since" || p.Notes[0].Args[0] != fmt.Sprint(revoked) {
		t.Errorf("revoked since: %+v", p)
	}
	for _, at := range []uint64{revoked, revoked - 1} { // the item, and its motion
		if p, f = h.proves(api.ProofQuery{Number: ruled, At: fmt.Sprint(at)}); p.What != "revoked" || f.Entry.Reversed != ratified {
			t.Errorf("at %d: %+v", at, p)
		}
	}
	h.refusesProof(api.ProofQuery{Number: flagged, At: fmt.Sprint(revoked)}, api.NotFound, "past.of_another")
	h.refusesProof(api.ProofQuery{Number: flagged, At: "1000"}, api.NotFound, "past.no_entry")
	second := c.anchors(right, "list")
	if p, _ = h.proves(api.ProofQuery{Number: ruled}); p.What != "absent" || p.Index != second+1 {
		t.Errorf("after the revocation: %+v", p)
	}
	if p, _ = h.proves(api.ProofQuery{Number: clean}); p.What != "listed" {
		t.Errorf("at the second anchor: %+v", p)
	}
	for _, at := range []string{fmt.Sprint(first), fmt.Sprint(second - 1), noon.Add(90 * time.Minute).Format(time.RFC3339)} {
		if p, _ = h.proves(api.ProofQuery{Number: clean, What: "absent", At: at}); p.Index != first+1 {
			t.Errorf("at %s: %+v", at, p)
		}
	}
	if p, _ = h.proves(api.ProofQuery{Number: ruled, At: noon.Add(time.Minute).Format(time.RFC3339)}); p.What != "ratified" {
		t.Errorf("an hour before it was revoked: %+v", p)
	}
	sets, err := h.node.ProveSets(context.Background(), true)
	must(t, err)
	v, err := prove.NewVerifier(prove.Trust{Genesis: h.node.genesis, Pin: sets.Proof})
	must(t, err)
	if f, err := v.Verify(p.Proof); err != nil || f.Pinned == 0 {
		t.Errorf("with the pin: %+v, %v", f, err)
	}
}

// at looks a number up as it was.
func (h *home) at(number, at string) (api.Lookup, error) {
	return h.node.Lookup(context.Background(), api.Query{Number: number, At: at})
}

// What a number was, as of an anchor or any size of the ledger; what cannot be computed
// anew is said to be so.
func TestLookUpAsItWas(t *testing.T) {
	h, c := withList(t, flagged)
	c.keep()
	ratified := c.enacts(motion.Ratify, ballottest.Label(t, ruled)) + 1
	c.later()
	first := c.anchors(right, "list")
	h.list("2026-11-24", clean)
	c.later()
	c.enacts(motion.Revoke, ballottest.Reverse(ratified))
	c.anchors(right, "list")
	anchored := fmt.Sprint(first + 3)
	for _, it := range []struct {
		number, at string
		listed     bool
		basis      string
		anchor     uint64
	}{
		{ruled, fmt.Sprint(ratified + 1), true, "ratified", 0},
		{ruled, anchored, true, "ratified", first},
		{ruled, noon.Add(time.Minute).Format(time.RFC3339), true, "ratified", 0},
		{flagged, anchored, true, "number", first},
		{flagged, noon.Add(90 * time.Minute).Format(time.RFC3339), true, "number", first},
		{clean, anchored, false, "none", first},
		{clean, fmt.Sprint(c.State.Size()), true, "number", c.State.Size() - 4},
		{ruled, fmt.Sprint(c.State.Size()), false, "none", c.State.Size() - 4},
	} {
		got, err := h.at(it.number, it.at)
		if err != nil {
			t.Errorf("%+v: %v", it, err)
			continue
		}
		anchor := uint64(0)
		if got.AsOf != nil && got.AsOf.Anchor != nil {
			anchor = got.AsOf.Anchor.Index
		}
		if got.Listed != it.listed || got.Basis != it.basis || anchor != it.anchor || (got.AsOf.Lacks == nil) != (it.anchor > 0) {
			t.Errorf("%+v: listed %v by %s, as of %+v", it, got.Listed, got.Basis, got.AsOf)
		}
	}
	for at, code := range map[string]string{fmt.Sprint(ratified + 1): "past.not_recomputable", "2": "past.not_recomputable", "0": "past.beyond", "999": "past.beyond", "soon": "past.no_moment", "2026-12-30": "past.future", "2026-11-01": "past.before"} {
		var told *api.Error
		if got, err := h.at(flagged, at); !errors.As(err, &told) || told.Code != code {
			t.Errorf("at %s: %+v, %v", at, got, err)
		}
	}
	e, err := h.node.Explain(context.Background(), api.Query{Number: flagged, At: anchored})
	if err != nil || len(e.Keys) != 1 || len(e.Keys[0].Statements) != 1 || e.AsOf == nil {
		t.Errorf("explained: %+v, %v", e, err)
	}
	if e, err = h.node.Explain(context.Background(), api.Query{Number: ruled, At: fmt.Sprint(ratified + 1)}); err != nil || !strings.Contains(e.Keys[0].Sentence, fmt.Sprintf("entry %d", ratified)) {
		t.Errorf("explained: %+v, %v", e, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := h.node.Lookup(ctx, api.Query{Number: flagged, At: fmt.Sprint(first + 2)}); !errors.Is(err, context.Canceled) {
		t.Errorf("who went away: %v", err)
	}
}

// An anchor whose root the node does not come to is told, and nothing is proved by it.
func TestAnAnchorThatIsNotComeTo(t *testing.T) {
	h, c := withList(t, flagged)
	c.keep()
	c.anchors(func(root merkle.Hash) merkle.Hash { root[0] ^= 1; return root }, "list")
	h.refusesProof(api.ProofQuery{Number: flagged}, api.Internal, "past.differs")
	if _, err := h.at(flagged, fmt.Sprint(c.State.Size())); api.KindOf(err) != api.Internal {
		t.Errorf("looked up: %v", err)
	}
}

// The constitution is told as the ledger stands, and as it was.
func TestTheConstitutionInForce(t *testing.T) {
	h, c := withList(t, flagged)
	c.keep()
	now, err := h.node.Constitution(context.Background(), "")
	must(t, err)
	if now.LedgerSize != c.State.Size() || now.Federation != h.node.State().Federation().String() || len(now.Members) == 0 || now.Quorum != 1 {
		t.Errorf("%+v", now)
	}
	was, err := h.node.Constitution(context.Background(), "1")
	must(t, err)
	if was.LedgerSize != 1 {
		t.Errorf("%+v", was)
	}
}

// A running node proves over its API what anybody checks offline.
func TestARunningNodeProves(t *testing.T) {
	h, c := withList(t, flagged)
	c.keep()
	c.enacts(motion.Ratify, ballottest.Label(t, ruled))
	c.later()
	c.anchors(right, "list")
	h.run()
	asked, err := client.New(client.Config{Socket: filepath.Join(h.cfg.Dir, "node.sock")})
	must(t, err)
	defer func() { _ = asked.Close() }()
	sealed, err := os.ReadFile(filepath.Join(h.cfg.Dir, GenesisFile))
	must(t, err)
	genesis, err := charter.DecodeGenesis(sealed)
	must(t, err)
	v, err := prove.NewVerifier(prove.Trust{Genesis: genesis})
	must(t, err)
	for number, want := range map[string]string{ruled: "ratified", flagged: "listed", clean: "absent"} {
		p, err := asked.Prove(context.Background(), api.ProofQuery{Number: number})
		must(t, err)
		f, err := v.Verify(p.Proof)
		if err != nil || p.What != want || f.Federation != c.State.Constitution().Federation() {
			t.Errorf("%s: %s, %v", number, p.What, err)
		}
	}
	if l, err := asked.Lookup(context.Background(), api.Query{Number: flagged, At: fmt.Sprint(c.State.Size())}); err != nil || !l.Listed || l.AsOf == nil {
		t.Errorf("%+v, %v", l, err)
	}
}

// changed is feeds of which some batches are told otherwise than they were said, or not.
type changed struct {
	view.Source
	fn func(r feed.Record) (feed.Record, bool)
}

// Batch implements view.Source.
func (c changed) Batch(id cid.Cid) (feed.Record, bool, error) {
	r, held, err := c.Source.Batch(id)
	if held && err == nil {
		r, held = c.fn(r)
	}
	return r, held, err
}

// Since implements view.Source.
func (c changed) Since(cursor uint64, fn func(uint64, feed.Record) error) error {
	return c.Source.Since(cursor, func(next uint64, r feed.Record) error {
		if r, held := c.fn(r); held {
			return fn(next, r)
		}
		return nil
	})
}

// over answers as the node would that held other feeds.
func (h *home) over(fn func(feed.Record) (feed.Record, bool)) *past.Teller {
	n := h.node
	return past.New(past.Config{
		Genesis: n.genesis, Founded: n.founded, Ledger: n.under.Follower(), Held: n.under, Feeds: changed{n.store, fn},
		List: n.view.List, Book: n.book.Load, Age: n.age, Now: n.cfg.Now,
	})
}

// A moment whose openings were erased since is not recomputable, and what does not need
// them is still told and proved.
func TestWhatWasErasedIsNotGuessed(t *testing.T) {
	h, c := withList(t, flagged)
	h.list("2026-11-24", clean)
	c.keep()
	c.enacts(motion.Ratify, ballottest.Label(t, ruled))
	c.anchors(right, "list")
	now := fmt.Sprint(c.State.Size())
	ctx := context.Background()
	refused := func(who *past.Teller, kind api.Kind, code string) {
		t.Helper()
		var told *api.Error
		if got, err := who.Lookup(ctx, api.Query{Number: flagged, At: now}); !errors.As(err, &told) || told.Kind != kind || !strings.Contains(fmt.Sprint(told.Then), code) {
			t.Errorf("%+v, %#v", got.Listed, err)
		}
		if _, err := who.Prove(ctx, api.ProofQuery{Number: flagged}); !errors.As(err, &told) || told.Kind != kind || told.Code != "past.list_lost" {
			t.Errorf("proved: %v", err)
		}
		if got, err := who.Lookup(ctx, api.Query{Number: ruled, At: now}); err != nil || got.Basis != "ratified" || got.AsOf.Lacks == nil || got.AsOf.Lacks.Code != code {
			t.Errorf("%+v, %v", got, err)
		}
		if p, err := who.Prove(ctx, api.ProofQuery{Number: ruled}); err != nil || p.What != "ratified" {
			t.Errorf("proved: %+v, %v", p, err)
		}
	}
	first := func(r feed.Record) bool { return r.Tip.Sequence == 0 }
	refused(h.over(func(r feed.Record) (feed.Record, bool) { return r, !first(r) }), api.Unavailable, "past.lacking")
	erase := func(r feed.Record) (feed.Record, bool) {
		slots, err := assertion.DecodeSlots(r.Body)
		must(t, err)
		for i := range slots {
			if first(r) {
				slots[i] = slots[i].Erase()
			}
		}
		r.Body, err = assertion.EncodeSlots(slots)
		must(t, err)
		return r, true
	}
	refused(h.over(erase), api.NotFound, "past.erased")

	// Said again in the second batch, it is on the list all the same.
	h.list("2026-11-24", clean, flagged)
	c.later()
	c.anchors(right, "list")
	got, err := h.over(erase).Lookup(ctx, api.Query{Number: flagged, At: fmt.Sprint(c.State.Size())})
	if err != nil || !got.Listed || got.AsOf.Lacks == nil || got.AsOf.Lacks.Code != "past.partial" {
		t.Errorf("%+v, %v", got, err)
	}
}
