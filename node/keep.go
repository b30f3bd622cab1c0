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
	"ringfence/node/speak"
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
	note := n.narrower(read)
	if err := n.keepPlan(n.planFile(meta.Country.String(), meta.Date.String()), read.Encode()); err != nil {
		return api.Plan{}, err
	}
	return api.Plan{Country: meta.Country.String(), Date: meta.Date.String(), Source: meta.Source, Ranges: read.Ranges(), Imported: true, Note: note}, n.replan()
}

// narrower says that a plan knows far fewer ranges than one of its country that
// is here: whatever it leaves out would count as not allocated.
func (n *Node) narrower(p *plan.Plan) string {
	for _, known := range n.book.Load().Plans.Plans() {
		if known.Meta().Country == p.Meta().Country && p.Ranges() < known.Ranges()/2 {
			return fmt.Sprintf("this plan has %d ranges, that of %s has %d: numbers in what it leaves out now count as not allocated, and cli.unallocated would block them; plan remove %s %s undoes the import",
				p.Ranges(), known.Meta().Date, known.Ranges(), p.Meta().Country, p.Meta().Date)
		}
	}
	return ""
}

// RemovePlan implements api.Keeper.
func (n *Node) RemovePlan(_ context.Context, country, date string) (api.Plan, error) {
	for _, p := range n.plans() {
		switch {
		case p.Country != strings.TrimPrefix(country, "+") || p.Date != date:
		case !p.Imported:
			return api.Plan{}, api.Errorf(api.Refused, "the plan of country %s as of %s ships with the program; import a newer one over it", p.Country, p.Date)
		default:
			if err := os.Remove(n.planFile(p.Country, p.Date)); err != nil {
				return api.Plan{}, fmt.Errorf("node: remove plan: %w", err)
			}
			return p, n.replan()
		}
	}
	return api.Plan{}, api.Errorf(api.NotFound, "there is no plan of country %.20s as of %.20s; `ringfence plan list` tells which there are", country, date)
}

// replan answers and screens by the plans as they lie on disk now.
func (n *Node) replan() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.loadPlans(); err != nil {
		return err
	}
	return n.rescreen(n.switches)
}

// planFile is where the plan of a country as of a date lies.
func (n *Node) planFile(country, date string) string {
	return filepath.Join(n.cfg.Dir, plansDir, country+"-"+date+".plan")
}

func (n *Node) keepPlan(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("node: keep plan: %w", err)
	}
	err := n.writeWhole(name, len(b), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if err != nil {
		return fmt.Errorf("node: keep plan: %w", err)
	}
	return nil
}

// plans lists the plans, by country code, newest first.
func (n *Node) plans() []api.Plan {
	out := []api.Plan{}
	shipped := n.shipped.Plans()
	for _, p := range n.book.Load().Plans.Plans() {
		m := p.Meta()
		out = append(out, api.Plan{
			Country: m.Country.String(), Date: m.Date.String(), Source: m.Source, Ranges: p.Ranges(), Imported: !slices.Contains(shipped, p),
		})
	}
	return out
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
		return api.Token{}, speak.Refusal(err)
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
		return speak.Refusal(err)
	}
	n.tokens.all = slices.Delete(n.tokens.all, i, i+1)
	return nil
}
