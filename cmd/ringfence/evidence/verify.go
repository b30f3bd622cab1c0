// Package evidence is the verb by which a stranger checks a proof: with a file, the
// federation's genesis, and nobody to ask.
//
// It opens no data directory, reaches no node and reads no configuration but the
// language. What a proof proves is package prove's to say; here it is put into the words
// and the fields that people and their programs read.
//
// Floor 15, a room of cmd/ringfence.
package evidence

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/slip"
	"ringfence/consensus/prove"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// App is what the verb has of the program.
type App struct {
	Now     func() time.Time
	Genesis func(cmd *cobra.Command, named string) (string, error) // the file that was named, or else the one in the data directory
	Answer  func(cmd *cobra.Command, p *proofs.Proof) error
	No      error // ends a verb whose answer is no
}

type options struct{ genesis, sets, pin, at string }

// Verify is the verb.
func Verify(a App) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "verify FILE --genesis GENESIS",
		Short: "Check a proof, with nobody to ask",
		Long: `Verify checks a proof that somebody handed over: that regulators ratified, revoked or
stayed an entry, what the list said of a number at an anchor, or who the regulators
were. It needs the federation's genesis, from a source that you trust, and nothing
else: no node, no network, no data directory. It says what is proved, by whom, and as
of when; nothing in the file is believed.

Regulators change. --sets names the file of their changes (a set chain), which is
checked from the genesis on; without it those of the genesis are taken to be in
office. Keys of regulators that were replaced could certify another story, and the
genesis alone cannot tell: --pin names a checkpoint that a release or two members
told you, or a set chain that has one, to which the regulators must lead.

A proof of an entry says that the ledger has it. Whether it was revoked or stayed later,
be it before the proof's own checkpoint, it cannot say: a proof of what the list said can,
and so can a node. --at asks whether its time had begun and not run out on a day or at a
time (2026-11-30, 2026-11-30T12:00:00Z).`,
		Example: `  ringfence verify 13800138000.tlog-proof --genesis genesis.cbor
  ringfence verify listed.proof --genesis genesis.cbor --sets regulators.sets --pin checkpoint --at 2026-11-30
  ringfence verify regulators.sets --genesis genesis.cbor --pin checkpoint --json`,
		Args: slip.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.genesis, err = a.Genesis(cmd, o.genesis); err != nil {
				return err
			}
			p, err := check(args[0], o, a.Now())
			if err != nil {
				return api.Tell(api.BadInput, phrase.From(err))
			}
			if err := a.Answer(cmd, p); err != nil {
				return err
			}
			if !p.Proved || o.at != "" && !p.InForce {
				return a.No
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.genesis, "genesis", "", "genesis `file` of the federation (default: genesis.cbor in the data directory)")
	flags.StringVar(&o.sets, "sets", "", "set-chain `file`: the changes of the regulators since the genesis")
	flags.StringVar(&o.pin, "pin", "", "`file` of a checkpoint that you trust, or a set chain with one")
	flags.StringVar(&o.at, "at", "", "`time` to ask about, a day or RFC 3339 (default: now)")
	return cmd
}

// check verifies a file. An error is one of input: something is no file of its kind, or
// what is to be trusted does not fit together.
func check(file string, o options, now time.Time) (*proofs.Proof, error) {
	at, err := timeOf(o.at, now)
	if err != nil {
		return nil, err
	}
	proof, err := read(file, func() error {
		return phrase.New("usage.no_proof", "there is no file %s; name the proof that is to be checked, as ringfence prove writes it", file)
	})
	if err != nil {
		return nil, err
	}
	v, name, err := trusted(o)
	if err != nil {
		return nil, err
	}
	p := &proofs.Proof{File: file, Name: name, At: clock(at), InForce: true}
	f, err := v.Verify(proof)
	var unreadable *prove.UnreadableError
	switch {
	case errors.As(err, &unreadable):
		return nil, phrase.Join(phrase.New("proof.unreadable", "%s is no proof that this release reads; if it ought to be one it was cut short or changed on its way: ask whoever handed it over for it anew, as it was made", file), phrase.Plain(unreadable.Why.Error()))
	case err != nil:
		why := because(err)
		p.Reason, p.Detail, p.InForce = &why, err.Error(), false
		return p, nil
	}
	p.Proved = true
	fill(p, f, at)
	return p, nil
}

