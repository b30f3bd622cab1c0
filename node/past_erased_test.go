package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/motion"
)

// codes are those of a phrase and of what explains it.
func codes(p phrase.Phrase) (all []string) {
	for _, s := range p.Sentences() {
		all = append(all, s.Code)
	}
	return all
}

// Of what an entry said that was erased nothing is proved, and the list as it was while it
// may have counted is not guessed; what others decided then, and what came after, is told.
func TestWhatAnErasedEntrySaidIsNotGuessed(t *testing.T) {
	const stands = "+8613700137001"
	h, c := withList(t, flagged)
	at := c.enacts(motion.Ratify, ballottest.Label(t, ruled)) + 1
	c.enacts(motion.Ratify, ballottest.Label(t, stands))
	alone := fmt.Sprint(c.State.Size()) // without an anchor
	first := c.anchors(right, "list")
	anchored := fmt.Sprint(c.State.Size())
	revoke := c.enacts(motion.Revoke, ballottest.Reverse(at)) + 1
	since := fmt.Sprint(c.State.Size())
	c.later()
	last := c.anchors(right, "list")
	later := fmt.Sprint(c.State.Size())
	must(t, h.node.Store().Ledger().Erase(at))
	ctx := context.Background()

	for _, q := range []uint64{at - 1, at, revoke} {
		h.refusesProof(api.ProofQuery{Number: ruled, What: "ratified", At: fmt.Sprint(q)}, api.NotFound, "past.opening_erased")
	}
	h.refusesProof(api.ProofQuery{Number: ruled, What: "listed", At: fmt.Sprint(first)}, api.NotFound, "past.list_lost")
	h.proves(api.ProofQuery{Number: stands, What: "ratified"})
	h.proves(api.ProofQuery{Number: flagged, What: "listed", At: fmt.Sprint(last)})

	for _, size := range []string{alone, anchored, since} {
		for _, n := range []string{ruled, flagged, clean} {
			var told *api.Error
			got, err := h.node.Lookup(ctx, api.Query{Number: n, At: size})
			if !errors.As(err, &told) || told.Kind != api.NotFound || told.Code != "past.not_recomputable" {
				t.Fatalf("%s at %s: %+v, %v", n, size, got, err)
			}
			if all := fmt.Sprint(codes(told.Phrase())); all != "[past.not_recomputable past.openings]" && all != "[past.not_recomputable past.no_anchor past.openings]" {
				t.Errorf("%s at %s: %s", n, size, all)
			}
		}
		got, err := h.node.Lookup(ctx, api.Query{Number: stands, At: size})
		if err != nil || got.Basis != "ratified" || got.AsOf.Lacks == nil || !slices.Contains(codes(*got.AsOf.Lacks), "past.openings") {
			t.Errorf("%s at %s: %+v, %v", stands, size, got, err)
		}
	}
	for n, listed := range map[string]bool{flagged: true, clean: false, ruled: false, stands: true} {
		if got, err := h.node.Lookup(ctx, api.Query{Number: n, At: later}); err != nil || got.Listed != listed || got.AsOf.Lacks != nil {
			t.Errorf("%s at %s: %+v, %v", n, later, got, err)
		}
	}
}

// Where what is not known any more may have decided instead, what is known decides nothing:
// an erased entry may have been on the same number, on one within a range, and an erased
// revocation of the very entry.
func TestWhatMayHaveBeenDecidedOtherwiseIsNotGuessed(t *testing.T) {
	const twice, inside, within, back, after = "+8613700137001", "+8613700137002", "+8613700137035", "+8613700137013", "+8613700137024"
	h, c := withList(t, flagged)
	c.enacts(motion.Ratify, ballottest.Label(t, "+861370013700*/13", twice))
	over := c.enacts(motion.Ratify, ballottest.Label(t, back)) + 1
	gone := c.enacts(motion.Ratify, ballottest.Label(t, twice)) + 1
	c.enacts(motion.Ratify, ballottest.Label(t, "+861370013703*/13", after))
	entered := c.State.Size()
	revoke := c.enacts(motion.Revoke, ballottest.Reverse(over)) + 1
	last := c.State.Size()
	must(t, h.node.Store().Ledger().Erase(gone, revoke))

	ctx := context.Background()
	for _, one := range []struct {
		number string
		size   uint64
		known  bool
	}{{twice, gone - 1, true}, {twice, entered, false}, {inside, entered, false}, {within, entered, false}, {back, entered, false}, {after, entered, true}, {back, last, false}, {after, last, false}} {
		q := api.Query{Number: one.number, At: fmt.Sprint(one.size)}
		l, err := h.node.Lookup(ctx, q)
		_, why := h.node.Explain(ctx, q)
		for _, err := range []error{err, why} {
			var told *api.Error
			switch {
			case one.known && err == nil:
			case !one.known && errors.As(err, &told) && told.Code == "past.not_recomputable" && slices.Contains(codes(told.Phrase()), "past.openings"):
			default:
				t.Errorf("%+v: %v", one, err)
			}
		}
		if one.known && l.Basis != "ratified" {
			t.Errorf("%+v: %+v", one, l)
		}
	}
}
