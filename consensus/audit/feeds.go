package audit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sort"
	"sync"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// books are the feeds as they were read: a line a batch.
type books struct {
	chains map[view.FeedEpoch][]link // sorted by judgeFeeds
	bad    map[cid.Cid]struct{}      // batches that prove nothing
	gone   []gone
	undone map[string][]keys.Public // who retracted a target
	forked map[view.FeedEpoch]struct{}
}

// link is a batch in its chain.
type link struct {
	tip      feed.Tip
	previous cid.Cid
}

// gone is a batch of which statements were erased.
type gone struct {
	issuer keys.Public
	tip    feed.Tip
	slots  []slot
	last   taxonomy.Day // on which the last of them expires
}

// slot is an erased statement.
type slot struct {
	index       uint16
	publication assertion.PublicationID
	expiry      taxonomy.Day
}

// batch is what came of one batch.
type batch struct {
	issuer     keys.Public
	at         link
	statements int
	gone       []slot
	undone     []string
	err        error
}

// readFeeds verifies every batch, on all processors.
func (a *auditor) readFeeds(ctx context.Context) error {
	b := a.books
	b.chains, b.bad, b.undone = make(map[view.FeedEpoch][]link), make(map[cid.Cid]struct{}), make(map[string][]keys.Public)
	records, read := make(chan feed.Record), make(chan batch, 2*runtime.GOMAXPROCS(0))
	var under sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		under.Go(func() {
			for r := range records {
				read <- verify(&r, a.report.Federation)
			}
		})
	}
	var failed error
	go func() {
		failed = a.cfg.Feeds.Since(0, func(_ uint64, r feed.Record) error {
			select {
			case records <- r:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		close(records)
		under.Wait()
		close(read)
	}()
	for one := range read {
		a.enter(&one)
		a.went(Reading, 1)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed != nil {
		a.find(Unreadable, "", failed)
	}
	aside, err := a.cfg.Feeds.Quarantined()
	if err != nil {
		return err
	}
	for _, q := range aside {
		a.find(Quarantined, q.Batch.String(), errors.New(q.Reason))
	}
	return a.readForks()
}

// verify reads a batch as a stranger would.
func verify(r *feed.Record, federation cid.Cid) batch {
	b := batch{issuer: r.Issuer, at: link{tip: r.Tip}}
	v, err := feed.Verify(r.Header, federation)
	if err != nil {
		b.err = err
		return b
	}
	if v.Tip() != r.Tip || v.Issuer() != r.Issuer {
		b.err = errors.New("the header is of another place")
		return b
	}
	header := v.Header()
	b.at.previous = header.Previous
	slots, err := assertion.DecodeSlots(r.Body)
	if err == nil {
		_, err = header.Match(slots)
	}
	if err != nil {
		b.err = err
		return b
	}
	b.statements = len(slots)
	for i := range slots {
		s := slots[i].Statement()
		if s == nil {
			b.gone = append(b.gone, slot{uint16(i), slots[i].Publication(), slots[i].Expiry()})
		} else if s.Kind == assertion.KindRetract {
			if body, ok := retraction(s); ok {
				b.undone = append(b.undone, string(body.Target))
			}
		}
	}
	return b
}

// retraction returns what a retract statement undoes, if it says so rightly.
func retraction(s *assertion.Statement) (assertion.Retract, bool) {
	body, why := s.Check()
	r, ok := body.(assertion.Retract)
	return r, ok && why == assertion.Sound
}

// enter notes what came of a batch.
func (a *auditor) enter(b *batch) {
	a.report.Batches++
	if b.err != nil {
		a.bad[b.at.tip.CID] = struct{}{}
		a.find(BatchBroken, b.at.tip.CID.String(), b.err)
		return
	}
	a.report.Statements += uint64(b.statements)
	at := view.FeedEpoch{Issuer: b.issuer, Epoch: b.at.tip.Epoch}
	a.chains[at] = append(a.chains[at], b.at)
	for _, target := range b.undone {
		a.undone[target] = append(a.undone[target], b.issuer)
	}
	if len(b.gone) == 0 {
		return
	}
	a.report.StatementsErased += uint64(len(b.gone))
	g := gone{issuer: b.issuer, tip: b.at.tip, slots: b.gone}
	for _, s := range b.gone {
		g.last = max(g.last, s.expiry)
	}
	a.gone = append(a.gone, g)
}

func (a *auditor) readForks() error {
	proofs, err := a.cfg.Feeds.Forks()
	if err != nil {
		a.find(BadForkProof, "", err)
		return nil
	}
	a.report.ForkProofs, a.forked = len(proofs), make(map[view.FeedEpoch]struct{}, len(proofs))
	for _, p := range proofs {
		at := view.FeedEpoch{Issuer: p.Issuer(), Epoch: p.Epoch()}
		if a.forked[at] = struct{}{}; !p.Federation().Equals(a.report.Federation) {
			delete(a.forked, at)
			a.find(BadForkProof, feedAt(at), fmt.Errorf("it is of federation %s", p.Federation()))
		}
	}
	return nil
}

func feedAt(at view.FeedEpoch) string { return fmt.Sprintf("%s %d", at.Issuer, at.Epoch) }

func placeAt(at view.FeedEpoch, sequence uint64) string {
	return fmt.Sprintf("%s %d/%d", at.Issuer, at.Epoch, sequence)
}

// judgeFeeds judges the chains by what the ledger says of their issuers. Where the ledger
// was not judged to its end, what it would have said there is not held against a feed.
func (a *auditor) judgeFeeds() {
	a.report.Feeds = len(a.chains)
	whole := a.whole()
	for _, at := range slices.SortedFunc(maps.Keys(a.chains), view.FeedEpoch.Compare) {
		chain := a.chains[at]
		slices.SortFunc(chain, func(a, b link) int {
			return cmp.Or(cmp.Compare(a.tip.Sequence, b.tip.Sequence), bytes.Compare(a.tip.CID.Bytes(), b.tip.CID.Bytes()))
		})
		var err error
		if chain, err = a.placed(at, chain); err != nil {
			a.find(Unreadable, feedAt(at), err)
		}
		a.chains[at] = chain
		record, known := a.past.State().Record(at.Issuer)
		switch {
		case !known && whole:
			a.find(NeverAdmitted, feedAt(at), nil)
		case known && at.Epoch >= uint64(len(record.Epochs)) && whole:
			a.find(EpochNotOpened, feedAt(at), nil)
		case known && at.Epoch < uint64(len(record.Epochs)):
			a.base(at, chain, record.Epochs[at.Epoch].Base)
		}
		a.judgeChain(at, chain)
	}
	a.judgeHeads()
	a.judgeErased()
}

// base compares the first batch of an epoch with what the ledger says it goes on from.
func (a *auditor) base(at view.FeedEpoch, chain []link, base *motion.AnchoredHead) {
	if len(chain) == 0 || chain[0].tip.Sequence != 0 {
		return
	}
	first := chain[0]
	if base == nil && !first.previous.Defined() || base != nil && first.previous.Defined() && digest(first.previous) == base.Digest {
		return
	}
	a.find(ChainBroken, placeAt(at, 0), errors.New("its first batch does not name what the epoch goes on from"))
}

// digest is what an anchored head says of a batch.
func digest(c cid.Cid) merkle.Hash {
	b := c.Hash()
	return merkle.Hash(b[len(b)-merkle.HashSize:])
}

// judgeChain asks whether each batch of an epoch follows the one before it.
func (a *auditor) judgeChain(at view.FeedEpoch, chain []link) {
	next := uint64(0)
	for i := range chain {
		one := &chain[i]
		switch sequence := one.tip.Sequence; {
		case sequence > next:
			a.find(BatchesMissing, placeAt(at, next), fmt.Errorf("%d batches", sequence-next))
		case sequence < next:
			a.find(TwoAtOnePlace, placeAt(at, sequence), fmt.Errorf("%s and %s", chain[i-1].tip.CID, one.tip.CID))
		case i > 0 && !one.previous.Equals(chain[i-1].tip.CID):
			a.find(ChainBroken, placeAt(at, sequence), fmt.Errorf("it names %s before it, and %s is", one.previous, chain[i-1].tip.CID))
		case i > 0 && one.tip.Time < chain[i-1].tip.Time:
			a.find(ChainBroken, placeAt(at, sequence), errors.New("it is dated before the one before it"))
		}
		next = one.tip.Sequence + 1
	}
}

// judgeHeads asks whether what the ledger fixed of each feed is held.
func (a *auditor) judgeHeads() {
	state := a.past.State()
	for i := range state.Admitted() {
		head, _, fixed := a.past.AnchoredHead(i)
		record, known := state.RecordAt(i)
		if !fixed || !known {
			continue
		}
		at := view.FeedEpoch{Issuer: record.Key, Epoch: head.Epoch}
		chain := a.chains[at]
		n := sort.Search(len(chain), func(i int) bool { return chain[i].tip.Sequence >= head.Sequence })
		switch {
		case n == len(chain) || chain[n].tip.Sequence != head.Sequence:
			a.find(HeadMissing, placeAt(at, head.Sequence), nil)
		case digest(chain[n].tip.CID) != head.Digest:
			a.find(OtherHead, placeAt(at, head.Sequence), fmt.Errorf("%s is here", chain[n].tip.CID))
		}
	}
}

// judgeErased asks whether what was erased was dead: its day had passed, or somebody of
// its member retracted it.
func (a *auditor) judgeErased() {
	_, now := a.past.LastTick()
	if now == 0 {
		return // the day is that of nobody's clock
	}
	day := taxonomy.DayOf(now)
	for i := range a.gone {
		g := &a.gone[i]
		early := 0
		for _, s := range g.slots {
			ref := taxonomy.Ref{Batch: g.tip.CID, Index: s.index}
			if s.expiry >= day && !a.retracted(g.issuer, ref.Bytes()) && !a.retracted(g.issuer, g.tip.CID.Bytes()) && !a.retracted(g.issuer, s.publication[:]) {
				early++
			}
		}
		if early > 0 {
			a.find(ErasedTooEarly, g.tip.CID.String(), fmt.Errorf("%d statements", early))
		}
	}
}

// retracted reports whether an issuer of the same member retracted something.
func (a *auditor) retracted(issuer keys.Public, target []byte) bool {
	state := a.past.State()
	own, known := state.Record(issuer)
	return slices.ContainsFunc(a.undone[string(target)], func(by keys.Public) bool {
		other, admitted := state.Record(by)
		return by == issuer || known && admitted && own.Member == other.Member
	})
}
