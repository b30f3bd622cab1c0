package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/store/keys"
)

// unlock returns how this command opens the keys: the key file, else the
// passphrase of the environment, else one that a person types. A new passphrase
// is typed twice.
func (a *app) unlock(keyFile string, fresh bool) keys.Unlock {
	if keyFile != "" {
		return keys.KeyFile(keyFile)
	}
	var known string // asked once, however many keys it opens
	return keys.Passphrase(func() (string, error) {
		if known == "" {
			var err error
			if known, err = a.passphrase(fresh); err != nil {
				return "", err
			}
		}
		return known, nil
	})
}

func (a *app) passphrase(fresh bool) (string, error) {
	if p := os.Getenv(config.EnvPassphrase); p != "" {
		return p, nil
	}
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", api.Errorf(api.BadInput, "nothing unlocks the keys: give --key-file FILE, set %s, or run this on a terminal", config.EnvPassphrase)
	}
	first, err := a.prompt(in, "Passphrase of the keys: ")
	if err != nil || !fresh {
		return first, err
	}
	const least = 12
	if len(first) < least {
		return "", api.Errorf(api.BadInput, "the passphrase has %d bytes; these keys speak for an organisation: want at least %d", len(first), least)
	}
	again, err := a.prompt(in, "The same again: ")
	if err == nil && again != first {
		err = api.Errorf(api.BadInput, "the two passphrases differ")
	}
	return first, err
}

func (a *app) prompt(in *os.File, text string) (string, error) {
	if _, err := io.WriteString(a.err, text); err != nil {
		return "", err
	}
	b, err := term.ReadPassword(int(in.Fd()))
	_, lineErr := fmt.Fprintln(a.err)
	return string(b), errors.Join(err, lineErr)
}
