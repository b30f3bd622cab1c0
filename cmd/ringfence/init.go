package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

func (a *app) initCommand() *cobra.Command {
	m := found.Member{}
	var roles []string
	var with string
	cmd := &cobra.Command{
		Use:   "init (--member ID --name NAME --role ROLE | --with CARD)",
		Short: "Make a member's data directory: keys, card, configuration",
		Long: `Init makes the data directory of one member: its keys, each for one purpose,
encrypted under a passphrase or a key file; card.yaml with their public halves,
for the founder of the federation; and ringfence.yaml with the settings.

A key file that does not exist is made; keep it on another medium than the
directory. Without --key-file the passphrase comes from RINGFENCE_PASSPHRASE or
is asked. Nothing that exists is overwritten.

A member may run several nodes. A further one is made with the card of the member:
it gets an issuer and a host key of its own, and a card that names them beside the
others, to be handed in in place of the first.

Roles: operator, mvno, vendor, callcentre, internet, handset, coordinator,
regulator, public_security, sector.`,
		Example: `  ringfence init --dir acme --key-file acme.key --member acme --name "Acme Flags" --role vendor
  ringfence init --dir reg --member miit --name Ministry --role regulator --founder
  ringfence init --dir acme2 --key-file acme2.key --with acme/card.yaml`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if with == "" {
				return a.initialise(cmd, m, roles)
			}
			for _, flag := range []string{"member", "name", "name-zh", "role", "group", "contact", "jurisdiction", "founder"} {
				if cmd.Flags().Changed(flag) {
					return slip.Of(cmd, phrase.New("usage.beside_with", "--%s stands beside --with: the card says what the member is", flag))
				}
			}
			card, err := found.ReadCard(with)
			if err != nil {
				return bad(err)
			}
			m.With = &card
			return a.makeNode(cmd, m)
		},
	}
	f := cmd.Flags()
	f.StringVar(&with, "with", "", "`card` of a member, to make a further node of it")
	f.StringVar(&m.ID, "member", "", "member `ID`: 1 to 32 of a-z 0-9 -")
	f.StringVar(&m.Name, "name", "", "`name` of the organisation, English or romanised")
	f.StringVar(&m.NameZh, "name-zh", "", "Chinese `name`")
	f.StringSliceVar(&roles, "role", nil, "`role` in the federation; may be given several times")
	f.StringVar(&m.Group, "group", "", "independence `group`: common controller or data supplier (default the member's ID)")
	f.StringVar(&m.Contact, "contact", "", "responsible `person` or desk (default the name)")
	f.StringVar(&m.Jurisdiction, "jurisdiction", "", "of a regulator: `CN` or a province as CN-31 (default CN)")
	f.BoolVar(&m.Founder, "founder", false, "also make the keys that seal the genesis charter")
	return cmd
}

func (a *app) initialise(cmd *cobra.Command, m found.Member, roles []string) error {
	for _, flag := range []string{"member", "name", "role"} {
		if !cmd.Flags().Changed(flag) {
			return slip.Missing(cmd, "--"+flag)
		}
	}
	for _, word := range roles {
		var r charter.Role
		if err := r.UnmarshalText([]byte(word)); err != nil {
			return bad(err)
		}
		m.Roles = append(m.Roles, r)
	}
	return a.makeNode(cmd, m)
}

// makeNode makes the data directory of a member's node.
func (a *app) makeNode(cmd *cobra.Command, m found.Member) error {
	cfg, err := a.settings(cmd)
	if err != nil {
		return err
	}
	m.Dir, m.KeyFile, m.Random = cfg.Dir, cfg.KeyFile, a.random
	m.Unlock = a.unlock(m.KeyFile, true)
	madeKeyFile, err := a.makeKeyFile(m.KeyFile)
	if err != nil {
		return err
	}
	made, err := found.Init(m)
	if err != nil {
		if madeKeyFile {
			err = errors.Join(err, os.Remove(m.KeyFile))
		}
		return bad(err)
	}
	shown := show.Initialised{
		Directory: m.Dir, Config: cfg.File, Member: made.Card.ID, Roles: texts(made.Card.Roles), Group: made.Card.Group,
		Card: filepath.Join(m.Dir, found.CardFile), Files: made.Files, Keys: shownKeys(made.Keys), Founder: m.Founder, Further: m.With != nil,
	}
	if madeKeyFile {
		shown.Files = append([]string{m.KeyFile}, shown.Files...)
	}
	return answer(a, cmd, shown, show.Init)
}

// makeKeyFile makes a key file that does not exist, and tells whether it did.
func (a *app) makeKeyFile(path string) (made bool, err error) {
	if path == "" {
		return false, nil
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, bad(err)
	}
	return true, bad(keys.CreateKeyFile(path, a.random))
}

func shownKeys(halves []keys.Half) []show.Key {
	list := []show.Key{}
	for _, h := range halves {
		list = append(list, show.Key{Purpose: string(h.Purpose), Public: h.Text()})
	}
	return list
}
