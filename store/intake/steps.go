package intake

import (
	"errors"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
)

// visit is one offer on its way through the steps, and what they found.
type visit struct {
	cfg    *Config
	trails *trails
	hall   *hall
	now    time.Time
	offer  Offer

	header   assertion.Header // from decodeHeader on
	id       cid.Cid
	verified feed.Verified    // from verifySignature on
	fork     Outcome          // from followTrail on: the proof that it kept, if any
	repaired bool             // from placeInChain on
	slots    []assertion.Slot // from decodeBody on
	leaves   []merkle.Hash    // from matchRoot on
}

// step looks at one thing. It returns the outcome that ends the visit, or the
// zero Outcome to go on.
type step struct {
	name string
	take func(*visit) (Outcome, error)
	// still says that the step looks at the offer and the roster alone, so that
	// no other offer and no time changes what it finds, but for a roster that
	// grows.
	still bool
}

// steps is the way through the door. What costs little comes first; what asks
// about the feed comes after the signature, so that no stranger can provoke an
// answer about somebody else's feed.
var steps = [...]step{
	{"bound sizes", (*visit).boundSizes, true},
	{"decode header", (*visit).decodeHeader, true},
	{"compare federation", (*visit).compareFederation, true},
	{"know the issuer", (*visit).knowIssuer, true},
	{"look for it", (*visit).lookForIt, false},
	{"verify signature", (*visit).verifySignature, true},
	{"want an open epoch", (*visit).wantOpenEpoch, true},
	{"await its time", (*visit).awaitTime, false},
	{"follow the anchored branch", (*visit).followTrail, false},
	{"place in chain", (*visit).placeInChain, false},
	{"respect the freeze", (*visit).respectFreeze, false},
	{"want a body", (*visit).wantBody, true},
	{"decode body", (*visit).decodeBody, true},
	{"match count and root", (*visit).matchRoot, true},
	{"want openings", (*visit).wantOpenings, false},
}

// walk takes the steps and lets what passes them wait in the hall.
func (v *visit) walk() (Outcome, error) {
	for _, s := range steps {
		outcome, err := s.take(v)
		if err != nil {
			return Outcome{}, err
		}
		if outcome.Status != 0 {
			outcome.Issuer, outcome.Tip = v.header.Issuer, v.tip()
			return outcome, nil
		}
	}
	return v.admit(), nil
}

func (v *visit) tip() feed.Tip {
	return feed.Tip{Epoch: v.header.Epoch, Sequence: v.header.Sequence, CID: v.id, Time: v.header.Time}
}

func (v *visit) admit() Outcome {
	record := feed.Record{Issuer: v.header.Issuer, Tip: v.tip(), Header: v.offer.Header, Body: v.offer.Body}
	v.hall.add(record, v.repaired)
	return Outcome{
		Status: Fresh,
		Issuer: record.Issuer,
		Tip:    record.Tip,
		Batch: &Admitted{
			Header:   v.header,
			CID:      v.id,
			Slots:    v.slots,
			Leaves:   v.leaves,
			Record:   record,
			Repaired: v.repaired,
		},
	}
}

func (v *visit) boundSizes() (Outcome, error) {
	if n := len(v.offer.Header); n > assertion.MaxSignedHeader {
		return because(TooLarge, "a signed header of %d bytes, the most is %d", n, assertion.MaxSignedHeader), nil
	}
	if n := len(v.offer.Body); n > assertion.MaxSlots {
		return because(TooLarge, "a body of %d bytes, the most is %d", n, assertion.MaxSlots), nil
	}
	return Outcome{}, nil
}

func (v *visit) decodeHeader() (Outcome, error) {
	header, id, err := feed.Peek(v.offer.Header)
	if errors.Is(err, assertion.ErrNewer) {
		return because(NewerVersion, "%v", err), nil
	}
	if err != nil {
		return because(BadHeader, "%v", err), nil
	}
	v.header, v.id = header, id
	return Outcome{}, nil
}

