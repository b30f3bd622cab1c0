// Package flow moves what is too large to hold at the pace of both ends: an
// upload that must keep up a least rate, an answer whose pieces must be taken in
// time. Deadlines are set before each piece, so that a large file takes as long
// as it takes and a stalled client does not.
package flow

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// UploadConfig is what an upload needs.
type UploadConfig struct {
	Answer   http.ResponseWriter // whose connection carries the body
	Body     io.Reader
	Hurry    bool          // hold the client to Rate
	Rate     int           // bytes a second
	Patience time.Duration // what the client may lag behind Rate
}

// Upload is a request's body that is read as it comes. Who sends it slower
// than a least rate is cut off; only the time spent waiting for the client
// counts, not the node's own. The owner may take all the time there is: at the
// other end stands a person, or a pipe.
type Upload struct {
	UploadConfig

	control *http.ResponseController
	read    int64
	waited  time.Duration
	failed  error // the first, except the end of the file
}

// SlowError is a client that sends too slowly.
type SlowError struct {
	read int64
	rate int
}

// Error says how far it came.
func (e *SlowError) Error() string {
	return fmt.Sprintf("the file came slower than %d bytes a second (%d bytes so far); publish over the node's unix socket, or in parts", e.rate, e.read)
}

// NewUpload makes an upload.
func NewUpload(cfg UploadConfig) *Upload {
	return &Upload{UploadConfig: cfg, control: http.NewResponseController(cfg.Answer)}
}

// Read reads what has come.
func (u *Upload) Read(p []byte) (int, error) {
	var until time.Time // none
	if u.Hurry {
		left := u.Patience + time.Duration(u.read)*time.Second/time.Duration(u.Rate) - u.waited
		until = time.Now().Add(max(left, 0))
	}
	if err := u.control.SetReadDeadline(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	begun := time.Now()
	n, err := u.Body.Read(p)
	u.waited += time.Since(begun)
	u.read += int64(n)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = &SlowError{read: u.read, rate: u.Rate}
	}
	if err != nil && err != io.EOF && u.failed == nil {
		u.failed = err
	}
	return n, err
}

// Or returns why the body could not be read, else err.
func (u *Upload) Or(err error) error {
	if u.failed != nil {
		return u.failed
	}
	return err
}

// Unhurried is a body whose end lifts the read deadline: while the node works
// on a request nobody is late, and a deadline that passes then would be taken
// for a client that left.
type Unhurried struct {
	io.ReadCloser
	Control *http.ResponseController
}

// Read reads and lifts the deadline at the end.
func (b *Unhurried) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		Lift(b.Control)
	}
	return n, err
}

// Lift takes the read deadline away, where there can be one.
func Lift(control *http.ResponseController) {
	_ = control.SetReadDeadline(time.Time{}) // a writer without deadlines never had one
}
