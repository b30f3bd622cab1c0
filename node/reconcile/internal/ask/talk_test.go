package ask

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// script is a stream whose other end says what a test wrote down, a step a pause.
type script struct {
	said  []byte
	pause time.Duration // before each byte, or
	chunk int           // before so many
	after error         // when all is said; nil: it says nothing more
	due   time.Time
}

func (s *script) Read(b []byte) (int, error) {
	if len(s.said) == 0 && s.after != nil {
		return 0, s.after
	}
	wait := s.pause
	if len(s.said) == 0 {
		wait = 1 << 50
	}
	if left := time.Until(s.due); left < wait {
		time.Sleep(left)
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(wait)
	n := len(b)
	if s.pause > 0 {
		n = min(n, max(1, s.chunk))
	}
	n = copy(b[:n], s.said)
	s.said = s.said[n:]
	return n, nil
}

func (s *script) Write(b []byte) (int, error)   { return len(b), nil }
func (s *script) Peer() keys.Public             { return feedtest.Key("host").Public() }
func (s *script) SetDeadline(t time.Time) error { s.due = t; return nil }
func (s *script) CloseWrite() error             { return nil }
func (s *script) Close() error                  { return nil }

func frames(all ...[]byte) []byte {
	var out bytes.Buffer
	for _, b := range all {
		if err := overlay.WriteFrame(&out, b); err != nil {
			panic(err)
		}
	}
	return out.Bytes()
}

func record(d *feedtest.Drawing, name string) []byte {
	return message.EncodeRecord(message.Record{Header: d.Batch(name).Signed, Body: d.Batch(name).Body})
}

// TestFaults says what each way to fail is taken for, and how long it may take.
func TestFaults(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; B0")
	span := message.Span{Lane: message.Lane{Issuer: feedtest.Key("A").Public()}, Count: 2}
	end := message.EncodeSpanEnd(0)
	large := message.EncodeRecord(message.Record{Header: d.Batch("A0").Signed, Body: make([]byte, 900<<10)})
	ends := frames(slices.Repeat([][]byte{end}, 40)...)
	tests := []struct {
		name   string
		s      script
		want   Fault
		within time.Duration
		got    int
	}{
		{"a thin line", script{said: frames(large, end), pause: 100 * time.Millisecond, chunk: 700}, NoFault, 135 * time.Second, 1},
		{"a line too thin", script{said: frames(large, end), pause: 100 * time.Millisecond, chunk: 600}, Slow, 20 * time.Second, 0},
		{"a slow disk", script{said: ends, pause: 250 * time.Millisecond, chunk: len(ends) / 40}, NoFault, 20 * time.Second, 0},
		{"one every four seconds", script{said: ends, pause: 2 * time.Second, chunk: len(ends) / 40}, Slow, 10 * time.Second, 0},
		{"longer than the pace allows", script{said: frames(slices.Repeat([][]byte{end}, 500)...), pause: 200 * time.Millisecond, chunk: len(ends) / 40}, Late, 160 * time.Second, 0},
		{"all of it", script{said: frames(record(d, "A0"), record(d, "A1"), end)}, NoFault, 0, 2},
		{"less", script{said: frames(record(d, "A0"), end)}, NoFault, 0, 1},
		{"silence", script{}, Silent, 10 * time.Second, 0},
		{"silence in the middle", script{said: frames(record(d, "A0"))}, Silent, 10 * time.Second, 1},
		{"closed at once", script{after: io.EOF}, Silent, 0, 0},
		{"broken off", script{said: frames(record(d, "A0"))[:90], after: io.EOF}, Broken, 0, 0},
		{"reset", script{said: frames(record(d, "A0")), after: errors.New("reset")}, Broken, 0, 1},
		{"a byte a second", script{said: frames(record(d, "A0")), pause: time.Second}, Slow, 10 * time.Second, 0},
		{"a byte every nine seconds", script{said: frames(record(d, "A0"), record(d, "A1"), end), pause: 9 * time.Second}, Slow, 10 * time.Second, 0},
		{"rubbish", script{said: frames([]byte{1, 2, 3})}, Lying, 0, 0},
		{"a huge frame", script{said: []byte{0xFF, 0xFF, 0xFF, 0xFF}}, Lying, 0, 0},
		{"another issuer", script{said: frames(record(d, "B0"))}, Lying, 0, 0},
		{"another place", script{said: frames(record(d, "A1"))}, Lying, 0, 0},
		{"too many", script{said: frames(record(d, "A0"), record(d, "A1"), record(d, "A2"))}, Lying, 0, 2},
		{"an answer to something else", script{said: frames(message.EncodeHeadsEnd(message.HeadsEnd{}))}, Lying, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := message.Ranges{Bytes: 1 << 20, Spans: []message.Span{span}}
				if tt.s.chunk == len(ends)/40 {
					q.Spans = slices.Repeat(q.Spans, bytes.Count(tt.s.said, frames(end)))
				}
				began := time.Now()
				var all []Found
				open := func(context.Context, keys.Public) (overlay.Stream, error) { return &tt.s, nil }
				failed := With(t.Context(), open, keys.Public{}, func(talk *Talk) (err error) {
					all, err = talk.Fetch(q)
					return err
				})
				if failed.Fault != tt.want || len(all[0].Records) != tt.got {
					t.Errorf("fault %d (%v) and %d records, want %d and %d", failed.Fault, failed.Err, len(all[0].Records), tt.want, tt.got)
				}
				if took := time.Since(began); took > tt.within {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestHeads(t *testing.T) {
	head := func(letter string) []byte {
		return message.EncodePage([]message.Head{{Issuer: feedtest.Key(letter).Public(), Forked: true, Proof: [32]byte{1}}})
	}
	end := func(version uint64, more bool) []byte {
		return message.EncodeHeadsEnd(message.HeadsEnd{UpTo: message.Cursor{Session: 1, Version: version}, More: more})
	}
	word := message.EncodeWord(message.Word{Beacon: message.Beacon{Time: time.UnixMilli(1)}, Vector: message.Cursor{Session: 1, Version: 3}})
	for name, tt := range map[string]struct {
		said  []byte
		known message.Cursor
		heads int
		fails string
	}{
		"two portions":                          {frames(word, head("A"), end(1, true), head("B"), head("C"), end(3, false)), message.Cursor{}, 3, ""},
		"nothing new":                           {frames(word), message.Cursor{Session: 1, Version: 3}, 0, ""},
		"more after nothing":                    {frames(word, end(1, true), end(1, true)), message.Cursor{}, 0, "more heads"},
		"more after nothing, at another cursor": {frames(word, end(1, true), head("A"), end(3, false)), message.Cursor{}, 0, "more heads"},
		"something else":                        {frames(word, word), message.Cursor{}, 0, "page of heads"},
		"a beacon in the past":                  {frames([]byte{0x81, 1}), message.Cursor{}, 0, "elements"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var n News
			open := func(context.Context, keys.Public) (overlay.Stream, error) {
				return &script{said: tt.said, after: io.EOF}, nil
			}
			err := With(t.Context(), open, keys.Public{}, func(talk *Talk) (err error) {
				n, err = talk.Exchange(message.Word{}, tt.known)
				return err
			}).Err
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%s: %v, want %q", name, err, tt.fails)
			}
			if err == nil && len(n.Heads) != tt.heads {
				t.Errorf("%s: %d heads", name, len(n.Heads))
			}
		})
	}
}

// FuzzHear hears whatever a peer may say, in answer to every question, within
// bounds.
func FuzzHear(f *testing.F) {
	d := feedtest.Draw(f, "A0 <- A1")
	f.Add(frames(record(d, "A0"), record(d, "A1"), message.EncodeSpanEnd(0)))
	f.Add(frames(message.EncodeWord(message.Word{}), message.EncodeHeadsEnd(message.HeadsEnd{})))
	f.Add(frames(message.EncodeBytes([]byte{1})))
	q := message.Ranges{Bytes: 4000, Spans: []message.Span{{Lane: message.Lane{Issuer: feedtest.Key("A").Public()}, Count: 2}}}
	id := d.Batch("A0").CID
	f.Fuzz(func(t *testing.T, said []byte) {
		hear := func() *Talk {
			return &Talk{s: &script{said: said, after: io.EOF, due: time.Now().Add(time.Hour)}}
		}
		all, _ := hear().Fetch(q)
		size := 0
		for _, r := range all[0].Records {
			size += r.Size()
		}
		if size > q.Bytes || len(all[0].Records) > 2 {
			t.Errorf("%d bytes in %d records", size, len(all[0].Records))
		}
		if n, _ := hear().Exchange(message.Word{}, message.Cursor{}); len(n.Heads) > message.MaxHeads {
			t.Errorf("%d heads", len(n.Heads))
		}
		if got, _ := hear().FetchBatches([]cid.Cid{id}); len(got) > 1 {
			t.Errorf("%d batches", len(got))
		}
		if got, _ := hear().FetchBytes(message.EncodeProof(message.Lane{}), 100); len(got) > 100 {
			t.Errorf("%d bytes", len(got))
		}
	})
}
