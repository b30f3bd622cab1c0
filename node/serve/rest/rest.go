package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/metrics"
	"ringfence/node/serve/rest/internal/docs"
	"ringfence/node/serve/rest/internal/limit"
)

// Config is what a handler needs. Only Service is required.
type Config struct {
	Service api.Service
	// Ledger is served to everybody, without a token. nil: there is none.
	Ledger Ledger
	// Authenticate returns the role of a token. It compares in constant time.
	// nil: there are no tokens.
	Authenticate func(token string) (api.Role, bool)
	// Face turns a verdict into what this face answers to a call: in shadow,
	// allow and the would-be verdict. nil: the verdict itself.
	Face     func(api.Verdict) api.Verdict
	Metrics  *metrics.Metrics    // nil: nothing is counted
	Gatherer prometheus.Gatherer // nil: no /metrics
	Ready    func() error        // why the node cannot serve yet; nil: it always can
	Stale    func() string       // why what it serves may be stale, "" when it is not; nil: it never is
	Version  string
	Logger   *slog.Logger // nil: silent
	Limits   Limits
}

// face is the handler's parts.
type face struct {
	Config

	languages  *locale.Catalogs
	slots      chan struct{} // one for each request under way, …
	open       chan struct{} // … and for each of those about the ledger
	clients    *limit.Clients
	unreadTold rate.Sometimes // of tiles of the ledger
}

// New makes the handler. Served by a Server it knows owners and loopback;
// under any other server every request is a stranger's.
func New(cfg Config) (http.Handler, error) {
	if cfg.Service == nil {
		return nil, errors.New("rest: no service to answer with")
	}
	cfg = cfg.withDefaults()
	f := &face{
		Config:     cfg,
		languages:  locale.New(),
		slots:      make(chan struct{}, cfg.Limits.Concurrent),
		open:       make(chan struct{}, cfg.Limits.Ledger),
		unreadTold: rate.Sometimes{Interval: time.Minute},
		clients:    limit.NewClients(limit.ClientsConfig{PerSecond: cfg.Limits.PerSecond, Burst: cfg.Limits.Burst, Most: cfg.Limits.Clients}),
	}
	mux := http.NewServeMux()
	a := humago.New(mux, description(cfg.Version))
	a.UseMiddleware(f.authorise)
	f.registerAnswers(a)
	f.registerSpeech(a)
	f.registerCare(a)
	f.registerStreams(a)
	f.registerCouncil(a)
	f.registerProofs(a)
	f.registerContests(a)
	f.registerLedger(a, mux)
	document, err := json.Marshal(a.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("write OpenAPI document: %w", err)
	}
	pages := make(map[string][]byte)
	for _, words := range f.languages.All() {
		if pages[words.Lang()], err = docs.Page(a.OpenAPI(), []string{tagNumbers, tagCalls, tagSaying, tagCouncil, tagNode, tagLedger}, words); err != nil {
			return nil, err
		}
	}
	f.furnish(mux, document, pages)
	return f.enclose(mux), nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Authenticate == nil {
		cfg.Authenticate = func(string) (api.Role, bool) { return "", false }
	}
	if cfg.Face == nil {
		cfg.Face = func(v api.Verdict) api.Verdict { return v }
	}
	if cfg.Ready == nil {
		cfg.Ready = func() error { return nil }
	}
	if cfg.Stale == nil {
		cfg.Stale = func() string { return "" }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	return cfg
}

// description is the head of the OpenAPI document and how bodies are written.
// The library's own pages are off: they load scripts from elsewhere.
func description(version string) huma.Config {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schemas.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[api.Problem]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Ringfence",
				Version:     version,
				Description: "A node of a federated telephone blocklist. Numbers stand in canonical text; times are RFC 3339, durations and ages name their unit; errors are problem details (RFC 9457) with a kind.",
				License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: schemas,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", Description: "`ringfence token new` makes one. The unix socket needs none."},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{kinded},
	}
}
