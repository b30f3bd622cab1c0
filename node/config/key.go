package config

import (
	"strings"

	"github.com/spf13/pflag"

	"ringfence/node/screen"
)

// EnvPrefix begins the name of every variable of the environment that sets
// something: log.level is RINGFENCE_LOG_LEVEL.
const EnvPrefix = "RINGFENCE_"

// Variables of the environment that are no settings of a file: where the file
// lies, and the passphrase of the keys, which no file may hold.
const (
	EnvConfig     = EnvPrefix + "CONFIG"
	EnvPassphrase = EnvPrefix + "PASSPHRASE"
)

// FileName is the configuration file inside a data directory.
const FileName = "ringfence.yaml"

// setting is one thing that can be set.
type setting struct {
	key      string // dotted, as in the file
	fallback any    // string, int, bool, []string, or nil for a list of objects
	about    string // for help texts
}

const (
	keyDir        = "dir"
	keyHome       = "home"
	keyListen     = "listen"
	keySocket     = "socket"
	keyKeyFile    = "key_file"
	keyLocalRules = "local_rules"
	keyFreeFloor  = "free_floor"
	keyLang       = "lang"
	keyLogLevel   = "log.level"
	keyLogFormat  = "log.format"
	keyIrregular  = "screening.irregular."
	keyTreatments = "screening.treatments"
	keyPeersOn    = "peers.listen"
	keyAnnounce   = "peers.announce"
	keyBootstrap  = "peers.bootstrap"
	keyLAN        = "peers.lan"
	keyPlanMaxAge = "screening.plan_max_age_days"
	keyListMaxAge = "screening.list_max_age"
	keyStaleList  = "screening.stale_list"
)

// settings lists everything that can be set, in the order in which it is shown.
func settings() []setting {
	all := []setting{
		{keyDir, "", "data `directory`: keys, charter, store"},
		{keyHome, "86", "calling `code` under which numbers without one are read"},
		{keyListen, "127.0.0.1:8650", "`address` of the API over TCP, or none"},
		{keySocket, "", "`path` of the unix socket over which commands reach the node (default DIR/node.sock)"},
		{keyKeyFile, "", "`file` that unlocks the keys, instead of a passphrase"},
		{keyLocalRules, []string{}, "rule `files` for screening on this node"},
		{keyFreeFloor, "", "free `bytes` below which nothing is written, such as 2GiB (default: 1 GiB or 5 % of the disk, whichever is less)"},
		{keyLang, "", "`language` of what people read: en or zh (default: as LC_ALL or LANG say)"},
		{keyPeersOn, none, "`address` on which this node's peers reach it over TCP and QUIC, such as 0.0.0.0:7400, or none"},
		{keyAnnounce, []string{}, "`addresses`, host:port, by which peers reach this node where they cannot see them themselves"},
		{keyBootstrap, []string{}, "`multiaddrs` of peers to begin with, each ending in /p2p/ and the peer's ID"},
		{keyLAN, false, "look for peers on the local network"},
		{keyLogLevel, "info", "least serious `level` that is logged: debug, info, warn or error"},
		{keyLogFormat, "text", "`form` of the log: text or json"},
		{keyPlanMaxAge, screen.DefaultPolicy().PlanMaxAgeDays, "`days` for which a numbering plan may say that a number is unallocated; 0 never"},
		{keyListMaxAge, "0s", "`age` from which the list is stale, such as 24h; 0s never"},
		{keyStaleList, staleDecides, "whether a stale list still decides or lets calls pass: decides or passes"},
	}
	for _, i := range ingresses() {
		all = append(all, setting{keyIrregular + i.String(), "", "`action` on a caller ID that is no number: allow, label or block"})
	}
	return append(all, setting{keyTreatments, nil, "what is done with a call that a rule blocks"})
}

// What may stand in screening.stale_list.
const (
	staleDecides = "decides"
	stalePasses  = "passes"
)

func ingresses() []screen.IngressClass {
	return []screen.IngressClass{screen.National, screen.International, screen.Enterprise, screen.Reseller}
}

// env returns the variable that sets s.
func (s setting) env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// flag returns the name of the flag that sets s, where a command has it.
func (s setting) flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(s.key) }

// AddFlags gives a command the flags of some settings, named by their keys,
// with the help texts of the settings. It ignores keys that do not exist.
func AddFlags(fs *pflag.FlagSet, keys ...string) {
	for _, key := range keys {
		for _, s := range settings() {
			if s.key != key {
				continue
			}
			switch fallback := s.fallback.(type) {
			case string:
				fs.String(s.flag(), fallback, s.about)
			case []string:
				fs.StringSlice(s.flag(), fallback, s.about)
			case bool:
				fs.Bool(s.flag(), fallback, s.about)
			case int:
				fs.Int(s.flag(), fallback, s.about)
			}
		}
	}
}
