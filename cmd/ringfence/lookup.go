package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) lookupCommand() *cobra.Command {
	q := api.Query{}
	var file string
	var masked bool
	cmd := &cobra.Command{
		Use:   "lookup NUMBER | lookup --file FILE|-",
		Short: "Tell what the list says of a number",
		Long: `Lookup reads a number as people dial it in the node's country, or as --country
says, and tells what the list says of it: what to do, why, who said so, and
which list that is. --caller reads it as a network presents it instead.

--at asks how it was: at a ledger size, at the beginning of a day (UTC), or at a time.
What the regulators ratified is known of any moment, what the list made of all others
said as of the last anchor up to then: it is computed anew, and compared with the list
root that the regulators anchored. Where openings that it takes were erased since, it is
said to be not recomputable (ends with 1), and nothing is guessed.

With --file it asks about one number a line, with --at about all as of that moment; an
empty line is passed over, and what cannot be answered is said beside the number. It
ends with 0 whether or not a number is listed.`,
		Example: `  ringfence lookup +8613800138000
  ringfence lookup "010-6230 1234"
  ringfence lookup +8613800138000 --at 2026-11-30
  ringfence lookup --file numbers.txt --at 2026-11-30 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Lang = a.words(cmd).Lang()
			if file != "" {
				return a.lookUpFile(cmd, q, file, masked)
			}
			q.Number = args[0]
			l, err := ask(a, cmd, asks, func(s api.Service) (api.Lookup, error) { return s.Lookup(cmd.Context(), q) })
			if err != nil {
				return err
			}
			if masked {
				show.MaskLookup(&l)
			}
			return answer(a, cmd, &l, show.Lookup)
		},
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if file != "" {
			return slip.Exactly()(cmd, args)
		}
		return slip.Exactly("NUMBER")(cmd, args)
	}
	cmd.Flags().StringVar(&file, "file", "", "`file` with one number a line; - for standard input")
	queryFlags(cmd, &q)
	atFlag(cmd, &q)
	maskFlag(cmd, &masked)
	return cmd
}

func atFlag(cmd *cobra.Command, q *api.Query) {
	cmd.Flags().StringVar(&q.At, "at", "", "ledger `size`, day or time to ask about (default: now)")
}

func queryFlags(cmd *cobra.Command, q *api.Query) {
	cmd.Flags().StringVar(&q.Country, "country", "", "calling `code` under which the number is read (default the node's)")
	cmd.Flags().BoolVar(&q.Caller, "caller", false, "read the number as a network presents a caller")
}

func maskFlag(cmd *cobra.Command, masked *bool) {
	cmd.Flags().BoolVar(masked, "mask", false, "show numbers with their last digits starred")
}

// lookups is the one object of many answers.
type lookups struct {
	Asked   []string           `json:"asked"`
	Answers []api.LookupAnswer `json:"answers"`
	Listed  int                `json:"listed"`
	Failed  int                `json:"failed"` // no number
}

func (a *app) lookUpFile(cmd *cobra.Command, q api.Query, file string, masked bool) error {
	numbers, err := a.readLines(file)
	if err != nil {
		return err
	}
	answers, err := ask(a, cmd, asks, func(s api.Service) ([]api.LookupAnswer, error) {
		return lookUpMany(cmd.Context(), s, q, numbers)
	})
	if err != nil {
		return err
	}
	all := lookups{Asked: numbers, Answers: answers}
	if all.Answers == nil {
		all.Asked, all.Answers = []string{}, []api.LookupAnswer{}
	}
	for i := range answers {
		switch l := answers[i].Lookup; {
		case l == nil:
			all.Failed++
		case l.Listed:
			all.Listed++
		}
		if masked {
			all.Asked[i] = show.MaskAnswer(all.Asked[i], &all.Answers[i])
		}
	}
	return answer(a, cmd, all, func(p *show.Page, l lookups) { show.Lookups(p, l.Answers, l.Asked) })
}

// lookUpMany asks in bundles. A text that is no number is an answer of its own and does
// not end the rest.
func lookUpMany(ctx context.Context, s api.Service, q api.Query, numbers []string) (all []api.LookupAnswer, err error) {
	for rest := numbers; len(rest) > 0; {
		n := min(len(rest), api.MaxLookups)
		some, err := s.LookupMany(ctx, api.LookupMany{Numbers: rest[:n], Country: q.Country, Caller: q.Caller, Lang: q.Lang, At: q.At})
		if err != nil {
			return nil, err
		}
		all, rest = append(all, some...), rest[n:]
	}
	return all, nil
}

// input opens a file, or standard input for "-".
func (a *app) input(file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(a.in), nil
	}
	f, err := os.Open(file)
	return f, bad(err)
}

// readLines returns the lines of a file that are not blank.
func (a *app) readLines(file string) (all []string, err error) {
	in, err := a.input(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	const longest = 4096
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			all = append(all, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, api.Errorf(api.BadInput, "%s: after %d lines: %v; want one number a line", file, len(all), err)
	}
	return all, nil
}
