package flow

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// paced is a connection whose other end sends a piece after each pause. It
// obeys the read deadline.
type paced struct {
	http.ResponseWriter
	pieces   int
	size     int
	pause    time.Duration
	deadline time.Time
}

func (p *paced) SetReadDeadline(at time.Time) error {
	p.deadline = at
	return nil
}

func (p *paced) Read(b []byte) (int, error) {
	if p.pieces == 0 {
		return 0, io.EOF
	}
	if !p.deadline.IsZero() && time.Now().Add(p.pause).After(p.deadline) {
		time.Sleep(time.Until(p.deadline))
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(p.pause)
	p.pieces--
	return min(p.size, len(b)), nil
}

// TestUploadPace: 1,000 bytes a second, ten seconds of patience. Time passes in
// a bubble.
func TestUploadPace(t *testing.T) {
	cases := []struct {
		name  string
		conn  paced
		hurry bool
		work  time.Duration // between pieces, on our side
		slow  bool
	}{
		{"fast", paced{pieces: 100, size: 1_000, pause: time.Millisecond}, true, 0, false},
		{"just fast enough", paced{pieces: 100, size: 1_000, pause: time.Second}, true, 0, false},
		{"too slow", paced{pieces: 100, size: 1_000, pause: 2 * time.Second}, true, 0, true},
		{"a byte now and then", paced{pieces: 100, size: 1, pause: 9 * time.Second}, true, 0, true},
		{"one long pause", paced{pieces: 1, size: 1, pause: 11 * time.Second}, true, 0, true},
		{"large pieces after long pauses", paced{pieces: 50, size: 15_000, pause: 9 * time.Second}, true, 0, false},
		{"slow, but nobody hurries", paced{pieces: 10, size: 1, pause: time.Hour}, false, 0, false},
		{"our own slowness", paced{pieces: 100, size: 1_000, pause: time.Millisecond}, true, time.Minute, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := NewUpload(UploadConfig{Answer: &c.conn, Body: &c.conn, Hurry: c.hurry, Rate: 1_000, Patience: 10 * time.Second})
				read, err := 0, error(nil)
				for piece := make([]byte, 1<<20); err == nil; {
					var n int
					n, err = u.Read(piece)
					read += n
					time.Sleep(c.work)
				}
				var slow *SlowError
				if errors.As(err, &slow) != c.slow || !c.slow && err != io.EOF {
					t.Errorf("after %d bytes: %v", read, err)
				}
				if c.slow && u.Or(errors.New("line 3: odd")) != err {
					t.Errorf("a service that does not wrap: %v", u.Or(nil))
				}
			})
		})
	}
}

// TestFileLimit: a file that grows past the limit is refused in the words of
// the limit, also when the service forgot to wrap the reader's error.
func TestFileLimit(t *testing.T) {
	u := NewUpload(UploadConfig{Answer: httptest.NewRecorder(), Body: http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("123456789")), 4)})
	_, err := io.ReadAll(u)
	err = u.Or(fmt.Errorf("line 1: %v", err))
	var large *http.MaxBytesError
	if !errors.As(err, &large) || large.Limit != 4 {
		t.Errorf("%v", err)
	}
}

func TestEndOfFileIsNoFailure(t *testing.T) {
	u := NewUpload(UploadConfig{Answer: httptest.NewRecorder(), Body: strings.NewReader("x")})
	if text, err := io.ReadAll(u); string(text) != "x" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if err := errors.New("line 1: odd"); u.Or(err) != err {
		t.Error("the end of the file hides the service's error")
	}
}

// TestUnhurried: the deadline stands until the body has ended.
func TestUnhurried(t *testing.T) {
	conn := &paced{deadline: time.Unix(1, 0)}
	body := &Unhurried{ReadCloser: io.NopCloser(strings.NewReader("x")), Control: http.NewResponseController(conn)}
	if _, err := body.Read(make([]byte, 1)); err != nil || conn.deadline.IsZero() {
		t.Errorf("before the end: %v, %v", conn.deadline, err)
	}
	if _, err := body.Read(make([]byte, 1)); err != io.EOF || !conn.deadline.IsZero() {
		t.Errorf("at the end: %v, %v", conn.deadline, err)
	}
}

// TestWriterBeginsLate: nothing is answered before the first piece, so that a
// failure can still have its status.
func TestWriterBeginsLate(t *testing.T) {
	w := httptest.NewRecorder()
	s := NewWriter(w, "text/plain", time.Second)
	if s.Begun() || w.Header().Get("Content-Type") != "" {
		t.Error("an answer has begun before its first piece")
	}
	if _, err := io.WriteString(s, "x"); err != nil || !s.Begun() || s.Flush() != nil {
		t.Errorf("the first piece: %v", err)
	}
	s.Begin()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/plain" || w.Body.String() != "x" || !w.Flushed {
		t.Errorf("answered %d %v %q", w.Code, w.Header(), w.Body)
	}
}

// stuck is a connection whose other end takes nothing.
type stuck struct{ http.ResponseWriter }

func (stuck) SetWriteDeadline(time.Time) error { return errors.New("closed") }
func (stuck) FlushError() error                { return errors.New("closed") }

func TestWriterTellsThatTheClientLeft(t *testing.T) {
	s := NewWriter(stuck{httptest.NewRecorder()}, "text/plain", time.Second)
	if _, err := io.WriteString(s, "x"); err == nil {
		t.Error("a piece was written to nobody")
	}
	if err := s.Flush(); err == nil {
		t.Error("a piece was sent to nobody")
	}
}
