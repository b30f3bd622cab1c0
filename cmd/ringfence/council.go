package main

import (
	"io"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/admission"
	"ringfence/cmd/ringfence/motions"
	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/phrase"
	"ringfence/store/keys"
)

// admission is what the verbs stand on by which a node comes into a federation.
func (a *app) admission() admission.Host {
	c := a.council()
	return admission.Host{
		Settings: a.settings, Unlock: func(file string) keys.Unlock { return a.unlock(file, false) }, Answer: c.Answer, Note: c.Note,
		Version: thisVersion().Version, Now: a.now,
	}
}

// council is what the verbs about the regulators and their ledger stand on.
func (a *app) council() motions.Host {
	return motions.Host{
		Ask: func(cmd *cobra.Command, act bool, question func(api.Council) error) error {
			_, err := ask(a, cmd, tells, func(s api.Service) (struct{}, error) {
				if _, running := s.(*client.Client); act && !running {
					cfg, _ := a.settings(cmd) // it was read before
					return struct{}{}, api.Tell(api.Unavailable, phrase.New("error.no_node", "no node is running on %s; start one with `ringfence run`", cfg.Socket))
				}
				return struct{}{}, question(s)
			})
			return err
		},
		Answer: func(cmd *cobra.Command, value any, human func(*show.Page)) error {
			return answer(a, cmd, value, func(p *show.Page, _ any) { human(p) })
		},
		Note: func(cmd *cobra.Command, human func(*show.Page)) error {
			p := show.NewPage(a.err, a.words(cmd), false)
			human(p)
			return p.Err()
		},
		Open: func(file string) (io.ReadCloser, error) { return a.input(file) },
		No:   errNo, Nobody: shown(api.ExitNobody),
	}
}
