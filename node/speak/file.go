package speak

import (
	"context"
	"errors"
	"io"
	"strings"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/publish"
	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/node/source"
	"ringfence/node/source/mapping"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Publish implements api.Speaker.
func (s *Speaker) Publish(ctx context.Context, p api.Publish, file io.Reader, h api.Hearing) (api.Published, error) {
	own, err := s.publisher()
	if err != nil {
		return api.Published{}, err
	}
	if h.Progress == nil {
		h.Progress = func(api.Progress) {}
	}
	began := s.cfg.Now()
	out := api.Published{DryRun: p.DryRun, RejectedBy: map[string]int{}}
	d, err := s.read(ctx, p, file, h, &out)
	if err != nil {
		return api.Published{}, err
	}
	account(&out, d)
	deliver, opts := Delivery(p.File, d), hearers(h, &out)
	switch {
	case out.Drafts == 0:
		out.Note = phrase.New("note.no_row", "nothing to publish: no row of the file can be used; is it the right mapping and country?")
	case p.DryRun:
		err = s.dryRun(ctx, own, deliver, opts, &out)
	default:
		err = s.deliver(ctx, own, deliver, opts, &out)
	}
	if err != nil {
		return api.Published{}, Refusal(err)
	}
	if !p.DryRun {
		s.cfg.Rows("accepted", out.Accepted)
		s.cfg.Rows("rejected", out.Rejected)
	}
	s.cfg.Said()
	out.Seconds = s.cfg.Now().Sub(began).Seconds()
	out.List = s.cfg.Stamp()
	return out, nil
}

// hearers tells who asked what a publisher does with the drafts, and counts in
// out the rows that it refuses.
func hearers(h api.Hearing, out *api.Published) publish.Options {
	opts := publish.Options{
		Progress: func(done int) {
			h.Progress(api.Progress{Phase: "publishing", Done: int64(done), Total: int64(out.Drafts)})
		},
		Refused: func(r publish.Refusal) error {
			for line := range r.Draft.Lines {
				out.Accepted--
				row := api.RejectedRow{Line: line, Value: r.Draft.Number.Masked(), Reason: r.Reason}
				if r.Detail != "" {
					row.Reason += ": " + r.Detail
				}
				if err := reject(out, h, r.Reason, row); err != nil {
					return err
				}
			}
			return nil
		},
	}
	if h.Receipt != nil {
		opts.Receipt = func(r publish.Receipt) error {
			return h.Receipt(api.ReceiptLine{Line: r.Line, Number: r.Number.Masked(), Category: r.Category.String(), Statement: r.Statement.String()})
		}
	}
	return opts
}

// reject counts a row that is not taken by its reason, and tells of it.
func reject(out *api.Published, h api.Hearing, reason string, row api.RejectedRow) error {
	out.Rejected++
	out.RejectedBy[reason]++
	if h.Rejected == nil {
		return nil
	}
	return h.Rejected(row)
}

// read makes drafts of a file.
func (s *Speaker) read(ctx context.Context, p api.Publish, file io.Reader, h api.Hearing, out *api.Published) (*source.Delivery, error) {
	m, err := mappingOf(p)
	if err != nil {
		return nil, err
	}
	var deaf error // of whom it tells
	opts := source.Options{
		File: p.File,
		Dialler: func(c number.Country) (source.Dialler, error) {
			rules := s.cfg.Book().Plans.Rules(c)
			return func(text string) number.Caller { return rules.Dialled(text).First() }, nil
		},
		Rejected: func(r source.Rejection) error {
			deaf = reject(out, h, r.Reason.String(), api.RejectedRow{Line: r.Line, Field: r.Field, Value: r.Value, Reason: r.Reason.String()})
			return deaf
		},
		Progress: func(done int64) { h.Progress(api.Progress{Phase: "reading", Done: done, Total: p.Size}) },
	}
	if p.Country != "" {
		if opts.Country, err = answer.ParseCountry(p.Country); err != nil {
			return nil, err
		}
	}
	var d hand.Times
	opts.AsOf = d.Read(p.AsOf)
	opts.NewestOn = taxonomy.DayOf(d.Read(p.NewestOn))
	if d.Err != nil {
		return nil, d.Err
	}
	read, err := source.Read(ctx, file, m, opts)
	if err != nil {
		var bad *source.FileError
		if deaf == nil && errors.As(err, &bad) {
			return nil, api.Errorf(api.BadInput, "%v", err)
		}
		return nil, err
	}
	return read, nil
}

func mappingOf(p api.Publish) (*mapping.Mapping, error) {
	if p.Text != "" {
		m, err := mapping.Read(p.Mapping, strings.NewReader(p.Text))
		if err != nil {
			return nil, api.Errorf(api.BadInput, "%v", err)
		}
		return m, nil
	}
	m, err := mapping.Shipped(p.Mapping)
	if err != nil {
		return nil, api.Errorf(api.BadInput, "%v", err)
	}
	return m, nil
}

// account tells what became of the rows.
func account(out *api.Published, d *source.Delivery) {
	sum := d.Summary()
	out.Rows, out.Accepted, out.Clamped, out.Drafts = sum.Rows, sum.Accepted, sum.Clamped, d.Len()
	const mostLabels = 100
	for _, l := range d.Labels() {
		if !l.Mapped && len(out.Unmapped) < mostLabels {
			out.Unmapped = append(out.Unmapped, l.Label)
		}
	}
}

// Delivery hands what source read of a file to a publisher; the two know nothing of
// each other.
func Delivery(file string, d *source.Delivery) *publish.Delivery {
	m := d.Mapping()
	return &publish.Delivery{
		File: file, Mapping: m.Name(), Digest: d.Digest(), Adds: m.Mode() == mapping.Reports, Medium: m.Medium(),
		Drafts: func(yield func(publish.Draft) bool) {
			for one := range d.Drafts() {
				if !yield(publish.Draft{
					Number: one.Number, Category: one.Category, Label: one.Label, Reports: one.Reports,
					FirstSeen: one.FirstSeen, LastSeen: one.LastSeen, Lines: one.Lines(),
				}) {
					return
				}
			}
		},
	}
}

func (s *Speaker) deliver(ctx context.Context, own *publish.Publisher, d *publish.Delivery, opts publish.Options, out *api.Published) error {
	before := s.cfg.List()
	res, err := own.Publish(ctx, d, opts)
	nothing := errors.Is(err, publish.ErrNothing)
	if err != nil && !nothing {
		return err
	}
	out.Changes = s.cfg.List().ChangedSince(before)
	out.Already, out.Statements, out.Again = res.Already, res.Said, res.Again
	named(out, res.Publication.ID, res.Under)
	out.Unchanged, out.Resumed, out.Refused, out.Batches = res.Unchanged, res.Resumed, res.Refused, res.Batches
	out.LabelledNow, out.Labelled = res.Before.Labelled, res.After.Labelled
	out.Queued = res.Waiting
	switch {
	case nothing:
		out.Note = refusedAll()
	case !res.Queued.IsZero():
		out.Note = res.Queued
	case res.Already:
		out.Note = already(out)
	case res.Again > 0:
		out.Note = saidAgain(res.Again)
	case res.Said > 0 && res.After.Labelled == res.Before.Labelled:
		out.Note = s.whyNothing(own.Issuer(), res.Said)
	}
	return nil
}

// refusedAll says why a publication says nothing at all.
func refusedAll() phrase.Phrase {
	return phrase.New("note.all_refused", "nothing to publish: the federation's rules refuse every row that can be used; is it the right mapping, country and date?")
}

func (s *Speaker) dryRun(ctx context.Context, own *publish.Publisher, d *publish.Delivery, opts publish.Options, out *api.Published) error {
	run, err := own.DryRun(ctx, d, opts)
	if err != nil {
		return err
	}
	out.Already, out.Statements, out.Again, out.Unchanged, out.Resumed, out.Refused = run.Already, run.Say, run.Again, run.Unchanged, run.Resumed, run.Refused
	named(out, run.Before, run.Under)
	out.LabelledNow, out.Labelled, out.Changes = run.Preview.Before.Labelled, run.Preview.After.Labelled, len(run.Preview.Changes)
	switch {
	case run.Refused == out.Drafts:
		out.Note = refusedAll()
	case run.Already:
		out.Note = already(out)
	case run.Again > 0:
		out.Note = saidAgain(run.Again)
	case run.Say > 0 && out.Labelled == out.LabelledNow:
		out.Note = s.whyNothing(own.Issuer(), run.Say)
	}
	return nil
}

// named names the publication of a content, none if there is no record of it, and those
// under which stands what it says.
func named(out *api.Published, id publication.ID, under []publication.ID) {
	if id != (publication.ID{}) {
		out.Publication = id.String()
	}
	for _, one := range under {
		out.Under = append(out.Under, one.String())
	}
}

// already says why nothing is added.
func already(out *api.Published) phrase.Phrase {
	if out.Publication == "" {
		return phrase.New("note.stands", "nothing is added: all that the file says stands already, as published under %s", strings.Join(out.Under, ", "))
	}
	return phrase.New("note.published_before", "nothing is added: this content was published before")
}

// saidAgain says why a content that was published before is not left at that.
func saidAgain(n int) phrase.Phrase {
	return phrase.New("note.said_again", "%d of the statements were said before, and were retracted or suspended since: they are said again, under a new publication ID", n)
}

// whyNothing says why a publication labels nothing new.
func (s *Speaker) whyNothing(issuer keys.Public, said int) phrase.Phrase {
	state := s.cfg.State()
	info, ok := state.Issuer(issuer)
	if !ok {
		return phrase.Phrase{}
	}
	if weight, single := state.Weight(info.Member), state.Policy().SinglePermille; weight < single {
		return phrase.New("note.low_weight", "%d statements change no label: alone, a member of weight %d permille stays below the single-source threshold of %d, and a number that no second, independent source flags is not labelled; one that was labelled already stays so. See docs/policy.md", said, weight, single)
	}
	return phrase.New("note.weak_evidence", "%d statements change no label: the evidence is too weak or too old for the single-source threshold of %d permille, or the numbers were labelled already. See docs/policy.md", said, state.Policy().SinglePermille)
}
