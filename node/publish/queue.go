package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/publish/internal/inherit"
	"ringfence/node/publish/internal/queue"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/view"
)

// While a restored node waits until its peers have confirmed where its feed ends,
// what it accepts queues, unsigned, and is said in order once the bar is lifted.
// Everything queued has a record among the publications, so that its maker sees what
// became of it, and by its ID it is known whether it was said: also when a stop comes
// between saying it and taking it off the queue, and when a backup with the queue in
// it is restored.

// waits reports whether an error says only that signing is barred until the peers
// confirm the feed, and why in words; then drafts queue.
func (p *Publisher) waits(err error) (why phrase.Phrase, waits bool) {
	if !errors.Is(err, feed.ErrBarred) || !p.cfg.Queue {
		return phrase.Phrase{}, false
	}
	bar, _, failed := p.cfg.Store.Barred(p.Issuer())
	if failed != nil || bar.Kind != feed.Restored {
		return phrase.Phrase{}, false
	}
	// The error says first that this node does not sign yet.
	return phrase.Join(phrase.New("note.queued", "queued, not signed yet"), phrase.From(err).After()), true
}

// Queued returns how many drafts are accepted and wait to be signed.
func (p *Publisher) Queued() (int, error) {
	all, err := p.line.All()
	n := 0
	for i := range all {
		n += all[i].Drafts
	}
	return n, err
}

// enqueue accepts what has its parts written: first the record, then the entry.
func (p *Publisher) enqueue(one *publication.Record, e *queue.Entry) error {
	one.State = publication.Queued
	if err := p.book.Keep(one); err != nil {
		return err
	}
	return p.line.Join(e)
}

// queueDelivery lets a delivery wait. Drafts that would be void are refused at once.
// The caller holds mu.
func (p *Publisher) queueDelivery(ctx context.Context, d *Delivery, opts Options, why phrase.Phrase) (Result, error) {
	who, err := p.speaker()
	if err == nil {
		err = mayFlag(who)
	}
	if err != nil {
		return Result{}, err
	}
	t, res, err := p.take(ctx, who, d, opts)
	if err != nil || res.Already {
		return res, err
	}
	one := res.Publication
	to := p.line.Write(one.ID)
	for draft := range d.Drafts {
		what, s, _, err := t.decide(&draft)
		if err != nil {
			return Result{}, err
		}
		if what == over {
			continue
		}
		if what.says() {
			if reason, detail := t.refuse(&s); reason != "" {
				res.Refused++
				if err := opts.refused(Refusal{draft, reason, detail}); err != nil {
					return Result{}, err
				}
				continue
			}
		}
		err = to.Draft(&queue.Draft{
			Number: draft.Number, Category: draft.Category, Label: draft.Label, Reports: draft.Reports, FirstSeen: draft.FirstSeen, LastSeen: draft.LastSeen,
		})
		if err != nil {
			return Result{}, err
		}
	}
	e, err := to.Finish()
	if err != nil {
		return Result{}, err
	}
	if res.Waiting = e.Drafts; res.Waiting == 0 {
		one.State, one.Refused = publication.Closed, res.Refused
		if err := p.book.Keep(&one); err != nil {
			return Result{}, err
		}
		return res, fmt.Errorf("%w: %d drafts, all refused; is it the right mapping and country?", ErrNothing, res.Refused)
	}
	res.Queued = why
	one.Refused, e.Refused = res.Refused, res.Refused
	e.File = &queue.File{Name: d.File, Mapping: d.Mapping, Digest: d.Digest, Adds: d.Adds, Medium: d.Medium}
	err = p.enqueue(&one, &e)
	res.Publication = one
	return res, err
}

// queueSaid lets what is said by hand wait. The caller holds mu.
func (p *Publisher) queueSaid(note string, statements []assertion.Statement, why phrase.Phrase) (Said, error) {
	who, err := p.speaker()
	if err == nil {
		err = p.sound(who, statements)
	}
	if err != nil {
		return Said{}, err
	}
	id, err := publication.NewID(p.cfg.Random)
	if err != nil {
		return Said{}, err
	}
	to := p.line.Write(id)
	for i := range statements {
		if err := to.Statement(&statements[i]); err != nil {
			return Said{}, fmt.Errorf("publish: queue statement %d: %w", i+1, err)
		}
	}
	e, err := to.Finish()
	if err != nil {
		return Said{}, err
	}
	e.Note = note
	one := publication.Record{ID: id, Member: who.id, Issuer: p.Issuer().String(), File: note, Begun: p.cfg.Now().UTC()}
	if note == "" {
		one.File = inWords(&statements[0])
	}
	err = p.enqueue(&one, &e)
	return Said{Publication: id, Queued: why}, err
}

// inWords names a statement for its maker, with its number masked.
func inWords(s *assertion.Statement) string {
	if key, ok := s.Key(); ok {
		return s.Kind.String() + " " + key.Masked()
	}
	return s.Kind.String()
}

// Drained is what became of something that was queued.
type Drained struct {
	Publication publication.Record
	Refused     error // why it is not said: it would count for nothing by now, or is lost
	// Inherited is, in the place of both, what was said again of another key.
	Inherited *inherit.Left
}

// Drain says what is queued, in order, when signing is not barred any more. It stops
// at the first that cannot be said yet, which stays, and returns why.
func (p *Publisher) Drain(ctx context.Context) ([]Drained, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.drainLine(ctx)
	out := p.dealt // what Say and Publish came upon too
	p.dealt = nil
	return out, err
}

