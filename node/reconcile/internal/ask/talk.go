package ask

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// Fault is why a conversation did not come to its end.
type Fault uint8

// The faults.
const (
	NoFault  Fault = iota
	Absent         // no stream could be opened
	Broken         // the other end broke the answer off
	Silent         // no answer came
	Slow           // something came, too slowly
	Late           // the answer kept the pace and was not done in its time
	Lying          // what came is wrong on every node
	Stopping       // this node ended it
)

// Failure is a fault and what was seen of it; the zero Failure is none.
type Failure struct {
	Fault Fault
	Err   error
}

// Talk is the asking end of a stream.
type Talk struct {
	s    overlay.Stream
	end  time.Time // of the whole answer
	due  time.Time // of the next Pace bytes
	got  int       // of those
	last time.Time // when something came
	io   error     // the stream's own failure
}

// Opener opens a stream to a peer.
type Opener func(ctx context.Context, peer keys.Public) (overlay.Stream, error)

// With opens a conversation with a peer, which ends when say returns or with ctx,
// and tells how it failed.
func With(ctx context.Context, open Opener, peer keys.Public, say func(*Talk) error) Failure {
	opening, cancel := context.WithTimeout(ctx, message.OpenTimeout)
	defer cancel()
	s, err := open(opening, peer)
	if err != nil {
		return Failure{Absent, fmt.Errorf("reconcile: open a stream to %s: %w", peer.Short(), err)}
	}
	hangUp := func() { _ = s.Close() } // it is over either way
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()
	t := &Talk{s: s}
	err = say(t)
	return Failure{t.faultOf(ctx, err), err}
}

// ask says a request that is answered by about so many bytes.
func (t *Talk) ask(request []byte, bytes int) error {
	now := time.Now()
	t.end, t.last = now.Add(max(message.LeastTimeout, time.Duration(bytes/message.Pace)*message.FrameTimeout)), time.Time{}
	t.got, t.due = 0, now.Add(message.FrameTimeout)
	if t.io = t.s.SetDeadline(t.due); t.io == nil {
		t.io = overlay.WriteFrame(t.s, request)
	}
	t.due = time.Now().Add(message.FrameTimeout)
	return t.io
}

// hear reads one frame of the answer. However small, it is some of the pace: it may
// have cost the other end a look at a slow disk.
func (t *Talk) hear(most int) ([]byte, error) {
	frame, err := overlay.ReadFrame(t, most)
	if err == nil {
		t.got += max(0, message.FrameWorth-len(frame))
	}
	return frame, err
}

// Read reads from the stream, with a deadline for every Pace bytes.
func (t *Talk) Read(b []byte) (int, error) {
	if t.got >= message.Pace {
		t.got, t.due = 0, time.Now().Add(message.FrameTimeout)
	}
	due := t.due
	if t.end.Before(due) {
		due = t.end
	}
	if t.io = t.s.SetDeadline(due); t.io != nil {
		return 0, t.io
	}
	n, err := t.s.Read(b[:min(len(b), message.Pace)])
	if t.got += n; n > 0 {
		t.last = time.Now()
	}
	t.io = err
	return n, err
}

// faultOf says what a failure of this conversation means.
func (t *Talk) faultOf(ctx context.Context, err error) Fault {
	var timeout interface{ Timeout() bool }
	now := time.Now()
	switch {
	case err == nil:
		return NoFault
	case t.io == nil:
		return Lying
	case ctx.Err() != nil:
		return Stopping
	case errors.As(t.io, &timeout) && timeout.Timeout() || !now.Before(t.due) || !now.Before(t.end):
		switch {
		case now.Before(t.due):
			return Late
		case now.Sub(t.last) > message.Trickle:
			return Silent
		}
		return Slow
	case t.last.IsZero():
		return Silent // it would not answer, and does not say why
	}
	return Broken
}

// wrong says that an answer is none that an honest node gives.
func wrong(format string, args ...any) error {
	return fmt.Errorf("reconcile: "+format, args...)
}

// News is what an exchange with a peer brought.
type News struct {
	Word  message.Word
	Trip  time.Duration
	Heads []message.Head // that changed
	UpTo  message.Cursor // with them
}

// Exchange compares beacons, and hears the peer's heads when they go beyond what
// is known of them.
func (t *Talk) Exchange(own message.Word, known message.Cursor) (News, error) {
	asked := time.Now()
	if err := t.ask(message.EncodeWord(own), message.MaxAnswer); err != nil {
		return News{}, err
	}
	frame, err := t.hear(message.MaxAnswer)
	if err != nil {
		return News{}, err
	}
	n := News{UpTo: known, Trip: time.Since(asked)}
	if n.Word, err = message.DecodeWord(frame); err != nil {
		return News{}, err
	}
	for more := n.Word.Vector != n.UpTo; more; {
		had := len(n.Heads)
		if more, err = t.hearHeads(&n); err != nil {
			return News{}, err
		}
		if more && len(n.Heads) == had {
			return News{}, wrong("more heads are promised after none")
		}
	}
	return n, nil
}

