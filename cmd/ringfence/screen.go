package main

import (
	"errors"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/calls"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) screenCommand() *cobra.Command {
	c := api.Call{}
	var file string
	var masked bool
	cmd := &cobra.Command{
		Use:   "screen --called NUMBER [--caller NUMBER] [--ingress CLASS] | screen --file FILE|-",
		Short: "Tell what screening does with a call",
		Long: `Screen asks for the verdict on one call, or with --file on many. It gives the
verdict itself; the faces may still be in shadow and let the call pass (see
ringfence enforce). A caller that is left out is withheld.

A file holds a call a line: JSON objects, or CSV under a head that names its
columns, by the names of the flags. It ends with 0 whatever the verdict is.`,
		Example: `  ringfence screen --caller +861062301234 --called +8613800138000 --ingress international
  ringfence screen --file calls.csv --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Lang = a.words(cmd).Lang()
			if file != "" {
				return a.screenFile(cmd, c.Lang, file, masked)
			}
			if c.Called == "" {
				return slip.Missing(cmd, "--called")
			}
			v, err := ask(a, cmd, asks, func(s api.Service) (api.Verdict, error) { return s.Screen(cmd.Context(), c) })
			if err != nil {
				return err
			}
			if masked {
				show.MaskVerdict(&v)
			}
			return answer(a, cmd, &v, show.Verdict)
		},
	}
	f := cmd.Flags()
	f.StringVar(&file, "file", "", "`file` of calls; - for standard input")
	for _, field := range calls.Fields() {
		f.StringVar(field.Of(&c), field.Name, "", field.About)
	}
	maskFlag(cmd, &masked)
	return cmd
}

// verdicts is the one object of many answers.
type verdicts struct {
	Calls    []api.Call     `json:"calls"`
	Verdicts []api.Verdict  `json:"verdicts"`
	Actions  map[string]int `json:"actions"` // action → calls
}

func (a *app) screenFile(cmd *cobra.Command, lang, file string, masked bool) (err error) {
	in, err := a.input(file)
	if err != nil {
		return err
	}
	read, err := calls.Read(in, file)
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	all, err := ask(a, cmd, asks, func(s api.Service) (verdicts, error) {
		all := verdicts{Calls: read, Verdicts: []api.Verdict{}, Actions: map[string]int{}}
		for i, c := range read {
			c.Lang = lang
			v, err := s.Screen(cmd.Context(), c)
			if err != nil {
				return all, api.Errorf(api.KindOf(err), "%s: call %d: %v", file, i+1, err)
			}
			all.Verdicts = append(all.Verdicts, v)
			all.Actions[v.Action]++
		}
		return all, nil
	})
	if err != nil {
		return err
	}
	for i := range all.Verdicts {
		if masked {
			show.MaskCall(&all.Calls[i])
			show.MaskVerdict(&all.Verdicts[i])
		}
	}
	return answer(a, cmd, all, func(p *show.Page, v verdicts) { show.Verdicts(p, v.Calls, v.Verdicts) })
}
