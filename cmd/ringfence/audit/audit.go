// Package audit is the verb that goes through everything a data directory holds, from the
// genesis, and says what is wrong, where, and what to do.
//
// What is judged, and how, is consensus/audit's, and node/auditor puts it into words; here
// the directory is opened.
//
// Floor 15, a room of cmd/ringfence.
package audit

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/held"
	"ringfence/cmd/ringfence/slip"
	"ringfence/consensus/audit"
	"ringfence/node/api"
	"ringfence/node/auditor"
	"ringfence/node/config"
	"ringfence/node/phrase"
)

// App is what the verb has of the program.
type App struct {
	Settings func(cmd *cobra.Command) (config.Config, error)
	Runs     func(socket string) bool // a node answers there
	// Progress draws how far it is, for people who watch; draw may be nil.
	Progress func() (draw func(api.Progress), finish func() error)
	Answer   func(cmd *cobra.Command, r *api.Audit) error
	No       error // ends a verb whose answer is no
}

// Command is the verb.
func Command(a App) *cobra.Command {
	return &cobra.Command{
		Use:   "audit",
		Short: "Judge all that is held anew, from the genesis",
		Long: `Audit goes through everything that the directory holds and believes nothing of it.
Every batch of every feed: header, signature, statements up to the root, and the chain
that they make. The ledger: each row against the certified root, each motion with its
votes and items by the rules that followers judge by, each change of the regulators,
and the cosignatures under the kept checkpoint. And each list root that the regulators
anchored: it is computed anew from what was signed.

It says what is wrong, where, and what to do. A moment at which something counted that
was erased since is called not recomputable: nobody can compute its root any more, and
nothing is wrong with that.

The node must not run: of itself it can be asked by REST, /v1/audit, for what its word is
worth. Nothing is changed, but that a batch whose bytes the disk has changed is put into
quarantine, as whenever one is read. It ends with 1 when something is wrong.`,
		Example: `  ringfence audit --dir acme
  ringfence audit --dir acme --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := a.run(cmd)
			if err == nil {
				err = a.Answer(cmd, &r)
			}
			if err == nil && !r.OK {
				return a.No
			}
			return err
		},
	}
}

func (a *App) run(cmd *cobra.Command) (r api.Audit, err error) {
	cfg, err := a.Settings(cmd)
	if err != nil {
		return r, err
	}
	if a.Runs(cfg.Socket) {
		return r, api.Tell(api.Refused, phrase.New("audit.node_runs", "a node runs on %s; stop it before its directory is audited, or audit a backup restored elsewhere", cfg.Socket))
	}
	in, err := held.Open(cfg)
	switch {
	case errors.Is(err, held.ErrNone):
		return r, api.Tell(api.BadInput, phrase.New("audit.no_store", "%s holds no store yet: no node ran there, and there is nothing to audit", cfg.Dir))
	case err != nil:
		return r, fmt.Errorf("audit: %w", err)
	}
	defer func() { err = errors.Join(err, in.Store.Close()) }()
	draw, finish := a.Progress()
	r, err = auditor.Run(cmd.Context(), audit.Config{Genesis: in.Genesis, Ledger: in.Store.Ledger(), Feeds: in.Store, Progress: drawn(draw)}, in.State.Name())
	return r, errors.Join(err, finish())
}

// drawn draws the progress of an audit; nil if nobody watches.
func drawn(draw func(api.Progress)) func(audit.Phase, uint64, uint64) {
	if draw == nil {
		return nil
	}
	names := map[audit.Phase]string{audit.Reading: "feeds and ledger", audit.Recomputing: "list roots"}
	return func(p audit.Phase, done, total uint64) {
		draw(api.Progress{Phase: names[p], Done: int64(done), Total: int64(total)})
	}
}