// hearHeads asks for the heads after n.UpTo and reports whether more are held.
func (t *Talk) hearHeads(n *News) (bool, error) {
	const headSize = 150 // bytes, about
	if err := t.ask(message.EncodeHeads(n.UpTo), message.MaxHeads*headSize); err != nil {
		return false, err
	}
	for {
		frame, err := t.hear(message.MaxAnswer)
		if err != nil {
			return false, err
		}
		if k, err := message.KindOf(frame); err != nil || k == message.KindHeadsEnd {
			end, err := message.DecodeHeadsEnd(frame)
			n.UpTo = end.UpTo
			return end.More, err
		}
		page, err := message.DecodePage(frame)
		if err != nil {
			return false, err
		}
		if n.Heads = append(n.Heads, page...); len(n.Heads) > message.MaxHeads {
			return false, wrong("more than %d heads at once", message.MaxHeads)
		}
	}
}

// Found is what came of one span.
type Found struct {
	Records []message.Record
	Ended   bool // the peer said that it has no more to give of the span
	Next    int  // size of the one after them, when it was too large for the request; else 0
}

// Fetch asks for ranges. On a failure what came before it is returned too.
func (t *Talk) Fetch(q message.Ranges) ([]Found, error) {
	all := make([]Found, len(q.Spans))
	if err := t.ask(message.EncodeRanges(q), q.Bytes); err != nil {
		return all, err
	}
	left := q.Bytes
	for i, s := range q.Spans {
		for {
			frame, err := t.hear(message.MaxRecord)
			if err != nil {
				return all, err
			}
			if k, err := message.KindOf(frame); err != nil || k == message.KindSpanEnd {
				all[i].Next, err = message.DecodeSpanEnd(frame)
				if err != nil {
					return all, err
				}
				all[i].Ended = true
				break
			}
			rec, err := message.DecodeRecord(frame)
			if err != nil {
				return all, err
			}
			if left -= rec.Size(); left < 0 || len(all[i].Records) == s.Count {
				return all, wrong("more is sent than was asked for")
			}
			if err := holds(s, rec, len(all[i].Records)); err != nil {
				return all, err
			}
			all[i].Records = append(all[i].Records, rec)
		}
	}
	return all, nil
}

// holds reports as nil that a record names the n-th place of a span. A header of
// a newer version cannot be read; the door says so.
func holds(s message.Span, rec message.Record, n int) error {
	h, _, err := feed.Peek(rec.Header)
	switch {
	case errors.Is(err, assertion.ErrNewer):
		return nil
	case err != nil:
		return err
	case h.Issuer != s.Lane.Issuer || h.Epoch != s.Lane.Epoch || h.Sequence != s.From+uint64(n):
		return wrong("a record of %s, %d/%d for place %d/%d of %s", h.Issuer.Short(), h.Epoch, h.Sequence, s.Lane.Epoch, s.From+uint64(n), s.Lane.Issuer.Short())
	}
	return nil
}

// FetchBatches asks for batches by their CIDs.
func (t *Talk) FetchBatches(ids []cid.Cid) ([]message.Record, error) {
	if err := t.ask(message.EncodeBatches(message.MaxSpanBytes, ids), message.MaxSpanBytes); err != nil {
		return nil, err
	}
	var all []message.Record
	for left := message.MaxSpanBytes; ; {
		frame, err := t.hear(message.MaxRecord)
		if err != nil {
			return nil, err
		}
		if k, err := message.KindOf(frame); err != nil || k == message.KindSpanEnd {
			_, err = message.DecodeSpanEnd(frame)
			return all, err
		}
		rec, err := message.DecodeRecord(frame)
		if err != nil {
			return nil, err
		}
		_, id, err := feed.Peek(rec.Header)
		if err != nil {
			return nil, err
		}
		if left -= rec.Size(); left < 0 || len(all) == len(ids) || !slices.Contains(ids, id) {
			return nil, wrong("a batch that was not asked for, %s", id)
		}
		all = append(all, rec)
	}
}

// FetchBytes asks for a header or a fork proof; nil when the peer holds none.
func (t *Talk) FetchBytes(request []byte, most int) ([]byte, error) {
	if err := t.ask(request, message.MaxAnswer); err != nil {
		return nil, err
	}
	frame, err := t.hear(message.MaxAnswer)
	if err != nil {
		return nil, err
	}
	return message.DecodeBytes(frame, most)
}

// Walker asks a peer for its sublists, one conversation a question.
type Walker struct {
	ask  func(request []byte) ([]byte, error)
	peer keys.Public
}

// NewWalker returns one that asks until ctx ends.
func NewWalker(ctx context.Context, open Opener, peer keys.Public) Walker {
	return Walker{func(request []byte) (frame []byte, err error) {
		failed := With(ctx, open, peer, func(t *Talk) error {
			if err := t.ask(request, message.MaxAnswer); err != nil {
				return err
			}
			frame, err = t.hear(message.MaxAnswer)
			return err
		})
		return frame, failed.Err
	}, peer}
}

// Sublist implements merkle.Walker.
func (w Walker) Sublist(prefix uint64, bits int) (merkle.Sublist, error) {
	frame, err := w.ask(message.EncodeSublist(prefix, bits))
	if err != nil {
		return merkle.Sublist{}, fmt.Errorf("reconcile: ask %s for its list below %d bits: %w", w.peer.Short(), bits, err)
	}
	return message.DecodeSublistIs(frame)
}
