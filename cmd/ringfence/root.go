package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/audit"
	"ringfence/cmd/ringfence/erase"
	"ringfence/cmd/ringfence/evidence"
	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/phrase"
)

// exitCodes is told by every help text.
const exitCodes = `Exit codes: 0 done or true; 1 the answer is no, or a check failed; 2 wrong
usage or bad input; 3 no node, no quorum or no peer to ask; 4 a limit or a rule
refused it.`

// rootCommand builds the tree of verbs.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "ringfence",
		Short: "A node of a peer-to-peer federated telephone blocklist",
		Long: `Ringfence runs one node of a peer-to-peer federated telephone blocklist: it
signs what its member says about numbers, computes the same harmonised list as
every other node, screens calls with it, and explains each answer.

A verb asks the running node over its unix socket. When none runs, it opens the
data directory itself.

Settings come from ringfence.yaml in the data directory (or --config), from
RINGFENCE_… in the environment, and from flags, in rising order.

` + exitCodes,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	global := root.PersistentFlags()
	global.BoolVar(&a.json, "json", false, "answer with one JSON object")
	global.StringVar(&a.configFile, "config", "", "configuration `file` (default DIR/"+config.FileName+")")
	config.AddFlags(global, "dir", "socket", "key_file", "lang")
	root.SetFlagErrorFunc(slip.Flag)
	root.AddGroup(
		&cobra.Group{ID: groupStart, Title: "To begin:"},
		&cobra.Group{ID: groupSpeak, Title: "To speak:"},
		&cobra.Group{ID: groupAsk, Title: "To ask:"},
		&cobra.Group{ID: groupKeep, Title: "To keep a node:"},
	)
	a.addVerbs(root)
	a.prepare(root)
	return root
}

// The groups in which help shows the verbs.
const (
	groupStart = "start"
	groupSpeak = "speak"
	groupAsk   = "ask"
	groupKeep  = "keep"
)

func (a *app) addVerbs(root *cobra.Command) {
	add := func(group string, verbs ...*cobra.Command) {
		for _, v := range verbs {
			v.GroupID = group
			root.AddCommand(v)
		}
	}
	prove := evidence.Prove(evidence.Desk{
		Genesis: a.genesisFile, Out: a.out,
		Ask: func(cmd *cobra.Command, question func(api.Prover) error) error {
			_, err := ask(a, cmd, asks, func(s api.Service) (struct{}, error) { return struct{}{}, question(s) })
			return err
		},
		Answer: func(cmd *cobra.Command, m *proofs.Made) error { return answer(a, cmd, m, proofs.Prove) },
	})
	verified := func(cmd *cobra.Command, p *proofs.Proof) error { return answer(a, cmd, p, proofs.Verified) }
	add(groupStart, a.initCommand(), a.federationCommand(), a.admission().Join())
	add(groupSpeak, a.publishCommand(), a.publicationsCommand(), a.flagCommand(), a.blockCommand(), a.reassignCommand(), a.retractCommand())
	add(groupAsk, a.lookupCommand(), a.explainCommand(), a.screenCommand(), prove, evidence.Verify(evidence.App{Now: a.now, Genesis: a.genesisFile, No: errNo, Answer: verified}))
	judged := func(cmd *cobra.Command, r *api.Audit) error { return answer(a, cmd, r, proofs.Audited) }
	add(groupKeep, audit.Command(audit.App{Settings: a.settings, Runs: runs, Progress: a.progress, Answer: judged, No: errNo}))
	erased := func(cmd *cobra.Command, e *proofs.Erased) error { return answer(a, cmd, e, proofs.Erase) }
	add(groupKeep, erase.Command(erase.App{Settings: a.settings, Runs: runs, Progress: a.progress, Answer: erased}))
	add(groupKeep, a.runCommand(), a.statusCommand(), a.peersCommand(), a.enforceCommand(), a.planCommand(), a.keyring().Keys(), a.configCommand(),
		a.tokenCommand(), a.backupCommand(), a.restoreCommand(), a.scrubCommand(), a.versionCommand())
	speak, look := a.council().Commands(a.admission().Endorse())
	add(groupSpeak, speak...)
	add(groupSpeak, a.keyring().Leave())
	add(groupAsk, look...)
	speak, look = a.contests().Commands()
	add(groupSpeak, speak...)
	add(groupAsk, look...)
	add(groupStart, a.demoCommand())
	add(groupKeep, a.benchCommand())
	root.AddCommand(a.docsCommand(), a.benchChildCommand())
}

// prepare ends every help text with the exit codes, and notes when a verb's own
// work begins.
func (a *app) prepare(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		a.prepare(c)
	}
	if cmd.HasParent() && cmd.Runnable() {
		cmd.Long += "\n\n" + exitCodes
	}
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.entered = true
			return do(cmd, args)
		}
	} else if !cmd.Runnable() {
		// A verb that only has verbs below it shows them; to name none of them, or
		// a wrong one, is an error.
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && !cmd.HasParent():
				return cmd.Help()
			case len(args) == 0:
				cmd.PrintErrln(cmd.UsageString())
				return slip.Of(cmd, phrase.New("usage.no_command", "a command is missing"))
			}
			return slip.Command(cmd, args[0])
		}
	}
}
