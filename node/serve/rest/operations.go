package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/api"
)

// The groups of operations on the page of documentation.
const (
	tagNumbers = "Numbers"
	tagCalls   = "Calls"
	tagSaying  = "Saying and undoing"
	tagNode    = "The node"
	tagLedger  = "The ledger"
	tagCouncil = "The regulators"
)

// describe begins an operation: what it is called, where it is, who may.
func describe(id, method, path string, a access) huma.Operation {
	return huma.Operation{
		OperationID:  id,
		Method:       method,
		Path:         path,
		MaxBodyBytes: api.MaxJSON,
		Metadata:     map[string]any{accessKey: a},
		Security:     []map[string][]string{{"token": {}}},
		Extensions:   map[string]any{"x-ringfence-role": string(a.role), "x-ringfence-loopback": a.loopback},
	}
}

// in puts an operation under a heading, with a line on what it does.
func in(tag, summary string, op huma.Operation) huma.Operation {
	op.Tags, op.Summary = []string{tag}, summary
	return op
}

// answer is a JSON answer.
type answer[T any] struct{ Body T }

// nothing is an answer that only says that it was done.
type nothing struct{}

// register adds an operation that answers with one JSON value.
func register[I, T any](f *face, a huma.API, op huma.Operation, do func(context.Context, *I) (T, error)) {
	huma.Register(a, op, func(ctx context.Context, in *I) (*answer[T], error) {
		body, err := do(ctx, in)
		if err != nil {
			return nil, f.failure(ctx, op.Path, err)
		}
		return &answer[T]{body}, nil
	})
}

// registerDone adds an operation that answers 204.
func registerDone[I any](f *face, a huma.API, op huma.Operation, do func(context.Context, *I) error) {
	huma.Register(a, op, func(ctx context.Context, in *I) (*nothing, error) {
		if err := do(ctx, in); err != nil {
			return nil, f.failure(ctx, op.Path, err)
		}
		return nil, nil
	})
}

// sent is an input that is one JSON object.
type sent[T any] struct{ Body T }

// Preference is exported since the library passes over embedded fields that are
// not. It is the language that the client asks for.
type Preference struct {
	AcceptLanguage string `header:"Accept-Language" doc:"Language of texts when lang does not say"`
}

// or returns lang, else the language that is preferred, else "" for the node's
// own.
func (p Preference) or(lang string, f *face) string {
	if lang != "" || p.AcceptLanguage == "" {
		return lang
	}
	return f.languages.Match(p.AcceptLanguage).Lang()
}

// NumberInput, exported for the same reason, asks about one number.
type NumberInput struct {
	Preference
	Number  string `path:"number" maxLength:"256" doc:"As written, dialled or received, percent-encoded"`
	Country string `query:"country" maxLength:"8" doc:"Calling code under which it is read; the node's own if left out"`
	Caller  bool   `query:"caller" doc:"Read it as a network presents it instead of as dialled"`
	Lang    string `query:"lang" maxLength:"32" doc:"en or zh"`
}

func (in *NumberInput) query(f *face) api.Query {
	return api.Query{Number: in.Number, Country: in.Country, Caller: in.Caller, Lang: in.or(in.Lang, f)}
}

// explanationInput asks why a number stands as it does.
type explanationInput struct {
	NumberInput
	Moment
	WhyNot string `query:"why_not" maxLength:"128" doc:"A member whose word did not decide"`
}

// statementInput names one statement; the two parts are its reference.
type statementInput struct {
	Batch string `path:"batch" maxLength:"128" doc:"CID of the batch"`
	Index string `path:"index" maxLength:"8" doc:"Place in the batch"`
}

// screenInput is one call and whose answer is asked for.
type screenInput struct {
	Preference
	Verdict bool `query:"verdict" doc:"The verdict itself, also in shadow: for the owner and tokens only"`
	Body    api.Call
}

// screened is an answer to a call, also in headers for who reads no bodies.
type screened struct {
	Action      string `header:"X-Ringfence-Action" doc:"What to do with the call"`
	WouldBe     string `header:"X-Ringfence-Would-Be" doc:"In shadow: the action that would be answered"`
	WouldBeRule string `header:"X-Ringfence-Would-Be-Rule" doc:"In shadow: the rule that would decide"`
	Body        api.Verdict
}

// registerAnswers adds what is asked of the list.
func (f *face) registerAnswers(a huma.API) {
	register(f, a, in(tagNumbers, "What the list says of a number", describe("lookup", http.MethodGet, api.PathNumber, reading())),
		func(ctx context.Context, in *lookupInput) (api.Lookup, error) {
			q := in.query(f)
			q.At = in.At
			return f.Service.Lookup(ctx, q)
		})
	register(f, a, in(tagNumbers, "The same of up to 1,000 numbers", describe("lookup-many", http.MethodPost, api.PathLookups, reading())), f.lookUpMany)
	register(f, a, in(tagNumbers, "Every statement behind that, and what became of it", describe("explain", http.MethodGet, api.PathExplanation, reading())),
		func(ctx context.Context, in *explanationInput) (api.Explanation, error) {
			q := in.query(f)
			q.WhyNot, q.At = in.WhyNot, in.At
			return f.Service.Explain(ctx, q)
		})
	register(f, a, in(tagNumbers, "One statement as it was said", describe("statement", http.MethodGet, api.PathStatement, reading())),
		func(ctx context.Context, in *statementInput) (api.Statement, error) {
			return f.Service.Statement(ctx, in.Batch+"/"+in.Index)
		})
	op := in(tagCalls, "What to do with one call", describe("screen", http.MethodPost, api.PathScreen, reading()))
	op.Description = "A call without a caller is one whose caller was withheld."
	huma.Register(a, op, f.screen)
	register(f, a, in(tagNode, "Who the node is, what it holds, what is wrong", describe("status", http.MethodGet, api.PathStatus, reading())),
		func(ctx context.Context, _ *struct{}) (api.Status, error) { return f.Service.Status(ctx) })
	register(f, a, in(tagNode, "The other nodes of the federation, and how they stand", describe("peers", http.MethodGet, api.PathPeers, reading())),
		func(ctx context.Context, _ *struct{}) (api.Peers, error) { return f.Service.Peers(ctx) })
	register(f, a, in(tagNode, "Fork proofs, and peers whose lists differed", describe("evidence", http.MethodGet, api.PathEvidence, reading())),
		func(ctx context.Context, _ *struct{}) (api.Evidence, error) { return f.Service.Evidence(ctx) })
	register(f, a, in(tagNode, "What the member has to say again after a fork of its own key", describe("say-again", http.MethodGet, api.PathSayAgain, reading())),
		func(ctx context.Context, _ *struct{}) (api.SayAgain, error) { return f.Service.SayAgain(ctx) })
}

