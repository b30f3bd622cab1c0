package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"ringfence/node/api"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand serves a handler and returns a client of it.
func stand(t *testing.T, h http.HandlerFunc, token string) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	c, err := New(Config{URL: s.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		s.Close()
	})
	return c
}

// answerWith answers everything alike.
func answerWith(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestNewRefuses(t *testing.T) {
	cases := []struct {
		cfg  Config
		says string // "" if it is fine
	}{
		{Config{}, "either"},
		{Config{Socket: "/s", URL: "http://localhost"}, "either"},
		{Config{URL: "localhost:8650"}, "no http://"},
		{Config{URL: "ftp://localhost"}, "no http://"},
		{Config{URL: "http://"}, "no http://"},
		{Config{URL: "http://a b"}, "the node's URL"},
		{Config{URL: "https://u:sesame@node.example"}, "place of its own"},
		{Config{URL: "https://node.example?token=sesame"}, "place of its own"},
		{Config{URL: "http://node.example", Token: "sesame"}, "in clear"},
		{Config{URL: "http://192.0.2.1:8650", Token: "sesame"}, "in clear"},
		{Config{URL: "http://node.example"}, ""},
		{Config{URL: "https://node.example/ringfence/", Token: "sesame"}, ""},
		{Config{URL: "http://127.0.0.1:8650", Token: "sesame"}, ""},
		{Config{URL: "http://[::1]:8650", Token: "sesame"}, ""},
		{Config{URL: "http://localhost", Token: "sesame"}, ""},
		{Config{Socket: "/run/ringfence/node.sock"}, ""},
	}
	for _, c := range cases {
		_, err := New(c.cfg)
		if c.says == "" {
			if err != nil {
				t.Errorf("%+v: %v", c.cfg, err)
			}
			continue
		}
		if err == nil || api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
		if err != nil && strings.Contains(err.Error(), "sesame@") {
			t.Errorf("%+v: the error tells a password: %v", c.cfg, err)
		}
	}
}

// TestNobodyThere: without a node the error says what to do, and its exit code
// is the one for nobody.
func TestNobodyThere(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "node.sock")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := net.Listen("unix", socket+"2")
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false) // as a killed node leaves it
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	for where, cfg := range map[string]Config{socket: {Socket: socket}, socket + "2": {Socket: socket + "2"}, url: {URL: url}} {
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for name, ask := range map[string]func() error{
			"status": func() error { _, err := c.Status(t.Context()); return err },
			"publish": func() error {
				_, err := c.Publish(t.Context(), api.Publish{Mapping: "m", Text: "version: 1"}, strings.NewReader("x"), api.Hearing{})
				return err
			},
			"backup": func() error { return c.Backup(t.Context(), io.Discard) },
		} {
			err := ask()
			if api.KindOf(err) != api.Unavailable || err.Error() != "no node is running on "+where+"; start one with `ringfence run`" {
				t.Errorf("%s on %s: %v", name, where, err)
			}
		}
	}
}

func TestSomebodyElseThere(t *testing.T) {
	cases := []struct {
		status      int
		media, body string
		kind        api.Kind
		says        string
	}{
		{200, "text/html", "<h1>It works!</h1>", api.Unavailable, "is it a Ringfence node?"},
		{200, "application/json", `{"version":`, api.Unavailable, "the answer from"},
		{200, "application/json", `{"version":7}`, api.Unavailable, "the answer from"},
		{404, "text/plain", "404 page not found", api.NotFound, "without the words of a Ringfence node"},
		{302, "text/html", "", api.Internal, "302"},
		{502, "text/html", "bad gateway", api.Unavailable, "502 Bad Gateway"},
		{401, "text/html", "", api.Forbidden, "401"},
		{413, "text/html", "", api.BadInput, "413"},
		{429, "", "", api.Refused, "429"},
		{500, api.MediaProblem, `{"title":"x","detail":"secret words"}`, api.Internal, "500"},
		{500, api.MediaProblem, `{"kind":"odd","detail":"x"}`, api.Internal, "500"},
		{409, api.MediaProblem, `{"kind":"refused","detail":"quota: 10 of 10 used","status":409,"more":[]}`, api.Refused, "quota: 10 of 10 used"},
	}
	for _, c := range cases {
		_, err := stand(t, answerWith(c.status, c.media, c.body), "").Status(t.Context())
		if api.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d %s %s: %v (%s)", c.status, c.media, c.body, err, api.KindOf(err))
		}
	}
}

