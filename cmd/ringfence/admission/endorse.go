package admission

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/council/constitution"
	"ringfence/node/council/letter"
	"ringfence/node/council/request"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Endorse returns the verb by which keys that a change needs agree to it.
func (h Host) Endorse() *cobra.Command {
	out := ""
	cmd := &cobra.Command{
		Use:   "endorse FILE --out REQUEST",
		Short: "Agree to a change of the charter with the keys of this directory",
		Long: `Endorse reads a change that keys must agree to, as motion propose --file takes it:
admit_issuer (the new key), admit_regulator and rekey_regulator (the seat's keys),
admit_member (its issuers). It signs the change with those keys of the directory, and
writes a request, which whoever is a member proposes with motion propose --file REQUEST.
The directory needs the federation's genesis.cbor; nothing of it is changed, and no node
is asked.`,
		Example: `  ringfence motion endorse seat.yaml --dir ministry-east --out request.pem`,
		Args:    slip.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return slip.Missing(cmd, "--out")
			}
			return h.endorse(cmd, args[0], out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`file` of the request, which must not exist")
	return cmd
}

func (h Host) endorse(cmd *cobra.Command, file, out string) (err error) {
	cfg, err := h.Settings(cmd)
	if err != nil {
		return err
	}
	g, _, err := found.Read(filepath.Join(cfg.Dir, found.GenesisFile))
	if err != nil {
		return bad(err)
	}
	state, err := charter.At(g)
	if err != nil {
		return bad(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return bad(err)
	}
	doc, err := constitution.Read(string(text), file, state)
	if err != nil {
		return bad(err)
	}
	about := constitution.Config{State: state, Frontier: func() map[keys.Public]feed.Tip { return nil }}
	items, err := about.Items(&doc)
	if err != nil {
		return bad(err)
	}
	ring, err := keys.Open(filepath.Join(cfg.Dir, found.KeysDir), h.Unlock(cfg.KeyFile))
	if err != nil {
		return bad(err)
	}
	given, err := request.Endorse(items[0], state.Federation(), ring)
	switch {
	case err != nil:
		return bad(err)
	case given == 0 || len(items) != 1:
		return api.Tell(api.BadInput, phrase.New("endorse.nothing", "%s: no key agrees to such a change: it is proposed as it is, with ringfence motion propose --file", file))
	}
	l, err := letter.Request(items[0], state.Federation())
	if err != nil {
		return bad(err)
	}
	if err := found.WriteNew(out, letter.Armour(l)); err != nil {
		return bad(err)
	}
	made := show.Endorsed{Request: l.ID.String(), Kind: l.Kind.String(), Keys: given, File: out}
	return h.Answer(cmd, made, func(p *show.Page) { show.Endorse(p, made) })
}
