package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The README's commands are run as they stand there, in their order. What a
// reader fills in is filled in: ID by the publication, the day by yesterday. The
// regulator's node runs beside those that need it. Those that need another machine, serve
// on a port that may be taken, or need make, are not among them.
func TestREADMECommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	var script strings.Builder
	ran := 0
	for block := range fenced(string(text)) {
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "ringfence run --dir reg "):
				script.WriteString("exec " + line + " &reg&\nexec sh wait.sh\n")
				ran++
			case strings.HasPrefix(line, "ringfence run "):
			case strings.HasPrefix(line, "ringfence join "), strings.HasPrefix(line, "ringfence peers "): // join.txtar runs them beside nodes
			case strings.HasPrefix(line, "ringfence screen "):
				script.WriteString("exec " + line + "\nstdout block\n")
				ran++
			case strings.HasPrefix(line, "ringfence "):
				line = strings.ReplaceAll(line, "2026-11-23", yesterday)
				if strings.Contains(line, " ID ") {
					script.WriteString("remember\n")
				}
				script.WriteString("exec " + strings.ReplaceAll(strings.ReplaceAll(line, " ID ", " $ID "), `"`, "'") + "\n")
				ran++
			case strings.HasPrefix(line, "cp "):
				script.WriteString("cp reg/genesis.cbor acme/genesis.cbor\n")
			}
		}
	}
	if ran < 19 {
		t.Fatalf("the README shows %d commands; it used to show 19", ran)
	}
	script.WriteString("kill -INT reg\nwait reg\n")
	script.WriteString("exec ringfence lookup 13800138000 --dir acme --json\nstdout '\"listed\": false'\n")
	script.WriteString("-- numbers.txt --\n13800138000\n010-6230 1234\n-- wait.sh --\nn=0\nuntil test -S reg/node.sock; do\n  n=$((n + 1))\n  test $n -lt 300 || exit 1\n  sleep 0.1\ndone\n")
	name := filepath.Join(t.TempDir(), "readme.txtar")
	if err := os.WriteFile(name, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files: []string{name}, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"remember": remember},
	})
}

// remember sets ID to the publication that the command before listed.
func remember(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("ringfence", "publications", "--dir", "acme", "--key-file", "acme.key", "--json"))
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(ts.ReadFile("stdout"))
	if id == "" {
		ts.Fatalf("no publication is listed")
	}
	ts.Setenv("ID", id)
}

// fenced yields the blocks of code of a Markdown text.
func fenced(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i, part := range strings.Split(text, "```") {
			if i%2 == 1 && !yield(part) {
				return
			}
		}
	}
}
