package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Make, list and revoke tokens of the API"}
	cmd.AddCommand(a.tokenNewCommand(), a.tokenListCommand(), a.tokenRevokeCommand())
	return cmd
}

func (a *app) tokenNewCommand() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "new NAME --role ROLE",
		Short: "Make a token and tell it once",
		Long: `New makes a bearer token for programs that ask the node over TCP. A reader asks,
a publisher also speaks for the member, an admin also looks after the node. The
node keeps only its hash.`,
		Example: `  ringfence token new nightly-job --role publisher`,
		Args:    slip.Exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := ask(a, cmd, asks, func(s api.Service) (api.Token, error) {
				return s.Token(cmd.Context(), api.TokenRequest{Name: args[0], Role: api.Role(role)})
			})
			if err != nil {
				return err
			}
			return answer(a, cmd, t, show.NewToken)
		},
	}
	cmd.Flags().StringVar(&role, "role", string(api.RoleReader), "`role`: reader, publisher or admin")
	return cmd
}

func (a *app) tokenListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List tokens, without their secrets",
		Long:    `List shows the name and role of each token.`,
		Example: `  ringfence token list`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := ask(a, cmd, asks, func(s api.Service) ([]api.Token, error) { return s.Tokens(cmd.Context()) })
			if err != nil {
				return err
			}
			if a.json {
				return a.writeJSON(struct {
					Tokens []api.Token `json:"tokens"`
				}{all})
			}
			return answer(a, cmd, all, show.Tokens)
		},
	}
}

func (a *app) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "revoke NAME",
		Short:   "End a token",
		Long:    `Revoke ends a token: from now on it opens nothing.`,
		Example: `  ringfence token revoke nightly-job`,
		Args:    slip.Exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			type revoked struct {
				Revoked string `json:"revoked"`
			}
			r, err := ask(a, cmd, asks, func(s api.Service) (revoked, error) {
				return revoked{args[0]}, s.Revoke(cmd.Context(), args[0])
			})
			if err != nil {
				return err
			}
			return answer(a, cmd, r, func(p *show.Page, r revoked) { p.Say("revoked", r.Revoked) })
		},
	}
}
