package rest

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"ringfence/node/api"
	"ringfence/node/serve/rest/internal/flow"
)

// upload is a request's body of a file or of a form with one.
type upload struct{ *flow.Upload }

// receive makes an upload of a body of at most limit bytes. The owner may take
// all the time there is: at the other end stands a person, or a pipe.
func (f *face) receive(w http.ResponseWriter, r *http.Request, limit int64) upload {
	return upload{flow.NewUpload(flow.UploadConfig{
		Answer:   w,
		Body:     http.MaxBytesReader(w, r.Body, limit),
		Hurry:    callerOf(r.Context()).origin != owner,
		Rate:     f.Limits.MinRate,
		Patience: f.Limits.Patience,
	})}
}

// file finds the file in the body: the body itself, or the part of a form,
// after the mapping. It reads the first bytes, so that a client that waits to
// be told to go on is told before the answer begins.
func (u upload) file(r *http.Request, p *api.Publish) (io.Reader, error) {
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
			return nil, u.Or(api.Errorf(api.BadInput, "the form cannot be read: %v", err))
		case part.FormName() == api.PartFile:
			return &lastPart{part: part, form: form, body: u}, nil
		case part.FormName() != api.PartMapping:
			return nil, api.Errorf(api.BadInput, "the form has a part %q; it takes %q, then %q", part.FormName(), api.PartMapping, api.PartFile)
		}
		text, err := io.ReadAll(io.LimitReader(part, api.MaxMapping+1))
		if err != nil {
			return nil, u.Or(api.Errorf(api.BadInput, "the mapping cannot be read: %v", err))
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
