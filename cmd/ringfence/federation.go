package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

func (a *app) federationCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "federation", Short: "Found a federation, or look at its charter"}
	cmd.AddCommand(a.federationNewCommand(), a.federationSignCommand(), a.federationSealCommand(), a.federationShowCommand(), a.keyring().Leave())
	return cmd
}

func (a *app) federationNewCommand() *cobra.Command {
	f := found.Founding{}
	var out string
	var seal bool
	cmd := &cobra.Command{
		Use:   "new (--file FILE | --name NAME) [--card FILE]... [--seal]",
		Short: "Write the genesis charter of a federation",
		Long: `New writes the genesis charter: who the members are, with which roles, keys and
independence groups, to whom ranges are allotted, which numbers are protected,
and the policy of the list. The CID of the charter names the federation for ever.

It is a draft, which every founder signs on its own machine (federation sign)
before one of them seals it (federation seal). A federation with one founder does
all three with --seal.

The founder's own card is taken from the directory; --card adds those of other
members. What else the founders agreed on stands in a file:

  name: Example Federation
  cards: [vendor/card.yaml, operator/card.yaml]
  grants:
    - {range: "+8613800*/13", allocatee: operator}
  protected: ["+86!12321"]
  trusted: [vendor]
  policy: {label_permille: 280}

Paths in it are relative to it; what the policy leaves out keeps its default.
China's emergency numbers are protected whether they are named or not. The cards of
several nodes of one member, made with init --with, become one.`,
		Example: `  ringfence federation new --dir reg --seal --name "Example" --card acme/card.yaml
  ringfence federation new --dir reg --file founding.yaml --out draft.cbor`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Name == "" && f.File == "" {
				return slip.Of(cmd, phrase.New("usage.name_or_file", "--name or --file is missing"))
			}
			return a.draft(cmd, f, out, seal)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&seal, "seal", false, "sign it as its only founder; it cannot be changed afterwards")
	flags.StringVar(&f.File, "file", "", "founding `file`")
	flags.StringVar(&f.Name, "name", "", "`name` of the federation, above the one in the file")
	flags.StringSliceVar(&f.Cards, "card", nil, "`card` of a member; may be given several times")
	flags.StringVar(&out, "out", "", "`file` for the charter (default "+found.DraftFile+", sealed "+found.GenesisFile+", in the data directory)")
	return cmd
}

func (a *app) draft(cmd *cobra.Command, f found.Founding, out string, seal bool) error {
	cfg, err := a.settings(cmd)
	if err != nil {
		return err
	}
	f.Dir, f.Now, f.Unlock = cfg.Dir, a.now(), a.unlock(cfg.KeyFile, false)
	write, file, then := found.Draft, found.DraftFile, show.Drafted
	if seal {
		write, file, then = found.Seal, found.GenesisFile, show.Sealed
	}
	if out == "" {
		out = filepath.Join(cfg.Dir, file)
	}
	g, err := write(f)
	if err != nil {
		return bad(err)
	}
	if err := found.Write(out, g); err != nil {
		return bad(err)
	}
	shown, err := found.Show(out, g)
	if err != nil {
		return err
	}
	return answer(a, cmd, shown, then)
}

// genesisFile returns the file that was named, or else the one in the data
// directory.
func (a *app) genesisFile(cmd *cobra.Command, named string) (string, error) {
	if named != "" {
		return named, nil
	}
	cfg, err := a.settings(cmd)
	return filepath.Join(cfg.Dir, found.GenesisFile), err
}

func (a *app) federationShowCommand() *cobra.Command {
	var file, at string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the charter of this node's federation as it is in force",
		Long: `Show tells who the regulators and members are, with roles, independence groups and
weights, the grants, the protected numbers, and the figures of the policy that are not
the default ones: as the ledger stands that this node follows, and as of which entry;
--at asks how it was at a ledger size, a day (its beginning, UTC) or a time. With --json
it has every figure of the policy and every key.

--file verifies and shows a genesis charter, and of a draft says whose signatures are
missing. So does a directory in which no node ever ran.`,
		Example: `  ringfence federation show --dir reg
  ringfence federation show --at 2026-11-30
  ringfence federation show --file genesis.cbor --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				if shown, known, err := a.followed(cmd, at); known || err != nil {
					if err != nil {
						return err
					}
					return answer(a, cmd, shown, show.Federation)
				}
			}
			file, err := a.genesisFile(cmd, file)
			if err != nil {
				return err
			}
			g, err := found.ReadDraft(file)
			if err != nil {
				return bad(err)
			}
			shown, err := found.Show(file, g)
			if err != nil {
				return bad(err)
			}
			return answer(a, cmd, shown, show.Federation)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "genesis `file` to show instead")
	cmd.Flags().StringVar(&at, "at", "", "ledger `size`, day or time to ask about (default: now)")
	return cmd
}

// followed returns the constitution as the ledger stands that the node follows, or as it
// stood once; false where there is no node, and no store that one has left.
func (a *app) followed(cmd *cobra.Command, at string) (*show.Charter, bool, error) {
	cfg, err := a.settings(cmd)
	if err != nil {
		return nil, false, err
	}
	for _, needs := range []string{node.GenesisFile, node.StoreDir} {
		if _, err := os.Stat(filepath.Join(cfg.Dir, needs)); err != nil && !runs(cfg.Socket) {
			return nil, false, nil
		}
	}
	c, err := ask(a, cmd, asks, func(s api.Service) (api.Constitution, error) { return s.Constitution(cmd.Context(), at) })
	shown := &show.Charter{Constitution: c, Missing: []string{}}
	if err == nil {
		shown.Differs, err = show.Differences(c.Policy)
	}
	return shown, true, err
}

func texts[T interface{ String() string }](list []T) []string {
	all := []string{}
	for _, v := range list {
		all = append(all, v.String())
	}
	return all
}
