package rest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringfence/node/api"
	"ringfence/node/api/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The tokens that test servers know.
const (
	readerToken    = "reader-secret"
	publisherToken = "publisher-secret"
	adminToken     = "admin-secret"
)

func authenticate(token string) (api.Role, bool) {
	role, ok := map[string]api.Role{readerToken: api.RoleReader, publisherToken: api.RolePublisher, adminToken: api.RoleAdmin, "odd-secret": "emperor"}[token]
	return role, ok
}

// running is a server on loopback and on a socket.
type running struct {
	url, socket string
	http        *http.Client
}

// run serves cfg until the test ends. tune may change the server.
func run(t testing.TB, cfg Config, tune ...func(*ServerConfig)) running {
	t.Helper()
	if cfg.Authenticate == nil {
		cfg.Authenticate = authenticate
	}
	handler, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	serverConfig := ServerConfig{Handler: handler, Grace: 100 * time.Millisecond}
	for _, f := range tune {
		f(&serverConfig)
	}
	server, err := NewServer(serverConfig)
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := running{url: "http://" + tcp.Addr().String(), socket: filepath.Join(t.TempDir(), "s")}
	unix, err := ListenSocket(r.socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, tcp, unix) }()
	transport := &http.Transport{}
	r.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ends with %v", err)
		}
	})
	return r
}

// client is the owner's client.
func (r running) client(t testing.TB) *client.Client {
	t.Helper()
	return r.connect(t, client.Config{Socket: r.socket})
}

func (r running) connect(t testing.TB, cfg client.Config) *client.Client {
	t.Helper()
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// reply is an answer as a test looks at it.
type reply struct {
	status int
	header http.Header
	body   string
}

// send sends one request over TCP; headers come in pairs.
func (r running) send(t testing.TB, method, path, body string, headers ...string) reply {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, r.url+path, content)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// serveDirect asks a handler that no Server of ours serves.
func serveDirect(h http.Handler, method, url string, headers []string) reply {
	req := httptest.NewRequest(method, url, nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return reply{w.Code, w.Header(), w.Body.String()}
}
