package rest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
)

// TestClientsAreBounded: each client has its own allowance, and a flood of
// addresses costs no more memory than the bound.
func TestClientsAreBounded(t *testing.T) {
	c := newClients(Limits{PerSecond: 2, Burst: 3, Clients: 8})
	now := time.Unix(1_800_000_000, 0)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i, want := range []bool{true, true, true, false, false} {
		if got := c.allow(a, now); got != want {
			t.Errorf("request %d of one client: %v", i+1, got)
		}
	}
	if !c.allow(b, now) {
		t.Error("one client's haste is held against another")
	}
	if !c.allow(a, now.Add(time.Second)) {
		t.Error("a second later the client may still not ask")
	}
	for i := range 1_000 {
		c.allow(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), now)
	}
	if len(c.known) != 8 || c.recent.Len() != 8 {
		t.Errorf("%d clients remembered, in %d places", len(c.known), c.recent.Len())
	}
}

func TestClientOf(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8::ffff:0:0:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
	} {
		if a, b := clientOf(netip.MustParseAddr(c.a)), clientOf(netip.MustParseAddr(c.b)); (a == b) != c.same {
			t.Errorf("%s and %s: %v, %v", c.a, c.b, a, b)
		}
	}
	if clientOf(netip.Addr{}).IsValid() {
		t.Error("no address counts as one")
	}
}

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

// hurried is a server that waits for nobody.
func hurried(c *ServerConfig) {
	c.HeaderTimeout, c.ReadTimeout = 50*time.Millisecond, 50*time.Millisecond
}

// TestSlowHeadersAreCutOff: a hundred connections that never finish their
// headers are closed, and meanwhile others are answered.
func TestSlowHeadersAreCutOff(t *testing.T) {
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
	d := &double{}
	c := run(t, Config{Service: d, Limits: Limits{Patience: 20 * time.Millisecond, MinRate: 1 << 30}}, hurried).client(t)
	file := &gated{text: "first,last", open: make(chan struct{})}
	time.AfterFunc(150*time.Millisecond, func() { close(file.open) })
	if _, err := c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, file, nil); err != nil || d.file != "first,last" {
		t.Errorf("%q, %v", d.file, err)
	}
}

// TestLongWorkIsNoAbsence: the deadline for reading a request must not end it
// while the node works.
func TestLongWorkIsNoAbsence(t *testing.T) {
	d := &double{dwell: func() { <-time.After(200 * time.Millisecond) }}
	r := run(t, Config{Service: d}, hurried)
	if got := r.send(t, "GET", "/v1/status", ""); got.status != http.StatusOK {
		t.Errorf("status: %d %s", got.status, got.body)
	}
	d.publish = func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
			return nil
		}
	}
	if _, err := r.client(t).Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, strings.NewReader(""), nil); err != nil {
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
	_, err = c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f", Text: strings.Repeat("#", api.MaxMapping+1)}, strings.NewReader("x"), nil)
	if api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), "mapping is larger than") {
		t.Errorf("a large mapping: %v", err)
	}
}

// TestFileLimit: a file that grows past the limit is refused in the words of
// the limit, also when the service forgot to wrap the reader's error.
func TestFileLimit(t *testing.T) {
	u := &upload{body: http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("123456789")), 4), control: http.NewResponseController(&discarder{})}
	_, err := io.ReadAll(u)
	err = u.or(fmt.Errorf("line 1: %v", err))
	var large *http.MaxBytesError
	if !errors.As(err, &large) || large.Limit != 4 {
		t.Errorf("%v", err)
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

func TestDoor(t *testing.T) {
	d := &door{most: 4, perAddress: 2, from: make(map[netip.Addr]int)}
	a, b, here := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("127.0.0.1")
	steps := []struct {
		from  netip.Addr
		enter bool // else leave
		want  bool
	}{
		{a, true, true}, {a, true, true}, {a, true, false}, {b, true, true}, {here, true, true}, {b, true, false}, {here, true, false},
		{a, false, true}, {here, true, true}, {here, false, true}, {here, false, true}, {a, true, true}, {a, true, false},
	}
	for i, s := range steps {
		if !s.enter {
			d.leave(s.from)
		} else if got := d.enter(s.from); got != s.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
	d.leave(a)
	d.leave(a)
	d.leave(b)
	if d.open != 0 || len(d.from) != 0 {
		t.Errorf("after all left: %+v", d)
	}
}
