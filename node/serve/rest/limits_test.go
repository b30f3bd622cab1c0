package rest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
)

func TestTooOften(t *testing.T) {
	r := run(t, Config{Service: &double{}, Limits: Limits{PerSecond: 1, Burst: 2}})
	var last reply
	for range 3 {
		last = r.send(t, "GET", "/v1/status", "")
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") != "1" || !strings.Contains(last.body, `"kind":"refused"`) {
		t.Errorf("the third at once: %d %s", last.status, last.body)
	}
	if got := r.send(t, "GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("a probe of health: %d", got.status)
	}
	c := r.client(t)
	for range 5 {
		if _, err := c.Status(t.Context()); err != nil {
			t.Errorf("the owner: %v", err)
		}
	}
}

func TestTooManyAtOnce(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	d := &double{dwell: func() { arrived <- struct{}{}; <-leave }}
	r := run(t, Config{Service: d, Limits: Limits{Concurrent: 1}})
	first := make(chan error, 1)
	c := r.client(t)
	go func() {
		_, err := c.Status(t.Context())
		first <- err
	}()
	<-arrived
	got := r.send(t, "GET", "/v1/status", "")
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, `"kind":"unavailable"`) {
		t.Errorf("the second at once: %d %s", got.status, got.body)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

// raw opens a connection and sends text.
func raw(t *testing.T, r running, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// hurried is a server that waits for nobody longer than a busy machine needs
// to send a request.
func hurried(c *ServerConfig) {
	c.HeaderTimeout, c.ReadTimeout = 500*time.Millisecond, 500*time.Millisecond
}

// TestSlowHeadersAreCutOff: a hundred connections that never finish their
// headers are closed, and meanwhile others are answered.
func TestSlowHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Service: &double{}}, hurried)
	var slow []net.Conn
	for range 100 {
		slow = append(slow, raw(t, r, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: "))
	}
	if got := r.send(t, "GET", "/v1/status", ""); got.status != http.StatusOK {
		t.Errorf("meanwhile: %d", got.status)
	}
	for _, c := range slow {
		text, err := io.ReadAll(c)
		if errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(text), "200") {
			t.Fatalf("a slow connection got %q, %v", text, err)
		}
	}
}

func TestSlowUploadIsCutOff(t *testing.T) {
	d := &double{}
	r := run(t, Config{Service: d, Limits: Limits{Patience: 50 * time.Millisecond, MinRate: 1 << 20}})
	head := "POST /v1/publications?mapping=m&file=f HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + publisherToken + "\r\nContent-Length: 1000\r\n\r\nfirst"
	resp, err := http.ReadResponse(bufio.NewReader(raw(t, r, head)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if !strings.Contains(string(text), `"kind":"unavailable"`) || !strings.Contains(string(text), "slower than 1048576 bytes a second (5 bytes so far)") {
		t.Errorf("a slow upload: %s %s, %v", resp.Status, text, err)
	}
}

// TestOwnerMayBeSlow: the same pause over the socket is nobody's business.
func TestOwnerMayBeSlow(t *testing.T) {
	t.Parallel()
	d := &double{}
	c := run(t, Config{Service: d, Limits: Limits{Patience: 20 * time.Millisecond, MinRate: 1 << 30}}, hurried).client(t)
	file := &gated{text: "first,last", open: make(chan struct{})}
	time.AfterFunc(700*time.Millisecond, func() { close(file.open) })
	if _, err := c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, file, api.Hearing{}); err != nil || d.file != "first,last" {
		t.Errorf("%q, %v", d.file, err)
	}
}

// TestAnAuditMayTakeLong: longer than other answers may take to be written.
func TestAnAuditMayTakeLong(t *testing.T) {
	t.Parallel()
	d := &double{dwell: func() { <-time.After(200 * time.Millisecond) }}
	c := run(t, Config{Service: d}, func(c *ServerConfig) { c.WriteTimeout = 50 * time.Millisecond }).client(t)
	if a, err := c.Audit(t.Context()); err != nil || !a.OK {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestLongWorkIsNoAbsence: the deadline for reading a request must not end it
// while the node works.
func TestLongWorkIsNoAbsence(t *testing.T) {
	t.Parallel()
	d := &double{dwell: func() { <-time.After(700 * time.Millisecond) }}
	r := run(t, Config{Service: d}, hurried)
	if got := r.send(t, "GET", "/v1/status", ""); got.status != http.StatusOK {
		t.Errorf("status: %d %s", got.status, got.body)
	}
	d.publish = func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(700 * time.Millisecond):
			return nil
		}
	}
	if _, err := r.client(t).Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, strings.NewReader(""), api.Hearing{}); err != nil {
		t.Errorf("publish: %v", err)
	}
}

