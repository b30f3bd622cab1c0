package main

import (
	"bufio"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
)

func (a *app) federationSignCommand() *cobra.Command {
	var file, out string
	var yes bool
	cmd := &cobra.Command{
		Use:   "sign --file DRAFT",
		Short: "Sign a draft of the genesis charter as one of its founders",
		Long: `Sign shows in words what a draft says (its name and federation ID, the members with
their roles, the regulators and how many of them decide, grants, protected numbers,
what of the policy is not the default), asks, and signs it with the founder's key
of this directory. A draft that names other keys for this member than its card here
is not signed.

The signature is added to the file, or written to another one with --out, which has
this signature alone: founders may sign one after the other or all at once.`,
		Example: `  ringfence federation sign --dir reg --file draft.cbor
  ringfence federation sign --dir reg --file draft.cbor --out reg-signed.cbor --yes`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case file == "":
				return slip.Missing(cmd, "--file")
			case a.json && !yes:
				return slip.Missing(cmd, "--yes", phrase.New("usage.yes", "with --json nobody is asked"))
			}
			return a.sign(cmd, file, out, yes)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "file", "", "`draft` to sign")
	flags.StringVar(&out, "out", "", "`file` for the signature (default: it is added to the draft)")
	flags.BoolVar(&yes, "yes", false, "sign without asking")
	return cmd
}

func (a *app) sign(cmd *cobra.Command, file, out string, yes bool) error {
	cfg, err := a.settings(cmd)
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
	if !a.json {
		if err := answer(a, cmd, shown, show.Federation); err != nil {
			return err
		}
	}
	if !yes {
		card, err := found.ReadCard(filepath.Join(cfg.Dir, found.CardFile))
		if err != nil {
			return bad(err)
		}
		if err := a.confirm(cmd, "sign_ask", card.ID); err != nil {
			return err
		}
	}
	member, err := found.Sign(g, cfg.Dir, a.unlock(cfg.KeyFile, false))
	if err != nil {
		return bad(err)
	}
	signed := show.Signed{Federation: shown.Federation, Member: member, File: file}
	if err := keepSigned(g, &signed, out); err != nil {
		return bad(err)
	}
	return answer(a, cmd, signed, show.Sign)
}

// keepSigned writes the signature where it was wanted, and notes whose are not there.
func keepSigned(g *charter.Genesis, s *show.Signed, out string) (err error) {
	if out != "" {
		s.File, s.Alone = out, true
		if g, err = found.Only(g, s.Member); err != nil {
			return err
		}
	}
	if s.Missing, err = found.Unsigned(g); err != nil {
		return err
	}
	if s.Alone {
		return found.Write(out, g)
	}
	return found.Replace(s.File, g)
}

// confirm asks a person for a yes.
func (a *app) confirm(cmd *cobra.Command, question string, args ...string) error {
	if _, err := io.WriteString(a.err, show.Plain(a.words(cmd).Named("cli."+question, args...))); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(a.in, 64)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(line) != "yes" {
		return api.Errorf(api.Refused, "the answer was not yes: nothing was signed; --yes answers where nobody can type")
	}
	return nil
}

func (a *app) federationSealCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "seal FILE...",
		Short: "Gather the founders' signatures into the genesis charter",
		Long: `Seal reads drafts that founders have signed, in one file or in several, checks that
they are one and the same charter, and writes the genesis charter with the
signatures of all. Who has not signed is named, and nothing is written.`,
		Example: `  ringfence federation seal draft.cbor --dir reg
  ringfence federation seal reg.cbor moe.cbor --out genesis.cbor`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return slip.Missing(cmd, "FILE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			out, err := a.genesisFile(cmd, out)
			if err != nil {
				return err
			}
			g, err := found.Merge(args)
			if err == nil {
				err = found.Whole(g)
			}
			if err == nil {
				err = found.Write(out, g)
			}
			if err != nil {
				return bad(err)
			}
			shown, err := found.Show(out, g)
			if err != nil {
				return err
			}
			return answer(a, cmd, shown, show.Sealed)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`file` for the charter (default "+found.GenesisFile+" in the data directory)")
	return cmd
}
