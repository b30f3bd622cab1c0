package rest

import (
	"context"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/locale"
	"ringfence/node/metrics"
)

func TestListenSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "node.sock")
	l, err := ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode: %v, %v", info.Mode(), err)
	}
	if _, err := ListenSocket(path); err == nil || !strings.Contains(err.Error(), "a node is running there already") {
		t.Errorf("a second node: %v", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as a killed node leaves it
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l, err = ListenSocket(path)
	if err != nil {
		t.Fatalf("after a killed node: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ListenSocket(file); err == nil || !strings.Contains(err.Error(), "no socket lies there") {
		t.Errorf("over a file: %v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "precious" {
		t.Errorf("the file: %q, %v", text, err)
	}
	if _, err := ListenSocket(filepath.Join(dir, strings.Repeat("x", 120))); err == nil || !strings.Contains(err.Error(), "at most 107 bytes") {
		t.Errorf("a long path: %v", err)
	}
	if _, err := ListenSocket(filepath.Join(dir, "none", "s")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in no directory: %v", err)
	}
}

// TestServeEndsInGrace: a request under way when the server ends is finished;
// one that takes too long is cut off, and both ends know.
func TestServeEndsInGrace(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes time.Duration
		whole bool
	}{{"short", 10 * time.Millisecond, true}, {"long", time.Hour, false}} {
		t.Run(c.name, func(t *testing.T) {
			arrived := make(chan struct{})
			gone := make(chan struct{})
			d := &double{publish: func(ctx context.Context) error {
				close(arrived)
				select {
				case <-ctx.Done():
					close(gone)
					return ctx.Err()
				case <-time.After(c.takes):
					return nil
				}
			}}
			handler, err := New(Config{Service: d})
			if err != nil {
				t.Fatal(err)
			}
			server, err := NewServer(ServerConfig{Handler: handler, Grace: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "s")
			l, err := ListenSocket(path)
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			served := make(chan error, 1)
			go func() { served <- server.Serve(ctx, l) }()
			client, err := client.New(client.Config{Socket: path})
			if err != nil {
				t.Fatal(err)
			}
			published := make(chan error, 1)
			go func() {
				_, err := client.Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, strings.NewReader("x"), api.Hearing{})
				published <- err
			}()
			<-arrived
			stop()
			err = <-published
			if c.whole && err != nil || !c.whole && api.KindOf(err) != api.Unavailable {
				t.Errorf("published: %v", err)
			}
			if err := <-served; err != nil {
				t.Errorf("served: %v", err)
			}
			if !c.whole {
				<-gone
			}
			if err := server.Serve(t.Context(), l); err == nil {
				t.Error("a server served twice")
			}
			if _, err := client.Status(t.Context()); api.KindOf(err) != api.Unavailable || !strings.Contains(err.Error(), "start one with `ringfence run`") {
				t.Errorf("after the end: %v", err)
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestServeTellsWhichListenerFailed and ends the others.
func TestServeTellsWhichListenerFailed(t *testing.T) {
	handler, err := New(Config{Service: &double{}})
	if err != nil {
		t.Fatal(err)
	}
	server, err := NewServer(ServerConfig{Handler: handler})
	if err != nil {
		t.Fatal(err)
	}
	good, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(t.Context(), good, broken{good}); err == nil || !strings.Contains(err.Error(), "serve "+good.Addr().String()+": out of files") {
		t.Errorf("serve: %v", err)
	}
	if _, err := NewServer(ServerConfig{}); err == nil {
		t.Error("a server without a handler")
	}
}

type broken struct{ net.Listener }

func (broken) Accept() (net.Conn, error) { return nil, errors.New("out of files") }
func (broken) Close() error              { return nil }

// TestClientThatLeavesEndsThePublication: nobody publishes on for a client
// that is gone.
func TestClientThatLeavesEndsThePublication(t *testing.T) {
	for _, mapping := range []string{"", "version: 1"} {
		arrived, gone := make(chan struct{}), make(chan struct{})
		d := &double{work: func(ctx context.Context) error {
			close(arrived)
			<-ctx.Done()
			close(gone)
			return ctx.Err()
		}}
		c := run(t, Config{Service: d}).client(t)
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := c.Publish(ctx, api.Publish{Mapping: "m", File: "f", Text: mapping}, strings.NewReader("x"), api.Hearing{})
			ended <- err
		}()
		<-arrived
		leave()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the client: %v", err)
		}
		<-gone
	}
}

func TestPanicStaysInItsRequest(t *testing.T) {
	d := &double{dwell: func() { panic("a bug") }}
	r := run(t, Config{Service: d})
	if got := r.send(t, "GET", "/v1/status", ""); got.status != http.StatusInternalServerError || !strings.Contains(got.body, "its log says why") {
		t.Errorf("status: %d %s", got.status, got.body)
	}
	if got := r.send(t, "GET", "/v1/numbers/110", ""); got.status != http.StatusOK {
		t.Errorf("the next request: %d", got.status)
	}
}

func TestProbes(t *testing.T) {
	var reason error
	var stale string
	r := run(t, Config{Service: &double{}, Ready: func() error { return reason }, Stale: func() string { return stale }})
	if got := r.send(t, "GET", "/readyz", ""); got.status != http.StatusOK || got.body != "ready\n" {
		t.Errorf("ready: %d %s", got.status, got.body)
	}
	stale = "nobody was heard"
	if got := r.send(t, "GET", "/readyz", ""); got.status != http.StatusOK || got.body != "ready, stale: nobody was heard\n" {
		t.Errorf("ready and stale: %d %s", got.status, got.body)
	}
	if got := r.send(t, "GET", "/readyz", "", "Host", "elsewhere"); got.status != http.StatusOK || got.body != "ready\n" {
		t.Errorf("ready and stale, to a stranger: %d %s", got.status, got.body)
	}
	reason = errors.New("the disk is full")
	if got := r.send(t, "GET", "/readyz", ""); got.status != http.StatusServiceUnavailable || got.body != "not ready: the disk is full\n" {
		t.Errorf("not ready: %d %s", got.status, got.body)
	}
	if got := r.send(t, "GET", "/readyz", "", "Host", "elsewhere"); got.status != http.StatusServiceUnavailable || got.body != "not ready\n" {
		t.Errorf("not ready, to a stranger: %d %s", got.status, got.body)
	}
	if got := r.send(t, "GET", "/healthz", "", "Host", "elsewhere"); got.status != http.StatusOK || got.body != "ok\n" {
		t.Errorf("health, to a stranger: %d %s", got.status, got.body)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := metrics.New(registry, "v0")
	if err != nil {
		t.Fatal(err)
	}
	shadow := func(v api.Verdict) api.Verdict {
		v.Action, v.Rule, v.WouldBe, v.WouldBeRule = "allow", "", "block", "list.ratified"
		return v
	}
	r := run(t, Config{Service: &double{}, Metrics: m, Gatherer: registry, Face: shadow})
	r.send(t, "POST", "/v1/screen", `{"caller":"","called":"110"}`)
	r.send(t, "POST", "/v1/screen?verdict=true", `{"caller":"","called":"110"}`, bearer(readerToken)...)
	for _, number := range []string{"110", "119", "120"} {
		r.send(t, "GET", "/v1/numbers/"+number, "")
	}
	r.send(t, "GET", "/nowhere/13800138000", "")
	r.send(t, "GET", "/v1/backup", "")
	want := `
# HELP ringfence_http_requests_total HTTP requests by route, method and status code.
# TYPE ringfence_http_requests_total counter
ringfence_http_requests_total{code="200",method="GET",route="/v1/numbers/{number}"} 3
ringfence_http_requests_total{code="200",method="POST",route="/v1/screen"} 2
ringfence_http_requests_total{code="401",method="GET",route="/v1/backup"} 1
ringfence_http_requests_total{code="404",method="GET",route="unmatched"} 1
# HELP ringfence_screen_verdicts_total Calls screened by face, deciding rule and the action answered.
# TYPE ringfence_screen_verdicts_total counter
ringfence_screen_verdicts_total{action="allow",face="rest",rule=""} 1
# HELP ringfence_screen_shadow_total What rules and faces in shadow would have done.
# TYPE ringfence_screen_shadow_total counter
ringfence_screen_shadow_total{action="block",face="rest",rule="list.ratified"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "ringfence_http_requests_total", "ringfence_screen_verdicts_total", "ringfence_screen_shadow_total"); err != nil {
		t.Error(err)
	}
	if got := r.send(t, "GET", "/metrics", ""); got.status != http.StatusOK || !strings.Contains(got.body, "ringfence_build_info") {
		t.Errorf("metrics: %d", got.status)
	}
	if got := r.send(t, "GET", "/metrics", "", "Host", "elsewhere"); got.status != http.StatusUnauthorized {
		t.Errorf("metrics, to a stranger: %d", got.status)
	}
}

// TestDocsNeedNoNetwork: the page lists every operation and loads nothing from
// elsewhere.
func TestDocsNeedNoNetwork(t *testing.T) {
	r := run(t, Config{Service: &double{}, Ledger: certified(t, 1), Version: `<script>alert(1)</script>`})
	page := r.send(t, "GET", "/docs", "")
	if page.status != http.StatusOK || !strings.HasPrefix(page.header.Get("Content-Security-Policy"), "default-src 'self';") {
		t.Fatal(page.status, page.header)
	}
	for path, methods := range document(t, r).Paths {
		for method := range methods {
			if !strings.Contains(page.body, `id="`+strings.ToUpper(method)+`-`+path+`"`) {
				t.Errorf("%s %s is not on the page", method, path)
			}
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "style=", "onload"} {
		if strings.Contains(page.body, never) {
			t.Errorf("the page has %s", never)
		}
	}
	if got := r.send(t, "GET", "/docs/style.css", ""); got.status != http.StatusOK || got.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("style: %d", got.status)
	}
	for _, path := range []string{"/docs", "/docs/style.css", "/openapi.json"} {
		if got := r.send(t, "GET", path, "", "Host", "elsewhere"); got.status != http.StatusUnauthorized {
			t.Errorf("%s, to a stranger: %d", path, got.status)
		}
	}
}

// TestDocsSpeakChinese: asked by lang or by the browser, the page is Chinese, and
// every text of the document has its translation.
func TestDocsSpeakChinese(t *testing.T) {
	r := run(t, Config{Service: &double{}, Ledger: certified(t, 1)})
	for _, c := range []struct{ path, accept, lang string }{
		{"/docs", "", "en"},
		{"/docs", "fr", "en"},
		{"/docs", "zh-CN,zh;q=0.9,en;q=0.8", "zh"},
		{"/docs?lang=zh", "en", "zh"},
		{"/docs?lang=en", "zh-CN", "en"},
		{"/docs?lang=xx", "zh-CN", "zh"},
	} {
		page := r.send(t, "GET", c.path, "", "Accept-Language", c.accept)
		if page.status != http.StatusOK || page.header.Get("Content-Language") != c.lang || !strings.Contains(page.body, `<html lang="`+c.lang+`">`) {
			t.Errorf("%s, %q: %d in %q", c.path, c.accept, page.status, page.header.Get("Content-Language"))
		}
	}
	page := r.send(t, "GET", "/docs?lang=zh", "").body
	words := locale.New().Match("zh")
	told := func(where, text string) {
		if chinese := words.Translated(text); chinese == text || !strings.Contains(page, template.HTMLEscapeString(chinese)) {
			t.Errorf("%s: %q is not on the Chinese page in Chinese", where, text)
		}
	}
	told("head", document(t, r).Info.Description)
	for path, methods := range document(t, r).Paths {
		for method, op := range methods {
			where := method + " " + path
			told(where, op.Summary)
			if op.Description != "" {
				told(where, op.Description)
			}
			for _, p := range op.Parameters {
				told(where+" "+p.Name, p.Description)
				told(where+" "+p.Name, p.In)
			}
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	r := run(t, Config{Service: &double{}})
	for _, path := range []string{"/v1/status", "/healthz", "/nowhere", "/v1/backup", "/docs"} {
		h := r.send(t, "GET", path, "").header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// FuzzRequests: no method, path or body brings the face down, and an answer
// that is no success is a problem.
func FuzzRequests(f *testing.F) {
	f.Add("GET", "/v1/numbers/%2B8613800138000", "country=86&caller=true", "")
	f.Add("GET", "/v1/numbers/..%2F..%2F%00", "lang=%ff", "")
	f.Add("POST", "/v1/screen", "", `{"caller":"anonymous","called":"110","medium":"voice"}`)
	f.Add("POST", "/v1/numbers:lookup", "", `{"numbers":["110",null]}`)
	f.Add("POST", "/v1/statements", "", `{"kind":"flag","subject":"1","reports":-1}`)
	f.Add("POST", "/v1/publications", "mapping=m&size=1e9", "--b\r\n")
	f.Add("POST", "/v1/plans", "format=cn-ranges", "\x00")
	f.Add("DELETE", "/v1/tokens/%2e%2e", "", "")
	f.Add("PATCH", "//", ";", "{")
	handler, err := New(Config{Service: &double{}, Authenticate: func(string) (api.Role, bool) { return api.RoleAdmin, true }, Limits: Limits{PerSecond: 1 << 30, Burst: 1 << 30}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		req, err := http.NewRequest(method, "http://localhost", strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") {
			return // no request that a server would pass on
		}
		if req.URL, err = req.URL.Parse(path); err != nil || req.URL.Host != "" && req.URL.Host != "localhost" {
			return
		}
		req.URL.RawQuery = query
		req.Header.Set("Authorization", "Bearer x")
		answer := &kept{discarder: discarder{header: make(http.Header)}}
		handler.ServeHTTP(answer, req)
		if answer.status == http.StatusInternalServerError {
			t.Errorf("%s %q?%q: %d %s", method, path, query, answer.status, answer.text.String())
		}
		if answer.status > 399 && answer.header.Get("Content-Type") != api.MediaProblem {
			t.Errorf("%s %q: %d as %q", method, path, answer.status, answer.header.Get("Content-Type"))
		}
	})
}

// kept is an answer that is kept.
type kept struct {
	discarder
	text strings.Builder
}

func (k *kept) Write(p []byte) (int, error) { return k.text.Write(p) }

var _ io.Writer = (*kept)(nil)
