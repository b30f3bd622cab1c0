package config

import (
	"log/slog"
	"math"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ringfence/node/screen"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// config judges what was written, value by value.
func (l *loader) config() Config {
	w := &l.written
	cfg := Config{File: l.file}
	cfg.Dir = l.dir()
	cfg.Home = l.home(w.Home)
	cfg.Listen = l.listen(keyListen, w.Listen)
	cfg.Socket = l.socket(w.Socket, cfg.Dir)
	cfg.KeyFile = l.path(keyKeyFile, w.KeyFile)
	for _, name := range w.LocalRules {
		cfg.LocalRules = append(cfg.LocalRules, l.path(keyLocalRules, name))
	}
	cfg.FreeFloor = l.freeFloor(w.FreeFloor)
	cfg.Lang = l.oneOf(keyLang, w.Lang, "", "en", "zh")
	if err := cfg.Log.Level.UnmarshalText([]byte(w.Log.Level)); err != nil {
		cfg.Log.Level = slog.LevelInfo
		l.complain(keyLogLevel, "%s is no level; want debug, info, warn or error", quote(w.Log.Level))
	}
	cfg.Log.JSON = l.oneOf(keyLogFormat, w.Log.Format, "text", "json") == "json"
	cfg.Peers = l.peers()
	cfg.Screening = l.screening()
	cfg.shown = l.show(&cfg)
	return cfg
}

// dir settles the data directory. A file that was found in a directory cannot
// say that the directory is another.
func (l *loader) dir() string {
	dir := l.dirOutside()
	switch {
	case l.fromFile(keyDir) && l.own:
		l.complain(keyDir, "this file was found in the data directory and cannot name another: leave the key out, or pass the file with --config")
	case l.fromFile(keyDir):
		dir = l.path(keyDir, l.written.Dir)
	}
	return l.absolute(keyDir, dir)
}

// path makes a path of a setting absolute: relative to the file that names it,
// or else to the working directory.
func (l *loader) path(key, name string) string {
	if name == "" {
		return ""
	}
	if l.fromFile(key) && !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(l.file), name)
	}
	return l.absolute(key, name)
}

func (l *loader) absolute(key, name string) string {
	abs, err := filepath.Abs(name)
	if err != nil {
		l.complain(key, "%s cannot be made an absolute path: %v", quote(name), err)
		return name
	}
	return abs
}

func (l *loader) home(text string) number.Country {
	code, err := strconv.ParseUint(text, 10, 16)
	if err != nil || code < 1 || code > 999 || text[0] == '0' {
		l.complain(keyHome, "%s is no calling code; want 1 to 3 digits without zeros before them, such as 86", quote(text))
		return 0
	}
	return number.Country(code)
}

const none = "none"

func (l *loader) listen(key, address string) string {
	if address == "" || address == none {
		return ""
	}
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsAny(host, " /") {
		l.complain(key, "%s is no address; want host:port, such as 127.0.0.1:8650, or none", quote(address))
		return ""
	}
	return address
}

// maxSocket is the longest path of a unix socket that every system takes.
const maxSocket = 103

func (l *loader) socket(name, dir string) string {
	if name = l.path(keySocket, name); name == "" {
		name = filepath.Join(dir, "node.sock")
	}
	if len(name) > maxSocket {
		l.complain(keySocket, "the path %s… has %d bytes and a unix socket's at most %d: name a shorter one, such as /run/ringfence.sock",
			name[:40], len(name), maxSocket)
	}
	return name
}

// units of amounts of bytes, the longer names first.
func units() []struct {
	suffix string
	shift  uint
} {
	return []struct {
		suffix string
		shift  uint
	}{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"", 0}}
}

func (l *loader) freeFloor(text string) uint64 {
	if text == "" {
		return 0
	}
	for _, u := range units() {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 64)
		if err == nil && n <= math.MaxUint64>>u.shift {
			return n << u.shift
		}
		break
	}
	l.complain(keyFreeFloor, "%s is no amount of bytes; want a whole number, alone or with KiB, MiB, GiB or TiB", quote(text))
	return 0
}

