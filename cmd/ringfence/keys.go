package main

import (
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/keyring"
	"ringfence/store/keys"
)

// keyring is what the verbs about keys stand on.
func (a *app) keyring() keyring.Host {
	asked := a.council()
	return keyring.Host{
		Place: func(cmd *cobra.Command) (string, keys.Unlock, error) {
			cfg, err := a.settings(cmd)
			return cfg.Dir, a.unlock(cfg.KeyFile, false), err
		},
		Random: a.random, Ask: asked.Ask, Put: asked.Put, Answer: asked.Answer, Note: asked.Note,
	}
}
