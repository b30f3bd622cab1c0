package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"ringfence/node/api"
	"strconv"
	"sync/atomic"
)

// Publish sends a publisher's file and follows what the node says meanwhile.
// When it returns before the end of the file was sent, a read of file may still
// be under way.
func (c *Client) Publish(ctx context.Context, p api.Publish, file io.Reader, h api.Hearing) (api.Published, error) {
	source := &source{from: file}
	defer source.leave()
	query := publication(p)
	turn(query, "rejects", h.Rejected != nil)
	turn(query, "receipts", h.Receipt != nil)
	r := request{method: http.MethodPost, path: api.PathPublications, query: query, body: source, media: api.MediaBytes}
	if p.Text != "" {
		body, media := withMapping(p.Text, source)
		defer func() { _ = body.Close() }()
		r.body, r.media = body, media
	}
	resp, err := c.do(ctx, r)
	if err != nil {
		return api.Published{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := c.expect(resp, api.MediaEvents); err != nil {
		return api.Published{}, err
	}
	return c.follow(ctx, resp.Body, h)
}

// follow reads events up to the one that ends a publication.
func (c *Client) follow(ctx context.Context, events io.Reader, h api.Hearing) (api.Published, error) {
	lines := json.NewDecoder(events)
	for {
		var e api.PublishEvent
		if err := lines.Decode(&e); err != nil {
			if ctx.Err() == nil {
				return api.Published{}, api.Errorf(api.Unavailable, "the node on %s went away while it published: %v; what it acknowledged is kept, publish the file again to complete it", c.where, err)
			}
			return api.Published{}, fmt.Errorf("publish on %s: %w", c.where, ctx.Err())
		}
		switch {
		case e.Published != nil:
			return *e.Published, nil
		case e.Error != nil:
			return api.Published{}, e.Error
		}
		if err := tellHearing(&h, &e); err != nil {
			return api.Published{}, err
		}
	}
}

// tellHearing tells one event to whom it concerns.
func tellHearing(h *api.Hearing, e *api.PublishEvent) error {
	switch {
	case e.Progress != nil && h.Progress != nil:
		h.Progress(*e.Progress)
	case e.Rejected != nil && h.Rejected != nil:
		return h.Rejected(*e.Rejected)
	case e.Receipt != nil && h.Receipt != nil:
		return h.Receipt(*e.Receipt)
	}
	return nil
}

// publication holds, as the query of a request, everything but the mapping's own text, which may be long.
func publication(p api.Publish) url.Values {
	q := url.Values{}
	set(q, "mapping", p.Mapping)
	set(q, "file", p.File)
	set(q, "country", p.Country)
	set(q, "as_of", p.AsOf)
	set(q, "newest_on", p.NewestOn)
	if p.Size != 0 {
		q.Set("size", strconv.FormatInt(p.Size, 10))
	}
	turn(q, "dry_run", p.DryRun)
	return q
}

// withMapping joins a mapping and a file to one multipart body. Closing the
// body ends the goroutine that writes it.
func withMapping(mapping string, file io.Reader) (io.ReadCloser, string) {
	body, end := io.Pipe()
	form := multipart.NewWriter(end)
	go func() {
		end.CloseWithError(writeForm(form, mapping, file))
	}()
	return body, form.FormDataContentType()
}

func writeForm(form *multipart.Writer, mapping string, file io.Reader) error {
	if err := form.WriteField(api.PartMapping, mapping); err != nil {
		return fmt.Errorf("send mapping: %w", err)
	}
	part, err := form.CreateFormFile(api.PartFile, api.PartFile)
	if err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	if _, err := io.Copy(part, file); err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	return form.Close()
}

// source hides a reader's other methods, so that the transport does not close
// the caller's file, and reads no more once the caller has left.
type source struct {
	from io.Reader
	left atomic.Bool
}

func (s *source) leave() { s.left.Store(true) }

// Read reads on until the caller has left.
func (s *source) Read(p []byte) (int, error) {
	if s.left.Load() {
		return 0, io.ErrClosedPipe
	}
	return s.from.Read(p)
}

// ImportPlan sends a numbering plan.
func (c *Client) ImportPlan(ctx context.Context, p api.PlanImport, file io.Reader) (api.Plan, error) {
	source := &source{from: file}
	defer source.leave()
	query := url.Values{}
	set(query, "format", p.Format)
	set(query, "country", p.Country)
	set(query, "date", p.Date)
	set(query, "source", p.Source)
	return ask[api.Plan](ctx, c, request{method: http.MethodPost, path: api.PathPlans, query: query, body: source, media: api.MediaBytes})
}

// RemovePlan undoes an import.
func (c *Client) RemovePlan(ctx context.Context, country, date string) (api.Plan, error) {
	if country == "" || date == "" {
		return api.Plan{}, api.Errorf(api.BadInput, "name the plan by its country and date; `ringfence plan list` tells them")
	}
	return ask[api.Plan](ctx, c, request{method: http.MethodDelete, path: api.Path(api.PathPlan, country, date)})
}

// Backup fetches a backup of the running node. On an error, what was written
// until then is no backup.
func (c *Client) Backup(ctx context.Context, to io.Writer) error {
	resp, err := c.do(ctx, request{method: http.MethodGet, path: api.PathBackup})
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := c.expect(resp, api.MediaBytes); err != nil {
		return err
	}
	target := &sink{to: to}
	if _, err := io.Copy(target, resp.Body); err != nil {
		if target.failed != nil {
			return fmt.Errorf("write backup: %w", target.failed)
		}
		return c.brokeOff(ctx, "the backup", err)
	}
	return nil
}

// sink remembers its own failure, to tell it from one of the other end.
type sink struct {
	to     io.Writer
	failed error
}

// Write passes on and remembers a failure.
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		s.failed = err
	}
	return n, err
}
