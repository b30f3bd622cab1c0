package answer

import (
	"bytes"
	"encoding/binary"
	"io"
	"log/slog"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"
	"golang.org/x/time/rate"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/merkle"
)

// tape is a stream of which everything was said before.
type tape struct {
	in     *bytes.Reader
	out    bytes.Buffer
	closed bool
	rate   int // bytes a second that it takes; 0: any
	due    time.Time
}

func (s *tape) Read(b []byte) (int, error)    { return s.in.Read(b) }
func (s *tape) Peer() keys.Public             { return feedtest.Key("host").Public() }
func (s *tape) SetDeadline(t time.Time) error { s.due = t; return nil }
func (s *tape) CloseWrite() error             { return nil }
func (s *tape) Close() error                  { s.closed = true; return nil }

func (s *tape) Write(b []byte) (int, error) {
	if s.rate > 0 {
		time.Sleep(time.Duration(len(b)) * time.Second / time.Duration(s.rate))
	}
	if time.Now().After(s.due) {
		return 0, os.ErrDeadlineExceeded
	}
	return s.out.Write(b)
}

func shop(t testing.TB) (*Answerer, *feedtest.Drawing, *memory.Store) {
	t.Helper()
	d := feedtest.Draw(t, "A0 <- A1++ <- A2 <- A3")
	store := memory.New()
	for _, b := range d.All() {
		if err := store.Append([]feed.Record{b.Record()}); err != nil {
			t.Fatal(err)
		}
	}
	return New(Config{
		Held:    store,
		Beacon:  func() message.Beacon { return message.Beacon{Time: time.UnixMilli(1), Version: "here"} },
		Sublist: merkle.Build(nil).Sublist,
		Told:    func(keys.Public, message.Word) {},
		Logger:  slog.New(slog.DiscardHandler),
	}), d, store
}

// answers returns the frames that answer a request.
func answers(t *testing.T, a *Answerer, requests ...[]byte) [][]byte {
	t.Helper()
	s := &tape{in: tell(t, requests...)}
	a.Serve(s)
	if !s.closed {
		t.Error("the stream is open")
	}
	var frames [][]byte
	for {
		frame, err := overlay.ReadFrame(&s.out, message.MaxRecord)
		if err == io.EOF {
			return frames
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frame)
	}
}

// kinds returns what frames are, a letter each.
func kinds(t *testing.T, frames [][]byte) (all string) {
	t.Helper()
	letters := map[message.Kind]string{message.KindRecord: "r", message.KindSpanEnd: "e", message.KindBytes: "b", message.KindBeacon: "w", message.KindPage: "p", message.KindHeadsEnd: "h", message.KindSublistIs: "s"}
	for _, f := range frames {
		k, err := message.KindOf(f)
		if err != nil {
			t.Fatal(err)
		}
		all += letters[k]
	}
	return all
}

func TestAnswers(t *testing.T) {
	a, d, store := shop(t)
	if err := store.Quarantine(d.Batch("A3").CID, "a bit flipped"); err != nil {
		t.Fatal(err)
	}
	l := message.Lane{Issuer: feedtest.Key("A").Public()}
	other := message.Lane{Issuer: feedtest.Key("B").Public()}
	size := len(d.Batch("A0").Signed) + len(d.Batch("A0").Body)
	tests := []struct {
		name    string
		request []byte
		want    string
		next    uint64 // of the last frame, when it ends a span
	}{
		{"beacon", message.EncodeWord(message.Word{Beacon: message.Beacon{Time: time.UnixMilli(5)}}), "w", 0},
		{"heads", message.EncodeHeads(message.Cursor{}), "ph", 0},
		{"all that is served", message.EncodeRanges(message.Ranges{Bytes: 1 << 20, Spans: []message.Span{{Lane: l, Count: 10}}}), "rrre", 0},
		{"two spans", message.EncodeRanges(message.Ranges{Bytes: 1 << 20, Spans: []message.Span{{Lane: l, From: 1, Count: 1}, {Lane: other, Count: 5}}}), "ree", 0},
		{"as much as fits", message.EncodeRanges(message.Ranges{Bytes: size, Spans: []message.Span{{Lane: l, Count: 3}}}), "re", uint64(len(d.Batch("A1").Signed) + len(d.Batch("A1").Body))},
		{"nothing fits", message.EncodeRanges(message.Ranges{Bytes: 10, Spans: []message.Span{{Lane: l, Count: 3}}}), "e", uint64(size)},
		{"batches", message.EncodeBatches(1<<20, []cid.Cid{d.Batch("A3").CID, d.Batch("A2").CID}), "re", 0},
		{"a header in quarantine", message.EncodeHeader(l, 3), "b", 0},
		{"no proof", message.EncodeProof(l), "b", 0},
		{"sublist", message.EncodeSublist(0, 0), "s", 0},
		{"no request", message.EncodeSpanEnd(0), "", 0},
		{"rubbish", []byte{0xFF}, "", 0},
	}
	for _, tt := range tests {
		frames := answers(t, a, tt.request)
		if got := kinds(t, frames); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			continue
		}
		if n := len(frames); n > 0 && tt.want[n-1] == 'e' {
			if next, err := message.DecodeSpanEnd(frames[n-1]); err != nil || uint64(next) != tt.next {
				t.Errorf("%s: next is %d, want %d, %v", tt.name, next, tt.next, err)
			}
		}
	}
	if got := kinds(t, answers(t, a, message.EncodeProof(l), message.EncodeHeader(l, 0), []byte{1}, message.EncodeProof(l))); got != "bb" {
		t.Errorf("several on one stream: %q", got)
	}
	a.Stop()
	if got := answers(t, a, message.EncodeProof(l)); len(got) != 0 {
		t.Error("answered after the end")
	}
}

