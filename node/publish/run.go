package publish

import (
	"context"
	"fmt"
	"slices"

	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/intake"
	"ringfence/store/taxonomy"
)

const (
	partsAhead  = 4 // parts that wait for the disk
	groupSize   = 4 // parts that share two durable writes
	groupsAhead = 1 // groups that wait to be listed

	// maxItems bounds the receipts of one part.
	maxItems = 4 * assertion.MaxStatements
)

// part is one batch with what became of the drafts up to it.
type part struct {
	batch assertion.Batch // of Count 0: there was nothing to say
	dealt int             // drafts dealt with, from the first of the delivery
	items []item          // in the order of the drafts; only when receipts are wanted
}

// item is a draft and the statement that stands for it.
type item struct {
	draft Draft
	ref   taxonomy.Ref // the zero Ref: the next statement of the part's batch
}

// run is one run of a publication, in three stages that work at once: drafts
// become batches; batches are linked, signed and made durable; what is durable
// is listed and announced. What is on its way between them is bounded, so
// memory does not grow with the delivery.
type run struct {
	*Publisher
	drafter
	opts     Options
	prepared chan part
	admitted chan []*intake.Admitted

	// Of the first stage, to be read when prepared is closed.
	builder                     *assertion.Builder
	unchanged, resumed, refused int
	again                       int // statements
	preparing                   error

	// Of the third, to be read when it has ended.
	listing error
}

