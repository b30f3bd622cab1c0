package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) docsCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "docs",
		Short:  "Write docs/cli.md from the help texts",
		Long:   `Docs writes the reference of all verbs, in Markdown, from their help texts.`,
		Hidden: true,
		Args:   exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(a.out, reference(cmd.Root()))
			return err
		},
	}
}

// reference returns the reference of all verbs, in Markdown.
func reference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nWritten by `make docs` from the help texts; a test holds it to them.\n\n")
	fmt.Fprintf(&b, "%s\n\n## Flags of every command\n\n%s", root.Long, flagTable(root.PersistentFlags()))
	describe(&b, root)
	return b.String()
}

func describe(b *strings.Builder, parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "completion" || c.Name() == "help" {
			continue
		}
		if !strings.HasSuffix(c.Long, exitCodes) { // only a head for the verbs below it
			describe(b, c)
			continue
		}
		long := strings.TrimSpace(strings.TrimSuffix(c.Long, exitCodes))
		fmt.Fprintf(b, "\n## %s\n\n%s.\n\n```\n%s\n```\n\n%s\n", c.CommandPath(), c.Short, c.UseLine(), indented(long))
		if c.Example != "" {
			fmt.Fprintf(b, "\n```\n%s\n```\n", unindent(c.Example))
		}
		if table := flagTable(c.LocalNonPersistentFlags()); table != "" {
			fmt.Fprintf(b, "\n%s", table)
		}
		describe(b, c)
	}
}

// indented makes blocks that a help text indents code of the Markdown.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "  ") {
			line = "  " + line
		}
		b.WriteString(line)
	}
	return b.String()
}

func unindent(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "  "), "\n  ", "\n")
}

func flagTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if b.Len() == 0 {
			b.WriteString("| flag | |\n|---|---|\n")
		}
		value, about := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" {
			about += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, strings.ReplaceAll(about, "|", "\\|"))
	})
	return b.String()
}
