package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/number"
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
	shown, err := showCharter(out, g)
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
	var file string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the charter of this node's federation",
		Long: `Show verifies the genesis charter and shows it: members, roles, independence
groups and weights, grants, protected numbers, and the figures of the policy that
are not the default ones. Of a draft it says whose signatures are missing. With
--json it has every figure of the policy and every key.`,
		Example: `  ringfence federation show --dir reg
  ringfence federation show --file genesis.cbor --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := a.genesisFile(cmd, file)
			if err != nil {
				return err
			}
			g, err := found.ReadDraft(file)
			if err != nil {
				return bad(err)
			}
			shown, err := showCharter(file, g)
			if err != nil {
				return bad(err)
			}
			return answer(a, cmd, shown, show.Federation)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "genesis `file` (default "+found.GenesisFile+" in the data directory)")
	return cmd
}

// showCharter returns a genesis charter, or a draft of one, as it is shown.
func showCharter(path string, g *charter.Genesis) (*show.Charter, error) {
	state, err := charter.Preview(g)
	if err != nil {
		return nil, err
	}
	c := state.Charter()
	shown := &show.Charter{
		Federation: state.Federation().String(), Name: c.Name, Created: time.Unix(c.Created, 0).UTC().Format(time.RFC3339), File: path,
		Quorum: c.Quorum(), Policy: c.Policy, Taxonomy: c.Taxonomy,
		Grants: []charter.RangeGrant{}, Protected: []number.Range{},
	}
	if shown.Missing, err = found.Unsigned(g); err != nil {
		return nil, err
	}
	if shown.Differs, err = show.Differences(c.Policy); err != nil {
		return nil, err
	}
	for _, f := range c.Founders {
		shown.Founders = append(shown.Founders, f.Member)
	}
	for _, r := range c.Regulators {
		shown.Regulators = append(shown.Regulators, show.Regulator{Member: r.Member, Jurisdiction: r.Jurisdiction})
	}
	for i, m := range state.Members() {
		shown.Members = append(shown.Members, show.Member{
			ID: m.ID, Name: m.Name, NameZh: m.NameZh, Roles: texts(m.Roles), Group: m.Group, Contact: m.Contact,
			Weight: state.Weight(i), Issuers: texts(m.Issuers), Hosts: texts(m.Hosts),
		})
	}
	for _, g := range c.Grants {
		r, err := number.RangeFromBytes([number.KeySize]byte(g.Range))
		if err != nil {
			return nil, err
		}
		shown.Grants = append(shown.Grants, charter.RangeGrant{Range: r, Allocatee: g.Allocatee, ResoldTo: g.ResoldTo, HostedBy: g.HostedBy})
	}
	for _, b := range c.Protected {
		r, err := number.RangeFromBytes([number.KeySize]byte(b))
		if err != nil {
			return nil, err
		}
		shown.Protected = append(shown.Protected, r)
	}
	return shown, nil
}

func texts[T interface{ String() string }](list []T) []string {
	all := []string{}
	for _, v := range list {
		all = append(all, v.String())
	}
	return all
}