// tell returns requests as they are said on a stream.
func tell(t testing.TB, requests ...[]byte) *bytes.Reader {
	t.Helper()
	var in bytes.Buffer
	for _, r := range requests {
		if err := overlay.WriteFrame(&in, r); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.NewReader(in.Bytes())
}

// TestALargeRecordOverAThinLine gives one that needs minutes.
func TestALargeRecordOverAThinLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d, _ := shop(t)
		b := d.Batch("A0")
		store := memory.New()
		if err := store.Append([]feed.Record{{Issuer: b.Header.Issuer, Tip: b.Tip(), Header: b.Signed, Body: make([]byte, 900<<10)}}); err != nil {
			t.Fatal(err)
		}
		a.cfg.Held = store
		s := &tape{in: tell(t, message.EncodeRanges(message.Ranges{Bytes: 1 << 20, Spans: []message.Span{{Lane: message.Lane{Issuer: b.Header.Issuer}, Count: 1}}})), rate: 7 << 10}
		a.Serve(s)
		if s.out.Len() < 900<<10 {
			t.Errorf("%d bytes were given", s.out.Len())
		}
	})
}

// TestReadyIsNoOlderThanTheHeads: a node that becomes ready by what it takes in
// says so only with a vector that shows it, however lately the store was looked at.
func TestReadyIsNoOlderThanTheHeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := feedtest.Draw(t, "A0 <- A1 <- A2")
		store, ready, arriving := memory.New(), false, []string{"A0"}
		a := New(Config{Held: store, Beacon: func() message.Beacon {
			for _, name := range arriving { // just before it says so
				if err := store.Append([]feed.Record{d.Batch(name).Record()}); err != nil {
					t.Fatal(err)
				}
			}
			arriving = nil
			return message.Beacon{Ready: ready}
		}})
		say := func() (bool, uint64) {
			w, err := a.Word()
			if err != nil {
				t.Fatal(err)
			}
			return w.Beacon.Ready, w.Vector.Version
		}
		if is, at := say(); is || at != 1 {
			t.Errorf("ready %v at %d", is, at)
		}
		ready, arriving = true, []string{"A1"}
		if is, at := say(); !is || at != 2 {
			t.Errorf("ready by A1: %v at %d", is, at)
		}
		arriving = []string{"A2"}
		if is, at := say(); !is || at != 2 {
			t.Errorf("still ready: %v at %d, the store is not looked at so soon again", is, at)
		}
		ready = false
		if is, _ := say(); is {
			t.Error("it is not ready, and says so")
		}
		time.Sleep(message.RefreshEvery)
		ready = true
		if is, at := say(); !is || at != 3 {
			t.Errorf("ready again: %v at %d", is, at)
		}
	})
}

