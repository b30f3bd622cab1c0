package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ringfence/cmd/ringfence/manual"
)

// The scripts run this binary as a person would: each is a transcript of
// commands with what they must print and how they must end.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ringfence": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C")
			e.Setenv("TODAY", time.Now().UTC().Format(time.DateOnly)) // what is too old is void
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "founded": founded, "aged": aged(t)},
	})
}

// exits runs a command that must end with an exit code:
//
//	exits 2 ringfence lookup
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = exitCode(err)
	}
	if code != args[0] {
		ts.Fatalf("%v ends with %s, want %s", args[1:], code, args[0])
	}
}

// founded makes a federation: reg, its founder and regulator, and acme, a
// vendor that the charter calls trusted, each with a directory and a key file.
func founded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: founded")
	}
	ts.Check(os.WriteFile(ts.MkAbs("founding.yaml"), []byte("name: Test\ntrusted: [acme]\nprotected: [\"+86!12321\"]\n"), 0o600))
	for _, line := range []string{
		"init --dir reg --key-file reg.key --member miit --name Ministry --role regulator --founder",
		"init --dir acme --key-file acme.key --member acme --name Acme --role vendor",
		"federation new --dir reg --seal --file founding.yaml --card acme/card.yaml",
	} {
		ts.Check(ts.Exec("ringfence", strings.Fields(line)...))
	}
	ts.Check(os.WriteFile(ts.MkAbs("acme/genesis.cbor"), []byte(ts.ReadFile("reg/genesis.cbor")), 0o600))
}

func exitCode(err error) string {
	const prefix = "exit status "
	if s := err.Error(); len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):]
	}
	return err.Error()
}

func TestReferenceIsUpToDate(t *testing.T) {
	a := newApp(os.Stdin, os.Stdout, os.Stderr)
	page, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := manual.Reference(a.rootCommand(), exitCodes); string(page) != want {
		t.Error("docs/cli.md differs from the help texts; run: make docs")
	}
}
