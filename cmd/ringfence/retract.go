package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
)

func (a *app) retractCommand() *cobra.Command {
	r := api.Retract{}
	cmd := &cobra.Command{
		Use:   "retract REFERENCE | retract --publication ID | retract --batch CID",
		Short: "Undo a statement, a batch or a whole publication",
		Long: `Retract signs that something this member said no longer holds, wherever it took
effect. It is final: a publication that was retracted stays dead, and what was
retracted by mistake is said again. Look first with --preview.`,
		Example: `  ringfence retract --publication 6f1c0a7d52e94b0fa3c1d27e884b9a10 --preview
  ringfence retract bafyreib…/17 --reason "wrong number in the ticket"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				r.Ref = args[0]
			}
			said, err := ask(a, cmd, speaks, func(s api.Service) (api.Said, error) { return s.Retract(cmd.Context(), r) })
			if err != nil {
				return err
			}
			return answer(a, cmd, &said, show.Said)
		},
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if r.Batch != "" || r.Publication != "" {
			return slip.Exactly()(cmd, args)
		}
		return slip.Exactly("REFERENCE, --publication or --batch")(cmd, args)
	}
	f := cmd.Flags()
	f.StringVar(&r.Publication, "publication", "", "`ID` of a publication, as ringfence publications shows it")
	f.StringVar(&r.Batch, "batch", "", "`CID` of a batch")
	f.StringVar(&r.Reason, "reason", "", "`why`, in words")
	f.BoolVar(&r.Preview, "preview", false, "only tell what would be undone and change")
	slip.Exclusive(cmd, "publication", "batch")
	return cmd
}
