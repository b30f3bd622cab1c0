package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"ringfence/node/screen"
	"ringfence/store/number"
)

// Config is everything that an operator decides about one node.
type Config struct {
	Dir        string // data directory, absolute
	File       string // that was read; "" when there was none
	Home       number.Country
	Listen     string   // host:port; "" for none
	Socket     string   // path of the unix socket
	KeyFile    string   // "" when a passphrase unlocks the keys
	LocalRules []string // paths
	FreeFloor  uint64   // bytes; 0 leaves it to the store
	Lang       string   // en, zh, or "" for what the terminal says
	Log        Log
	Peers      Peers
	Screening  screen.Policy

	shown []Setting
}

// Log says what is logged and how.
type Log struct {
	Level slog.Level
	JSON  bool
}

// Peers says how this node meets the others of its federation.
type Peers struct {
	Listen    string   // host:port for TCP and QUIC, the host an IP address or empty; "" to dial only
	Announce  []string // host:port by which others reach it, where they cannot see it
	Bootstrap []string // multiaddrs with /p2p/ of peers to begin with
	LAN       bool     // find peers on the local network
}

// Setting is one setting as it came out, for people who wonder why.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"` // file:line, variable, flag, or "default"
}

// Settings returns every setting and where its value came from.
func (c *Config) Settings() []Setting { return c.shown }

// Options says where to look.
type Options struct {
	// File is the configuration file; "" stands for RINGFENCE_CONFIG, then for
	// ringfence.yaml in the data directory if there is one.
	File string
	// Flags are those of the command line; the ones that AddFlags made and that
	// were given decide. May be nil.
	Flags *pflag.FlagSet
}

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Key  string `json:"key,omitempty"`
	From string `json:"from"` // file:line, variable or flag
	Text string `json:"text"`
}

// String says what is wrong where.
func (p Problem) String() string {
	if p.Key == "" {
		return p.From + ": " + p.Text
	}
	return fmt.Sprintf("%s: %s: %s", p.From, p.Key, p.Text)
}

// Error is everything that is wrong with a configuration.
type Error struct{ Problems []Problem }

// Error lists the problems, one a line.
func (e *Error) Error() string {
	all := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = p.String()
	}
	return strings.Join(all, "\n")
}

// Load reads the configuration and validates it. The error of a configuration
// that is wrong is an *Error with everything that is wrong.
func Load(opts Options) (Config, error) {
	l := loader{flags: opts.Flags, problems: checkEnvironment(environ())}
	if l.flags == nil {
		l.flags = pflag.NewFlagSet("", pflag.ContinueOnError)
	}
	if err := l.read(opts.File); err != nil {
		return Config{}, err
	}
	cfg := l.config()
	if len(l.problems) > 0 {
		return Config{}, &Error{l.problems}
	}
	return cfg, nil
}

// written is what viper decodes: as the operator wrote it, nothing judged yet.
type written struct {
	Dir        string
	Home       string
	Listen     string
	Socket     string
	KeyFile    string   `mapstructure:"key_file"`
	LocalRules []string `mapstructure:"local_rules"`
	FreeFloor  string   `mapstructure:"free_floor"`
	Lang       string
	Log        struct{ Level, Format string }
	Peers      struct {
		Listen    string
		Announce  []string
		Bootstrap []string
		LAN       string
	}
	Screening struct {
		Irregular      map[string]string
		Treatments     []struct{ Rule, Treatment string }
		PlanMaxAgeDays string `mapstructure:"plan_max_age_days"`
		ListMaxAge     string `mapstructure:"list_max_age"`
		StaleList      string `mapstructure:"stale_list"`
	}
}

// loader carries one Load.
type loader struct {
	flags    *pflag.FlagSet
	file     string // that was read
	own      bool   // the file lies in the data directory and was found there
	lines    lines
	written  written
	problems []Problem
}

func at(file string, line int) string { return file + ":" + strconv.Itoa(line) }

func quote(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}

// read finds and decodes the file, and lays environment and flags over it.
func (l *loader) read(file string) error {
	text, err := l.find(file)
	if err != nil {
		return err
	}
	v := viper.New()
	v.SetConfigType("yaml")
	for _, s := range settings() {
		if s.fallback == nil {
			continue
		}
		v.SetDefault(s.key, s.fallback)
		if err := v.BindEnv(s.key, s.env()); err != nil {
			return err
		}
		if f := l.flags.Lookup(s.flag()); f != nil {
			if err := v.BindPFlag(s.key, f); err != nil {
				return err
			}
		}
	}
	err = v.ReadConfig(bytes.NewReader(text))
	if err == nil {
		err = v.Unmarshal(&l.written)
	}
	switch {
	case err == nil:
		return nil
	case len(l.problems) == 0: // else they say the same, and where
		l.problems = []Problem{{From: l.file, Text: plain(err)}}
	}
	return &Error{l.problems}
}

// find returns the content of the configuration file, empty when there is none
// and none was asked for, and walks its keys.
func (l *loader) find(file string) ([]byte, error) {
	if file == "" {
		file = os.Getenv(EnvConfig)
	}
	asked := file != ""
	if !asked {
		l.own = true
		file = filepath.Join(l.dirOutside(), FileName)
	}
	text, err := readAtMost(file)
	switch {
	case !asked && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)):
		return nil, nil
	case err != nil:
		return nil, &Error{[]Problem{{From: file, Text: "this configuration file cannot be read: " + err.Error()}}}
	}
	l.file = file
	var root yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{[]Problem{{From: file, Text: plain(err)}}}
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{[]Problem{{From: file, Text: "more follows the first document; a file holds one"}}}
	}
	found, problems := readKeys(&root, file)
	l.lines = found
	l.problems = append(l.problems, problems...)
	return text, nil
}

const maxFile = 1 << 20 // bytes of a configuration file

func readAtMost(file string) (text []byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return text, err
}

// dirOutside returns the data directory as the command line, the environment or
// the system say, without asking a file.
func (l *loader) dirOutside() string {
	if f := l.flags.Lookup(keyDir); f != nil && f.Changed {
		return f.Value.String()
	}
	if dir := os.Getenv(EnvPrefix + "DIR"); dir != "" {
		return dir
	}
	return DefaultDir()
}

// DefaultDir returns the data directory of somebody who names none:
// ringfence in XDG_DATA_HOME, which is ~/.local/share unless set.
func DefaultDir() string {
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "ringfence"
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "ringfence")
}

// from tells where the value of a setting came from.
func (l *loader) from(key string) string {
	for _, s := range settings() {
		if s.key != key {
			continue
		}
		if f := l.flags.Lookup(s.flag()); f != nil && f.Changed {
			return "--" + s.flag()
		}
		if s.fallback != nil && os.Getenv(s.env()) != "" {
			return s.env()
		}
	}
	if line, ok := l.lines[key]; ok {
		return at(l.file, line)
	}
	return "default"
}

// fromFile reports whether the value of a setting stands in the file.
func (l *loader) fromFile(key string) bool {
	line, ok := l.lines[key]
	return ok && l.from(key) == at(l.file, line)
}

// complain notes what is wrong with the value of a setting.
func (l *loader) complain(key, format string, args ...any) {
	l.problems = append(l.problems, Problem{Key: key, From: l.from(key), Text: fmt.Sprintf(format, args...)})
}

// plain words an error of the libraries on one line.
func plain(err error) string {
	text := strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
	return strings.TrimPrefix(text, "While parsing config: ")
}
