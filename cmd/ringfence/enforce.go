package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

func (a *app) enforceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enforce [on|off FACE|RULE]",
		Short: "Let a face or a rule act, or only tell what it would do",
		Long: `A new node blocks nothing: its faces (rest, dns, sip) are in shadow, answer allow
and tell the verdict that they would have given. Enforce on lets a face act;
off puts it back. The same goes for a rule such as cli.unallocated, and for a
local rule by its name. Without arguments it shows every switch.`,
		Example: `  ringfence enforce
  ringfence enforce on rest
  ringfence enforce off list.label`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var e api.Enforce
			if len(args) > 0 {
				e.On, e.Target = args[0] == "on", args[1]
			}
			all, err := ask(a, cmd, asks, func(s api.Service) ([]api.Switch, error) { return s.Enforce(cmd.Context(), e) })
			if err != nil {
				return err
			}
			if a.json {
				return a.writeJSON(struct {
					Switches []api.Switch `json:"switches"`
				}{all})
			}
			return answer(a, cmd, all, show.Switches)
		},
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return nil
		case args[0] != "on" && args[0] != "off":
			return slip.Of(cmd, phrase.New("usage.on_off", "%q is neither on nor off", args[0]))
		}
		return slip.Exactly("on or off", "FACE or RULE")(cmd, args)
	}
	return cmd
}