func (v *visit) compareFederation() (Outcome, error) {
	if !v.header.Federation.Equals(v.cfg.Federation) {
		return because(OtherFederation, "the batch is of federation %s, this node is of %s", v.header.Federation, v.cfg.Federation), nil
	}
	return Outcome{}, nil
}

func (v *visit) knowIssuer() (Outcome, error) {
	if !v.cfg.Roster.EverAdmitted(v.header.Issuer) {
		return because(UnknownIssuer, "no admission of key %s is known here; the ledger may say more later", v.header.Issuer.Short()), nil
	}
	return Outcome{}, nil
}

func (v *visit) lookForIt() (Outcome, error) {
	held, err := v.hall.Has(v.id)
	if err != nil {
		return Outcome{}, err
	}
	if !held {
		return Outcome{}, nil
	}
	aside, err := v.aside()
	if aside {
		return because(OtherBranch, "the ledger anchored another branch of epoch %d of key %s", v.header.Epoch, v.header.Issuer.Short()), err
	}
	return Outcome{Status: Known}, err
}

func (v *visit) verifySignature() (Outcome, error) {
	verified, err := feed.Verify(v.offer.Header, v.cfg.Federation)
	if err != nil {
		return because(BadSignature, "%v", err), nil
	}
	v.verified = verified
	return Outcome{}, nil
}

func (v *visit) wantOpenEpoch() (Outcome, error) {
	return v.cfg.unopened(v.header.Issuer, v.header.Epoch), nil
}

// unopened returns the outcome for an epoch that the ledger has not opened, or
// the zero Outcome.
func (c *Config) unopened(issuer keys.Public, epoch uint64) Outcome {
	if epoch <= c.Opened(issuer) {
		return Outcome{}
	}
	return because(UnopenedEpoch, "the ledger has not opened epoch %d of key %s here", epoch, issuer.Short())
}

