package node

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// ImportPlan implements api.Keeper: the plan is kept in the data directory and
// answers from now on.
func (n *Node) ImportPlan(_ context.Context, p api.PlanImport, file io.Reader) (api.Plan, error) {
	format, err := plan.ParseFormat(p.Format)
	if err != nil {
		return api.Plan{}, api.Errorf(api.BadInput, "%v", err)
	}
	day, err := time.Parse(time.DateOnly, p.Date)
	if err != nil {
		return api.Plan{}, api.Errorf(api.BadInput, "%q is no date of a plan; write the day as of which it is true, 2026-11-24", p.Date)
	}
	if day.After(n.cfg.Now()) {
		return api.Plan{}, api.Errorf(api.BadInput, "%s lies ahead: a plan is true as of a day, and one from the future would overrule every later one until then", p.Date)
	}
	meta := plan.Meta{Date: taxonomy.DayOf(day.Unix()), Source: p.Source}
	if p.Country != "" {
		if meta.Country, err = answer.ParseCountry(p.Country); err != nil {
			return api.Plan{}, err
		}
	}
	read, err := plan.Import(file, format, meta)
	if err != nil {
		return api.Plan{}, api.Errorf(api.BadInput, "%v", err)
	}
	meta = read.Meta()
	if err := n.keepPlan(fmt.Sprintf("%s-%s.plan", meta.Country, meta.Date), read.Encode()); err != nil {
		return api.Plan{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	book := *n.book.Load()
	book.Plans = book.Plans.With(read)
	n.book.Store(&book)
	return planOf(read), n.rescreen(n.switches)
}

func (n *Node) keepPlan(name string, b []byte) error {
	dir := filepath.Join(n.cfg.Dir, plansDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("node: keep plan: %w", err)
	}
	err := n.writeWhole(filepath.Join(dir, name), len(b), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if err != nil {
		return fmt.Errorf("node: keep plan: %w", err)
	}
	return nil
}

func planOf(p *plan.Plan) api.Plan {
	m := p.Meta()
	return api.Plan{Country: m.Country.String(), Date: m.Date.String(), Source: m.Source, Ranges: p.Ranges()}
}

// Backup implements api.Keeper.
func (n *Node) Backup(_ context.Context, to io.Writer) error {
	if err := n.store.Backup(to); err != nil {
		return fmt.Errorf("node: back up: %w", err)
	}
	return nil
}

// tokens are bearer tokens of the API. Of a secret only its SHA-256 is kept;
// it is 32 random bytes, so that guessing is hopeless without a slow hash.
type tokens struct{ all []kept }

type kept struct {
	Name string    `json:"name"`
	Role api.Role  `json:"role"`
	Hash string    `json:"sha256"`
	Made time.Time `json:"made"`
}

const spaceTokens = "token"

func (n *Node) openTokens() error {
	return n.store.List(spaceTokens, func(name string, value []byte) error {
		var k kept
		if err := json.Unmarshal(value, &k); err != nil {
			return fmt.Errorf("node: token %q: %w", name, err)
		}
		n.tokens.all = append(n.tokens.all, k)
		return nil
	})
}

// Authenticate returns the role of a secret. The time it takes does not tell
// how much of a secret is right.
func (n *Node) Authenticate(secret string) (api.Role, bool) {
	sum := sha256.Sum256([]byte(secret))
	hash := []byte(hex.EncodeToString(sum[:]))
	n.mu.Lock()
	defer n.mu.Unlock()
	var role api.Role
	found := false
	for _, k := range n.tokens.all {
		if subtle.ConstantTimeCompare([]byte(k.Hash), hash) == 1 {
			role, found = k.Role, true
		}
	}
	return role, found
}

// Token implements api.Keeper.
func (n *Node) Token(_ context.Context, t api.TokenRequest) (api.Token, error) {
	if t.Name == "" || len(t.Name) > 64 || strings.ContainsFunc(t.Name, func(r rune) bool { return r <= ' ' || r == 0x7F }) {
		return api.Token{}, api.Errorf(api.BadInput, "a token's name has 1 to 64 characters without spaces, so that it can be told and revoked")
	}
	if !slices.Contains([]api.Role{api.RoleReader, api.RolePublisher, api.RoleAdmin}, t.Role) {
		return api.Token{}, api.Errorf(api.BadInput, "%q is no role; want reader, publisher or admin", t.Role)
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(n.cfg.Random, secret); err != nil {
		return api.Token{}, fmt.Errorf("node: draw a token: %w", err)
	}
	text := hex.EncodeToString(secret)
	sum := sha256.Sum256([]byte(text))
	k := kept{Name: t.Name, Role: t.Role, Hash: hex.EncodeToString(sum[:]), Made: n.cfg.Now().UTC()}
	value, err := json.Marshal(k)
	if err != nil {
		return api.Token{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if slices.ContainsFunc(n.tokens.all, func(k kept) bool { return k.Name == t.Name }) {
		return api.Token{}, api.Errorf(api.Refused, "there is a token %q already; revoke it first, or choose another name", t.Name)
	}
	if err := n.store.Put(spaceTokens, t.Name, value); err != nil {
		return api.Token{}, refusal(err)
	}
	n.tokens.all = append(n.tokens.all, k)
	return api.Token{Name: k.Name, Role: k.Role, Secret: text, Made: k.Made.Format(time.RFC3339)}, nil
}

// Tokens implements api.Keeper.
func (n *Node) Tokens(context.Context) ([]api.Token, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := []api.Token{}
	for _, k := range n.tokens.all {
		out = append(out, api.Token{Name: k.Name, Role: k.Role, Made: k.Made.Format(time.RFC3339)})
	}
	return out, nil
}

// Revoke implements api.Keeper.
func (n *Node) Revoke(_ context.Context, name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.tokens.all, func(k kept) bool { return k.Name == name })
	if i < 0 {
		return api.Errorf(api.NotFound, "there is no token %q", name)
	}
	if err := n.store.Delete(spaceTokens, name); err != nil {
		return refusal(err)
	}
	n.tokens.all = slices.Delete(n.tokens.all, i, i+1)
	return nil
}