func TestOversize(t *testing.T) {
	r := run(t, Config{Service: &double{}})
	big := strings.Repeat("1", api.MaxJSON)
	if got := r.send(t, "POST", "/v1/screen", `{"caller":"`+big+`","called":"110"}`); got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.body, `"kind":"bad_input"`) {
		t.Errorf("a large body: %d %.200s", got.status, got.body)
	}
	// The server hangs up while the client still writes, so that the answer may
	// get lost; what counts is that nothing was done.
	conn := raw(t, r, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n")
	_, _ = io.WriteString(conn, "X-Large: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
	if text, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(text), "200 OK") {
		t.Errorf("large headers: %q, %v", text, err)
	}
	c := r.client(t)
	_, err := c.ImportPlan(t.Context(), api.PlanImport{Format: "cn-ranges", Country: "86", Date: "2026-07-01", Source: "s"}, io.LimitReader(zeros{}, api.MaxPlan+1))
	if api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), "larger than 67108864 bytes") {
		t.Errorf("a large plan: %v", err)
	}
	_, err = c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f", Text: strings.Repeat("#", api.MaxMapping+1)}, strings.NewReader("x"), api.Hearing{})
	if api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), "mapping is larger than") {
		t.Errorf("a large mapping: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestForms(t *testing.T) {
	r := run(t, Config{Service: &double{}})
	const media = "multipart/form-data; boundary=b"
	part := func(name, text string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n"
	}
	for _, c := range []struct {
		name, media, body, says string
		status                  int
	}{
		{"file alone", media, part("file", "110") + "--b--\r\n", `{"published":`, 200},
		{"nothing", media, "--b--\r\n", `no part \"file\"`, 422},
		{"unknown part", media, part("avatar", "x") + "--b--\r\n", `a part \"avatar\"`, 422},
		{"no boundary", "multipart/form-data", part("file", "110") + "--b--\r\n", "form cannot be read", 422},
		{"broken off", media, part("mapping", "x") + "--b\r\nContent-Dispo", "form cannot be read", 422},
	} {
		got := r.send(t, "POST", "/v1/publications?mapping=m&file=f", c.body, append(bearer(publisherToken), "Content-Type", c.media)...)
		if got.status != c.status || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
	}
}

// TestSizeOfAFile: the length of a body is the size of the file that it is; of
// a form it is not.
func TestSizeOfAFile(t *testing.T) {
	d := &double{}
	r := run(t, Config{Service: d})
	const form = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n110\r\n--b--\r\n"
	for _, c := range []struct {
		query, media, body string
		want               int64
	}{
		{"", api.MediaBytes, "12345", 5},
		{"&size=9", api.MediaBytes, "12345", 9},
		{"", "multipart/form-data; boundary=b", form, 0},
		{"&size=3", "multipart/form-data; boundary=b", form, 3},
	} {
		got := r.send(t, "POST", "/v1/publications?mapping=m&file=f"+c.query, c.body, append(bearer(publisherToken), "Content-Type", c.media)...)
		if p, ok := d.asked.(api.Publish); !ok || p.Size != c.want {
			t.Errorf("%q of %d bytes as %s: asked %+v, answered %s", c.query, len(c.body), c.media, d.asked, got.body)
		}
	}
	if got := r.send(t, "POST", "/v1/publications?mapping=m&file=f&size=-1", "x", bearer(publisherToken)...); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a negative size: %d", got.status)
	}
}
