package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/overlay"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// fault is why a conversation did not come to its end.
type fault uint8

const (
	noFault  fault = iota
	absent         // no stream could be opened
	broken         // the other end broke the answer off
	silent         // no answer came
	slow           // something came, too slowly
	lying          // what came is wrong on every node
	stopping       // this node ended it
)

// talk is the asking end of a stream.
type talk struct {
	s        overlay.Stream
	end      time.Time // of the whole answer
	due      time.Time // of the next pace bytes
	got      int       // of those
	last     time.Time // when something came
	io       error     // the stream's own failure
	released func() bool
}

// speak opens a conversation with a peer; close ends it. It ends with ctx.
func (r *Reconciler) speak(ctx context.Context, peer keys.Public) (*talk, error) {
	opening, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	s, err := r.cfg.Open(opening, peer)
	if err != nil {
		return nil, fmt.Errorf("reconcile: open a stream to %s: %w", peer.Short(), err)
	}
	return &talk{s: s, released: context.AfterFunc(ctx, func() { s.Close() })}, nil
}

func (t *talk) close() {
	t.released()
	t.s.Close()
}

// ask says a request; the answer may take rangeTimeout.
func (t *talk) ask(request []byte) error {
	now := time.Now()
	t.end, t.last = now.Add(rangeTimeout), time.Time{}
	if t.io = t.s.SetDeadline(now.Add(frameTimeout)); t.io != nil {
		return t.io
	}
	t.io = overlay.WriteFrame(t.s, request)
	t.due = now.Add(frameTimeout)
	return t.io
}

// hear reads one frame of the answer.
func (t *talk) hear(most int) ([]byte, error) {
	t.got, t.due = 0, time.Now().Add(frameTimeout)
	return overlay.ReadFrame(t, most)
}

// Read reads from the stream, with a deadline for every pace bytes.
func (t *talk) Read(b []byte) (int, error) {
	if t.got >= pace {
		t.got, t.due = 0, time.Now().Add(frameTimeout)
	}
	due := t.due
	if t.end.Before(due) {
		due = t.end
	}
	if t.io = t.s.SetDeadline(due); t.io != nil {
		return 0, t.io
	}
	n, err := t.s.Read(b[:min(len(b), pace)])
	if t.got += n; n > 0 {
		t.last = time.Now()
	}
	t.io = err
	return n, err
}

// faultOf says what a failure of this conversation means.
func (t *talk) faultOf(ctx context.Context, err error) fault {
	var timeout interface{ Timeout() bool }
	now := time.Now()
	switch {
	case err == nil:
		return noFault
	case ctx.Err() != nil:
		return stopping
	case t.io == nil:
		return lying
	case errors.As(t.io, &timeout) && timeout.Timeout() || !now.Before(t.due) || !now.Before(t.end):
		if now.Sub(t.last) <= trickle {
			return slow
		}
		return silent
	case t.last.IsZero():
		return silent // it would not answer, and does not say why
	}
	return broken
}

// wrong says that an answer is none that an honest node gives.
func wrong(format string, args ...any) error {
	return fmt.Errorf("reconcile: "+format, args...)
}

// news is what an exchange with a peer brought.
type news struct {
	word  word
	trip  time.Duration
	heads []Head // that changed
	upTo  cursor // with them
}

// exchange compares beacons, and hears the peer's heads when they go beyond what
// is known of them.
func (t *talk) exchange(own word, known cursor) (news, error) {
	asked := time.Now()
	if err := t.ask(encodeWord(own)); err != nil {
		return news{}, err
	}
	frame, err := t.hear(maxAnswer)
	if err != nil {
		return news{}, err
	}
	n := news{upTo: known, trip: time.Since(asked)}
	if n.word, err = decodeWord(frame); err != nil {
		return news{}, err
	}
	for more := n.word.vector != n.upTo; more; {
		if more, err = t.hearHeads(&n); err != nil {
			return news{}, err
		}
	}
	return n, nil
}

// hearHeads asks for the heads after n.upTo and reports whether more are held.
func (t *talk) hearHeads(n *news) (bool, error) {
	if err := t.ask(encodeHeads(n.upTo)); err != nil {
		return false, err
	}
	for {
		frame, err := t.hear(maxAnswer)
		if err != nil {
			return false, err
		}
		if k, err := kindOf(frame); err != nil || k == kindHeadsEnd {
			end, err := decodeHeadsEnd(frame)
			if err == nil && end.more && end.upTo == n.upTo {
				err = wrong("more heads are promised after none")
			}
			n.upTo = end.upTo
			return end.more, err
		}
		page, err := decodePage(frame)
		if err != nil {
			return false, err
		}
		if n.heads = append(n.heads, page...); len(n.heads) > maxHeads {
			return false, wrong("more than %d heads at once", maxHeads)
		}
	}
}

