package motions

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/council"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (h Host) ledger() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Look into the regulators' ledger",
		Long:  `The ledger holds everything that the regulators decided, as this node followed it.`,
	}
	standing := &cobra.Command{
		Use:   "show",
		Short: "Show how the ledger stands, and who certified it",
		Long: `Show tells how many entries the ledger has and their root, which regulators cosigned
the newest checkpoint and when, the ledger's time, the last anchor, and why nothing more
is followed, if so. --json has the checkpoint itself.`,
		Example: `  ringfence ledger show --dir acme`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s api.LedgerState
			err := h.Ask(cmd, false, func(c api.Council) (err error) {
				s, err = c.LedgerState(cmd.Context())
				return err
			})
			if err != nil {
				return err
			}
			return h.Answer(cmd, &s, func(p *show.Page) { council.Ledger(p, &s) })
		},
	}
	q := api.LedgerQuery{}
	entries := &cobra.Command{
		Use:   "entries",
		Short: "List entries of the ledger",
		Long: `Entries lists what the certified ledger holds, in order: motions and who carried them,
their items in words as far as they are not erased, ticks and settlements.`,
		Example: `  ringfence ledger entries --since 1000 --count 50`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all api.LedgerEntries
			err := h.Ask(cmd, false, func(c api.Council) (err error) {
				all, err = c.LedgerEntries(cmd.Context(), q)
				return err
			})
			if err != nil {
				return err
			}
			return h.Answer(cmd, &all, func(p *show.Page) { council.Entries(p, &all) })
		},
	}
	entries.Flags().Uint64Var(&q.Since, "since", 0, "`index` of the first entry")
	entries.Flags().IntVar(&q.Count, "count", 0, "`how many` at most, up to 1000 (default 100)")
	cmd.AddCommand(standing, entries)
	return cmd
}

func (h Host) quorum() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "quorum",
		Short: "See how the regulators stand, and have them go on",
		Long:  `The quorum is as many of the regulators as decide together.`,
	}
	status := &cobra.Command{
		Use:   "status",
		Short: "Show who of the regulators is at work, and how many more may fail",
		Long: `Status tells who cosigned the newest checkpoint, and how long ago: each does so anew each
minute, and counts as at work for two. So one that was stopped counts for as long, and
its row shows it before. It tells how many more may fail before nothing is certified any
more. A regulator's node knows more: what it applied beyond what is certified, when it
heard the others, and who promised itself to a new generation or is in an earlier one.
These cosign what the others lock and are not at work. It says that the ledger has stopped
once it has known no leader, or nothing that waits was certified, for ten seconds. A
member's node has cosignatures alone to tell by. It ends with 3 when fewer than a quorum
are at work or the ledger has stopped, as far as this node sees.`,
		Example: `  ringfence quorum status`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.stand(cmd, false, council.Quorum, func(c api.Council) (api.QuorumState, error) { return c.QuorumState(cmd.Context()) })
			if err == nil && s.Margin < 0 {
				return h.Nobody
			}
			return err
		},
	}
	promise, yes := false, false
	realign := &cobra.Command{
		Use:   "realign",
		Short: "Have the regulators begin a new generation, when they cannot go on",
		Long: `When regulators hold different stories of what is not certified yet, because one of
them lied or lost its disk, nothing is certified any more. Then each regulator promises
itself to the next generation, on its own node, with --promise: it reports and locks
nothing more in the old one. Once a quorum has promised, they begin the new generation by
themselves, from the last tree that may have been certified; what is certified stays,
and what was only voted on is put to them again.

A promise is not taken back: what leads on is the new generation, for which the others
promise too. While enough regulators are at work, this one among them, and the ledger goes
on, --promise is therefore refused with what it would do, unless --yes is given.

Without --promise it shows who has promised, and changes nothing.`,
		Example: `  ringfence quorum realign
  ringfence quorum realign --promise`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := h.stand(cmd, promise, council.Realign, func(c api.Council) (api.QuorumState, error) {
				if promise {
					return c.RealignQuorum(cmd.Context(), yes)
				}
				return c.QuorumState(cmd.Context())
			})
			return err
		},
	}
	realign.Flags().BoolVar(&promise, "promise", false, "promise this node's regulator to the next generation")
	realign.Flags().BoolVar(&yes, "yes", false, "promise it also while the ledger goes on with it")
	cmd.AddCommand(status, realign)
	return cmd
}

// stand shows how the regulators stand.
func (h Host) stand(cmd *cobra.Command, act bool, page func(*show.Page, *api.QuorumState), question func(api.Council) (api.QuorumState, error)) (s api.QuorumState, err error) {
	err = h.Ask(cmd, act, func(c api.Council) (err error) {
		s, err = question(c)
		return err
	})
	if err != nil {
		return s, err
	}
	return s, h.Answer(cmd, &s, func(p *show.Page) { page(p, &s) })
}