func (v *visit) awaitTime() (Outcome, error) {
	if due := time.Unix(v.header.Time, 0).Add(-Ahead); v.now.Before(due) {
		return because(NotDue, "the batch is dated %s, more than %v ahead of this node's clock (%s)", stamp(time.Unix(v.header.Time, 0)), Ahead, stamp(v.now)), nil
	}
	return Outcome{}, nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (v *visit) placeInChain() (Outcome, error) {
	h := &v.header
	tip, held, err := v.hall.Tip(h.Issuer, h.Epoch)
	if err != nil {
		return Outcome{}, err
	}
	chain := feed.Chain{Tip: tip, Held: held, Opened: h.Epoch <= v.cfg.Opened(h.Issuer), At: func(sequence uint64) ([]byte, bool, error) {
		return v.hall.Header(h.Issuer, h.Epoch, sequence)
	}}
	if !held && h.Epoch > 0 && h.Sequence == 0 {
		if chain.Base, chain.BaseHeld, err = v.base(); err != nil {
			return Outcome{}, err
		}
	}
	relation, other, err := chain.Place(v.verified)
	if err != nil {
		return Outcome{}, err
	}
	switch relation {
	case feed.Next:
		return Outcome{}, nil
	case feed.Known: // but not held whole, or lookForIt had ended the visit
		v.repaired = true
		return Outcome{}, nil
	case feed.Gap:
		switch {
		case !held && h.Epoch > 0 && h.Sequence == 0:
			return because(MissingParent, "the base on which epoch %d goes on is not held here, or is another than the batch names", h.Epoch), nil
		case !held:
			return because(MissingParent, "nothing of the feed before sequence %d is held here", h.Sequence), nil
		}
		return because(MissingParent, "the parent of sequence %d is not held here; the feed is held up to %d", h.Sequence, tip.Sequence), nil
	case feed.NewEpoch:
		return because(UnopenedEpoch, "where epoch %d begins is not known here", h.Epoch), nil
	case feed.Backwards:
		return because(TimeBackwards, "the batch is dated %d s before its parent", max(tip.Time, chain.Base.Time)-h.Time), nil
	}
	if v.cfg.closed(h.Issuer, h.Epoch) {
		return v.frozen(), nil // what else was signed there changes nothing
	}
	return v.proveFork(other)
}

// base returns the batch on which the epoch goes on, and whether it is held here.
func (v *visit) base() (feed.Tip, bool, error) {
	base := v.cfg.Base(v.header.Issuer, v.header.Epoch)
	if !base.CID.Defined() {
		return base, false, nil
	}
	signed, held, err := v.hall.Header(v.header.Issuer, base.Epoch, base.Sequence)
	if err != nil || !held {
		return base, false, err
	}
	header, id, err := feed.Peek(signed)
	base.Time = header.Time
	return base, id.Equals(base.CID), err
}

// closed reports whether the ledger has opened a later epoch.
func (c *Config) closed(issuer keys.Public, epoch uint64) bool { return epoch < c.Opened(issuer) }

// proveFork makes the proof of the offered header and the one held at its place.
func (v *visit) proveFork(held []byte) (Outcome, error) {
	other, err := feed.Verify(held, v.cfg.Federation)
	if err != nil {
		return Outcome{}, err
	}
	proof, err := feed.NewForkProof(other, v.verified)
	if err != nil {
		return Outcome{}, err
	}
	return keepFork(v.hall, proof)
}

func (v *visit) respectFreeze() (Outcome, error) {
	h := &v.header
	_, forked, err := v.hall.Fork(h.Issuer, h.Epoch)
	if forked = forked || v.cfg.closed(h.Issuer, h.Epoch); err != nil || !forked || v.repaired || v.cfg.Keep(h.Issuer) {
		return Outcome{}, err
	}
	head, anchored := v.cfg.Anchored(h.Issuer, h.Epoch)
	if freeze := (feed.Freeze{Epoch: h.Epoch, Head: head, Anchored: anchored}); !freeze.Counts(v.tip()) {
		return v.frozen(), nil
	}
	return Outcome{}, nil
}

func (v *visit) frozen() Outcome {
	if v.cfg.closed(v.header.Issuer, v.header.Epoch) {
		return because(FrozenEpoch, "the ledger has closed epoch %d of key %s; only what it anchored of it is taken", v.header.Epoch, v.header.Issuer.Short())
	}
	return because(FrozenEpoch, "a fork froze epoch %d of key %s; only what the ledger anchors of it is taken", v.header.Epoch, v.header.Issuer.Short())
}

func (v *visit) wantBody() (Outcome, error) {
	if len(v.offer.Body) == 0 {
		return because(NoBody, "the header came without its body; ask for the body"), nil
	}
	return Outcome{}, nil
}

func (v *visit) decodeBody() (Outcome, error) {
	slots, err := assertion.DecodeSlots(v.offer.Body)
	if errors.Is(err, assertion.ErrNewer) {
		return because(NewerVersion, "%v", err), nil
	}
	if err != nil {
		return because(BadBody, "%v", err), nil
	}
	v.slots = slots
	return Outcome{}, nil
}

func (v *visit) matchRoot() (Outcome, error) {
	leaves, err := v.header.Match(v.slots)
	if err != nil {
		return because(OtherBody, "%v", err), nil
	}
	v.leaves = leaves
	return Outcome{}, nil
}

// wantOpenings lets an erased slot pass only when its day has passed or an
// anchored retract in force names it. Anything else may be a live opening that
// somebody withholds, and the frontier must not move past it.
func (v *visit) wantOpenings() (Outcome, error) {
	day := v.cfg.Day(v.now)
	for i := range v.slots {
		s := &v.slots[i]
		if !s.Erased() || s.Expiry() < day {
			continue
		}
		erasure := Erasure{
			Issuer:      v.header.Issuer,
			Ref:         taxonomy.Ref{Batch: v.id, Index: uint16(i)},
			Publication: s.Publication(),
			Expiry:      s.Expiry(),
		}
		if !v.cfg.Retracted(erasure) {
			return because(IncompleteBody, "incomplete body: statement %d lacks its opening and expires only on %v (the list's day is %v); ask another peer for the body", i, s.Expiry(), day), nil
		}
	}
	return Outcome{}, nil
}
