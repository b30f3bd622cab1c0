// Package erase is the verb that erases what the ledger's dead entries said from the
// directory of a stopped node.
//
// What is dead, and how it is erased, is consensus/erase's; here the directory is opened
// and the plan put into words and fields.
//
// Floor 15, a room of cmd/ringfence.
package erase

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/held"
	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/slip"
	"ringfence/consensus/erase"
	"ringfence/consensus/follow"
	"ringfence/node/api"
	"ringfence/node/authority"
	"ringfence/node/config"
	"ringfence/node/phrase"
	"ringfence/store/ledger"
)

// App is what the verb has of the program.
type App struct {
	Settings func(cmd *cobra.Command) (config.Config, error)
	Runs     func(socket string) bool // a node answers there
	// Progress draws how far it is, for people who watch; draw may be nil.
	Progress func() (draw func(api.Progress), finish func() error)
	Answer   func(cmd *cobra.Command, e *proofs.Erased) error
}

// Command is the verb.
func Command(a App) *cobra.Command {
	preview := false
	cmd := &cobra.Command{
		Use:   "erase",
		Short: "Erase what dead ledger entries said",
		Long: `Erase erases from the directory of a stopped node the openings of ledger entries that
have been dead for seven days by the ledger's own clock, the ticks that regulators
certified: which numbers they were about, and what was decided of them. Dead are ratified
entries that ran out or were revoked, and revocations and stays once all that was ratified
before them is over. What is in force, or decides about something that is, stays, and so
do motions of other kinds, votes, and what members publish. A regulator's node, which
judges commands anew when it starts, keeps revocations, stays and blocks too.

The ledger's tree does not change, so proofs that were made, the tiles and checkpoints
that the node serves, and the list stay valid. No proof can be made any more of what was
erased, and the list as it was while that counted is not recomputable here. It is for
good: no peer gives it back. To be cut off does no harm: run it again.

The node must not run. --preview tells what would be erased and changes nothing.`,
		Example: `  ringfence erase --dir acme --preview
  ringfence erase --dir acme
  ringfence erase --dir acme --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := a.run(cmd, preview)
			if err != nil {
				return err
			}
			return a.Answer(cmd, e)
		},
	}
	cmd.Flags().BoolVar(&preview, "preview", false, "only tell what would be erased")
	return cmd
}

func (a *App) run(cmd *cobra.Command, preview bool) (e *proofs.Erased, err error) {
	cfg, err := a.Settings(cmd)
	if err != nil {
		return nil, err
	}
	if a.Runs(cfg.Socket) {
		return nil, api.Tell(api.Refused, phrase.New("erase.node_runs", "a node runs on %s; stop it before anything that it holds is erased", cfg.Socket))
	}
	in, err := held.Open(cfg)
	switch {
	case errors.Is(err, held.ErrNone):
		return nil, api.Tell(api.BadInput, phrase.New("erase.no_store", "%s holds no store yet: no node ran there, and there is nothing to erase", cfg.Dir))
	case err != nil:
		return nil, fmt.Errorf("erase: %w", err)
	}
	defer func() { err = errors.Join(err, in.Store.Close()) }()
	draw, finish := a.Progress()
	defer func() { err = errors.Join(err, finish()) }()
	from := erase.Config{Genesis: in.Genesis, Ledger: in.Store.Ledger(), Progress: drawn(draw)}
	if _, err := os.Stat(filepath.Join(cfg.Dir, authority.RaftDir)); err == nil {
		from.Replays = true
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("erase: %w", err)
	}
	plan, err := erase.Find(cmd.Context(), from)
	if err != nil {
		return nil, unsound(err)
	}
	if !preview {
		if _, err := erase.Erase(cmd.Context(), from, plan); err != nil {
			return nil, err
		}
	}
	e = tell(plan)
	e.Preview, e.Federation, e.Name = preview, in.State.Federation().String(), in.State.Name()
	return e, nil
}

// unsound is what to do about a ledger that is not to be believed.
func unsound(err error) error {
	var t *follow.Trouble
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &t), errors.Is(err, ledger.ErrDamaged), errors.Is(err, fs.ErrNotExist), errors.Is(err, erase.ErrUncertified):
		return api.Tell(api.Refused, phrase.New("erase.unsound", "nothing is erased, for the ledger that is held is not to be believed (%s): ringfence audit says what is wrong, and what to do", err))
	}
	return err
}

// drawn draws the progress; nil if nobody watches.
func drawn(draw func(api.Progress)) func(erase.Phase, uint64, uint64) {
	if draw == nil {
		return nil
	}
	names := map[erase.Phase]string{erase.Reading: "ledger", erase.Erasing: "openings"}
	return func(p erase.Phase, done, total uint64) {
		draw(api.Progress{Phase: names[p], Done: int64(done), Total: int64(total)})
	}
}

// tell puts a plan into the fields that people and programs read.
func tell(p *erase.Plan) *proofs.Erased {
	e := &proofs.Erased{
		LedgerSize: p.Size, Tick: clock(p.Now), DeadBy: clock(p.Then), Openings: p.Due, Motions: []proofs.ErasedMotion{},
		Waiting: p.Waiting, Alive: p.Alive, Judging: p.Judging, Before: p.Before,
	}
	for _, m := range p.Motions {
		e.Motions = append(e.Motions, proofs.ErasedMotion{Index: m.Index, Motion: m.ID.String(), Kind: m.Kind.String(), Openings: m.Due})
	}
	return e
}

// clock tells a tick; "" for none.
func clock(unix int64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(unix, 0).UTC().Format(time.RFC3339)
}