// trusted returns a verifier of what the options name, and the federation's name.
func trusted(o options) (*prove.Verifier, string, error) {
	t := prove.Trust{}
	b, err := read(o.genesis, func() error {
		return phrase.New("usage.no_genesis", "--genesis: there is no file %s; name the federation's genesis charter, from a source that you trust: whoever founded it gives it away, and each node has it as genesis.cbor in its data directory", o.genesis)
	})
	if err != nil {
		return nil, "", err
	}
	if t.Genesis, err = charter.DecodeGenesis(b); err != nil {
		return nil, "", fmt.Errorf("%s: %w", o.genesis, err)
	}
	if t.Sets, err = readIf(o.sets, "--sets"); err != nil {
		return nil, "", err
	}
	if t.Pin, err = readIf(o.pin, "--pin"); err != nil {
		return nil, "", err
	}
	v, err := prove.NewVerifier(t)
	if err != nil {
		return nil, "", distrusted(o, err)
	}
	c, err := t.Genesis.Verify()
	if err != nil {
		return nil, "", err
	}
	return v, c.Name, nil
}

// distrusted names the file that is not what it was named for, or does not fit with the
// genesis.
func distrusted(o options, err error) error {
	flag, file := "--pin", o.pin
	if errors.Is(err, prove.ErrSets) {
		flag, file = "--sets", o.sets
	}
	why := phrase.Plain(err.Error())
	var foreign *prove.ForeignError
	var unreadable *prove.UnreadableError
	switch {
	case errors.As(err, &foreign):
		return phrase.New("usage.foreign_file", "%s: %s is of federation %s, the genesis of %s: name the file of that federation", flag, file, foreign.Of, foreign.Genesis)
	case errors.Is(err, prove.ErrNoPin):
		return phrase.New("usage.no_checkpoint", "--pin: %s is no checkpoint, nor a set-chain file with one: ringfence prove --sets --pin makes such a file on any node", file)
	case flag == "--sets" && errors.As(err, &unreadable):
		return phrase.Join(phrase.New("usage.not_sets", "--sets: %s is no set-chain file that this release reads: ringfence prove --sets --pin makes one on any node", file), phrase.Plain(unreadable.Why.Error()))
	case flag == "--sets":
		return phrase.Join(phrase.New("usage.wrong_sets", "--sets: %s does not lead from the genesis on: get another from a node that you trust, which ringfence prove --sets --pin makes", file), why)
	case errors.Is(err, prove.ErrPin):
		return phrase.Join(because(err), why)
	}
	return err
}

// readIf is read of a file that need not be named.
func readIf(name, flag string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	return read(name, func() error {
		return phrase.New("usage.no_sets", "%s: there is no file %s; ringfence prove --sets --pin makes one on any node", flag, name)
	})
}

// read returns a file of at most what a genesis has. Where there is none, missing says what
// belongs there.
func read(name string, missing func() error) ([]byte, error) {
	f, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing()
	case err != nil:
		return nil, err
	}
	defer func() { _ = f.Close() }()
	const most = 2 * charter.MaxSize
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s: it has more than %d bytes: it is none of these files", name, most)
	}
	return b, err
}

func timeOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return now, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, phrase.New("usage.no_time", "--at: %s is neither a day as 2026-11-30 nor a time as 2026-11-30T12:00:00Z", text)
	}
	return t, nil
}

