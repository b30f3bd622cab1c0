package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/manual"
	"ringfence/cmd/ringfence/slip"
)

func (a *app) docsCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "docs",
		Short:  "Write docs/cli.md from the help texts",
		Long:   `Docs writes the reference of all verbs, in Markdown, from their help texts.`,
		Hidden: true,
		Args:   slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(a.out, manual.Reference(cmd.Root(), exitCodes))
			return err
		},
	}
}