// oneOf returns value when it is one of the words; the empty word is allowed
// and not told.
func (l *loader) oneOf(key, value string, words ...string) string {
	var told []string
	for _, w := range words {
		if value == w {
			return value
		}
		if w != "" {
			told = append(told, w)
		}
	}
	l.complain(key, "%s is none of %s", quote(value), strings.Join(told, ", "))
	return words[0]
}

func (l *loader) screening() screen.Policy {
	w := &l.written.Screening
	p := screen.DefaultPolicy()
	for _, ingress := range ingresses() {
		word := w.Irregular[ingress.String()]
		if word == "" {
			continue
		}
		var action taxonomy.Action
		if err := action.UnmarshalText([]byte(word)); err != nil {
			l.complain(keyIrregular+ingress.String(), "%s is none of allow, label, block", quote(word))
		}
		p.Irregular[ingress] = action
	}
	p.Treatments = l.treatments()
	days, err := strconv.ParseUint(w.PlanMaxAgeDays, 10, 16)
	if err != nil {
		l.complain(keyPlanMaxAge, "%s is no count of days; want 0 to %d", quote(w.PlanMaxAgeDays), math.MaxUint16)
	}
	p.PlanMaxAgeDays = int(days)
	age, err := time.ParseDuration(w.ListMaxAge)
	if err != nil || age < 0 {
		l.complain(keyListMaxAge, "%s is no age; want a number with its unit, such as 90m or 24h", quote(w.ListMaxAge))
	}
	p.ListMaxAge = age
	p.StaleOpen = l.oneOf(keyStaleList, w.StaleList, staleDecides, stalePasses) == stalePasses
	return p
}

func (l *loader) treatments() map[screen.Rule]screen.Treatment {
	all := make(map[screen.Rule]screen.Treatment)
	for i, item := range l.written.Screening.Treatments {
		rule, err := screen.ParseRule(item.Rule)
		if err != nil {
			l.complain(keyTreatments, "item %d: rule: %v", i+1, err)
			continue
		}
		var t screen.Treatment
		err = t.UnmarshalText([]byte(item.Treatment))
		if err != nil || (t != screen.Reject && t != screen.Announce && t != screen.Divert) {
			l.complain(keyTreatments, "item %d: %s is no treatment of a blocked call; want reject, announce or divert", i+1, quote(item.Treatment))
			continue
		}
		if _, twice := all[rule]; twice {
			l.complain(keyTreatments, "item %d: %s stands twice", i+1, rule)
		}
		all[rule] = t
	}
	return all
}

// show lists the settings as they came out.
func (l *loader) show(cfg *Config) []Setting {
	w := &l.written
	values := map[string]string{
		keyDir: cfg.Dir, keyHome: w.Home, keyListen: cfg.Listen, keySocket: cfg.Socket, keyKeyFile: cfg.KeyFile,
		keyLocalRules: strings.Join(cfg.LocalRules, ", "), keyFreeFloor: w.FreeFloor, keyLang: cfg.Lang,
		keyPeersOn: cfg.Peers.Listen, keyAnnounce: strings.Join(cfg.Peers.Announce, ", "),
		keyBootstrap: strings.Join(cfg.Peers.Bootstrap, ", "), keyLAN: strconv.FormatBool(cfg.Peers.LAN),
		keyLogLevel: strings.ToLower(cfg.Log.Level.String()), keyLogFormat: w.Log.Format,
		keyPlanMaxAge: w.Screening.PlanMaxAgeDays, keyListMaxAge: w.Screening.ListMaxAge, keyStaleList: w.Screening.StaleList,
	}
	for key, address := range map[string]string{keyListen: cfg.Listen, keyPeersOn: cfg.Peers.Listen} {
		if address == "" {
			values[key] = none
		}
	}
	for _, i := range ingresses() {
		action, set := cfg.Screening.Irregular[i]
		if !set {
			action = taxonomy.Label // what screening does with a class that is missing
		}
		values[keyIrregular+i.String()] = action.String()
	}
	var treatments []string
	for _, item := range w.Screening.Treatments {
		treatments = append(treatments, item.Rule+": "+item.Treatment)
	}
	values[keyTreatments] = strings.Join(treatments, ", ")
	var all []Setting
	for _, s := range settings() {
		all = append(all, Setting{Key: s.key, Value: values[s.key], From: l.from(s.key)})
	}
	return all
}
