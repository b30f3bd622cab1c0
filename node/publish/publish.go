package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/publish/damage"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Options is who hears of a publication while it is made. Each may be nil, and
// each is called by one goroutine at a time, though not by the caller's.
type Options struct {
	// Progress hears how many drafts are dealt with: durable, or passed over.
	Progress func(drafts int)
	// Refused hears of every draft that would have been void, in order.
	Refused func(Refusal) error
	// Receipt hears of every line of the file that a statement now stands
	// for, in the order of the drafts, once the statement is durable; of what
	// was published before too.
	Receipt func(Receipt) error
}

func (o *Options) refused(r Refusal) error {
	if o.Refused == nil {
		return nil
	}
	return o.Refused(r)
}

// Refusal is a draft that was not signed, because it would not count.
type Refusal struct {
	Draft  Draft
	Reason string // one of a few; view.Reason and assertion.Reason give the words of most
	Detail string // of this draft, when there is more to say
}

// Receipt tells which statement stands for a line of a file.
type Receipt struct {
	Line      int
	Number    number.Number
	Category  taxonomy.Category
	Statement taxonomy.Ref
}

// Result is what became of a delivery.
type Result struct {
	Publication publication.Record // the zero Record when nothing is added and this node has none of the content
	Already     bool               // all of it stands or was said before: nothing was added
	Under       []publication.ID   // when Already: under which what stands was said, some of them
	Said        int                // statements of this run
	Again       int                // of them, said before under an earlier ID and retracted since, or suspended by a fork
	Unchanged   int                // drafts that stood already as the file says, or were said before by it
	Resumed     int                // drafts that an earlier run of this publication said
	Refused     int                // drafts that would have been void
	Waiting     int                // drafts that are queued
	Queued      phrase.Phrase      // says that they are, and why; none when they are signed
	Batches     int
	Before      view.Counts // of the list; other publishers' work counts too
	After       view.Counts
	Elapsed     time.Duration // by the configured clock
}

// ErrNothing says that no draft of a delivery could be published.
var ErrNothing = errors.New("publish: nothing to publish")

// Publish says what a delivery says, as one publication. It returns when all
// of it is durable and listed. When it is interrupted, by ctx or by a fault,
// the publication stays open: the same delivery finishes it later, and nothing
// is said twice. While signing is barred until the peers have confirmed the feed,
// the delivery is queued, durably, and Result.Queued says so.
func (p *Publisher) Publish(ctx context.Context, d *Delivery, opts Options) (Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.turn(ctx)
	if why, waits := p.waits(err); waits {
		return p.queueDelivery(ctx, d, opts, why)
	}
	if errors.Is(err, ErrQueue) && p.frees(d, err) {
		err = nil
	}
	if err != nil {
		return Result{}, err
	}
	return p.publish(ctx, who, d, opts)
}

// take opens the publication of a delivery. Of one that adds nothing, Already, none is
// opened, and its receipts are given again.
func (p *Publisher) take(ctx context.Context, who speaker, d *Delivery, opts Options) (drafter, Result, error) {
	res := Result{Before: who.list.Counts(), After: who.list.Counts()}
	t, known, err := p.know(who, d)
	if err != nil {
		return t, res, err
	}
	if t.publication == (publication.ID{}) {
		if res.Already, err = t.nothingToSay(ctx); err != nil {
			return t, res, err
		}
	}
	if res.Already {
		res.Publication = known.Complete
		return t, res, t.standing(ctx, opts, &res)
	}
	if res.Publication = known.Unfinished; t.publication == (publication.ID{}) {
		res.Publication, err = p.open(who, d)
		t.publication = res.Publication.ID
	}
	return t, res, err
}

// know returns who drafts a delivery, by what is known of its content.
func (p *Publisher) know(who speaker, d *Delivery) (drafter, publication.Known, error) {
	known, err := p.book.Find(who.id, d.Digest)
	t := drafter{speaker: who, delivery: d, publication: known.Unfinished.ID, whole: known.Complete.ID != publication.ID{}}
	if len(known.Earlier) > 0 {
		t.before = p.cfg.View.Excerpt(who.member, known.Earlier)
	}
	return t, known, err
}

// publish is Publish once the feed is whole. The caller holds mu.
func (p *Publisher) publish(ctx context.Context, who speaker, d *Delivery, opts Options) (Result, error) {
	begun := p.cfg.Now()
	if err := errors.Join(mayFlag(who), damage.Check(p.cfg.Store, p.Issuer())); err != nil {
		return Result{}, err
	}
	t, res, err := p.take(ctx, who, d, opts)
	if err != nil || res.Already {
		return res, err
	}
	one := res.Publication
	if one.State == publication.Queued { // from here on it blocks others until it is finished
		one.State = publication.Open
		if err := p.book.Keep(&one); err != nil {
			return Result{}, err
		}
	}
	err = p.run(ctx, t, opts, &res)
	one.Statements = res.Said + res.Resumed
	one.Unchanged, one.Refused = res.Unchanged, res.Refused
	if err == nil && res.Said+res.Unchanged+res.Resumed == 0 {
		one.State, err = publication.Closed, fmt.Errorf("%w: %d drafts, all refused; is it the right mapping and country?", ErrNothing, res.Refused)
	} else if err == nil {
		one.State = publication.Complete
	}
	if one.State != publication.Open {
		one.Ended = p.cfg.Now().UTC().Truncate(time.Second)
	}
	res.Publication, res.After, res.Elapsed = one, p.cfg.View.List().Counts(), p.cfg.Now().Sub(begun)
	if failed := p.book.Keep(&one); failed != nil {
		if errors.Is(err, ErrNothing) {
			err = nil // or the fault would pass for a delivery that says nothing
		}
		return res, errors.Join(err, failed)
	}
	return res, err
}

// mayFlag refuses a member whose roles may not flag.
func mayFlag(who speaker) error {
	if who.state.May(who.member, assertion.KindFlag) {
		return nil
	}
	return fmt.Errorf("publish: member %s may not flag: %s; the charter gives that to operators, resellers, vendors, coordinators and regulators", who.id, view.ReasonRole)
}
