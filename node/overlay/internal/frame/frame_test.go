package frame

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// trickle gives out some bytes at a time and notes how much room was made for how
// much that had come.
type trickle struct {
	left  []byte
	step  int
	came  int
	worst int // room made at once beyond what had come
}

func (r *trickle) Read(p []byte) (int, error) {
	r.worst = max(r.worst, len(p)-r.came)
	n := copy(p, r.left[:min(r.step, len(r.left))])
	if n == 0 {
		return 0, io.EOF
	}
	r.left, r.came = r.left[n:], r.came+n
	return n, nil
}

// Whoever announces a megabyte and sends a little makes nobody reserve a megabyte.
func TestRoomIsMadeAsBytesCome(t *testing.T) {
	const most = 1 << 20
	var whole bytes.Buffer
	if err := Write(&whole, bytes.Repeat([]byte{7}, most)); err != nil {
		t.Fatal(err)
	}
	for _, came := range []int{4, 5, 100, most / 2, most + 3} {
		r := &trickle{left: whole.Bytes()[:came], step: 1000}
		if _, err := Read(r, most); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes of a frame: %v", came, err)
		}
		if r.worst > first {
			t.Errorf("%d bytes of a frame: room for %d more than had come", came, r.worst)
		}
	}
	r := &trickle{left: whole.Bytes(), step: 1000}
	b, err := Read(r, most)
	if err != nil || len(b) != most || cap(b) > most+most/8 || bytes.Count(b, []byte{7}) != most {
		t.Errorf("%d bytes with room for %d, %v", len(b), cap(b), err)
	}
	if _, err := Read(bytes.NewReader(nil), most); err != io.EOF {
		t.Errorf("nothing: %v", err)
	}
	if b, err := Read(bytes.NewReader(make([]byte, 4)), 0); err != nil || len(b) != 0 {
		t.Errorf("an empty frame: %d bytes, %v", len(b), err)
	}
	if _, err := Read(bytes.NewReader([]byte{0, 0, 0, 2, 1, 2}), 1); err == nil {
		t.Error("a frame above the limit is read")
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 1, 2})
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := Read(bytes.NewReader(b), 64); err == nil && len(got) > 64 {
			t.Error("a frame above the limit")
		}
	})
}
