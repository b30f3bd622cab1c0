package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Lookup asks what the list says of one number.
func (c *Client) Lookup(ctx context.Context, q Query) (Lookup, error) {
	r, err := c.about(PathNumber, q)
	if err != nil {
		return Lookup{}, err
	}
	return ask[Lookup](ctx, c, r)
}

// Explain asks for everything behind that.
func (c *Client) Explain(ctx context.Context, q Query) (Explanation, error) {
	r, err := c.about(PathExplanation, q)
	if err != nil {
		return Explanation{}, err
	}
	return ask[Explanation](ctx, c, r)
}

// about is a request about one number. A caller who presents nothing is
// anonymous, which in a path needs its word.
func (c *Client) about(pattern string, q Query) (request, error) {
	if q.Number == "" && q.Caller {
		q.Number = "anonymous"
	}
	if q.Number == "" || q.Number == "/" { // Go's router finds no route for a slash alone
		return request{}, Errorf(BadInput, "%q is no number; give one as written, dialled or received", q.Number)
	}
	query := url.Values{}
	set(query, "country", q.Country)
	set(query, "lang", q.Lang)
	set(query, "why_not", q.WhyNot)
	turn(query, "caller", q.Caller)
	return request{method: http.MethodGet, path: Path(pattern, q.Number), query: query}, nil
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

// LookupMany asks about up to MaxLookups numbers in one request. It is no part
// of Service; it saves the way there and back.
func (c *Client) LookupMany(ctx context.Context, q LookupMany) ([]LookupAnswer, error) {
	r, err := jsonRequest(http.MethodPost, PathLookups, q)
	if err != nil {
		return nil, err
	}
	r.look = true
	answers, err := ask[LookupAnswers](ctx, c, r)
	if err == nil && len(answers.Answers) != len(q.Numbers) {
		err = Errorf(Internal, "the node on %s answers %d numbers of %d", c.where, len(answers.Answers), len(q.Numbers))
	}
	return answers.Answers, err
}

// Statement asks for one statement by its reference.
func (c *Client) Statement(ctx context.Context, ref string) (Statement, error) {
	batch, index, _ := strings.Cut(ref, "/")
	if batch == "" || index == "" {
		return Statement{}, Errorf(BadInput, "%q is no statement reference; want <batch CID>/<index>", ref)
	}
	return ask[Statement](ctx, c, request{method: http.MethodGet, path: Path(PathStatement, batch, index)})
}

// Status asks how the node stands.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return ask[Status](ctx, c, request{method: http.MethodGet, path: PathStatus})
}

// Peers asks about the other nodes of the federation.
func (c *Client) Peers(ctx context.Context) (Peers, error) {
	return ask[Peers](ctx, c, request{method: http.MethodGet, path: PathPeers})
}

// Evidence asks for what proves that somebody told two stories.
func (c *Client) Evidence(ctx context.Context) (Evidence, error) {
	return ask[Evidence](ctx, c, request{method: http.MethodGet, path: PathEvidence})
}

// SayAgain asks what the member has to say again.
func (c *Client) SayAgain(ctx context.Context) (SayAgain, error) {
	return ask[SayAgain](ctx, c, request{method: http.MethodGet, path: PathSayAgain})
}

// Screen asks for the verdict itself on one call.
func (c *Client) Screen(ctx context.Context, call Call) (Verdict, error) {
	r, err := jsonRequest(http.MethodPost, PathScreen, call)
	if err != nil {
		return Verdict{}, err
	}
	r.query, r.look = url.Values{"verdict": {"true"}}, true
	return ask[Verdict](ctx, c, r)
}

// Enforce turns a face or a rule on or off, or asks for the switches.
func (c *Client) Enforce(ctx context.Context, e Enforce) ([]Switch, error) {
	if e.Target == "" {
		return ask[[]Switch](ctx, c, request{method: http.MethodGet, path: PathEnforcement})
	}
	return tell[[]Switch](ctx, c, PathEnforcement, e)
}

// Say says one thing by hand.
func (c *Client) Say(ctx context.Context, s Say) (Said, error) {
	return tell[Said](ctx, c, PathStatements, s)
}

// Retract undoes a statement, a batch or a publication.
func (c *Client) Retract(ctx context.Context, r Retract) (Said, error) {
	return tell[Said](ctx, c, PathRetractions, r)
}

// Publications asks what was delivered.
func (c *Client) Publications(ctx context.Context) ([]Publication, error) {
	return ask[[]Publication](ctx, c, request{method: http.MethodGet, path: PathPublications})
}

// Lift lets a barred issuer sign again.
func (c *Client) Lift(ctx context.Context, head string) error {
	r, err := jsonRequest(http.MethodPost, PathLift, Lift{Head: head})
	if err != nil {
		return err
	}
	return c.done(ctx, r)
}

// Token makes a new token.
func (c *Client) Token(ctx context.Context, t TokenRequest) (Token, error) {
	return tell[Token](ctx, c, PathTokens, t)
}

// Tokens asks for the tokens without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	return ask[[]Token](ctx, c, request{method: http.MethodGet, path: PathTokens})
}

// Revoke ends a token.
func (c *Client) Revoke(ctx context.Context, name string) error {
	if name == "" {
		return Errorf(BadInput, "no token named; `ringfence token list` tells the names")
	}
	return c.done(ctx, request{method: http.MethodDelete, path: Path(PathToken, name)})
}
