package manual_test

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/manual"
)

func TestReference(t *testing.T) {
	const common = "Exit codes: 0."
	do := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "tool", Long: "A tool.\n\n" + common}
	root.PersistentFlags().Bool("json", false, "as JSON")
	head := &cobra.Command{Use: "head", Short: "Holds others"}
	leaf := &cobra.Command{Use: "leaf NAME", Short: "Does it", Long: "Leaf does it:\n\n  indented\n\n" + common, Example: "  tool head leaf a\n  tool head leaf b", Run: do}
	leaf.Flags().Int("count", 3, "how `often`")
	leaf.Flags().Bool("quiet", false, "a|b")
	both := &cobra.Command{Use: "both", Short: "Does and holds", Long: common, Run: do}
	both.AddCommand(&cobra.Command{Use: "below", Short: "Below both", Long: common, Run: do})
	hidden := &cobra.Command{Use: "hidden", Hidden: true, Long: common, Run: do}
	head.AddCommand(leaf)
	root.AddCommand(head, both, hidden)

	got := manual.Reference(root, common)
	for _, want := range []string{
		"# Commands\n", "A tool.", "| `--json` | as JSON |", "## tool head leaf\n\nDoes it.\n", "```\ntool head leaf NAME [flags]\n```",
		"Leaf does it:\n\n    indented\n", "```\ntool head leaf a\ntool head leaf b\n```",
		"| `--count often` | how often (default 3) |", "| `--quiet` | a\\|b |", "## tool both\n", "## tool both below\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "hidden") || strings.Contains(got, "## tool head\n") {
		t.Errorf("shows what is no verb for people:\n%s", got)
	}
	if strings.Count(got, common) != 1 {
		t.Errorf("the common words stand %d times in\n%s", strings.Count(got, common), got)
	}
}
