package tiles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ringfence/store/ledger"
)

// How a web server is asked.
const (
	webAtOnce    = 8 // requests under way
	webTries     = 4 // of a request that it puts off
	webRedirects = 3
	mostPutOff   = 10 * time.Second // between two tries
)

// Web fetches a ledger from a web server, such as any node's. Make one with NewWeb. It
// is safe for concurrent use.
type Web struct {
	base   *url.URL
	client *http.Client
	budget *budget
	reads  chan struct{}
}

var _ ledger.Source = (*Web)(nil)

// NewWeb returns the ledger below a base URL, such as https://node.example/ledger/.
// Nothing is fetched yet.
func NewWeb(base string) (*Web, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("ledger at %q: %w", base, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("ledger at %q: want a URL such as https://node.example/ledger/, without user, query and fragment", base)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = webAtOnce, webAtOnce
	transport.DisableCompression = true // what is bounded is what comes
	w := &Web{base: u, budget: newBudget(), reads: make(chan struct{}, webAtOnce)}
	w.client = &http.Client{Transport: transport, CheckRedirect: w.follow}
	return w, nil
}

// Close ends connections that are not in use.
func (w *Web) Close() { w.client.CloseIdleConnections() }

// follow lets a server send us elsewhere on the same host, and not from TLS to none.
func (w *Web) follow(next *http.Request, before []*http.Request) error {
	switch {
	case len(before) > webRedirects:
		return fmt.Errorf("more than %d redirects", webRedirects)
	case next.URL.Host != w.base.Host || next.URL.Scheme != w.base.Scheme:
		return fmt.Errorf("it sends us to %s://%s; give that as the URL if it is meant", next.URL.Scheme, next.URL.Host)
	}
	return nil
}

// Read implements ledger.Source. It returns what has the shape of the tile.
func (w *Web) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	b, err := w.get(ctx, t.Path())
	if errors.Is(err, fs.ErrNotExist) && t.Width < ledger.Full {
		full := t
		full.Width = ledger.Full
		if b, err = w.get(ctx, full.Path()); err == nil {
			b, err = cut(t, b)
		}
	}
	if err == nil {
		err = shaped(t, b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.base.Host, err)
	}
	return b, nil
}

// Checkpoint returns the newest checkpoint, of which nothing is verified.
func (w *Web) Checkpoint(ctx context.Context) ([]byte, error) {
	return w.get(ctx, ledger.CheckpointPath)
}

// Genesis returns the genesis, of which nothing is verified.
func (w *Web) Genesis(ctx context.Context) ([]byte, error) { return w.get(ctx, GenesisPath) }

// putOff is a server's wish to be asked again later.
type putOff struct {
	status int
	wait   time.Duration
}

func (p *putOff) Error() string { return fmt.Sprintf("it answers %d", p.status) }

// get fetches what lies at a path, again when the server puts it off.
func (w *Web) get(ctx context.Context, path string) ([]byte, error) {
	select {
	case w.reads <- struct{}{}:
		defer func() { <-w.reads }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for try := 1; ; try++ {
		b, err := w.once(ctx, path)
		if err == nil {
			return b, nil
		}
		err = fmt.Errorf("get %s: %w", w.base.JoinPath(path), err)
		var later *putOff
		if !errors.As(err, &later) || try == webTries {
			return nil, err
		}
		timer := time.NewTimer(later.wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

func (w *Web) once(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Until the first byte, and then at the pace.
	late := time.AfterFunc(openTimeout+grace, func() { cancel(errors.New("it answers too slowly")) })
	defer late.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base.JoinPath(path).String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "ringfence")
	response, err := w.client.Do(request)
	if err != nil {
		return nil, becauseOf(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // it was read, or is given up
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fs.ErrNotExist
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return nil, &putOff{response.StatusCode, waitOf(response.Header.Get("Retry-After"))}
	default:
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	most := mostOf(path)
	if response.ContentLength > int64(most) {
		return nil, fmt.Errorf("%w: %d bytes, where there are at most %d", errLied, response.ContentLength, most)
	}
	room := most
	if response.ContentLength >= 0 {
		room = int(response.ContentLength)
	}
	late.Stop() // the wait for room is our own
	free, err := w.budget.take(ctx, room)
	if err != nil {
		return nil, err
	}
	defer free()
	b, err := io.ReadAll(io.LimitReader(&pacedBody{body: response.Body, late: late, begun: time.Now()}, int64(most)+1))
	if err != nil {
		return nil, becauseOf(ctx, err)
	}
	if len(b) > most {
		return nil, fmt.Errorf("%w: more than %d bytes", errLied, most)
	}
	return b, nil
}

// becauseOf returns why a request was given up, if it was.
func becauseOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// waitOf reads a Retry-After in seconds.
func waitOf(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 1 {
		return pause
	}
	return min(time.Duration(min(seconds, 60))*time.Second, mostPutOff)
}

// pacedBody reads a body that must come at the pace.
type pacedBody struct {
	body  io.Reader
	late  *time.Timer
	begun time.Time
	came  int
}

func (p *pacedBody) Read(b []byte) (int, error) {
	p.late.Reset(time.Until(due(p.begun, p.came)))
	n, err := p.body.Read(b)
	p.came += n
	return n, err
}
