package client

import (
	"context"
	"net/http"
	"net/url"
	"ringfence/node/api"
	"strings"
)

// Lookup asks what the list says of one number.
func (c *Client) Lookup(ctx context.Context, q api.Query) (api.Lookup, error) {
	r, err := c.about(api.PathNumber, q)
	if err != nil {
		return api.Lookup{}, err
	}
	return ask[api.Lookup](ctx, c, r)
}

// Explain asks for everything behind that.
func (c *Client) Explain(ctx context.Context, q api.Query) (api.Explanation, error) {
	r, err := c.about(api.PathExplanation, q)
	if err != nil {
		return api.Explanation{}, err
	}
	return ask[api.Explanation](ctx, c, r)
}

// about is a request about one number. A caller who presents nothing is
// anonymous, which in a path needs its word.
func (c *Client) about(pattern string, q api.Query) (request, error) {
	if q.Number == "" && q.Caller {
		q.Number = "anonymous"
	}
	if q.Number == "" || q.Number == "/" { // Go's router finds no route for a slash alone
		return request{}, api.Errorf(api.BadInput, "%q is no number; give one as written, dialled or received", q.Number)
	}
	query := url.Values{}
	set(query, "country", q.Country)
	set(query, "lang", q.Lang)
	set(query, "why_not", q.WhyNot)
	set(query, "at", q.At)
	turn(query, "caller", q.Caller)
	return request{method: http.MethodGet, path: api.Path(pattern, q.Number), query: query, slow: q.At != ""}, nil
}

func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

func turn(query url.Values, name string, on bool) {
	if on {
		query.Set(name, "true")
	}
}

// LookupMany asks about up to MaxLookups numbers in one request.
func (c *Client) LookupMany(ctx context.Context, q api.LookupMany) ([]api.LookupAnswer, error) {
	r, err := jsonRequest(http.MethodPost, api.PathLookups, q)
	if err != nil {
		return nil, err
	}
	r.look, r.slow = true, q.At != ""
	answers, err := ask[api.LookupAnswers](ctx, c, r)
	if err == nil && len(answers.Answers) != len(q.Numbers) {
		err = api.Errorf(api.Internal, "the node on %s answers %d numbers of %d", c.where, len(answers.Answers), len(q.Numbers))
	}
	return answers.Answers, err
}

// Statement asks for one statement by its reference.
func (c *Client) Statement(ctx context.Context, ref string) (api.Statement, error) {
	batch, index, _ := strings.Cut(ref, "/")
	if batch == "" || index == "" {
		return api.Statement{}, api.Errorf(api.BadInput, "%q is no statement reference; want <batch CID>/<index>", ref)
	}
	return ask[api.Statement](ctx, c, request{method: http.MethodGet, path: api.Path(api.PathStatement, batch, index)})
}

// Contests asks what is disputed.
func (c *Client) Contests(ctx context.Context, q api.ContestQuery) (api.Contests, error) {
	query := url.Values{}
	turn(query, "mine", q.Mine)
	set(query, "lang", q.Lang)
	return ask[api.Contests](ctx, c, request{method: http.MethodGet, path: api.PathContests, query: query})
}

// Status asks how the node stands.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	return ask[api.Status](ctx, c, request{method: http.MethodGet, path: api.PathStatus})
}

// Peers asks about the other nodes of the federation.
func (c *Client) Peers(ctx context.Context) (api.Peers, error) {
	return ask[api.Peers](ctx, c, request{method: http.MethodGet, path: api.PathPeers})
}

// Evidence asks for what proves that somebody told two stories.
func (c *Client) Evidence(ctx context.Context) (api.Evidence, error) {
	return ask[api.Evidence](ctx, c, request{method: http.MethodGet, path: api.PathEvidence})
}

// Audit has the node judge all that it holds.
func (c *Client) Audit(ctx context.Context) (api.Audit, error) {
	return ask[api.Audit](ctx, c, request{method: http.MethodGet, path: api.PathAudit})
}

// SayAgain asks what the member has to say again.
func (c *Client) SayAgain(ctx context.Context) (api.SayAgain, error) {
	return ask[api.SayAgain](ctx, c, request{method: http.MethodGet, path: api.PathSayAgain})
}

// Screen asks for the verdict itself on one call.
func (c *Client) Screen(ctx context.Context, call api.Call) (api.Verdict, error) {
	r, err := jsonRequest(http.MethodPost, api.PathScreen, call)
	if err != nil {
		return api.Verdict{}, err
	}
	r.query, r.look = url.Values{"verdict": {"true"}}, true
	return ask[api.Verdict](ctx, c, r)
}

// Enforce turns a face or a rule on or off, or asks for the switches.
func (c *Client) Enforce(ctx context.Context, e api.Enforce) ([]api.Switch, error) {
	if e.Target == "" {
		return ask[[]api.Switch](ctx, c, request{method: http.MethodGet, path: api.PathEnforcement})
	}
	return tell[[]api.Switch](ctx, c, api.PathEnforcement, e)
}

// Say says one thing by hand.
func (c *Client) Say(ctx context.Context, s api.Say) (api.Said, error) {
	return tell[api.Said](ctx, c, api.PathStatements, s)
}

// Retract undoes a statement, a batch or a publication.
func (c *Client) Retract(ctx context.Context, r api.Retract) (api.Said, error) {
	return tell[api.Said](ctx, c, api.PathRetractions, r)
}

// Publications asks what was delivered.
func (c *Client) Publications(ctx context.Context) ([]api.Publication, error) {
	return ask[[]api.Publication](ctx, c, request{method: http.MethodGet, path: api.PathPublications})
}

// Lift lets a barred issuer sign again.
func (c *Client) Lift(ctx context.Context, head string) error {
	r, err := jsonRequest(http.MethodPost, api.PathLift, api.Lift{Head: head})
	if err != nil {
		return err
	}
	return c.done(ctx, r)
}

// Token makes a new token.
func (c *Client) Token(ctx context.Context, t api.TokenRequest) (api.Token, error) {
	return tell[api.Token](ctx, c, api.PathTokens, t)
}

// Tokens asks for the tokens without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]api.Token, error) {
	return ask[[]api.Token](ctx, c, request{method: http.MethodGet, path: api.PathTokens})
}

// Revoke ends a token.
func (c *Client) Revoke(ctx context.Context, name string) error {
	if name == "" {
		return api.Errorf(api.BadInput, "no token named; `ringfence token list` tells the names")
	}
	return c.done(ctx, request{method: http.MethodDelete, path: api.Path(api.PathToken, name)})
}
