package node

import (
	"context"
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
	"ringfence/node/token"
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

func (n *Node) openTokens() (err error) {
	n.tokens, err = token.Open(n.store)
	return err
}

// Authenticate returns the role of a bearer token's secret.
func (n *Node) Authenticate(secret string) (api.Role, bool) { return n.tokens.Authenticate(secret) }

// Token implements api.Keeper.
func (n *Node) Token(_ context.Context, t api.TokenRequest) (api.Token, error) {
	made, err := n.tokens.Make(t, n.cfg.Random, n.cfg.Now())
	return made, speak.Refusal(err)
}

// Tokens implements api.Keeper.
func (n *Node) Tokens(context.Context) ([]api.Token, error) { return n.tokens.All(), nil }

// Revoke implements api.Keeper.
func (n *Node) Revoke(_ context.Context, name string) error {
	return speak.Refusal(n.tokens.Revoke(name))
}
