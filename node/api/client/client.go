// Package client carries the questions of package api over HTTP to a running node.
//
// Floor 9, a room of node/api.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Config says where the node is: exactly one of Socket and URL.
type Config struct {
	Socket string // path of the node's unix socket; who may open it is its owner
	URL    string // base of its REST face: "http://127.0.0.1:8650", "https://node.example"
	Token  string // bearer token, "" for none
}

// Client carries a Service's questions to a running node over HTTP. Errors of
// the node come back as the *Error that it gave; when there is no node, they
// are Unavailable and say how to get one. It follows no redirects and repeats
// nothing by itself. It is safe for concurrent use.
type Client struct {
	http  *http.Client
	base  string // without a slash at the end
	where string // for messages
	token string

	patience time.Duration // with the beginning of an answer to what is only asked
}

var _ api.Service = (*Client)(nil)

// dialPatience is how long a connection may take to be made.
const dialPatience = 5 * time.Second

// answerPatience is how long a node may take to begin an answer that costs it no
// more than a look: one that is stopped or stuck takes connections and says nothing.
const answerPatience = 30 * time.Second

var errSilent = errors.New("no answer in time")

// New makes a client. It does not connect yet. It refuses to send a
// token in clear to another machine.
func New(cfg Config) (*Client, error) {
	transport := &http.Transport{
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: time.Second,
		TLSHandshakeTimeout:   dialPatience,
		DisableCompression:    true,
	}
	c := &Client{
		http:  &http.Client{Transport: transport, CheckRedirect: stay},
		token: cfg.Token, patience: answerPatience,
	}
	dialer := &net.Dialer{Timeout: dialPatience}
	switch {
	case (cfg.Socket == "") == (cfg.URL == ""):
		return nil, api.Errorf(api.BadInput, "name either the node's socket or its URL")
	case cfg.Socket != "":
		c.base, c.where = "http://localhost", cfg.Socket
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", cfg.Socket)
		}
	default:
		base, err := checkURL(cfg.URL, cfg.Token != "")
		if err != nil {
			return nil, err
		}
		c.base, c.where = base, base
		transport.Proxy = http.ProxyFromEnvironment
		transport.DialContext = dialer.DialContext
	}
	return c, nil
}

// Close lets go of idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// checkURL returns the base without a slash at its end.
func checkURL(text string, secret bool) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", api.Errorf(api.BadInput, "the node's URL: %v", err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", api.Errorf(api.BadInput, "the node's URL %q is no http:// or https:// URL", text)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", api.Errorf(api.BadInput, "the node's URL %q carries more than a host and a path; a token has a place of its own", u.Redacted())
	case secret && u.Scheme == "http" && !loopback(u.Hostname()):
		return "", api.Errorf(api.BadInput, "the token would travel to %s in clear; use https, or a tunnel to loopback", u.Host)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// request is one request to the node.
type request struct {
	method, path string
	query        url.Values
	body         io.Reader
	media        string // of the body
	look         bool   // changes nothing and is answered at once
	slow         bool   // is worked on for as long as it takes, though it is a GET
}

// jsonRequest is a request that carries one JSON object.
func jsonRequest(method, path string, body any) (request, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return request{}, fmt.Errorf("write request: %w", err)
	}
	return request{method: method, path: path, body: bytes.NewReader(text), media: "application/json"}, nil
}

// do sends a request. The response is one of success and its body is the
// caller's to close.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, r.body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if r.media != "" {
		req.Header.Set("Content-Type", r.media)
	}
	if r.media != "" && r.media != "application/json" {
		req.Header.Set("Expect", "100-continue") // a refusal comes before the file is sent
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreached(ctx, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer func() { _ = resp.Body.Close() }()
		return nil, c.refusal(resp)
	}
	return resp, nil
}

// ask sends a request and reads one JSON object as the answer.
func ask[T any](ctx context.Context, c *Client, r request) (T, error) {
	var answer T
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := func() bool { return true }
	if (r.look || r.method == http.MethodGet) && !r.slow {
		began = time.AfterFunc(c.patience, func() { cancel(errSilent) }).Stop
	}
	resp, err := c.do(ctx, r)
	began()
	if err != nil {
		return answer, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := c.expect(resp, "application/json"); err != nil {
		return answer, err
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, c.brokeOff(ctx, "the answer", err)
	}
	return answer, nil
}

// tell sends one JSON object and reads one as the answer.
func tell[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	r, err := jsonRequest(http.MethodPost, path, body)
	if err != nil {
		var none T
		return none, err
	}
	return ask[T](ctx, c, r)
}

// done sends a request whose success has no answer.
func (c *Client) done(ctx context.Context, r request) error {
	resp, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// expect refuses an answer of another media type: something else than a node
// answers there.
func (c *Client) expect(resp *http.Response, media string) error {
	if got, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); got != media {
		return api.Errorf(api.Unavailable, "%s answers %q where a node answers %q; is it a Ringfence node?", c.where, got, media)
	}
	return nil
}

// refusal turns an answer that is no success into the Error that the node gave.
func (c *Client) refusal(resp *http.Response) error {
	const most = 64 << 10
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var p api.Problem
	if media == api.MediaProblem && json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(&p) == nil && p.Kind.Known() {
		return p.Failure()
	}
	return api.Errorf(api.KindOfHTTP(resp.StatusCode), "%s answers %s without the words of a Ringfence node; is it one?", c.where, resp.Status)
}

// unreached says why no node answered, and what to do.
func (c *Client) unreached(ctx context.Context, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errSilent):
		return api.Tell(api.Unavailable, phrase.New("error.node_silent", "the node on %s does not answer within %v; it is stopped, stuck or overloaded: see its log and its process, and start it anew if that does not help", c.where, c.patience))
	case ctx.Err() != nil:
		return fmt.Errorf("ask node on %s: %w", c.where, ctx.Err())
	case errors.Is(err, fs.ErrPermission):
		return api.Tell(api.Forbidden, phrase.New("error.may_not_open", "may not open %s; run this as the user that runs the node, or use its URL with a token", c.where))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return api.Tell(api.Unavailable, phrase.New("error.no_node", "no node is running on %s; start one with `ringfence run`", c.where))
	}
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err // without the URL, which may hold a number
	}
	return api.Errorf(api.Unavailable, "cannot reach the node on %s: %v", c.where, err)
}

// brokeOff says that an answer ended before its end.
func (c *Client) brokeOff(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("ask node on %s: %w", c.where, ctx.Err())
	}
	return api.Errorf(api.Unavailable, "%s from %s broke off: %v; see the node's log, then ask again", what, c.where, err)
}
