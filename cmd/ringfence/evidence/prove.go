package evidence

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Desk is what the verb that makes proofs has of the program.
type Desk struct {
	Ask     func(cmd *cobra.Command, question func(api.Prover) error) error
	Genesis func(cmd *cobra.Command, named string) (string, error) // the file in the data directory, for whoever verifies
	Answer  func(cmd *cobra.Command, m *proofs.Made) error
	Out     io.Writer // for the file itself, when it is to go to standard output
}

type wanted struct {
	api.ProofQuery
	ratified, listed, absent, sets, pin bool
	out                                 string
}

// Prove is the verb.
func Prove(d Desk) *cobra.Command {
	var w wanted
	cmd := &cobra.Command{
		Use:   "prove NUMBER [--ratified|--listed|--absent] | prove --sets",
		Short: "Make a file that proves what was decided of a number, or what the list said",
		Long: `Prove makes a file that anybody checks offline, with the federation's genesis and
nobody to ask (ringfence verify): that the regulators ratified an entry on the number
(--ratified), or revoked or stayed it; what the list said of it at an anchor of the
ledger (--listed), or that it said nothing (--absent). Left out, it proves what says
most: the ratified entry that is in force, else what the list said at the last anchor.

--full adds the votes for the motion, by when a quorum held it, and how the regulators
changed since the genesis. Otherwise, once they have changed, whoever verifies needs the
chain of them: --sets makes that file. With --pin it has the newest checkpoint too,
which others may then pin, if they trust you.

--at chooses the entry of the ledger (as ringfence ledger entries counts; one that
revoked or stayed an entry too), for a list its anchor or any entry behind that; or a
day (its beginning, UTC) or a time. What the list said is computed anew from the feeds
up to the anchor, which takes as long as starting a node without its snapshot.

Before it is handed out, the proof is verified. It ends with 1 when there is nothing of
the kind to prove, and 4 when there is no anchor yet.`,
		Example: `  ringfence prove +8613800138000
  ringfence prove +8613800138000 --ratified --full -o evidence.tlog-proof
  ringfence prove 95588 --absent --at 2026-11-30
  ringfence prove --sets --pin -o regulators.sets`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := w.fit(cmd, len(args)); err != nil || w.sets {
				return err
			}
			return slip.Exactly("NUMBER")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !w.sets {
				w.Number = args[0]
			}
			return d.prove(cmd, &w)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&w.ratified, "ratified", false, "prove what the regulators decided of it")
	flags.BoolVar(&w.listed, "listed", false, "prove what the list said of it")
	flags.BoolVar(&w.absent, "absent", false, "prove that the list said nothing of it")
	flags.BoolVar(&w.Full, "full", false, "with the votes, and the chain of regulators")
	flags.StringVar(&w.At, "at", "", "`entry` of the ledger, day or time (default: now)")
	flags.StringVar(&w.Country, "country", "", "calling `code` under which the number is read (default the node's)")
	flags.BoolVar(&w.sets, "sets", false, "make the file of the regulators' changes instead")
	flags.BoolVar(&w.pin, "pin", false, "with --sets: and the newest checkpoint")
	flags.StringVarP(&w.out, "out", "o", "", "`file` to write; - for standard output (default named for what it proves)")
	return cmd
}

// fit refuses flags that do not go together, or with so many arguments.
func (w *wanted) fit(cmd *cobra.Command, args int) error {
	kinds := 0
	for what, set := range map[string]bool{api.ProofRatified: w.ratified, api.ProofListed: w.listed, api.ProofAbsent: w.absent} {
		if set {
			kinds, w.What = kinds+1, what
		}
	}
	switch {
	case kinds > 1:
		return slip.Of(cmd, phrase.New("usage.proof_kinds", "only one of --ratified, --listed and --absent"))
	case w.sets && (args > 0 || kinds > 0 || w.Full || w.At != ""):
		return slip.Of(cmd, phrase.New("usage.proof_sets", "--sets is about no number, and goes with none of --ratified, --listed, --absent, --full and --at"))
	case w.pin && !w.sets:
		return slip.Of(cmd, phrase.New("usage.pin_sets", "--pin goes with --sets"))
	}
	return nil
}

func (d Desk) prove(cmd *cobra.Command, w *wanted) error {
	m := proofs.Made{}
	err := d.Ask(cmd, func(s api.Prover) (err error) {
		if w.sets {
			m.Proof, err = s.ProveSets(cmd.Context(), w.pin)
		} else {
			m.Proof, err = s.Prove(cmd.Context(), w.ProofQuery)
		}
		return err
	})
	if err != nil {
		return err
	}
	file := m.Proof.Proof
	m.Proof.Proof = nil
	if w.out == "-" {
		_, err := d.Out.Write(file)
		return err
	}
	if m.File = w.out; m.File == "" {
		m.File = nameOf(&m.Proof)
	}
	if err := os.WriteFile(m.File, file, 0o644); err != nil { //nolint:gosec // it is for others to read
		return api.Tell(api.BadInput, phrase.From(err))
	}
	genesis, err := d.Genesis(cmd, "")
	if err != nil {
		return err
	}
	m.Verify = "ringfence verify " + quoted(m.File) + " --genesis " + quoted(genesis)
	if m.Changes > 0 && !w.Full && !w.sets {
		m.Sets = "regulators.sets"
		m.Verify += " --sets " + m.Sets
	}
	return d.Answer(cmd, &m)
}

// nameOf names a file for what it proves, and as of which ledger.
func nameOf(p *api.Proof) string {
	if p.What == "regulators" {
		return fmt.Sprintf("regulators-%d.sets", p.LedgerSize)
	}
	about := p.Number
	if about == "" {
		about = fmt.Sprintf("entry%d", p.Reversed)
	}
	var plain strings.Builder
	for _, c := range about {
		switch {
		case '0' <= c && c <= '9' || 'a' <= c && c <= 'z':
			plain.WriteRune(c)
		case c == '!' || c == '*' || c == '/' || c == '@':
			plain.WriteByte('-')
		}
	}
	end := "tlog-proof"
	if p.What == api.ProofListed || p.What == api.ProofAbsent {
		end = "proof"
	}
	return fmt.Sprintf("%s-%s-%d.%s", plain.String(), p.What, p.LedgerSize, end)
}

// quoted is a file's name as a shell takes it.
func quoted(name string) string {
	if strings.ContainsAny(name, " '\"\\$`&|;<>()*?[]#~!\t\n") {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}
