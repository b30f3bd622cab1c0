package rest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/logtest"
)

type parameter struct{ Name, In, Description string }

// openAPI is what these tests read of the OpenAPI document.
type openAPI struct {
	Info  struct{ Description string }
	Paths map[string]map[string]struct {
		OperationID string           `json:"operationId"`
		Summary     string           `json:"summary"`
		Description string           `json:"description"`
		Parameters  []parameter      `json:"parameters"`
		Role        api.Role         `json:"x-ringfence-role"`
		Loopback    *bool            `json:"x-ringfence-loopback"`
		Security    []map[string]any `json:"security"`
		Responses   map[string]any   `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

func document(t testing.TB, r running) openAPI {
	t.Helper()
	var d openAPI
	got := r.send(t, "GET", "/openapi.json", "")
	if err := json.Unmarshal([]byte(got.body), &d); err != nil || got.status != http.StatusOK {
		t.Fatal(got.status, err)
	}
	return d
}

// knock is a request that an operation takes; without one its test fails.
func knock(id string) (path, body string) {
	known := map[string][2]string{
		"lookup":       {"/v1/numbers/110", ""},
		"lookup-many":  {"/v1/numbers:lookup", `{"numbers":["110"]}`},
		"explain":      {"/v1/numbers/110/explanation", ""},
		"statement":    {"/v1/statements/bafy/1", ""},
		"screen":       {"/v1/screen", `{"called":"110"}`},
		"status":       {"/v1/status", ""},
		"peers":        {"/v1/peers", ""},
		"evidence":     {"/v1/evidence", ""},
		"say-again":    {"/v1/evidence/say-again", ""},
		"say":          {"/v1/statements", `{"kind":"flag","subject":"110"}`},
		"retract":      {"/v1/retractions", `{"ref":"bafy/1"}`},
		"publications": {"/v1/publications", ""},
		"contests":     {"/v1/contests?mine=true", ""},
		"publish":      {"/v1/publications?mapping=m&file=f", "110\n"},
		"lift":         {"/v1/feed:lift", `{"head":"bafy"}`},
		"switches":     {"/v1/enforcement", ""},
		"enforce":      {"/v1/enforcement", `{"target":"rest","on":true}`},
		"plan":         {"/v1/plans?format=cn-ranges&country=86&date=2026-07-01&source=s", "130\n"},
		"plan-remove":  {"/v1/plans/86/2026-07-01", ""},
		"audit":        {"/v1/audit", ""},
		"backup":       {"/v1/backup", ""},
		"token":        {"/v1/tokens", `{"name":"n","role":"reader"}`},
		"tokens":       {"/v1/tokens", ""},
		"revoke":       {"/v1/tokens/n", ""},

		"propose-motion":  {"/v1/motions", `{"kind":"ratify","items":[{"number":"110"}]}`},
		"motions":         {"/v1/motions?mine=true", ""},
		"motion":          {"/v1/motions/bafyreib3m", ""},
		"vote-motion":     {"/v1/motions/bafyreib3m/vote", `{"for":true}`},
		"withdraw-motion": {"/v1/motions/bafyreib3m/withdrawal", ""},
		"ledger":          {"/v1/ledger", ""},
		"entries":         {"/v1/ledger/entries?since=5&count=7", ""},
		"feed-heads":      {"/v1/feeds:heads?issuer=aa&at=none", ""},
		"quorum":          {"/v1/quorum", ""},
		"realign-quorum":  {"/v1/quorum:realign", ""},

		"prove":        {"/v1/numbers/110/proof?what=ratified&at=7", ""},
		"prove-sets":   {"/v1/ledger/regulators?pin=true", ""},
		"constitution": {"/v1/federation?at=7", ""},

		"ledger-checkpoint": {"/ledger/checkpoint", ""},
		"ledger-genesis":    {"/ledger/genesis", ""},
		"ledger-policy":     {"/ledger/policy", ""},
		"ledger-hashes":     {"/ledger/tile/0/000", ""},
		"ledger-entries":    {"/ledger/tile/entries/001.p/44", ""},
		"ledger-openings":   {"/ledger/tile/openings/000.p/7", ""},
	}
	return known[id][0], known[id][1]
}

// TestRolesAndOperations puts every operation of the OpenAPI document to every
// kind of caller.
func TestRolesAndOperations(t *testing.T) {
	r := run(t, Config{Service: &double{}, Ledger: certified(t, 300)})
	proxied := []string{"X-Forwarded-For", "192.0.2.1"}
	callers := []struct {
		name    string
		headers []string
		rank    int
		local   bool
		status  int // of a refusal
	}{
		{"loopback", nil, 0, true, 401},
		{"through a proxy", proxied, 0, false, 401},
		{"by another name", []string{"Host", "evil.example:80"}, 0, false, 401},
		{"reader", bearer(readerToken), 1, false, 403},
		{"publisher", bearer(publisherToken), 2, false, 403},
		{"admin", bearer(adminToken), 3, false, 403},
		{"admin through a proxy", append(bearer(adminToken), proxied...), 3, false, 403},
		{"unknown token", bearer("guess"), -1, false, 401},
		{"token of no known role", bearer("odd-secret"), -1, false, 401},
		{"empty token", bearer(""), -1, false, 401},
		{"password", []string{"Authorization", "Basic " + adminToken}, -1, false, 401},
		{"token as a query", []string{"X-Token", adminToken}, 0, true, 401},
	}
	seen := 0
	for path, methods := range document(t, r).Paths {
		for method, op := range methods {
			seen++
			target, body := knock(op.OperationID)
			if target == "" || op.Loopback == nil || rank(op.Role) == 0 && op.Role != anyone || len(op.Security) == 0 {
				t.Errorf("%s %s: the test knows no request for %q, or the document does not say who may", method, path, op.OperationID)
				continue
			}
			for _, c := range callers {
				got := r.send(t, strings.ToUpper(method), target, body, c.headers...)
				allowed := c.rank >= rank(op.Role) || c.rank == 0 && c.local && *op.Loopback
				if op.Role == anyone {
					allowed = c.rank >= 0 // but a token that was presented must hold
				}
				if allowed && got.status > 299 {
					t.Errorf("%s, %s: %d %s", op.OperationID, c.name, got.status, got.body)
				}
				if !allowed && (got.status != c.status || !strings.Contains(got.body, `"kind":"forbidden"`)) {
					t.Errorf("%s, %s: %d %s, want %d", op.OperationID, c.name, got.status, got.body, c.status)
				}
				if challenged := got.header.Get("WWW-Authenticate") != ""; challenged != (got.status == 401) {
					t.Errorf("%s, %s: %d with challenge %v", op.OperationID, c.name, got.status, challenged)
				}
			}
		}
	}
	if seen != 43 {
		t.Errorf("%d operations in the document", seen)
	}
}

// TestWritesAndSecretsAreNeverOpen holds the table of access against a slip of
// the hand: what changes something or gives everything away needs a token.
func TestWritesAndSecretsAreNeverOpen(t *testing.T) {
	r := run(t, Config{Service: &double{}, Ledger: certified(t, 300)})
	public := []string{"ledger-checkpoint", "ledger-genesis", "ledger-policy", "ledger-hashes", "ledger-entries", "ledger-openings"}
	open := []string{"lookup", "lookup-many", "explain", "statement", "screen", "status", "peers", "evidence", "say-again", "contests", "publications", "switches", "motions", "motion", "ledger", "entries", "feed-heads", "quorum", "prove", "prove-sets", "constitution"}
	for path, methods := range document(t, r).Paths {
		for method, op := range methods {
			if slices.Contains(public, op.OperationID) != (op.Role == anyone) {
				t.Errorf("%s %s: role %s", method, path, op.Role)
			}
			if op.Role == anyone {
				continue
			}
			if *op.Loopback != slices.Contains(open, op.OperationID) {
				t.Errorf("%s %s: open on loopback: %v", method, path, *op.Loopback)
			}
			if *op.Loopback != (op.Role == api.RoleReader) {
				t.Errorf("%s %s: role %s, open %v", method, path, op.Role, *op.Loopback)
			}
		}
	}
}

// TestNoWayAround tries what has opened other doors: methods in headers, paths
// that climb, a page of another site, roles in bodies.
func TestNoWayAround(t *testing.T) {
	d := &double{}
	r := run(t, Config{Service: d})
	cases := []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"method override", "GET", "/v1/tokens", "", []string{"X-HTTP-Method-Override", "DELETE"}, 401},
		{"method override by query", "GET", "/v1/status?_method=POST", "", nil, 422},
		{"climbing", "GET", "/v1/numbers/../backup", "", nil, 307},
		{"climbing in disguise", "GET", "/v1/numbers/..%2Fbackup", "", nil, 200}, // a number like any other
		{"doubled slash", "GET", "//v1/backup", "", nil, 307},
		{"case", "GET", "/V1/backup", "", nil, 404},
		{"other site", "POST", "/v1/screen", `{"caller":"","called":"110"}`, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		{"other site, old browser", "POST", "/v1/screen", `{"caller":"","called":"110"}`, []string{"Origin", "https://evil.example"}, 403},
		{"same site", "POST", "/v1/screen", `{"caller":"","called":"110"}`, []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"form of another site", "POST", "/v1/screen", "caller=1", []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site"}, 403},
		{"more than asked", "POST", "/v1/screen", `{"caller":"","called":"110","role":"admin"}`, nil, 422},
		{"role in a token", "POST", "/v1/tokens", `{"name":"n","role":"emperor"}`, bearer(adminToken), 422},
		{"trace", "TRACE", "/v1/status", "", nil, 405},
	}
	for _, c := range cases {
		got := r.send(t, c.method, c.path, c.body, c.headers...)
		if got.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, got.status, got.body, c.status)
		}
		if at := got.header.Get("Location"); at != "" && r.send(t, c.method, at, "").status != http.StatusUnauthorized {
			t.Errorf("%s: %s is open", c.name, at)
		}
	}
	r.send(t, "GET", "/v1/numbers/..%2Fbackup", "")
	if q, ok := d.asked.(api.Query); !ok || q.Number != "../backup" {
		t.Errorf("the climbing number arrived as %+v", d.asked)
	}
}

// TestTokenCountsOnTheSocketToo: who presents a token is what it says.
func TestTokenCountsOnTheSocketToo(t *testing.T) {
	r := run(t, Config{Service: &double{}})
	c := r.connect(t, client.Config{Socket: r.socket, Token: readerToken})
	if _, err := c.Tokens(t.Context()); api.KindOf(err) != api.Forbidden {
		t.Errorf("tokens: %v", err)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("status: %v", err)
	}
	c = r.connect(t, client.Config{Socket: r.socket, Token: "guess"})
	if _, err := c.Status(t.Context()); api.KindOf(err) != api.Forbidden {
		t.Errorf("status with an unknown token: %v", err)
	}
}

func TestVerdictItself(t *testing.T) {
	shadow := func(v api.Verdict) api.Verdict {
		v.WouldBe, v.WouldBeRule, v.Action = v.Action, v.Rule, "allow"
		return v
	}
	r := run(t, Config{Service: &double{}, Face: shadow})
	verdict := full[api.Verdict]()
	const call = `{"caller":"+86 138","called":"110"}`
	got := r.send(t, "POST", "/v1/screen", call)
	if got.header.Get(api.HeaderAction) != "allow" || !strings.Contains(got.body, `"action":"allow"`) {
		t.Errorf("in shadow: %v %s", got.header, got.body)
	}
	if h := got.header; h.Get(api.HeaderWouldBe) == "" || h.Get(api.HeaderWouldBeRule) == "" {
		t.Errorf("in shadow: %v", h)
	}
	if got := r.send(t, "POST", "/v1/screen?verdict=true", call); got.status != http.StatusForbidden {
		t.Errorf("the verdict itself for anyone: %d %s", got.status, got.body)
	}
	got = r.send(t, "POST", "/v1/screen?verdict=true", call, bearer(readerToken)...)
	if got.status != http.StatusOK || strings.Contains(got.body, `"action":"allow"`) {
		t.Errorf("the verdict itself for a reader: %d %s", got.status, got.body)
	}
	if v, err := r.client(t).Screen(t.Context(), api.Call{Called: "110"}); err != nil || v.Action != verdict.Action {
		t.Errorf("the verdict itself for the owner: %+v, %v", v, err)
	}
}

// TestLogsNameRoutesAndNobody: refusals are told, numbers and tokens are not.
func TestLogsNameRoutesAndNobody(t *testing.T) {
	var log logtest.Paper
	r := run(t, Config{Service: &double{fail: fmt.Errorf("bad block at /var/lib")}, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	got := r.send(t, "GET", "/v1/numbers/13800138000", "")
	if got.status != http.StatusInternalServerError || strings.Contains(got.body, "/var/lib") {
		t.Errorf("a failure of ours, to anyone: %d %s", got.status, got.body)
	}
	if got := r.send(t, "GET", "/v1/numbers/13800138000", "", bearer(adminToken)...); !strings.Contains(got.body, "/var/lib") {
		t.Errorf("a failure of ours, to who looks after the node: %s", got.body)
	}
	r.send(t, "DELETE", "/v1/tokens/13800138000", "", bearer(readerToken)...)
	r.send(t, "GET", "/v1/status", "", bearer("guess-secret")...)
	text := log.String()
	for _, want := range []string{"bad block", "route=/v1/numbers/{number}", `msg="request refused" route=/v1/tokens/{name} caller=reader needs=admin`, `msg="token refused"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not tell %s:\n%s", want, text)
		}
	}
	for _, never := range []string{"13800138000", "secret"} {
		if strings.Contains(text, never) {
			t.Errorf("the log tells %s:\n%s", never, text)
		}
	}
}

