package node

import (
	"context"
	"fmt"
	"io"

	"ringfence/consensus/audit"
	"ringfence/node/api"
	"ringfence/node/speak"
	"ringfence/node/token"
)

// ImportPlan implements api.Keeper: the plan is kept in the data directory and
// answers from now on.
func (n *Node) ImportPlan(_ context.Context, p api.PlanImport, file io.Reader) (api.Plan, error) {
	return n.replan(func() (api.Plan, error) { return n.book.Import(p, file, n.cfg.Now()) })
}

// RemovePlan implements api.Keeper.
func (n *Node) RemovePlan(_ context.Context, country, date string) (api.Plan, error) {
	return n.replan(func() (api.Plan, error) { return n.book.Remove(country, date) })
}

// replan changes the plans, and screens by them from now on.
func (n *Node) replan(change func() (api.Plan, error)) (api.Plan, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, err := change()
	if err != nil {
		return api.Plan{}, err
	}
	return p, n.rescreen(n.switches)
}

// Backup implements api.Keeper.
func (n *Node) Backup(_ context.Context, to io.Writer) error {
	if err := n.store.Backup(to); err != nil {
		return fmt.Errorf("node: back up: %w", err)
	}
	return nil
}

// Audit implements api.Keeper.
func (n *Node) Audit(ctx context.Context) (api.Audit, error) {
	return n.auditor.Audit(ctx, audit.Config{Genesis: n.genesis, Ledger: n.store.Ledger(), Feeds: n.store}, n.founded.Name())
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
