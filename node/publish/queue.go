package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// While a restored node waits until its peers have confirmed where its feed ends,
// drafts queue (DESIGN.md section 5): what it accepts then is durable and unsigned,
// and is said in order once the bar is lifted. Everything queued has a record among
// the publications, so that its maker sees what became of it, and its publication
// ID makes sure that it is said once: also when a stop comes between saying it and
// taking it off the queue, and when a backup with the queue in it is restored.

// The spaces of named values that the queue owns: what waits, by order of arrival,
// and the parts of each, by publication ID and number.
const (
	spaceQueue = "queue"
	spaceParts = "queued"
)

// partSize is about how many bytes one part has; a named value has at most 1 MiB.
const partSize = 256 << 10

// waiting is one thing that waits to be said.
type waiting struct {
	ID      ID      `json:"id"`
	Parts   int     `json:"parts"`
	Drafts  int     `json:"drafts"`
	Refused int     `json:"refused,omitempty"` // drafts that were not accepted
	Note    string  `json:"note,omitempty"`    // of what is said by hand
	File    *queued `json:"file,omitempty"`    // nil: by hand
}

// queued is a delivery but for its drafts.
type queued struct {
	Name    string           `json:"name"`
	Mapping string           `json:"mapping"`
	Digest  [32]byte         `json:"digest"`
	Adds    bool             `json:"adds"`
	Medium  assertion.Medium `json:"medium"`
}

// queuedDraft is a draft as it waits. Its lines are forgotten: receipts come when
// the file is delivered again.
type queuedDraft struct {
	Number    uint64            `json:"n"`
	Category  taxonomy.Category `json:"c"`
	Label     []byte            `json:"l,omitempty"`
	Reports   uint32            `json:"r,omitempty"`
	FirstSeen int64             `json:"f"`
	LastSeen  int64             `json:"t"`
}

// waits reports whether an error says only that signing is barred until the peers
// confirm the feed, and why in words; then drafts queue.
func (p *Publisher) waits(err error) (why string, waits bool) {
	if !errors.Is(err, feed.ErrBarred) || !p.cfg.Queue {
		return "", false
	}
	bar, _, err := p.cfg.Store.Barred(p.issuer)
	if err != nil || bar.Kind != feed.Restored {
		return "", false
	}
	return fmt.Sprintf("queued, not signed yet: %s; it is signed by itself once two other members have confirmed where this node's feed ends, and where fewer can be reached after ringfence restore lift HEAD", bar), true
}

// parts writes what waits in pieces that the store takes.
type parts struct {
	*Publisher
	id    ID
	batch []json.RawMessage
	size  int
	done  int
}

func (w *parts) add(one any) error {
	b, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("publish: queue a draft: %w", err)
	}
	w.batch, w.size = append(w.batch, b), w.size+len(b)
	if w.size < partSize {
		return nil
	}
	return w.flush()
}

func (w *parts) flush() error {
	if len(w.batch) == 0 {
		return nil
	}
	b, err := json.Marshal(w.batch)
	if err == nil {
		err = w.cfg.Store.Put(spaceParts, partKey(w.id, w.done), b)
	}
	if err != nil {
		return fmt.Errorf("publish: queue drafts: %w", err)
	}
	w.batch, w.size, w.done = nil, 0, w.done+1
	return nil
}

func partKey(id ID, part int) string { return fmt.Sprintf("%s/%08d", id, part) }

// readPart reads a part of what waits.
func readPart[T any](p *Publisher, id ID, n int) ([]T, error) {
	b, ok, err := p.cfg.Store.Get(spaceParts, partKey(id, n))
	var all []T
	if err == nil && !ok {
		err = errors.New("it is gone")
	}
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("publish: read part %d of what is queued as %s: %w", n, id, err)
	}
	return all, nil
}