// because is why a file proves nothing.
func because(err error) phrase.Phrase {
	var foreign *prove.ForeignError
	switch {
	case errors.As(err, &foreign):
		return phrase.New("proof.foreign", "the proof is of federation %s, the genesis of %s: name the genesis of the federation that it is of, from a source that you trust (--genesis)", foreign.Of, foreign.Genesis)
	case errors.Is(err, prove.ErrContradicts):
		return phrase.New("proof.contradicts", "it contradicts what the regulators certified otherwise: keep both files, they are evidence, and show them to the members")
	case errors.Is(err, prove.ErrRetired):
		return phrase.New("proof.retired", "the regulators that cosigned it have been replaced since, and keys that were replaced prove nothing: ask any node for the proof anew")
	case errors.Is(err, prove.ErrPin):
		return phrase.New("proof.pin", "the regulators known here did not certify the pinned checkpoint: get a newer set-chain file; if it stays so, somebody forged one")
	case errors.Is(err, prove.ErrUncertified):
		return phrase.New("proof.uncertified", "too few of the regulators known here cosigned it: if they changed since, get a newer set-chain file and name it with --sets")
	}
	return phrase.New("proof.wrong", "the file does not show what it says it shows: it is no proof, or this copy of it was changed, be it by a line break; ask whoever handed it over for it anew, as it was made")
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func unix(t int64) string {
	if t == 0 {
		return ""
	}
	return clock(time.Unix(t, 0))
}

// fill tells a finding.
func fill(p *proofs.Proof, f *prove.Finding, at time.Time) {
	p.Federation, p.Changes, p.Pinned, p.Known = f.Federation.String(), f.Changes, f.Pinned, f.Known
	for _, era := range f.Chain {
		p.What = "regulators"
		e := proofs.Era{Since: era.Since}
		for _, s := range era.Seats {
			e.Members = append(e.Members, s.Member)
		}
		p.Chain = append(p.Chain, e)
	}
	if f.Chain == nil {
		c := f.Certified
		p.LedgerSize, p.LedgerRoot, p.Certified, p.Cosigners = c.Size, c.Root.String(), unix(c.Fresh), c.Members
		p.Quorum, p.Regulators, p.AgeSeconds = c.Quorum, c.Of, at.Unix()-c.Fresh
	}
	switch {
	case f.Entry != nil:
		entry(p, f.Entry, at)
	case f.List != nil:
		list(p, f.List)
	}
}

func entry(p *proofs.Proof, e *prove.Entry, at time.Time) {
	p.What = map[motion.Kind]string{motion.Ratify: "ratified", motion.Revoke: "revoked", motion.Stay: "stayed"}[e.Kind]
	p.Index, p.Motion, p.Why, p.Proposed = e.Index, e.Motion.String(), e.Reason, unix(e.Proposed)
	p.Votes, p.Held = e.Voted, unix(e.Held)
	if e.Until != taxonomy.NeverDay {
		p.Until = e.Until.String()
	}
	p.InForce = taxonomy.DayOf(at.Unix()) < e.Until && at.Unix() >= e.Proposed
	if r := e.Ratified; r != nil {
		p.Number, p.Action, p.Category = r.Subject.String(), r.Action.String(), r.Category.String()
		for _, c := range r.Citations {
			p.Citations = append(p.Citations, c.String())
		}
		return
	}
	p.Reversed = e.Reversed
}

func list(p *proofs.Proof, l *prove.List) {
	p.What, p.Number, p.Index = "absent", l.Number.String(), l.Index
	p.AnchorSize, p.AnchorDay, p.ListRoot = l.Anchor.Size, l.Anchor.Day.String(), l.Anchor.ListRoot.String()
	if l.Listed {
		p.What, p.Key = "listed", l.Key.String()
		p.Action, p.Category, p.Contested, p.ByLedger = l.Says.Action.String(), l.Says.Category.String(), l.Says.Contested, l.Says.Ratified
	}
}