// TestQuestionsCost bounds what a peer may ask for that is not held, or small: every
// request and every place looked up counts.
func TestQuestionsCost(t *testing.T) {
	var spans, ids = make([]message.Span, message.MaxSpans), make([]cid.Cid, message.MaxBatches)
	for i := range spans {
		spans[i] = message.Span{Lane: message.Lane{Issuer: feedtest.Key("B").Public(), Epoch: uint64(i)}, Count: message.MaxSpan}
		ids[i] = assertion.CID([]byte{byte(i)})
	}
	for name, tt := range map[string]struct {
		request []byte
		each    int // bytes that it counts for
	}{
		"places":  {message.EncodeRanges(message.Ranges{Bytes: message.MaxSpanBytes, Spans: spans}), (1 + len(spans)) * message.AskCost},
		"batches": {message.EncodeBatches(message.MaxSpanBytes, ids), (1 + len(ids)) * message.AskCost},
		"headers": {message.EncodeHeader(spans[0].Lane, 3), message.AskCost},
		"words":   {message.EncodeWord(message.Word{Beacon: message.Beacon{Time: time.UnixMilli(5)}}), message.AskCost},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, _, _ := shop(t)
			began := time.Now()
			used := rate.NewLimiter(message.ServeRate, message.ServeRate)
			used.ReserveN(began, message.ServeRate)
			a.limits[feedtest.Key("host").Public()] = used
			streams := message.ServeRate/10/(message.MaxTalk*tt.each) + 1
			for range streams {
				a.Serve(&tape{in: tell(t, slices.Repeat([][]byte{tt.request}, message.MaxTalk)...)})
			}
			if took := time.Since(began); took < 90*time.Millisecond {
				t.Errorf("%s: what counts for a tenth of a second was answered within %v", name, took)
			}
		})
	}
}

// TestPartingGivesNoNewShare keeps what is left of the share of a peer that parts and
// comes back, until it is whole again.
func TestPartingGivesNoNewShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, _ := shop(t)
		tape := &tape{in: tell(t)}
		limit, _ := a.enter(tape)
		limit.ReserveN(time.Now(), message.ServeRate)
		a.leave(tape)
		a.Forget()
		if again, _ := a.enter(tape); again.Tokens() > 0 {
			t.Errorf("who comes back at once is served %v bytes more", again.Tokens())
		}
		time.Sleep(time.Second)
		a.Forget()
		if len(a.limits) != 1 {
			t.Error("the share of who is being answered is forgotten")
		}
		a.leave(tape)
		a.Forget()
		if len(a.limits) != 0 {
			t.Error("who was served nothing for a second and is gone is remembered")
		}
	})
}

// TestBombs asks with what is built to exhaust memory, as often as the peer has
// streams, and more: nobody is answered, and what that allocates is bounded.
func TestBombs(t *testing.T) {
	bombs := overlaytest.Bombs()
	for name, bomb := range overlaytest.Bombs() {
		bombs[name+" in a request for ranges"] = append(message.EncodeRanges(message.Ranges{})[:3:3], bomb...)
	}
	for name, bomb := range bombs {
		a, _, _ := shop(t)
		said := make([]byte, 4+len(bomb))
		binary.BigEndian.PutUint32(said, uint32(len(bomb)))
		copy(said[4:], bomb)
		tapes := make([]tape, 10*message.MaxStreams)
		for i := range tapes {
			tapes[i].in = bytes.NewReader(said)
		}
		allocated, held := overlaytest.Spent(func() {
			for i := range tapes {
				a.Serve(&tapes[i])
			}
		})
		t.Logf("%s: %d bytes allocated a stream, %d held", name, allocated/uint64(len(tapes)), held)
		for i := range tapes {
			if !tapes[i].closed || tapes[i].out.Len() > 0 {
				t.Errorf("%s: %d bytes of an answer, closed is %v", name, tapes[i].out.Len(), tapes[i].closed)
			}
		}
		if allocated > overlaytest.MostSpent || held > overlaytest.MostSpent {
			t.Errorf("%s: %d bytes were allocated, %d are held", name, allocated, held)
		}
	}
}

// FuzzServe answers whatever is asked without harm.
func FuzzServe(f *testing.F) {
	l := message.Lane{Issuer: feedtest.Key("A").Public()}
	for _, request := range [][]byte{
		message.EncodeRanges(message.Ranges{Bytes: 1 << 20, Spans: []message.Span{{Lane: l, Count: 10}}}),
		message.EncodeHeads(message.Cursor{}), message.EncodeProof(l), message.EncodeHeader(l, 1), message.EncodeSublist(7, 3),
		message.EncodeWord(message.Word{Beacon: message.Beacon{Time: time.UnixMilli(5)}}),
	} {
		f.Add(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...))
	}
	a, _, _ := shop(f)
	f.Fuzz(func(t *testing.T, said []byte) {
		s := &tape{in: bytes.NewReader(said)}
		a.Serve(s)
		if !s.closed || s.out.Len() > message.MaxTalk*(message.MaxSpanBytes+message.MaxAnswer) {
			t.Errorf("closed %v, %d bytes said", s.closed, s.out.Len())
		}
	})
}