// drainLine is Drain but for what it returns. The caller holds mu.
func (p *Publisher) drainLine(ctx context.Context) error {
	all, err := p.line.All()
	if err == nil && len(all) == 0 && p.InForce() != nil {
		return nil // nothing waits for the key to be admitted
	}
	if err == nil && !p.swept {
		err = p.sweep(all)
		p.swept = err == nil
	}
	if err == nil {
		err = p.inherit(ctx)
	}
	if err != nil {
		return err
	}
	for i := range all {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		one, err := p.drain(ctx, &all[i])
		if err != nil {
			return err
		}
		p.dealt = append(p.dealt, one)
	}
	return nil
}

// frees reports whether a delivery may be published over a queue that cannot be said:
// it is the content of what stands first, or may finish what is unfinished; anything
// else is refused when the publication is opened. The caller holds mu.
func (p *Publisher) frees(d *Delivery, why error) bool {
	if errors.Is(why, publication.ErrUnfinished) {
		return true
	}
	all, err := p.line.All()
	return err == nil && len(all) > 0 && all[0].File != nil && all[0].File.Digest == d.Digest
}

// sweep forgets what a stop left of things that were never accepted. The caller holds
// mu.
func (p *Publisher) sweep(line []queue.Entry) error {
	who, err := p.speaker()
	if err != nil {
		return err
	}
	records, err := p.book.Of(who.id)
	if err != nil {
		return err
	}
	for i := range records {
		one := &records[i]
		if one.State != publication.Queued || slices.ContainsFunc(line, func(e queue.Entry) bool { return e.ID == one.ID }) {
			continue
		}
		one.State, one.Ended = publication.Closed, time.Unix(who.now, 0).UTC()
		if err := p.book.Keep(one); err != nil {
			return err
		}
	}
	return p.line.Sweep()
}

// drain says one thing that was queued and takes it off the queue. The caller holds
// mu.
func (p *Publisher) drain(ctx context.Context, e *queue.Entry) (Drained, error) {
	who, err := p.begin()
	if err != nil {
		return Drained{}, err
	}
	one, err := p.book.Get(who.id, e.ID)
	if err != nil {
		return Drained{}, err
	}
	var refused error
	if one.State == publication.Queued || one.State == publication.Open { // else it was dealt with meanwhile
		if e.File != nil {
			refused, err = p.publishQueued(ctx, who, e)
		} else {
			refused, err = p.sayQueued(who, e, &one)
		}
	}
	if err == nil {
		err = p.line.Leave(e)
	}
	if err != nil {
		return Drained{}, err
	}
	one, err = p.book.Get(who.id, e.ID)
	return Drained{Publication: one, Refused: refused}, err
}

func (p *Publisher) publishQueued(ctx context.Context, who speaker, e *queue.Entry) (refused, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d := &Delivery{File: e.File.Name, Mapping: e.File.Mapping, Digest: e.File.Digest, Adds: e.File.Adds, Medium: e.File.Medium}
	d.Drafts = func(yield func(Draft) bool) {
		for q, err := range p.line.Drafts(e) {
			if err != nil {
				cancel(err) // or a part would pass for the whole
				return
			}
			if !yield(Draft{Number: q.Number, Category: q.Category, Label: q.Label, Reports: q.Reports, FirstSeen: q.FirstSeen, LastSeen: q.LastSeen}) {
				return
			}
		}
	}
	if d.said, err = p.saidBefore(who.member, e.ID); err != nil {
		return nil, err
	}
	res, err := p.publish(ctx, who, d, Options{})
	if errors.Is(err, ErrNothing) {
		refused, err = err, nil
	}
	if err == nil && e.Refused > 0 {
		res.Publication.Refused += e.Refused
		err = p.book.Keep(&res.Publication)
	}
	return refused, err
}

// saidBefore returns what was flagged under a publication ID, before a stop or before
// a backup was restored.
func (p *Publisher) saidBefore(member charter.MemberIndex, id publication.ID) (map[flagged]bool, error) {
	said := make(map[flagged]bool)
	for told := range p.cfg.View.Delivered(member, assertion.PublicationID(id)) {
		if told.Status == view.Unreadable {
			return nil, fmt.Errorf("%w: batch %s, which has a part of what is queued as %s; run scrub and put it back", ErrDamaged, told.Ref.Batch, id)
		}
		if flag, ok := told.Body.(assertion.Flag); ok {
			key, _ := told.Statement.Key()
			said[flagged{key, flag.Category}] = true
		}
	}
	return said, nil
}

func (p *Publisher) sayQueued(who speaker, e *queue.Entry, one *publication.Record) (refused, err error) {
	one.Ended = p.cfg.Now().UTC().Truncate(time.Second)
	statements, err := p.line.Statements(e)
	if errors.Is(err, queue.ErrGone) { // nobody can deliver it again, and the rest need not wait for it
		one.State, one.Refused = publication.Closed, e.Drafts
		return err, p.book.Keep(one)
	}
	if err != nil {
		return nil, err
	}
	for range p.cfg.View.Delivered(who.member, assertion.PublicationID(e.ID)) { // before a stop
		return nil, p.saidOf(one, statements)
	}
	if err := p.sound(who, statements); err != nil {
		if void := (*VoidError)(nil); !errors.As(err, &void) {
			return nil, err
		}
		one.State, one.Refused = publication.Closed, len(statements)
		return err, p.book.Keep(one)
	}
	if err := p.sayUnder(e.ID, statements); err != nil {
		return nil, err
	}
	return nil, p.saidOf(one, statements)
}

// saidOf notes that what was queued is said: what it undoes first, since a stop
// between the two would leave that for good.
func (p *Publisher) saidOf(one *publication.Record, statements []assertion.Statement) error {
	if err := p.undone(statements); err != nil {
		return err
	}
	one.State, one.Statements = publication.Complete, len(statements)
	return p.book.Keep(one)
}