// found is what came of one span.
type found struct {
	records []record
	ended   bool // the peer said that it has no more to give of the span
	next    int  // size of the one after them, when it was too large for the request; else 0
}

// fetch asks for ranges. On a failure what came before it is returned too.
func (t *talk) fetch(q ranges) ([]found, error) {
	all := make([]found, len(q.spans))
	if err := t.ask(encodeRanges(q)); err != nil {
		return all, err
	}
	left := q.bytes
	for i, s := range q.spans {
		for {
			frame, err := t.hear(maxRecord)
			if err != nil {
				return all, err
			}
			if k, err := kindOf(frame); err != nil || k == kindSpanEnd {
				all[i].next, err = decodeSpanEnd(frame)
				if err != nil {
					return all, err
				}
				all[i].ended = true
				break
			}
			rec, err := decodeRecord(frame)
			if err != nil {
				return all, err
			}
			if left -= rec.size(); left < 0 || len(all[i].records) == s.count {
				return all, wrong("more is sent than was asked for")
			}
			if err := s.holds(rec, len(all[i].records)); err != nil {
				return all, err
			}
			all[i].records = append(all[i].records, rec)
		}
	}
	return all, nil
}

// holds reports as nil that a record names the n-th place of a span. A header of
// a newer version cannot be read; the door says so.
func (s span) holds(rec record, n int) error {
	h, _, err := feed.Peek(rec.header)
	switch {
	case errors.Is(err, assertion.ErrNewer):
		return nil
	case err != nil:
		return err
	case h.Issuer != s.lane.issuer || h.Epoch != s.lane.epoch || h.Sequence != s.from+uint64(n):
		return wrong("a record of %s, %d/%d for place %d/%d of %s", h.Issuer.Short(), h.Epoch, h.Sequence, s.lane.epoch, s.from+uint64(n), s.lane.issuer.Short())
	}
	return nil
}

// fetchBatches asks for batches by their CIDs.
func (t *talk) fetchBatches(ids []cid.Cid) ([]record, error) {
	if err := t.ask(encodeBatches(maxSpanBytes, ids)); err != nil {
		return nil, err
	}
	var all []record
	for left := maxSpanBytes; ; {
		frame, err := t.hear(maxRecord)
		if err != nil {
			return nil, err
		}
		if k, err := kindOf(frame); err != nil || k == kindSpanEnd {
			_, err = decodeSpanEnd(frame)
			return all, err
		}
		rec, err := decodeRecord(frame)
		if err != nil {
			return nil, err
		}
		_, id, err := feed.Peek(rec.header)
		if err != nil {
			return nil, err
		}
		if left -= rec.size(); left < 0 || len(all) == len(ids) || !slices.Contains(ids, id) {
			return nil, wrong("a batch that was not asked for, %s", id)
		}
		all = append(all, rec)
	}
}

// fetchBytes asks for a header or a fork proof; nil when the peer holds none.
func (t *talk) fetchBytes(request []byte, most int) ([]byte, error) {
	if err := t.ask(request); err != nil {
		return nil, err
	}
	frame, err := t.hear(maxAnswer)
	if err != nil {
		return nil, err
	}
	return decodeBytes(frame, most)
}

// walker asks a peer for its sublists.
type walker struct {
	ask  func(request []byte) ([]byte, error)
	peer keys.Public
}

// Walker returns what asks a peer for sublists of its list, one conversation a
// question, until ctx ends.
func (r *Reconciler) Walker(ctx context.Context, peer keys.Public) merkle.Walker {
	return walker{func(request []byte) ([]byte, error) {
		t, err := r.speak(ctx, peer)
		if err != nil {
			return nil, err
		}
		defer t.close()
		if err := t.ask(request); err != nil {
			return nil, err
		}
		return t.hear(maxAnswer)
	}, peer}
}

// Sublist implements merkle.Walker.
func (w walker) Sublist(prefix uint64, bits int) (merkle.Sublist, error) {
	frame, err := w.ask(encodeSublist(prefix, bits))
	if err != nil {
		return merkle.Sublist{}, fmt.Errorf("reconcile: ask %s for its list below %d bits: %w", w.peer.Short(), bits, err)
	}
	return decodeSublistIs(frame)
}
