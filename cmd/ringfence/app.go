package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/locale"
	"ringfence/node/phrase"
)

// app is one run of the program.
type app struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	random   io.Reader

	json       bool   // --json
	configFile string // --config
	entered    bool   // a verb's own work has begun: what fails now is no slip of usage
}

func newApp(in io.Reader, out, err io.Writer) *app {
	return &app{in: in, out: out, err: err, now: time.Now, random: rand.Reader}
}

// shown ends a verb whose answer is shown already, with an exit code.
type shown int

func (s shown) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// errNo ends a verb whose answer is no.
const errNo = shown(api.ExitNo)

// execute runs one command line and returns its exit code.
func (a *app) execute(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	root := a.rootCommand()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return api.ExitOK
	}
	var told shown
	if errors.As(err, &told) {
		return int(told)
	}
	kind, code := slip.Kind(err, a.entered)
	if errors.Is(ctx.Err(), context.Canceled) {
		err, kind, code = errors.New("interrupted"), api.Unavailable, api.ExitNo
	}
	if a.json {
		// A machine finds one object on standard output, whatever happened.
		failure := struct {
			Error *api.Error `json:"error"`
			Exit  int        `json:"exit_code"`
		}{api.Tell(kind, phrase.From(err)), code}
		failure.Error.Message = err.Error()
		_ = a.writeJSON(failure)
	}
	_, _ = fmt.Fprintln(a.err, "ringfence:", show.Plain(a.told(cmd, err)))
	return code
}

// told words an error in the language in which a command answers, where it has words
// in that, and else in English.
func (a *app) told(cmd *cobra.Command, err error) string {
	if said, words := phrase.From(err), a.words(cmd); said.Code != "" && words.Lang() != "en" {
		return words.Phrase(said)
	}
	return err.Error()
}

// bad makes an error one of usage or input: exit code 2.
func bad(err error) error {
	if err == nil {
		return nil
	}
	return api.Tell(api.BadInput, phrase.From(err))
}

// settings reads the configuration of this command.
func (a *app) settings(cmd *cobra.Command) (config.Config, error) {
	return config.Load(a.options(cmd))
}

func (a *app) options(cmd *cobra.Command) config.Options {
	return config.Options{File: a.configFile, Flags: cmd.Flags()}
}

// words returns the catalogue of the language in which this command answers.
func (a *app) words(cmd *cobra.Command) *locale.Catalog {
	catalogs := locale.New()
	if f := cmd.Flags().Lookup("lang"); f != nil && f.Changed {
		return catalogs.Match(f.Value.String())
	}
	if cfg, err := a.settings(cmd); err == nil && cfg.Lang != "" {
		return catalogs.Match(cfg.Lang)
	}
	return catalogs.Match(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG"))
}

// answer shows what came of a verb: as one JSON object, or as people read it.
func answer[T any](a *app, cmd *cobra.Command, value T, human func(*show.Page, T)) error {
	if a.json {
		return a.writeJSON(value)
	}
	p := show.NewPage(a.out, a.words(cmd), isTerminal(a.out) && os.Getenv("NO_COLOR") == "")
	human(p, value)
	return p.Err()
}

// writeJSON writes one object. What it writes has no HTML around it, so < and &
// stay as they are.
func (a *app) writeJSON(value any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// isTerminal reports whether a person looks at w, or types into it.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