// line returns what waits, in order, by key.
func (p *Publisher) line() (names []string, all []waiting, err error) {
	err = p.cfg.Store.List(spaceQueue, func(key string, value []byte) error {
		var one waiting
		if err := json.Unmarshal(value, &one); err != nil {
			return fmt.Errorf("publish: entry %s of the queue: %w", key, err)
		}
		names, all = append(names, key), append(all, one)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("publish: read the queue: %w", err)
	}
	return names, all, nil
}

// Queued returns how many drafts are accepted and wait to be signed.
func (p *Publisher) Queued() (int, error) {
	_, all, err := p.line()
	n := 0
	for _, one := range all {
		n += one.Drafts
	}
	return n, err
}

// enqueue accepts what has its parts written: first the record, then the entry.
func (p *Publisher) enqueue(one *Publication, w waiting) error {
	names, all, err := p.line()
	if err != nil {
		return err
	}
	one.State = Queued
	if err := p.keep(one); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(o waiting) bool { return o.ID == w.ID }) {
		return nil // the same content was queued before
	}
	key := 0
	if n := len(names); n > 0 {
		if _, err := fmt.Sscanf(names[n-1], "%d", &key); err != nil {
			return fmt.Errorf("publish: entry %q of the queue: %w", names[n-1], err)
		}
	}
	b, err := json.Marshal(w)
	if err == nil {
		err = p.cfg.Store.Put(spaceQueue, fmt.Sprintf("%020d", key+1), b)
	}
	if err != nil {
		return fmt.Errorf("publish: queue drafts: %w", err)
	}
	return nil
}

// queueDelivery lets a delivery wait. Drafts that would be void are refused at once.
// The caller holds mu.
func (p *Publisher) queueDelivery(ctx context.Context, d *Delivery, opts Options, why string) (Result, error) {
	who, err := p.speaker()
	if err == nil {
		err = mayFlag(who)
	}
	if err != nil {
		return Result{}, err
	}
	one, err := p.open(who, d)
	if err != nil {
		return Result{}, err
	}
	res := Result{Publication: one, Before: who.list.Counts(), After: who.list.Counts()}
	t := drafter{speaker: who, delivery: d, publication: one.ID}
	if one.State == Complete {
		res.Already = true
		res.Refused, err = t.standing(ctx, opts)
		return res, err
	}
	to := parts{Publisher: p, id: one.ID}
	for draft := range d.Drafts {
		what, s, _, err := t.decide(&draft)
		if err != nil {
			return Result{}, err
		}
		if what == say {
			if reason, detail := t.refuse(&s); reason != "" {
				res.Refused++
				if err := opts.refused(Refusal{draft, reason, detail}); err != nil {
					return Result{}, err
				}
				continue
			}
		}
		res.Waiting++
		err = to.add(queuedDraft{draft.Number.Uint64(), draft.Category, []byte(draft.Label), draft.Reports, draft.FirstSeen, draft.LastSeen})
		if err != nil {
			return Result{}, err
		}
	}
	if err := to.flush(); err != nil {
		return Result{}, err
	}
	if res.Waiting == 0 {
		one.State, one.Refused = Closed, res.Refused
		if err := p.keep(&one); err != nil {
			return Result{}, err
		}
		return res, fmt.Errorf("%w: %d drafts, all refused; is it the right mapping and country?", ErrNothing, res.Refused)
	}
	res.Queued = why
	one.Refused = res.Refused
	err = p.enqueue(&one, waiting{ID: one.ID, Parts: to.done, Drafts: res.Waiting, Refused: res.Refused, File: &queued{d.File, d.Mapping, d.Digest, d.Adds, d.Medium}})
	res.Publication = one
	return res, err
}

// queueSaid lets what is said by hand wait. The caller holds mu.
func (p *Publisher) queueSaid(note string, statements []assertion.Statement, why string) (Said, error) {
	who, err := p.speaker()
	if err == nil {
		err = p.sound(who, statements)
	}
	if err != nil {
		return Said{}, err
	}
	id, err := newID(p.cfg.Random)
	if err != nil {
		return Said{}, err
	}
	to := parts{Publisher: p, id: id}
	for i := range statements {
		b, err := statements[i].Encode()
		if err == nil {
			err = to.add(b)
		}
		if err != nil {
			return Said{}, fmt.Errorf("publish: queue statement %d: %w", i+1, err)
		}
	}
	if err := to.flush(); err != nil {
		return Said{}, err
	}
	one := Publication{ID: id, Member: who.id, Issuer: p.issuer.String(), File: note, Begun: p.cfg.Now().UTC()}
	if note == "" {
		one.File = inWords(&statements[0])
	}
	err = p.enqueue(&one, waiting{ID: id, Parts: to.done, Drafts: len(statements), Note: note})
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
	Publication Publication
	Refused     error // why it is not said: it would count for nothing by now
}

