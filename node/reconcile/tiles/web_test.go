package tiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"ringfence/store/ledger"
)

func web(t *testing.T, handler http.HandlerFunc) (*Web, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	w, err := NewWeb(server.URL + "/some/ledger")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w, server.URL
}

// static is a ledger as a web server has it that keeps no partial tiles.
func static(held *shelf) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, "/some/ledger/")
		tile, err := ledger.ParsePath(path)
		switch {
		case !ok:
			http.Error(w, "no", http.StatusTeapot)
		case path == ledger.CheckpointPath:
			_, _ = w.Write(held.note)
		case err != nil || tile.Width < ledger.Full:
			http.NotFound(w, r)
		default:
			b, err := held.Read(r.Context(), tile)
			if err != nil {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write(b)
		}
	}
}

func TestWeb(t *testing.T) {
	held := shelved(t, 2*ledger.Full)
	w, _ := web(t, static(held))
	for _, tile := range []ledger.Tile{{Width: ledger.Full}, {Kind: ledger.Entries, Index: 1, Width: ledger.Full}, {Width: 100}, {Kind: ledger.Openings, Width: 255}} {
		want, err := held.Read(t.Context(), tile)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Read(t.Context(), tile); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", tile, len(got), err)
		}
	}
	if note, err := w.Checkpoint(t.Context()); err != nil || !bytes.Equal(note, held.note) {
		t.Errorf("checkpoint %q, %v", note, err)
	}
	for _, tile := range []ledger.Tile{{Index: 2, Width: ledger.Full}, {Level: 1, Width: 2}} {
		if _, err := w.Read(t.Context(), tile); !errors.Is(err, errNone) {
			t.Errorf("%s: %v", tile, err)
		}
	}
	if _, err := w.Genesis(t.Context()); !errors.Is(err, errNone) {
		t.Errorf("genesis: %v", err)
	}
}

func TestWebRefuses(t *testing.T) {
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	most := ledger.Tile{Width: ledger.Full}.MaxBytes()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"another host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusFound)
		}, "it sends us to"},
		"in a circle":    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "redirects"},
		"too much":       {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, most+1)) }, "more than 8192 bytes"},
		"without an end": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, zeros{}) }, "more than 8192 bytes"},
		"too little":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, most-1)) }, "which has 8192"},
		"a teapot":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "418"},
	} {
		w, _ := web(t, c.answer)
		if b, err := w.Read(t.Context(), ledger.Tile{Width: ledger.Full}); err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, errNone) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	for _, base := range []string{"", "node.example/ledger", "file:///etc", "ftp://node.example/", "http://", "https://user@node.example/", "https://node.example/?a=b", "https://node.example/#a", ":"} {
		if _, err := NewWeb(base); err == nil {
			t.Errorf("%q is taken for a URL", base)
		}
	}
}

// A server that has much to do is asked again, and not for ever.
func TestWebIsPutOff(t *testing.T) {
	held := shelved(t, 300)
	var asked atomic.Int64
	w, _ := web(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) < 3 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		static(held)(w, r)
	})
	if _, err := w.Read(t.Context(), ledger.Tile{Width: ledger.Full}); err != nil || asked.Load() != 3 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
	for header, want := range map[string]string{"": "1s", "7": "7s", "0": "1s", "-1": "1s", "soon": "1s", "3600": "10s", "99999999999999999999": "1s"} {
		if got := waitOf(header).String(); got != want {
			t.Errorf("Retry-After %q: waits %s, want %s", header, got, want)
		}
	}
}

// F30: a server that trickles is given up. The clock of the test is the machine's, as
// sockets are real; how long it takes at most is due's, tested apart.
func TestWebTrickle(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = c.Read(make([]byte, 1<<10))
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 8192\r\n\r\n")
		_, _ = c.Write(make([]byte, 100))
		_, _ = io.Copy(io.Discard, c) // until we are given up
	}()
	w, err := NewWeb("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if b, err := w.Read(t.Context(), ledger.Tile{Width: ledger.Full}); err == nil || !strings.Contains(err.Error(), "too slowly") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	<-ended
}