func TestLoopbackName(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:80": true, "127.0.0.1": true, "127.9.9.9:1": true, "[::1]:8650": true, "[::1]": true, "::1": true,
		"": false, "example.com": false, "localhost.example.com": false, "192.0.2.1:80": false, "0.0.0.0": false, "127.0.0.1.example.com": false, "[fe80::1]": false,
	} {
		if got := loopbackName(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

// TestUnderAnotherServerEverybodyIsAStranger: New alone opens nothing.
func TestUnderAnotherServerEverybodyIsAStranger(t *testing.T) {
	handler, err := New(Config{Service: &double{}, Authenticate: authenticate})
	if err != nil {
		t.Fatal(err)
	}
	got := serveDirect(handler, "GET", "http://127.0.0.1/v1/status", nil)
	if got.status != http.StatusUnauthorized {
		t.Errorf("status: %d", got.status)
	}
	if got := serveDirect(handler, "GET", "http://127.0.0.1/v1/status", bearer(readerToken)); got.status != http.StatusOK {
		t.Errorf("status with a token: %d", got.status)
	}
	if got := serveDirect(handler, "GET", "http://127.0.0.1/healthz", nil); got.status != http.StatusOK {
		t.Errorf("health: %d", got.status)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a handler without a service")
	}
}

// TestErrorsAreProblems: every answer that is no success has one shape.
func TestErrorsAreProblems(t *testing.T) {
	r := run(t, Config{Service: &double{}})
	cases := []struct {
		method, path, body string
		status             int
		kind               api.Kind
		says               string
	}{
		{"GET", "/nowhere", "", 404, api.NotFound, "/docs lists"},
		{"GET", "/v1/numbers/", "", 404, api.NotFound, "nothing at this path"},
		{"PUT", "/v1/status", "", 405, api.BadInput, "GET"},
		{"GET", "/v1/status?verbose=1", "", 422, api.BadInput, "query.verbose: unknown query parameter"},
		{"GET", "/v1/numbers/110?caller=perhaps", "", 422, api.BadInput, "query.caller: invalid boolean"},
		{"GET", "/v1/numbers/" + strings.Repeat("1", 300), "", 422, api.BadInput, "path.number: expected length <= 256"},
		{"POST", "/v1/screen", "", 400, api.BadInput, "request body is required"},
		{"POST", "/v1/screen", "{", 400, api.BadInput, "body: unexpected end of JSON input"},
		{"POST", "/v1/screen", `{"caller":"1"}`, 422, api.BadInput, "expected required property called"},
		{"POST", "/v1/screen", `{"caller":"+8613800138000","called":"1","medium":"fax"}`, 422, api.BadInput, "body.medium: expected value to be one of"},
		{"POST", "/v1/screen", `[1]`, 422, api.BadInput, "expected object"},
	}
	for _, c := range cases {
		got := r.send(t, c.method, c.path, c.body)
		var p api.Problem
		if err := json.Unmarshal([]byte(got.body), &p); err != nil {
			t.Errorf("%s %.40s: %v in %s", c.method, c.path, err, got.body)
			continue
		}
		if got.status != c.status || p.Status != c.status || p.Kind != c.kind || p.Title != http.StatusText(c.status) || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%s %.40s: %d %s", c.method, c.path, got.status, got.body)
		}
		if got.header.Get("Content-Type") != api.MediaProblem || strings.Contains(got.body, "13800138000") {
			t.Errorf("%s %.40s: %s %s", c.method, c.path, got.header.Get("Content-Type"), got.body)
		}
	}
	if got := r.send(t, "PUT", "/v1/tokens", ""); got.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("allowed: %q", got.header.Get("Allow"))
	}
	if got := r.send(t, "POST", "/v1/screen", "caller=1", "Content-Type", "application/x-www-form-urlencoded"); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d %s", got.status, got.body)
	}
}

func TestDocumentNamesProblems(t *testing.T) {
	d := document(t, run(t, Config{Service: &double{}}))
	for path, methods := range d.Paths {
		for method, op := range methods {
			if !strings.Contains(fmt.Sprint(op.Responses["default"]), api.MediaProblem) {
				t.Errorf("%s %s: responses %v", method, path, op.Responses)
			}
		}
	}
	if d.Components.Schemas["ErrorModel"] != nil || !strings.Contains(string(d.Components.Schemas["Problem"]), `"kind"`) {
		t.Errorf("schemas: %s", d.Components.Schemas["Problem"])
	}
}

func TestLanguage(t *testing.T) {
	d := &double{}
	r := run(t, Config{Service: d})
	for _, c := range []struct{ query, header, want string }{
		{"", "", ""}, {"zh", "en", "zh"}, {"", "zh-CN,zh;q=0.9", "zh"}, {"", "de", "en"}, {"en", "", "en"},
	} {
		r.send(t, "GET", "/v1/numbers/110?lang="+c.query, "", "Accept-Language", c.header)
		if q := d.asked.(api.Query); q.Lang != c.want {
			t.Errorf("lang %q, Accept-Language %q: asked in %q", c.query, c.header, q.Lang)
		}
	}
}