type manyInput struct {
	Preference
	Body api.LookupMany
}

func (f *face) lookUpMany(ctx context.Context, in *manyInput) (api.LookupAnswers, error) {
	q := in.Body
	q.Lang = in.or(q.Lang, f)
	answers, err := f.Service.LookupMany(ctx, q)
	return api.LookupAnswers{Answers: answers}, err
}

// screen answers a call as this face does; the verdict itself is for those
// who stand behind their request.
func (f *face) screen(ctx context.Context, in *screenInput) (*screened, error) {
	if in.Verdict && !callerOf(ctx).vouched() {
		return nil, problemOf(http.StatusForbidden, api.Forbidden, "the verdict itself is for the node's owner and for tokens; without verdict=true this face answers as it is set to")
	}
	in.Body.Lang = in.or(in.Body.Lang, f)
	v, err := f.Service.Screen(ctx, in.Body)
	if err != nil {
		return nil, f.failure(ctx, api.PathScreen, err)
	}
	if !in.Verdict {
		v = f.Face(v)
		f.count(v)
	}
	return &screened{Action: v.Action, WouldBe: v.WouldBe, WouldBeRule: v.WouldBeRule, Body: v}, nil
}

// faceName is what this face is called in metrics and switches.
const faceName = "rest"

// count counts an answered call; asking for the verdict itself answers none.
func (f *face) count(v api.Verdict) {
	if f.Metrics == nil {
		return
	}
	f.Metrics.AddVerdict(faceName, v.Rule, v.Action)
	if v.WouldBe != "" {
		f.Metrics.AddShadow(faceName, v.WouldBeRule, v.WouldBe)
	}
}

// registerSpeech adds what is said in the member's name.
func (f *face) registerSpeech(a huma.API) {
	register(f, a, in(tagSaying, "Say one thing by hand, or preview it", describe("say", http.MethodPost, api.PathStatements, publishing())),
		func(ctx context.Context, in *sent[api.Say]) (api.Said, error) { return f.Service.Say(ctx, in.Body) })
	register(f, a, in(tagSaying, "Undo a statement, a batch or a publication, or preview it", describe("retract", http.MethodPost, api.PathRetractions, publishing())),
		func(ctx context.Context, in *sent[api.Retract]) (api.Said, error) {
			return f.Service.Retract(ctx, in.Body)
		})
	register(f, a, in(tagSaying, "What was delivered, newest first", describe("publications", http.MethodGet, api.PathPublications, reading())),
		func(ctx context.Context, _ *struct{}) ([]api.Publication, error) {
			return f.Service.Publications(ctx)
		})
	registerDone(f, a, in(tagSaying, "Let a barred issuer sign again", describe("lift", http.MethodPost, api.PathLift, keeping())),
		func(ctx context.Context, in *sent[api.Lift]) error { return f.Service.Lift(ctx, in.Body.Head) })
}

// tokenInput names a token.
type tokenInput struct {
	Name string `path:"name" maxLength:"128" doc:"What the token is called"`
}

// registerCare adds what looks after the node.
func (f *face) registerCare(a huma.API) {
	register(f, a, in(tagCalls, "Which faces and rules act, and which only tell", describe("switches", http.MethodGet, api.PathEnforcement, reading())),
		func(ctx context.Context, _ *struct{}) ([]api.Switch, error) {
			return f.Service.Enforce(ctx, api.Enforce{})
		})
	register(f, a, in(tagCalls, "Turn a face or a rule on or off", describe("enforce", http.MethodPost, api.PathEnforcement, keeping())),
		func(ctx context.Context, in *sent[api.Enforce]) ([]api.Switch, error) {
			return f.Service.Enforce(ctx, in.Body)
		})
	register(f, a, in(tagNode, "Make a token; its secret is told once", describe("token", http.MethodPost, api.PathTokens, keeping())),
		func(ctx context.Context, in *sent[api.TokenRequest]) (api.Token, error) {
			return f.Service.Token(ctx, in.Body)
		})
	register(f, a, in(tagNode, "The tokens in use, without their secrets", describe("tokens", http.MethodGet, api.PathTokens, keeping())),
		func(ctx context.Context, _ *struct{}) ([]api.Token, error) { return f.Service.Tokens(ctx) })
	registerDone(f, a, in(tagNode, "End a token", describe("revoke", http.MethodDelete, api.PathToken, keeping())),
		func(ctx context.Context, in *tokenInput) error { return f.Service.Revoke(ctx, in.Name) })
}
