package rest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"time"

	"ringfence/node/api"
)

// upload is a request's body that is read as it comes. Who sends it slower
// than a least rate is cut off; only the time spent waiting for the client
// counts, not the node's own. The owner may take all the time there is: at the
// other end stands a person, or a pipe.
type upload struct {
	body    io.Reader
	control *http.ResponseController
	hurry   bool
	rate    int // bytes a second
	allowed time.Duration

	read   int64
	waited time.Duration
	failed error // the first, except the end of the file
}

// slowError is a client that sends too slowly.
type slowError struct {
	read int64
	rate int
}

// Error says how far it came.
func (e *slowError) Error() string {
	return fmt.Sprintf("the file came slower than %d bytes a second (%d bytes so far); publish over the node's unix socket, or in parts", e.rate, e.read)
}

// receive makes an upload of a body of at most limit bytes.
func (f *face) receive(w http.ResponseWriter, r *http.Request, limit int64) *upload {
	return &upload{
		body:    http.MaxBytesReader(w, r.Body, limit),
		control: http.NewResponseController(w),
		hurry:   callerOf(r.Context()).origin != owner,
		rate:    f.Limits.MinRate,
		allowed: f.Limits.Patience,
	}
}

// Read reads what has come.
func (u *upload) Read(p []byte) (int, error) {
	var until time.Time // none
	if u.hurry {
		left := u.allowed + time.Duration(u.read)*time.Second/time.Duration(u.rate) - u.waited
		until = time.Now().Add(max(left, 0))
	}
	if err := u.control.SetReadDeadline(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	begun := time.Now()
	n, err := u.body.Read(p)
	u.waited += time.Since(begun)
	u.read += int64(n)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = &slowError{read: u.read, rate: u.rate}
	}
	if err != nil && err != io.EOF && u.failed == nil {
		u.failed = err
	}
	return n, err
}

// or returns why the body could not be read, else err.
func (u *upload) or(err error) error {
	if u.failed != nil {
		return u.failed
	}
	return err
}

// file finds the file in the body: the body itself, or the part of a form,
// after the mapping. It reads the first bytes, so that a client that waits to
// be told to go on is told before the answer begins.
func (u *upload) file(r *http.Request, p *api.Publish) (io.Reader, error) {
	media, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "multipart/form-data" {
		if p.Size == 0 && r.ContentLength > 0 {
			p.Size = r.ContentLength
		}
		buffered := bufio.NewReaderSize(u, 64<<10)
		_, _ = buffered.Peek(1) // a failure comes again with the first read
		return buffered, nil
	}
	form := multipart.NewReader(u, parameters["boundary"])
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, api.Errorf(api.BadInput, "the form has no part %q", api.PartFile)
		case err != nil:
			return nil, u.or(api.Errorf(api.BadInput, "the form cannot be read: %v", err))
		case part.FormName() == api.PartFile:
			return &lastPart{part: part, form: form, body: u}, nil
		case part.FormName() != api.PartMapping:
			return nil, api.Errorf(api.BadInput, "the form has a part %q; it takes %q, then %q", part.FormName(), api.PartMapping, api.PartFile)
		}
		text, err := io.ReadAll(io.LimitReader(part, api.MaxMapping+1))
		if err != nil {
			return nil, u.or(api.Errorf(api.BadInput, "the mapping cannot be read: %v", err))
		}
		if len(text) > api.MaxMapping {
			return nil, api.Errorf(api.BadInput, "the mapping is larger than %d bytes", api.MaxMapping)
		}
		p.Text = string(text)
	}
}

// lastPart is a part after which the body is read to its end: only then the
// server notices a client that leaves.
type lastPart struct {
	part io.Reader
	form *multipart.Reader
	body io.Reader
}

// Read reads the part, and at its end what is left of the body.
func (l *lastPart) Read(p []byte) (int, error) {
	n, err := l.part.Read(p)
	if err == io.EOF {
		_, _ = l.form.NextPart() // nothing of interest comes after the file
		_, _ = l.body.Read(make([]byte, 1))
	}
	return n, err
}

// unhurried is a body whose end lifts the read deadline: while the node works
// on a request nobody is late, and a deadline that passes then would be taken
// for a client that left.
type unhurried struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read reads and lifts the deadline at the end.
func (b *unhurried) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		lift(b.control)
	}
	return n, err
}

// lift takes the read deadline away, where there can be one.
func lift(control *http.ResponseController) {
	_ = control.SetReadDeadline(time.Time{}) // a writer without deadlines never had one
}