// Drain says what is queued, in order, when signing is not barred any more. It stops
// at the first that cannot be said yet, which stays, and returns why.
func (p *Publisher) Drain(ctx context.Context) ([]Drained, error) {
	names, all, err := p.line()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var out []Drained
	for i := range all {
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		one, err := p.drain(ctx, names[i], &all[i])
		if err != nil {
			return out, err
		}
		out = append(out, one)
	}
	return out, nil
}

// drain says one thing that was queued and takes it off the queue.
func (p *Publisher) drain(ctx context.Context, name string, w *waiting) (Drained, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, err := p.begin()
	if err != nil {
		return Drained{}, err
	}
	one, err := p.record(who.id, w.ID)
	if err != nil {
		return Drained{}, err
	}
	var refused error
	if one.State == Queued || one.State == Open { // else it was dealt with meanwhile
		if w.File != nil {
			refused, err = p.publishQueued(ctx, who, w)
		} else {
			refused, err = p.sayQueued(who, w, &one)
		}
	}
	if err == nil {
		err = p.unqueue(name, w)
	}
	if err != nil {
		return Drained{}, err
	}
	one, err = p.record(who.id, w.ID)
	return Drained{one, refused}, err
}

func (p *Publisher) unqueue(name string, w *waiting) error {
	err := p.cfg.Store.Delete(spaceQueue, name)
	for n := 0; err == nil && n < w.Parts; n++ {
		err = p.cfg.Store.Delete(spaceParts, partKey(w.ID, n))
	}
	if err != nil {
		return fmt.Errorf("publish: take %s off the queue: %w", w.ID, err)
	}
	return nil
}

func (p *Publisher) publishQueued(ctx context.Context, who speaker, w *waiting) (refused, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d := &Delivery{File: w.File.Name, Mapping: w.File.Mapping, Digest: w.File.Digest, Adds: w.File.Adds, Medium: w.File.Medium}
	d.Drafts = func(yield func(Draft) bool) {
		for n := range w.Parts {
			all, err := readPart[queuedDraft](p, w.ID, n)
			for i := 0; err == nil && i < len(all); i++ {
				q := &all[i]
				var key number.Number
				if key, err = number.FromUint64(q.Number); err == nil && !yield(Draft{
					Number: key, Category: q.Category, Label: string(q.Label), Reports: q.Reports, FirstSeen: q.FirstSeen, LastSeen: q.LastSeen,
				}) {
					return
				}
			}
			if err != nil {
				cancel(err) // or a part would pass for the whole
				return
			}
		}
	}
	res, err := p.publish(ctx, who, d, Options{})
	if errors.Is(err, ErrNothing) {
		refused, err = err, nil
	}
	if err == nil && w.Refused > 0 {
		res.Publication.Refused += w.Refused
		err = p.keep(&res.Publication)
	}
	return refused, err
}

func (p *Publisher) sayQueued(who speaker, w *waiting, one *Publication) (refused, err error) {
	var statements []assertion.Statement
	for n := range w.Parts {
		all, err := readPart[[]byte](p, w.ID, n)
		if err != nil {
			return nil, err
		}
		for _, b := range all {
			s, err := assertion.DecodeStatement(b)
			if err != nil {
				return nil, fmt.Errorf("publish: what is queued as %s: %w", w.ID, err)
			}
			statements = append(statements, s)
		}
	}
	one.Ended = p.cfg.Now().UTC().Truncate(time.Second)
	if p.cfg.View.Delivered(who.member, assertion.PublicationID(w.ID)) { // before a stop
		one.State, one.Statements = Complete, len(statements)
		return nil, p.keep(one)
	}
	if err := p.sound(who, statements); err != nil {
		if void := (*VoidError)(nil); !errors.As(err, &void) {
			return nil, err
		}
		one.State, one.Refused = Closed, len(statements)
		return err, p.keep(one)
	}
	batches, err := p.build(w.ID, statements)
	if err != nil {
		return nil, err
	}
	admitted, err := p.commit(batches) // all of it has its place, or nothing
	if err == nil {
		err = p.show(admitted)
	}
	if err != nil {
		return nil, err
	}
	one.State, one.Statements = Complete, len(statements)
	if err := p.keep(one); err != nil {
		return nil, err
	}
	return nil, p.undone(statements)
}
