package main

import (
	"errors"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
	"ringfence/node/source/mask"
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
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Lang = a.words(cmd).Lang()
			if file != "" {
				return a.screenFile(cmd, c.Lang, file, masked)
			}
			if c.Called == "" {
				return usage(cmd, "--called is missing")
			}
			v, err := ask(a, cmd, asks, func(s api.Service) (api.Verdict, error) { return s.Screen(cmd.Context(), c) })
			if err != nil {
				return err
			}
			if masked {
				maskVerdict(&v)
			}
			return answer(a, cmd, &v, show.Verdict)
		},
	}
	f := cmd.Flags()
	f.StringVar(&file, "file", "", "`file` of calls; - for standard input")
	for _, field := range callFields() {
		f.StringVar(field.of(&c), field.name, "", field.about)
	}
	maskFlag(cmd, &masked)
	return cmd
}

// callField is one thing that is known of a call: a flag, and a column.
type callField struct {
	name, about string
	of          func(*api.Call) *string
}

func callFields() []callField {
	return []callField{
		{"caller", "calling `number` as presented", func(c *api.Call) *string { return &c.Caller }},
		{"called", "called `number`", func(c *api.Call) *string { return &c.Called }},
		{"asserted", "calling `number` as the network vouches for it", func(c *api.Call) *string { return &c.Asserted }},
		{"redirecting", "`number` that sent the call on", func(c *api.Call) *string { return &c.Redirecting }},
		{"ingress", "`class` of the trunk: national, international, enterprise or reseller", func(c *api.Call) *string { return &c.Ingress }},
		{"trunk", "`name` of the trunk", func(c *api.Call) *string { return &c.Trunk }},
		{"screening", "screening `indicator`: user_not_verified, user_passed, user_failed or network_provided", func(c *api.Call) *string { return &c.Screening }},
		{"roaming", "whether the calling mobile is abroad: `yes`, no or unknown", func(c *api.Call) *string { return &c.Roaming }},
		{"attest", "attestation `level`: A, B or C", func(c *api.Call) *string { return &c.Attest }},
		{"medium", "`medium`: voice, video, sms, mms or rcs", func(c *api.Call) *string { return &c.Medium }},
		{"at", "`time` of the call, RFC 3339 (default now)", func(c *api.Call) *string { return &c.At }},
	}
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
	calls, err := readCalls(in, file)
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	all, err := ask(a, cmd, asks, func(s api.Service) (verdicts, error) {
		all := verdicts{Calls: calls, Verdicts: []api.Verdict{}, Actions: map[string]int{}}
		for i, c := range calls {
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
			c := &all.Calls[i]
			c.Caller, c.Called, c.Asserted, c.Redirecting = mask.Number(c.Caller), mask.Number(c.Called), mask.Number(c.Asserted), mask.Number(c.Redirecting)
			maskVerdict(&all.Verdicts[i])
		}
	}
	return answer(a, cmd, all, func(p *show.Page, v verdicts) { show.Verdicts(p, v.Calls, v.Verdicts) })
}
