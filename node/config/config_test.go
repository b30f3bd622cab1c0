package config_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"ringfence/configs"
	"ringfence/node/config"
	"ringfence/node/screen"
	"ringfence/store/taxonomy"
)

// quiet takes from the environment what would set something.
func quiet(t *testing.T) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, config.EnvPrefix) {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// write puts text into a file of a new directory and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(fs, "dir", "home", "listen", "socket", "key_file", "local_rules", "log.level", "screening.plan_max_age_days",
		"peers.listen", "peers.bootstrap", "peers.lan")
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func load(t *testing.T, file string, args ...string) config.Config {
	t.Helper()
	cfg, err := config.Load(config.Options{File: file, Flags: flags(t, args...)})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDefaults(t *testing.T) {
	quiet(t)
	t.Setenv("XDG_DATA_HOME", "/data")
	cfg := load(t, "")
	if cfg.Dir != "/data/ringfence" || cfg.Socket != "/data/ringfence/node.sock" || cfg.File != "" {
		t.Errorf("dir %s, socket %s, file %q", cfg.Dir, cfg.Socket, cfg.File)
	}
	if cfg.Home != 86 || cfg.Listen != "127.0.0.1:8650" || cfg.Log != (config.Log{}) || cfg.FreeFloor != 0 || cfg.Lang != "" {
		t.Errorf("%+v", cfg)
	}
	want := screen.DefaultPolicy()
	if cfg.Screening.PlanMaxAgeDays != want.PlanMaxAgeDays || cfg.Screening.ListMaxAge != 0 || cfg.Screening.StaleOpen ||
		len(cfg.Screening.Irregular) != len(want.Irregular) || len(cfg.Screening.Treatments) != 0 {
		t.Errorf("screening %+v, want %+v", cfg.Screening, want)
	}
	for _, s := range cfg.Settings() {
		if s.From != "default" {
			t.Errorf("%s comes from %s", s.Key, s.From)
		}
	}
}

// The flag stands above the environment, the environment above the file, the
// file above the default.
func TestRisingOrder(t *testing.T) {
	quiet(t)
	file := write(t, "node.yaml", "dir: data\nhome: 34\nlisten: 127.0.0.1:1\nlog:\n  level: warn\n")
	if cfg := load(t, file); cfg.Home != 34 || cfg.Log.Level != slog.LevelWarn || cfg.Listen != "127.0.0.1:1" {
		t.Errorf("file: %+v", cfg)
	}
	t.Setenv("RINGFENCE_LOG_LEVEL", "error")
	t.Setenv("RINGFENCE_LISTEN", "127.0.0.1:2")
	if cfg := load(t, file); cfg.Home != 34 || cfg.Log.Level != slog.LevelError || cfg.Listen != "127.0.0.1:2" {
		t.Errorf("environment: %+v", cfg)
	}
	cfg := load(t, file, "--log-level", "debug")
	if cfg.Home != 34 || cfg.Log.Level != slog.LevelDebug || cfg.Listen != "127.0.0.1:2" {
		t.Errorf("flag: %+v", cfg)
	}
	want := map[string]string{
		"home": file + ":2", "listen": "RINGFENCE_LISTEN", "log.level": "--log-level", "log.format": "default",
	}
	for _, s := range cfg.Settings() {
		if from, ok := want[s.Key]; ok && s.From != from {
			t.Errorf("%s comes from %s, want %s", s.Key, s.From, from)
		}
	}
}

func TestWhereTheFileIsFound(t *testing.T) {
	quiet(t)
	file := write(t, config.FileName, "home: 34\n")
	dir := filepath.Dir(file)
	if cfg := load(t, "", "--dir", dir); cfg.Home != 34 || cfg.File != file || cfg.Dir != dir {
		t.Errorf("in the directory of the flag: %+v", cfg)
	}
	t.Setenv("RINGFENCE_DIR", dir)
	if cfg := load(t, ""); cfg.Home != 34 {
		t.Errorf("in the directory of the environment: %+v", cfg)
	}
	other := write(t, "other.yaml", "home: 1\n")
	t.Setenv("RINGFENCE_CONFIG", other)
	if cfg := load(t, ""); cfg.Home != 1 || cfg.Dir != dir {
		t.Errorf("named by the environment: %+v", cfg)
	}
	if cfg := load(t, file); cfg.Home != 34 {
		t.Errorf("named by the command: %+v", cfg)
	}
	if _, err := config.Load(config.Options{File: filepath.Join(dir, "missing.yaml")}); err == nil {
		t.Error("a file that was asked for and is not there is passed over")
	}
}

// Paths in a file are relative to it, others to the working directory.
func TestPaths(t *testing.T) {
	quiet(t)
	file := write(t, "node.yaml", "dir: data\nkey_file: ../unlock\nlocal_rules: [rules.yaml, /etc/rules.yaml]\n")
	beside := filepath.Dir(file)
	cfg := load(t, file)
	if cfg.Dir != filepath.Join(beside, "data") || cfg.KeyFile != filepath.Join(filepath.Dir(beside), "unlock") ||
		cfg.LocalRules[0] != filepath.Join(beside, "rules.yaml") || cfg.LocalRules[1] != "/etc/rules.yaml" {
		t.Errorf("%+v", cfg)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("RINGFENCE_LOCAL_RULES", "a.yaml,b.yaml")
	cfg = load(t, file, "--dir", "data")
	if cfg.Dir != filepath.Join(here, "data") || len(cfg.LocalRules) != 2 || cfg.LocalRules[1] != filepath.Join(here, "b.yaml") {
		t.Errorf("dir %s, rules %q", cfg.Dir, cfg.LocalRules)
	}
}

func TestScreening(t *testing.T) {
	quiet(t)
	cfg := load(t, write(t, "node.yaml", `
screening:
  irregular: {national: allow, reseller: label}
  plan_max_age_days: 0
  list_max_age: 90m
  stale_list: passes
  treatments:
    - {rule: list.ratified, treatment: divert}
    - {rule: cli.irregular, treatment: announce}
`), "--dir", t.TempDir())
	p := cfg.Screening
	if p.Irregular[screen.National] != taxonomy.Allow || p.Irregular[screen.Reseller] != taxonomy.Label ||
		p.Irregular[screen.International] != taxonomy.Block || p.PlanMaxAgeDays != 0 || p.ListMaxAge != 90*time.Minute || !p.StaleOpen {
		t.Errorf("%+v", p)
	}
	if p.Treatments[screen.ListRatified] != screen.Divert || p.Treatments[screen.CLIIrregular] != screen.Announce {
		t.Errorf("treatments %v", p.Treatments)
	}
}

// Whatever is wrong is named with its place and what would be right.
func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "home: 86\nlisten_on: x\n", `node.yaml:2: listen_on: no setting has this name; the nearest is "listen"`},
		{"far from any key", "colour: red\n", "node.yaml:1: colour: no setting has this name; want dir, home, "},
		{"two letters swapped", "hmoe: 86\n", `node.yaml:1: hmoe: no setting has this name; the nearest is "home"`},
		{"in the wrong section", "level: debug\n", `the nearest is "log.level"`},
		{"unknown in a section", "log:\n  leve: debug\n", `node.yaml:2: log.leve: no setting has this name; the nearest is "log.level"`},
		{"capital letters", "Listen: none\n", `node.yaml:1: Listen: no setting has this name; the nearest is "listen"`},
		{"key with a dot", "log.levels: debug\n", `the nearest is "log.level"`},
		{"a section that is a word", "log: debug\n", "node.yaml:1: log: settings stand here as key: value"},
		{"no settings at all", "just words\n", "node.yaml:1: settings stand here as key: value"},
		{"key of a treatment", "screening:\n  treatments:\n    - {rul: cli.irregular}\n", `node.yaml:3: screening.treatments: "rul" is no key of a treatment; the nearest is "rule"`},
		{"unknown rule", "screening:\n  treatments:\n    - {rule: cli.irregula, treatment: reject}\n", "screening.treatments: item 1: rule: "},
		{"treatment that blocks nothing", "screening:\n  treatments:\n    - {rule: cli.irregular, treatment: mark}\n", "want reject, announce or divert"},
		{"treatment twice", "screening:\n  treatments:\n    - {rule: cli.irregular, treatment: reject}\n    - {rule: cli.irregular, treatment: divert}\n", "cli.irregular stands twice"},
		{"calling code with zeros", "home: \"0086\"\n", `node.yaml:1: home: "0086" is no calling code`},
		{"no calling code", "home: China\n", `"China" is no calling code`},
		{"address without port", "listen: 127.0.0.1\n", `listen: "127.0.0.1" is no address; want host:port`},
		{"port too high", "listen: 127.0.0.1:70000\n", "is no address"},
		{"duration without unit", "screening:\n  list_max_age: 30\n", `screening.list_max_age: "30" is no age; want a number with its unit`},
		{"negative duration", "screening:\n  list_max_age: -1h\n", "is no age"},
		{"negative days", "screening:\n  plan_max_age_days: -1\n", "is no count of days"},
		{"action", "screening:\n  irregular: {national: warn}\n", `screening.irregular.national: "warn" is none of allow, label, block`},
		{"stale list", "screening:\n  stale_list: open\n", `"open" is none of decides, passes`},
		{"level", "log: {level: loud}\n", `log.level: "loud" is no level`},
		{"format", "log: {format: xml}\n", `"xml" is none of text, json`},
		{"language", "lang: fr\n", `lang: "fr" is none of en, zh`},
		{"bytes", "free_floor: 2 gigs\n", `"2 gigs" is no amount of bytes`},
		{"bytes that overflow", "free_floor: 99999999999TiB\n", "is no amount of bytes"},
		{"long socket", "socket: /" + strings.Repeat("x", 110) + "\n", "a unix socket's at most 103"},
		{"two documents", "home: 86\n---\nhome: 34\n", "a file holds one"},
		{"key twice", "home: 86\nhome: 34\n", "home"},
		{"no YAML", "a: [\n", "node.yaml"},
		{"a list for a word", "log: {level: [a, b]}\n", "node.yaml:1: log.level: want one value, not several"},
		{"a map among rule files", "local_rules:\n  - {a: b}\n", "node.yaml:2: local_rules: want one value an item"},
		{"a word for treatments", "screening: {treatments: reject}\n", "screening.treatments: want a list"},
		{"a word among treatments", "screening: {treatments: [reject]}\n", "screening.treatments: want {rule: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			quiet(t)
			_, err := config.Load(config.Options{File: write(t, "node.yaml", c.text), Flags: flags(t, "--dir", "/d")})
			wrong := new(config.Error)
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// All problems come at once.
func TestAllProblemsAtOnce(t *testing.T) {
	quiet(t)
	t.Setenv("RINGFENCE_LISTNE", "x")
	file := write(t, "node.yaml", "hoem: 86\nlang: fr\nlog: {level: loud}\n")
	_, problems := config.Check(config.Options{File: file, Flags: flags(t, "--dir", "/d")})
	var told []string
	for _, p := range problems {
		told = append(told, p.From)
	}
	want := []string{"RINGFENCE_LISTNE", file + ":1", file + ":2", file + ":3"}
	if strings.Join(told, " ") != strings.Join(want, " ") {
		t.Errorf("problems %v\nwant them from %v", problems, want)
	}
}

func TestEnvironmentNames(t *testing.T) {
	quiet(t)
	t.Setenv("RINGFENCE_PORT", "tcp://10.0.0.1:8650") // what Kubernetes tells
	t.Setenv("RINGFENCE_SERVICE_HOST", "10.0.0.1")
	t.Setenv("RINGFENCE_PASSPHRASE", "secret")
	load(t, "", "--dir", "/d")
	t.Setenv("RINGFENCE_LOGLEVEL", "debug")
	_, err := config.Load(config.Options{Flags: flags(t, "--dir", "/d")})
	if want := "RINGFENCE_LOGLEVEL: no setting has this name; the nearest is RINGFENCE_LOG_LEVEL"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What is no slip away gets no guess, though all variables begin alike.
func TestEnvironmentFarFromAnySetting(t *testing.T) {
	quiet(t)
	t.Setenv("RINGFENCE_COLOUR", "red")
	_, err := config.Load(config.Options{Flags: flags(t, "--dir", "/d")})
	if want := "RINGFENCE_COLOUR: no setting has this name"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A file that is found in a directory cannot say that the directory is another.
func TestFoundFileCannotMoveTheDirectory(t *testing.T) {
	quiet(t)
	file := write(t, config.FileName, "dir: elsewhere\n")
	_, err := config.Load(config.Options{Flags: flags(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_DATA_HOME", filepath.Dir(filepath.Dir(file)))
	t.Setenv("HOME", "/nowhere")
	if err := os.Rename(filepath.Dir(file), filepath.Join(filepath.Dir(filepath.Dir(file)), "ringfence")); err != nil {
		t.Fatal(err)
	}
	_, err = config.Load(config.Options{Flags: flags(t)})
	if err == nil || !strings.Contains(err.Error(), "cannot name another") {
		t.Errorf("got %v", err)
	}
}

func TestBytes(t *testing.T) {
	quiet(t)
	for text, want := range map[string]uint64{"0": 0, "512": 512, "64KiB": 64 << 10, "256MiB": 256 << 20, "2 GiB": 2 << 30, "1TiB": 1 << 40} {
		if cfg := load(t, write(t, "node.yaml", "free_floor: "+text+"\n"), "--dir", "/d"); cfg.FreeFloor != want {
			t.Errorf("%s is %d bytes, want %d", text, cfg.FreeFloor, want)
		}
	}
}

func TestListenNone(t *testing.T) {
	quiet(t)
	if cfg := load(t, "", "--dir", "/d", "--listen", "none"); cfg.Listen != "" {
		t.Errorf("listens on %q", cfg.Listen)
	}
	if cfg := load(t, write(t, "node.yaml", "listen: \"\"\n"), "--dir", "/d"); cfg.Listen != "" {
		t.Errorf("listens on %q", cfg.Listen)
	}
}

func TestCheckLooksAtWhatIsNamed(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	rules := write(t, "rules.yaml", "rules:\n  - name: local.vip\n    alow: [+8613800138000]\n    reason: test\n")
	open := write(t, "unlock", "x")
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"fine", []string{"--dir", dir}, ""},
		{"no directory", []string{"--dir", filepath.Join(dir, "missing")}, "--dir: dir: " + filepath.Join(dir, "missing") + " does not exist; ringfence init makes it"},
		{"a file for a directory", []string{"--dir", open}, "is no directory"},
		{"rule file", []string{"--dir", dir, "--local-rules", rules}, "alow"},
		{"no rule file", []string{"--dir", dir, "--local-rules", filepath.Join(dir, "none.yaml")}, "--local-rules: local_rules: "},
		{"key file of others", []string{"--dir", dir, "--key-file", open}, "chmod 600 " + open},
		{"no key file", []string{"--dir", dir, "--key-file", filepath.Join(dir, "none")}, "--key-file: key_file: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := config.Check(config.Options{Flags: flags(t, c.args...)})
			switch {
			case c.want == "" && len(problems) > 0:
				t.Errorf("problems %v", problems)
			case c.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].String(), c.want)):
				t.Errorf("problems %v, want %s", problems, c.want)
			}
		})
	}
}

// The examples that ship are read as they stand.
func TestExamples(t *testing.T) {
	quiet(t)
	entries, err := configs.FS.ReadDir("examples")
	if err != nil || len(entries) < 5 {
		t.Fatalf("%d examples, %v", len(entries), err)
	}
	for _, e := range entries {
		text, err := configs.FS.ReadFile("examples/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		cfg := load(t, write(t, e.Name(), string(text)))
		told := 0
		for _, s := range cfg.Settings() {
			if strings.Contains(s.From, e.Name()) {
				told++
			}
		}
		if told < 4 || cfg.Listen != "127.0.0.1:8650" || cfg.Peers.Listen != "0.0.0.0:7400" {
			t.Errorf("%s sets %d things: %+v", e.Name(), told, cfg)
		}
	}
}

// The unit starts the binary as it is called, and knows the directories that the
// examples name.
func TestUnit(t *testing.T) {
	text, err := configs.FS.ReadFile("systemd/ringfence.service")
	if err != nil {
		t.Fatal(err)
	}
	set := make(map[string]string)
	section := ""
	for i, line := range strings.Split(string(text), "\n") {
		key, value, ok := strings.Cut(line, "=")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]") + "."
		case !ok || section == "" || strings.ContainsAny(key, " \t"):
			t.Errorf("line %d is no setting: %q", i+1, line)
		default:
			set[section+key] = value
		}
	}
	for key, want := range map[string]string{
		"Service.ExecStart": "/usr/local/bin/ringfence run --config /etc/ringfence/ringfence.yaml", "Service.StateDirectory": "ringfence",
		"Service.RuntimeDirectory": "ringfence", "Service.User": "ringfence", "Service.StateDirectoryMode": "0700", "Service.ConfigurationDirectoryMode": "0700", "Service.UMask": "0077",
		"Service.NoNewPrivileges": "yes", "Service.ProtectSystem": "strict", "Service.CapabilityBoundingSet": "", "Service.LimitCORE": "0",
		"Install.WantedBy": "multi-user.target",
	} {
		if got, ok := set[key]; !ok || got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// A file of any content is read or refused, never more.
func FuzzLoad(f *testing.F) {
	entries, err := configs.FS.ReadDir("examples")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		text, err := configs.FS.ReadFile("examples/" + e.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("log: &a {level: *a}\n"))
	f.Add([]byte("screening: {treatments: [1, {rule: 2}]}\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "node.yaml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(config.Options{File: file})
		if err == nil && (cfg.Home == 0 || cfg.Dir == "" || cfg.Socket == "") {
			t.Errorf("accepted as %+v", cfg)
		}
		if wrong := new(config.Error); err != nil && (!errors.As(err, &wrong) || len(wrong.Problems) == 0) {
			t.Errorf("an error that names no problem: %v", err)
		}
	})
}