// run says a delivery and counts in res what became of it.
func (p *Publisher) run(ctx context.Context, t drafter, opts Options, res *Result) error {
	r := &run{
		Publisher: p, drafter: t, opts: opts, builder: assertion.NewBuilder(p.cfg.Random),
		prepared: make(chan part, partsAhead), admitted: make(chan []*intake.Admitted, groupsAhead),
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	listed := make(chan struct{})
	go func() {
		defer close(listed)
		r.list(cancel)
	}()
	go func() {
		defer close(r.prepared)
		r.preparing = r.prepare(ctx)
	}()
	err := r.commitParts(ctx, res)
	cancel(err) // the first stage may still be at work after a fault
	for range r.prepared {
	}
	close(r.admitted)
	<-listed
	res.Unchanged, res.Resumed, res.Refused, res.Again = r.unchanged, r.resumed, r.refused, r.again
	switch {
	case r.listing != nil:
		return r.listing
	case err != nil:
		return err
	}
	return r.preparing
}

// prepare is the first stage: it makes parts of the drafts.
func (r *run) prepare(ctx context.Context) error {
	var at part
	for d := range r.delivery.Drafts {
		if err := r.take(ctx, &d, &at); err != nil {
			return err
		}
		if at.dealt++; len(at.items) >= maxItems || at.dealt%assertion.MaxStatements == 0 && ctx.Err() != nil {
			if err := r.send(ctx, &at); err != nil {
				return err
			}
		}
	}
	return r.send(ctx, &at)
}

// take deals with one draft.
func (r *run) take(ctx context.Context, d *Draft, at *part) error {
	what, s, standing, err := r.decide(d)
	if err != nil {
		return err
	}
	ref := standing.Ref
	switch what {
	case over:
		r.unchanged++
		return nil
	case unchanged:
		r.unchanged++
	case resumed:
		r.resumed++
	case say, sayAgain:
		if why, detail := r.refuse(&s); why != "" {
			r.refused++
			return r.opts.refused(Refusal{*d, why, detail})
		}
		if what == sayAgain {
			r.again++
		}
		ref = taxonomy.Ref{}
		if err := r.add(ctx, &s, at); err != nil {
			return err
		}
	}
	if r.opts.Receipt != nil {
		at.items = append(at.items, item{*d, ref})
	}
	return nil
}

// add puts a statement into the batch at hand, or into the next one when that
// is full.
func (r *run) add(ctx context.Context, s *assertion.Statement, at *part) error {
	added, err := r.builder.Add(assertion.PublicationID(r.publication), s)
	if err == nil && !added {
		if err = r.send(ctx, at); err == nil {
			_, err = r.builder.Add(assertion.PublicationID(r.publication), s)
		}
	}
	return err
}

// send hands the part at hand to the second stage and begins another.
func (r *run) send(ctx context.Context, at *part) error {
	if r.builder.Len() > 0 {
		var err error
		if at.batch, err = r.builder.Finish(); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case r.prepared <- *at:
		*at = part{dealt: at.dealt}
		return nil
	}
}

// commitParts is the second stage: it makes parts durable, several at once.
func (r *run) commitParts(ctx context.Context, res *Result) error {
	for first := range r.prepared {
		group := r.gather(first)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var batches []assertion.Batch
		for i := range group {
			if group[i].batch.Count > 0 {
				batches = append(batches, group[i].batch)
			}
		}
		admitted, err := r.as.Load().pen.Write(batches)
		if err != nil {
			return err
		}
		res.Batches += len(admitted)
		for _, a := range admitted {
			res.Said += a.Header.Count
		}
		r.admitted <- admitted
		if err := r.receipts(group, admitted); err != nil {
			return err
		}
		if r.opts.Progress != nil {
			r.opts.Progress(group[len(group)-1].dealt)
		}
	}
	return nil
}

// gather returns the part and those that are ready behind it.
func (r *run) gather(first part) []part {
	group := append(make([]part, 0, groupSize), first)
	for len(group) < groupSize {
		select {
		case next, ok := <-r.prepared:
			if !ok {
				return group
			}
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// receipts tells which statements stand for the drafts of a group.
func (r *run) receipts(group []part, admitted []*intake.Admitted) error {
	next := 0 // in admitted
	for i := range group {
		var ref taxonomy.Ref // of the next statement of this part's batch
		if group[i].batch.Count > 0 {
			if next == len(admitted) {
				return fmt.Errorf("publish: %d batches were signed, %d admitted", next+1, len(admitted))
			}
			ref.Batch = admitted[next].CID
			next++
		}
		for j := range group[i].items {
			one := &group[i].items[j]
			if one.ref == (taxonomy.Ref{}) {
				one.ref = ref
				ref.Index++
			}
			if err := one.draft.tell(r.opts.Receipt, one.ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell tells which statement stands for the lines of a draft.
func (d *Draft) tell(receipt func(Receipt) error, ref taxonomy.Ref) error {
	if d.Lines == nil || receipt == nil {
		return nil
	}
	for line := range d.Lines {
		if err := receipt(Receipt{Line: line, Number: d.Number, Category: d.Category, Statement: ref}); err != nil {
			return err
		}
	}
	return nil
}

// nothingToSay reports whether a delivery would add nothing, because all of it stands
// or was said before. It ends at the first draft that would be said.
func (t *drafter) nothingToSay(ctx context.Context) (bool, error) {
	held := t.whole
	for d := range t.delivery.Drafts {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		what, s, _, err := t.decide(&d)
		if err != nil {
			return false, err
		}
		if what.says() {
			if why, _ := t.refuse(&s); why == "" {
				return false, nil
			}
			continue
		}
		held = true
	}
	return held, nil
}

// mostNamed bounds the publications that are named as those under which things stand.
const mostNamed = 8

// standing goes through a delivery that adds nothing: it gives the receipts of what
// stands, notes under which publications, and tells what is refused once more.
func (t *drafter) standing(ctx context.Context, opts Options, res *Result) error {
	for d := range t.delivery.Drafts {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		what, s, standing, err := t.decide(&d)
		switch id := publication.ID(standing.Publication); {
		case err != nil:
			return err
		case what.says():
			res.Refused++
			why, detail := t.refuse(&s)
			err = opts.refused(Refusal{d, why, detail})
		case what == over:
			res.Unchanged++
		default:
			res.Unchanged++
			if len(res.Under) < mostNamed && !slices.Contains(res.Under, id) {
				res.Under = append(res.Under, id)
			}
			err = d.tell(opts.Receipt, standing.Ref)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list is the third stage. After a fault it only drains, so that the second
// never waits for it in vain.
func (r *run) list(cancel context.CancelCauseFunc) {
	for admitted := range r.admitted {
		if r.listing != nil {
			continue
		}
		if r.listing = r.show(admitted); r.listing != nil {
			cancel(r.listing)
		}
	}
}
