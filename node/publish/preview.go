package publish

import (
	"context"
	"errors"
	"fmt"

	"ringfence/node/publish/damage"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/view"
)

// DryRun is what Publish would do with a delivery.
type DryRun struct {
	Already   bool             // all of it stands or was said before: nothing would be added
	Before    publication.ID   // when Already: what this node published the content as; zero: it did not
	Under     []publication.ID // when Already: under which what stands was said, some of them
	Say       int              // statements
	Again     int              // of them, said before under an earlier ID and retracted since, or suspended by a fork
	Unchanged int              // drafts that stand already as the file says, or were said before by it
	Resumed   int              // drafts that an earlier, unfinished run has said
	Refused   int              // drafts that would be void
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
	if err := errors.Join(mayFlag(who), damage.Check(p.cfg.Store, p.Issuer())); err != nil {
		return out, err
	}
	t, known, err := p.know(who, d)
	if err != nil {
		return out, err
	}
	if t.publication == (publication.ID{}) {
		if out.Already, err = t.nothingToSay(ctx); err != nil {
			return out, err
		}
	}
	if out.Already {
		var res Result
		err = t.standing(ctx, Options{Refused: opts.Refused}, &res)
		out.Before, out.Under, out.Unchanged, out.Refused = known.Complete.ID, res.Under, res.Unchanged, res.Refused
		return out, err
	}
	statements, err := t.dry(ctx, opts, &out)
	if err != nil {
		return out, err
	}
	out.Say = len(statements)
	out.Preview, err = p.cfg.View.Preview(p.Issuer(), who.now, assertion.PublicationID(t.publication), statements)
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
		case unchanged, over:
			out.Unchanged++
		case resumed:
			out.Resumed++
		case say, sayAgain:
			if why, detail := t.refuse(&s); why != "" {
				out.Refused++
				if err := opts.refused(Refusal{draft, why, detail}); err != nil {
					return nil, err
				}
				break
			}
			if what == sayAgain {
				out.Again++
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
