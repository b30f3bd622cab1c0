// Package slip says what is wrong with a command line, and where its help is: an
// argument too few or too many, a flag or a command that there is not. Each is a phrase,
// for the library's own errors too, so that it is told in the language that was asked
// for.
//
// Floor 15, a room of the command line.
package slip

import (
	"errors"
	"io/fs"
	"math"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/phrase"
	"ringfence/store/keys"
	"ringfence/store/strictyaml"
)

// Of is an error of usage; why may be wanting more than one phrase says.
func Of(cmd *cobra.Command, what ...phrase.Phrase) error {
	return api.Tell(api.BadInput, phrase.Join(append(what, phrase.New("usage.help", "see %s --help", cmd.CommandPath()))...))
}

// Missing says that an argument or a flag is missing, and perhaps more of it.
func Missing(cmd *cobra.Command, what string, more ...phrase.Phrase) error {
	said := phrase.New("usage.missing", "%s is missing", what)
	if all, last, several := strings.Cut(what, " or "); several {
		said = phrase.New("usage.missing_either", "%s or %s is missing", all, last)
	}
	return Of(cmd, append([]phrase.Phrase{said}, more...)...)
}

// Exactly wants one argument for each name.
func Exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return Missing(cmd, names[len(args)])
		case len(args) > len(names):
			return Of(cmd, phrase.New("usage.too_many", "%q is one argument too many", args[len(names)]))
		}
		return nil
	}
}

// Exclusive lets a verb take at most one of some flags.
func Exclusive(cmd *cobra.Command, names ...string) {
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		var set []string
		for _, name := range names {
			if cmd.Flags().Changed(name) {
				set = append(set, "--"+name)
			}
		}
		switch {
		case len(set) > 1:
			return Of(cmd, phrase.New("usage.exclusive", "%s and %s exclude each other", set[0], set[1]))
		case before != nil:
			return before(cmd, args)
		}
		return nil
	}
}

// Command says that there is no such command below cmd, and which one is near.
func Command(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	unknown := phrase.New("usage.unknown_command", "unknown command %q", word)
	if near := strictyaml.Nearest(word, names); near != "" {
		unknown = phrase.New("usage.nearest_command", "unknown command %q, did you mean %q?", word, near)
	}
	return Of(cmd, unknown)
}

// Flag words what the library says of a flag for people who know no Go.
func Flag(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	switch {
	case errors.As(err, &value):
		if most, ok := largest(value.GetFlag().Value.Type()); ok {
			return Of(cmd, phrase.New("usage.no_count", "--%s: %q is no whole number from 0 to %d", value.GetFlag().Name, value.GetValue(), most))
		}
	case errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1:
		return Of(cmd, phrase.New("usage.unknown_flag", "unknown flag: --%s", unknown.GetSpecifiedName()))
	case errors.As(err, &empty):
		return Of(cmd, phrase.New("usage.no_value", "flag needs a value: --%s", empty.GetFlag().Name))
	}
	return Of(cmd, phrase.Plain(err.Error()))
}

// Kind gives an error its kind and exit code; entered says that a verb's own work had
// begun, and what failed before that is a slip.
func Kind(err error, entered bool) (api.Kind, int) {
	var typed *api.Error
	var settings *config.Error
	switch {
	case errors.As(err, &typed):
		return typed.Kind, typed.Kind.Exit()
	case errors.As(err, &settings), !entered:
		return api.BadInput, api.ExitUsage
	case errors.Is(err, keys.ErrReachable):
		return api.Refused, api.ExitRefused
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.EISDIR):
		return api.BadInput, api.ExitUsage
	}
	return api.Internal, api.ExitNo
}

// largest returns the largest value of a flag's type, if that is a count.
func largest(of string) (uint64, bool) {
	most, ok := map[string]uint64{"uint16": math.MaxUint16, "uint32": math.MaxUint32, "uint64": math.MaxUint64}[of]
	return most, ok
}
