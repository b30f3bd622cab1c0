// Package manual writes the reference of all verbs, in Markdown, from their help
// texts, so that there is one text of each and a test can hold the page to it.
//
// Floor 15, a room of cmd/ringfence.
package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference returns the reference of the verbs below root. Every help text that
// ends with the words common ends without them here.
func Reference(root *cobra.Command, common string) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nWritten by `make docs` from the help texts; a test holds it to them.\n\n")
	fmt.Fprintf(&b, "%s\n\n## Flags of every command\n\n%s", root.Long, flagTable(root.PersistentFlags()))
	describe(&b, root, common)
	return b.String()
}

func describe(b *strings.Builder, parent *cobra.Command, common string) {
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "completion" || c.Name() == "help" {
			continue
		}
		if !strings.HasSuffix(c.Long, common) { // only a head for the verbs below it
			describe(b, c, common)
			continue
		}
		long := strings.TrimSpace(strings.TrimSuffix(c.Long, common))
		fmt.Fprintf(b, "\n## %s\n\n%s.\n\n```\n%s\n```\n\n%s\n", c.CommandPath(), c.Short, c.UseLine(), indented(long))
		if c.Example != "" {
			fmt.Fprintf(b, "\n```\n%s\n```\n", unindent(c.Example))
		}
		if table := flagTable(c.LocalNonPersistentFlags()); table != "" {
			fmt.Fprintf(b, "\n%s", table)
		}
		describe(b, c, common)
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
