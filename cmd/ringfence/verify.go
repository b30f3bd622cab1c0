package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/evidence"
	"ringfence/cmd/ringfence/show"
)

func (a *app) verifyCommand() *cobra.Command {
	tell := func(cmd *cobra.Command, p *show.Proof) error { return answer(a, cmd, p, show.Verified) }
	return evidence.Verify(evidence.App{Now: a.now, Genesis: a.genesisFile, Answer: tell, No: errNo})
}
