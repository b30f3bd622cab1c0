package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ringfence/node/phrase"
	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Terms returns what drafts by hand are made under now.
func (p *Publisher) Terms() (hand.Terms, error) {
	who, err := p.speaker()
	if err != nil {
		return hand.Terms{}, err
	}
	return who.terms(), nil
}

// Said is what was said by hand.
type Said struct {
	Publication publication.ID
	Statements  []taxonomy.Ref // in the order of the statements; none while they are queued
	Queued      phrase.Phrase  // says that they are, and why; none when they are signed
}

// VoidError says that statements were not signed because they would not count.
type VoidError struct {
	Void  []view.VoidAt
	Total int    // statements asked for
	First string // masked text of the first void one's subject
}

// Error tells the first reason, and how many there are.
func (e *VoidError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "publish: nothing was signed: %d of %d statements would be void; statement %d", len(e.Void), e.Total, e.Void[0].Index+1)
	if e.First != "" {
		fmt.Fprintf(&b, ", on %s", e.First)
	}
	return b.String() + ": " + e.Void[0].Reason.String()
}

// Preview tells what statements would do if they were said now. Nothing is
// signed.
func (p *Publisher) Preview(statements ...assertion.Statement) (view.Preview, error) {
	who, err := p.speaker()
	if err != nil {
		return view.Preview{}, err
	}
	got, err := p.cfg.View.Preview(p.Issuer(), who.now, assertion.PublicationID{}, statements)
	if err != nil {
		return view.Preview{}, fmt.Errorf("publish: preview: %w", err)
	}
	return got, nil
}

// Say says statements, all under one publication, durable and listed when it
// returns. If any of them would be void, none is signed and the error is a
// *VoidError. Several together are recorded as a publication called note. While
// signing is barred until the peers have confirmed the feed, they are queued,
// durably, and Said.Queued says so.
func (p *Publisher) Say(ctx context.Context, note string, statements ...assertion.Statement) (Said, error) {
	if len(statements) == 0 {
		return Said{}, fmt.Errorf("%w: no statements were given", ErrNothing)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.turn(ctx)
	if why, waits := p.waits(err); waits {
		return p.queueSaid(note, statements, why)
	}
	if errors.Is(err, publication.ErrUnfinished) && !slices.ContainsFunc(statements, func(s assertion.Statement) bool { return s.Kind != assertion.KindRetract }) {
		err = nil // the queue waits until that is finished, or taken back
	}
	if err != nil {
		return Said{}, err
	}
	if err := p.sound(who, statements); err != nil {
		return Said{}, err
	}
	id, err := publication.NewID(p.cfg.Random)
	if err != nil {
		return Said{}, err
	}
	batches, err := p.build(id, statements)
	if err != nil {
		return Said{}, err
	}
	said := Said{Publication: id}
	for len(batches) > 0 {
		if ctx.Err() != nil {
			return said, context.Cause(ctx)
		}
		n := min(groupSize, len(batches))
		admitted, err := p.as.Load().pen.Write(batches[:n])
		if err != nil {
			return said, err
		}
		batches = batches[n:]
		for _, a := range admitted {
			for i := range a.Header.Count {
				said.Statements = append(said.Statements, taxonomy.Ref{Batch: a.CID, Index: uint16(i)})
			}
		}
		if err := p.show(admitted); err != nil {
			return said, err
		}
	}
	return said, p.afterwards(who, said, note, statements)
}

// sound refuses statements that would be void.
func (p *Publisher) sound(who speaker, statements []assertion.Statement) error {
	trial, err := p.cfg.View.Preview(p.Issuer(), who.now, assertion.PublicationID{}, statements)
	if err != nil {
		return fmt.Errorf("publish: preview: %w", err)
	}
	if len(trial.Void) == 0 {
		return nil
	}
	e := &VoidError{Void: trial.Void, Total: len(statements)}
	if key, ok := statements[trial.Void[0].Index].Key(); ok {
		e.First = key.Masked()
	}
	return e
}

// build assembles statements into batches.
func (p *Publisher) build(id publication.ID, statements []assertion.Statement) ([]assertion.Batch, error) {
	b := assertion.NewBuilder(p.cfg.Random)
	var batches []assertion.Batch
	for i := range statements {
		added, err := b.Add(assertion.PublicationID(id), &statements[i])
		if err == nil && !added {
			var full assertion.Batch
			if full, err = b.Finish(); err == nil {
				batches = append(batches, full)
				_, err = b.Add(assertion.PublicationID(id), &statements[i])
			}
		}
		if err != nil {
			return nil, fmt.Errorf("publish: statement %d: %w", i+1, err)
		}
	}
	last, err := b.Finish()
	if err != nil {
		return nil, fmt.Errorf("publish: finish batch: %w", err)
	}
	return append(batches, last), nil
}

// afterwards keeps the node's own records: of several statements said
// together, and of publications that were retracted.
func (p *Publisher) afterwards(who speaker, said Said, note string, statements []assertion.Statement) error {
	if len(statements) > 1 {
		at := p.cfg.Now().UTC()
		one := publication.Record{
			ID: said.Publication, Member: who.id, Issuer: p.Issuer().String(), State: publication.Complete,
			File: note, Statements: len(said.Statements), Begun: at, Ended: at,
		}
		if err := p.book.Keep(&one); err != nil {
			return err
		}
	}
	return p.undone(statements)
}

// undone marks the publications that were retracted.
func (p *Publisher) undone(statements []assertion.Statement) error {
	for i := range statements {
		body, reason := statements[i].Check()
		undo, ok := body.(assertion.Retract)
		if reason != assertion.Sound || !ok || undo.Kind != assertion.TargetPublication {
			continue
		}
		err := p.end(publication.ID(undo.Target), publication.Retracted)
		if err != nil && !errors.Is(err, publication.ErrNone) {
			return err
		}
	}
	return nil
}