// TestTokenGoesNowhereElse: it travels with each request, and not to where an
// answer points.
func TestTokenGoesNowhereElse(t *testing.T) {
	var strayed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Store(true) }))
	defer elsewhere.Close()
	c := stand(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer sesame" {
			t.Errorf("Authorization: %q", got)
		}
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}, "sesame")
	if _, err := c.Status(t.Context()); err == nil {
		t.Error("a redirection is taken for an answer")
	}
	if strayed.Load() {
		t.Error("the client followed a redirection")
	}
}

// TestErrorsHoldNoNumber: what cannot be reached is named, not what was asked.
func TestErrorsHoldNoNumber(t *testing.T) {
	c := stand(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "")
	_, err := c.Lookup(t.Context(), api.Query{Number: "13800138000"})
	if api.KindOf(err) != api.Unavailable || strings.Contains(err.Error(), "13800138000") {
		t.Errorf("lookup: %v", err)
	}
}

func TestGivenUp(t *testing.T) {
	arrived := make(chan struct{})
	c := stand(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}, "")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := c.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("status: %v", err)
	}
}

func TestRefusedBeforeAsking(t *testing.T) {
	c := stand(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.URL) }, "")
	for name, err := range map[string]error{
		"no number":    second(c.Lookup(t.Context(), api.Query{})),
		"a slash":      second(c.Lookup(t.Context(), api.Query{Number: "/", Caller: true})),
		"no number 2":  second(c.Explain(t.Context(), api.Query{})),
		"no reference": second(c.Statement(t.Context(), "bafy")),
		"no batch":     second(c.Statement(t.Context(), "/1")),
		"no index":     second(c.Statement(t.Context(), "bafy/")),
		"no token":     c.Revoke(t.Context(), ""),
	} {
		if api.KindOf(err) != api.BadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestPublishFollowsEvents reads what a node says, in whatever shape it ends.
func TestPublishFollowsEvents(t *testing.T) {
	line := func(e api.PublishEvent) string {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	progress := line(api.PublishEvent{Progress: &api.Progress{Phase: "reading", Done: 1}})
	cases := []struct {
		name, events string
		kind         api.Kind
		says         string
		progress     int
	}{
		{"done", progress + progress + line(api.PublishEvent{Published: &api.Published{Rows: 7}}), "", "", 2},
		{"a row", progress + line(api.PublishEvent{Rejected: &api.RejectedRow{Line: 2}}) + line(api.PublishEvent{Published: &api.Published{Rows: 7}}), "", "", 21},
		{"a receipt that cannot be kept", line(api.PublishEvent{Receipt: &api.ReceiptLine{Line: 2}}) + line(api.PublishEvent{Published: &api.Published{Rows: 7}}), api.Internal, "line 2: no space", 0},
		{"unknown event", `{"weather":"fine"}` + "\n" + line(api.PublishEvent{Published: &api.Published{Rows: 7}}), "", "", 0},
		{"error", progress + line(api.PublishEvent{Error: api.Errorf(api.Refused, "quota used")}), api.Refused, "quota used", 1},
		{"nothing", "", api.Unavailable, "publish the file again to complete it", 0},
		{"broken off", progress + `{"publ`, api.Unavailable, "publish the file again to complete it", 1},
		{"noise", "<html>", api.Unavailable, "publish the file again to complete it", 0},
	}
	for _, c := range cases {
		client := stand(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			answerWith(200, api.MediaEvents, c.events)(w, r)
		}, "")
		told := 0
		got, err := client.Publish(t.Context(), api.Publish{Mapping: "m"}, strings.NewReader("x"), api.Hearing{
			Progress: func(api.Progress) { told++ },
			Rejected: func(r api.RejectedRow) error { told += 10 * r.Line; return nil },
			Receipt:  func(r api.ReceiptLine) error { return fmt.Errorf("line %d: no space", r.Line) },
		})
		if c.kind == "" && (err != nil || got.Rows != 7) || c.kind != "" && (api.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if told != c.progress {
			t.Errorf("%s: told %d times", c.name, told)
		}
	}
}

// TestRefusalComesBeforeTheFile: a file is not sent to a node that refuses it,
// and it is left open for its owner.
func TestRefusalComesBeforeTheFile(t *testing.T) {
	c := stand(t, answerWith(403, api.MediaProblem, `{"kind":"forbidden","detail":"a reader may not"}`), "")
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, make([]byte, 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	_, err = c.Publish(t.Context(), api.Publish{Mapping: "m"}, file, api.Hearing{})
	if api.KindOf(err) != api.Forbidden || err.Error() != "a reader may not" {
		t.Errorf("publish: %v", err)
	}
	if at, err := file.Seek(0, io.SeekCurrent); err != nil || at != 0 {
		t.Errorf("the file stands at %d, %v", at, err)
	}
}

// TestPublishWithAFileThatFails: the reader's own failure comes through.
func TestPublishWithAFileThatFails(t *testing.T) {
	c := stand(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, "")
	for _, text := range []string{"", "version: 1"} {
		_, err := c.Publish(t.Context(), api.Publish{Mapping: "m", Text: text}, io.MultiReader(strings.NewReader("x"), failing{}), api.Hearing{})
		if err == nil || !strings.Contains(err.Error(), "bad sector") {
			t.Errorf("publish: %v", err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error)  { return 0, errors.New("bad sector") }
func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestBackupTellsWhoseFault(t *testing.T) {
	c := stand(t, answerWith(200, api.MediaBytes, "backup"), "")
	if err := c.Backup(t.Context(), failing{}); err == nil || err.Error() != "write backup: no space" {
		t.Errorf("a full disk here: %v", err)
	}
	c = stand(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		answerWith(200, api.MediaBytes, "backup")(w, r)
	}, "")
	if err := c.Backup(t.Context(), io.Discard); api.KindOf(err) != api.Unavailable || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("half a backup: %v", err)
	}
}

func TestLookupManyCounts(t *testing.T) {
	c := stand(t, answerWith(200, "application/json", `{"answers":[{}]}`), "")
	if _, err := c.LookupMany(t.Context(), api.LookupMany{Numbers: []string{"1", "2"}}); api.KindOf(err) != api.Internal {
		t.Errorf("two asked, one answered: %v", err)
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct {
		want, pattern string
		values        []string
	}{
		{"/v1/status", api.PathStatus, nil},
		{"/v1/numbers/+8613800138000", api.PathNumber, []string{"+8613800138000"}},
		{"/v1/numbers/+861700123%2A%2F13/explanation", api.PathExplanation, []string{"+861700123*/13"}},
		{"/v1/numbers/%2E%2E", api.PathNumber, []string{".."}},
		{"/v1/numbers/%2E", api.PathNumber, []string{"."}},
		{"/v1/numbers/%7Bname%7D", api.PathNumber, []string{"{name}"}},
		{"/v1/statements/bafy/7", api.PathStatement, []string{"bafy", "7"}},
	} {
		if got := api.Path(c.pattern, c.values...); got != c.want {
			t.Errorf("%s of %q: %s, want %s", c.pattern, c.values, got, c.want)
		}
	}
}

// FuzzPath: whatever stands in a path arrives as it was, in its own place.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"..", "a/b", "%2F", "{x}", "\x00", "?#", "标记", ";", "\xff"} {
		f.Add(s)
	}
	mux := http.NewServeMux()
	var got string
	mux.HandleFunc("GET "+api.PathExplanation, func(_ http.ResponseWriter, r *http.Request) { got = r.PathValue("number") })
	f.Fuzz(func(t *testing.T, number string) {
		if number == "" || number == "/" {
			return // has no place in a path; the client does not send it
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+api.Path(api.PathExplanation, number), nil)
		got = ""
		mux.ServeHTTP(httptest.NewRecorder(), r)
		if got != number {
			t.Errorf("%q arrives as %q", number, got)
		}
	})
}

// TestSourceStops: after the caller left, its file is not read.
func TestSourceStops(t *testing.T) {
	s := &source{from: strings.NewReader("abc")}
	if n, err := s.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read: %d, %v", n, err)
	}
	s.leave()
	if n, err := s.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("read after leaving: %d, %v", n, err)
	}
}

// TestPermission: a socket of somebody else is told apart from no node.
func TestPermission(t *testing.T) {
	c := &Client{where: "/run/node.sock"}
	err := c.unreached(t.Context(), &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", os.ErrPermission)})
	if api.KindOf(err) != api.Forbidden || !strings.Contains(err.Error(), "as the user that runs the node") {
		t.Errorf("%v", err)
	}
	done, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if err := c.unreached(done, errors.New("x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
}

// A node that hangs takes connections and answers nothing. What is only asked ends
// with words; what may take its time, a publication and a backup, goes on.
func TestANodeThatHangs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // connections wait in its queue for ever
	c, err := New(Config{Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	c.patience = 20 * time.Millisecond

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for name, ask := range map[string]func() error{
		"status":  func() error { return second(c.Status(ctx)) },
		"peers":   func() error { return second(c.Peers(ctx)) },
		"lookup":  func() error { return second(c.Lookup(ctx, api.Query{Number: "+436641234567"})) },
		"explain": func() error { return second(c.Explain(ctx, api.Query{Number: "+436641234567"})) },
		"lookups": func() error { return second(c.LookupMany(ctx, api.LookupMany{Numbers: []string{"+436641234567"}})) },
		"screen":  func() error { return second(c.Screen(ctx, api.Call{})) },
	} {
		err := ask()
		if err == nil || api.KindOf(err).Exit() != api.ExitNobody || !strings.HasPrefix(err.Error(), "the node on "+socket+" does not answer within 20ms; ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, ask := range map[string]func(context.Context) error{
		"publish": func(ctx context.Context) error {
			return second(c.Publish(ctx, api.Publish{}, strings.NewReader("x"), api.Hearing{}))
		},
		"backup": func(ctx context.Context) error { return c.Backup(ctx, io.Discard) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*c.patience)
		if err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s ends before its caller's time: %v", name, err)
		}
		cancel()
	}
}

// Patience is for the beginning of an answer: one that has begun may take longer.
func TestAnAnswerThatHasBegunGoesOn(t *testing.T) {
	c := stand(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(100 * time.Millisecond)
		_, _ = io.WriteString(w, `{}`)
	}, "")
	c.patience = 50 * time.Millisecond
	if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a node works on for a while is waited for longer than what it only looks up.
func TestAProofIsWaitedFor(t *testing.T) {
	c := stand(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond)
		answerWith(http.StatusOK, "application/json", `{"what":"ratified"}`)(w, r)
	}, "")
	c.patience = 20 * time.Millisecond
	if p, err := c.Prove(t.Context(), api.ProofQuery{Number: "110"}); err != nil || p.What != "ratified" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := c.Lookup(t.Context(), api.Query{Number: "110", At: "7"}); err != nil {
		t.Error(err)
	}
	if _, err := c.Lookup(t.Context(), api.Query{Number: "110"}); api.KindOf(err) != api.Unavailable {
		t.Errorf("a look-up is waited for: %v", err)
	}
}
