package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"ringfence/node/phrase"
	"ringfence/node/screen/local"
)

// Check reads the configuration as Load does and then looks at what it names:
// the data directory, the key file, the rule files. It returns everything that
// is wrong; the Config is usable only when nothing is.
func Check(opts Options) (Config, []Problem) {
	cfg, err := Load(opts)
	if wrong := new(Error); errors.As(err, &wrong) {
		return cfg, wrong.Problems
	} else if err != nil {
		return cfg, []Problem{{From: opts.File, Text: err.Error()}}
	}
	c := checker{cfg: &cfg}
	c.directory()
	if cfg.KeyFile != "" {
		c.private(keyKeyFile, cfg.KeyFile, 0o600)
	}
	c.rules()
	return cfg, c.problems
}

// Lacks says what a node still lacks to be one among others, though nothing is wrong
// with its configuration.
func Lacks(cfg Config) []phrase.Phrase {
	all := []phrase.Phrase{}
	if _, err := os.Stat(filepath.Join(cfg.Dir, "genesis.cbor")); errors.Is(err, fs.ErrNotExist) {
		all = append(all, phrase.New("warning.no_genesis", "there is no genesis.cbor in %s, so no node can run there yet: ringfence join fetches the charter of a federation, ringfence federation new founds one", cfg.Dir))
	}
	if len(cfg.Peers.Bootstrap) == 0 && !cfg.Peers.LAN {
		all = append(all, phrase.New("warning.no_bootstrap", "peers.bootstrap names no node and peers.lan is off, so a new node meets only those that dial it: ringfence join adds an address; a node alone in its federation needs none"))
	}
	return all
}

type checker struct {
	cfg      *Config
	problems []Problem
}

func (c *checker) complain(key, text string) {
	p := Problem{Key: key, Text: text}
	for _, s := range c.cfg.Settings() {
		if s.Key == key {
			p.From = s.From
		}
	}
	c.problems = append(c.problems, p)
}

func (c *checker) directory() {
	info, err := os.Stat(c.cfg.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.complain(keyDir, c.cfg.Dir+" does not exist; ringfence init makes it")
	case err != nil:
		c.complain(keyDir, err.Error())
	case !info.IsDir():
		c.complain(keyDir, c.cfg.Dir+" is no directory")
	default:
		c.private(keyDir, c.cfg.Dir, 0o700)
		c.keys()
	}
}

// keys complains about key files that others can reach; keys.Open refuses them.
func (c *checker) keys() {
	dir := filepath.Join(c.cfg.Dir, "keys")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return // a node without keys reads and screens
	}
	c.private(keyDir, dir, 0o700)
	files, err := filepath.Glob(filepath.Join(dir, "*.age"))
	if err != nil {
		c.complain(keyDir, err.Error())
	}
	for _, name := range files {
		c.private(keyDir, name, 0o600)
	}
}

// private complains about what others than its owner can reach.
func (c *checker) private(key, name string, mode fs.FileMode) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		c.complain(key, err.Error())
	case info.Mode().Perm()&^mode != 0:
		const octal = 8
		c.complain(key, name+" can be reached by others: chmod "+strconv.FormatUint(uint64(mode), octal)+" "+name)
	}
}

func (c *checker) rules() {
	var files []local.File
	for _, name := range c.cfg.LocalRules {
		data, err := os.ReadFile(name)
		if err != nil {
			c.complain(keyLocalRules, err.Error())
			continue
		}
		files = append(files, local.File{Name: name, Data: data})
	}
	if _, err := local.Parse(files...); err != nil {
		c.complain(keyLocalRules, plain(err))
	}
}
