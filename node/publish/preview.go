package publish

import (
	"context"
	"errors"
	"fmt"

	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/view"
)

// DryRun is what Publish would do with a delivery.
type DryRun struct {
	Already   bool // the content was published before: nothing would be added
	Say       int  // statements
	Unchanged int  // drafts that stand already as the file says
	Resumed   int  // drafts that an earlier, unfinished run has said
	Refused   int  // drafts that would be void
	Preview   view.Preview
}

// DryRun tells what Publish would do, and what would change in the list. It
// signs nothing and keeps nothing, but it holds all statements in memory at
// once, some 400 bytes each.
func (p *Publisher) DryRun(ctx context.Context, d *Delivery, opts Options) (DryRun, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out DryRun
	if _, err := p.cfg.View.Follow(); err != nil {
		return out, fmt.Errorf("publish: bring the list up to date: %w", err)
	}
	who, err := p.speaker()
	if err != nil {
		return out, err
	}
	if err := errors.Join(mayFlag(who), p.checkReadable()); err != nil {
		return out, err
	}
	one, _, err := p.book.Find(who.id, d.Digest)
	if err != nil {
		return out, err
	}
	t := drafter{speaker: who, delivery: d, publication: one.ID}
	if one.State == publication.Complete {
		out.Already = true
		out.Refused, err = t.standing(ctx, Options{Refused: opts.Refused})
		return out, err
	}
	statements, err := t.dry(ctx, opts, &out)
	if err != nil {
		return out, err
	}
	out.Say = len(statements)
	out.Preview, err = p.cfg.View.Preview(p.issuer, who.now, assertion.PublicationID(one.ID), statements)
	if err != nil {
		return out, fmt.Errorf("publish: preview: %w", err)
	}
	return out, nil
}

// dry deals with every draft as a run would: it counts in out what becomes of it,
// and returns the statements that would be made.
func (t *drafter) dry(ctx context.Context, opts Options, out *DryRun) ([]assertion.Statement, error) {
	var statements []assertion.Statement
	dealt := 0
	for draft := range t.delivery.Drafts {
		what, s, _, err := t.decide(&draft)
		if err != nil {
			return nil, err
		}
		switch what {
		case unchanged:
			out.Unchanged++
		case resumed:
			out.Resumed++
		case say:
			if why, detail := t.refuse(&s); why != "" {
				out.Refused++
				if err := opts.refused(Refusal{draft, why, detail}); err != nil {
					return nil, err
				}
				break
			}
			statements = append(statements, s)
		}
		if dealt++; dealt%assertion.MaxStatements == 0 {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if opts.Progress != nil {
				opts.Progress(dealt)
			}
		}
	}
	return statements, nil
}
