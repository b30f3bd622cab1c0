package show

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/phrase"
	"ringfence/store/policy"
)

// Key is the public half of a key.
type Key struct {
	Purpose string `json:"purpose"`
	Public  string `json:"public"`
}

// Initialised is what init made.
type Initialised struct {
	Directory string   `json:"directory"`
	Config    string   `json:"configuration,omitempty"` // that names the directory, when one was read
	Member    string   `json:"member"`
	Roles     []string `json:"roles"`
	Group     string   `json:"independence_group"`
	Card      string   `json:"card"` // path
	Files     []string `json:"files"`
	Keys      []Key    `json:"keys"`
	Founder   bool     `json:"founder"`
	Further   bool     `json:"further_node"` // of a member that has another
}

// Init tells what was made and what comes next.
func Init(p *Page, i Initialised) {
	p.Facts(Fact{"directory", i.Directory}, Fact{"member", p.Strong(i.Member)}, Fact{"roles", p.codedAll("role", i.Roles)},
		Fact{"group", i.Group}, Fact{"files", strings.Join(i.Files, ", ")})
	Keys(p, i.Keys)
	p.Line("")
	if i.Further {
		p.Say("next.further", i.Card)
		return
	}
	p.Say("next.recovery")
	where := "--dir " + i.Directory
	if i.Config != "" { // a service reads it, and not one in the directory
		where = "--config " + i.Config
	}
	if i.Founder {
		p.Say("next.founder", where)
	} else {
		p.Say("next.member", i.Card, i.Directory, where)
	}
}

// Keys lists the public halves of keys.
func Keys(p *Page, list []Key) {
	var rows [][]string
	for _, k := range list {
		rows = append(rows, []string{p.Coded("purpose", k.Purpose), k.Public})
	}
	p.Table(Columns("purpose", "public_key"), rows)
}

// Charter is a constitution as people and their scripts read it: that of a genesis
// charter, or the one that is in force.
type Charter struct {
	api.Constitution

	File    string       `json:"file,omitempty"`     // of a genesis charter
	Missing []string     `json:"missing_signatures"` // of founders; a sealed charter misses none
	Differs []Difference `json:"policy_differences"`
}

// Difference is a figure of the policy that is not the default one.
type Difference struct {
	Figure  string `json:"figure"`
	Value   string `json:"value"`
	Default string `json:"default"`
}

// Differences compares a policy with the default one, figure by figure.
func Differences(have policy.Policy) ([]Difference, error) {
	values, err := figures(have)
	if err != nil {
		return nil, err
	}
	defaults, err := figures(policy.Default())
	if err != nil {
		return nil, err
	}
	all := []Difference{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v, d := string(values[name]), string(defaults[name]); v != d {
			all = append(all, Difference{name, v, d})
		}
	}
	return all, nil
}

// figures returns a policy under its own names, each value as JSON has it.
func figures(of policy.Policy) (map[string]json.RawMessage, error) {
	b, err := json.Marshal(of)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	return all, json.Unmarshal(b, &all)
}

// mostGrants bounds what is shown of long lists; --json has all.
const mostGrants = 20

// Federation shows a charter.
func Federation(p *Page, c *Charter) {
	if len(c.Missing) > 0 {
		p.Say("draft", strings.Join(c.Missing, ", "))
		p.Line("")
	}
	var regulators []string
	for _, r := range c.Regulators {
		regulators = append(regulators, r.Member+" ("+r.Jurisdiction+")")
	}
	force := ""
	switch {
	case c.File == "" && c.LedgerSize > 1:
		force = p.Word("in_force.size", Amount(c.LedgerSize))
	case c.File == "":
		force = p.Word("in_force.genesis")
	}
	p.Facts(Fact{"federation", p.Strong(c.Federation)}, Fact{"in_force", force}, Fact{"name", c.Name}, Fact{"created", c.Created}, Fact{"file", c.File},
		Fact{"founders", strings.Join(c.Founders, ", ")}, Fact{"regulators", strings.Join(regulators, ", ")},
		Fact{"quorum", p.Word("quorum_of", strconv.Itoa(c.Quorum), strconv.Itoa(len(c.Regulators)))})
	p.Line("")
	var rows [][]string
	for _, m := range c.Members {
		rows = append(rows, []string{m.ID, Commas(m.Name, m.NameZh), p.codedAll("role", m.Roles), m.Group, percent(m.Weight), Amount(len(m.Issuers)), Amount(len(m.Hosts))})
	}
	p.Table(Columns("member", "name", "roles", "group", ">weight", ">issuers", ">hosts"), rows)
	if len(c.Grants) > 0 {
		p.Line("")
	}
	rows = nil
	for _, g := range c.Grants[:min(len(c.Grants), mostGrants)] {
		rows = append(rows, []string{g.Range.String(), g.Allocatee, g.ResoldTo, g.HostedBy})
	}
	p.Table(Columns("range", "allocatee", "resold_to", "hosted_by"), rows)
	p.More(len(c.Grants) - mostGrants)
	p.Line("")
	var protected []string
	for _, r := range c.Protected[:min(len(c.Protected), mostGrants)] {
		protected = append(protected, r.String())
	}
	p.Facts(Fact{"label_from", percent(c.Policy.LabelPermille)}, Fact{"single_from", percent(c.Policy.SinglePermille)},
		Fact{"protected", Amount(len(c.Protected)) + ": " + strings.Join(protected, ", ")})
	p.More(len(c.Protected) - mostGrants)
	rows = nil
	for _, d := range c.Differs {
		rows = append(rows, []string{d.Figure, d.Value, d.Default})
	}
	if len(rows) > 0 {
		p.Line("")
	}
	p.Table(Columns("policy_differs", "value", "default"), rows)
	p.Say("next.policy")
}

// More says that a list goes on by n more; nothing if n is not above 0.
func (p *Page) More(n int) {
	if n > 0 {
		p.Say("more", Amount(n))
	}
}

// Sealed tells what the founder does after sealing.
func Sealed(p *Page, c *Charter) {
	p.Facts(Fact{"federation", p.Strong(c.Federation)}, Fact{"name", c.Name}, Fact{"file", c.File}, Fact{"members", Amount(len(c.Members))})
	p.Line("")
	p.Say("next.sealed", c.File, c.Federation)
	if len(c.Regulators) > 1 {
		p.Say("next.log_key")
	}
}

// Drafted tells what founders do with a draft.
func Drafted(p *Page, c *Charter) {
	p.Facts(Fact{"federation", p.Strong(c.Federation)}, Fact{"name", c.Name}, Fact{"file", c.File}, Fact{"members", Amount(len(c.Members))})
	p.Line("")
	p.Say("next.drafted", strings.Join(c.Founders, ", "), c.File)
}

// Signed is a draft after one founder's signature.
type Signed struct {
	Federation string   `json:"federation"`
	Member     string   `json:"signed_by"`
	File       string   `json:"file"`               // that has the signature
	Alone      bool     `json:"alone"`              // it has no other, even if the draft had
	Missing    []string `json:"missing_signatures"` // of founders, in this file
}

// Sign tells whose signatures the file lacks.
func Sign(p *Page, s Signed) {
	p.Facts(Fact{"federation", p.Strong(s.Federation)}, Fact{"signed_by", s.Member}, Fact{"file", s.File})
	p.Line("")
	switch missing := strings.Join(s.Missing, ", "); {
	case missing == "":
		p.Say("next.signed_all", s.File)
	case s.Alone:
		p.Say("next.signed_alone", missing, s.File)
	default:
		p.Say("next.signed", missing, s.File)
	}
}

// Joined is what came of joining a federation.
type Joined struct {
	Federation string `json:"federation"`
	Name       string `json:"name"`
	Member     string `json:"member"` // whose node this is
	Genesis    string `json:"genesis"`
	Config     string `json:"config"`
	Peer       string `json:"peer"`
	Ahead      int64  `json:"clock_ahead_seconds"` // of the peer's clock
	ClockOff   bool   `json:"clock_off"`           // by more than a node may be to sign
	Directory  string `json:"directory"`

	Request *Request `json:"request,omitempty"` // for admission; null once this node is in
	Unseen  bool     `json:"unseen,omitempty"`  // that it is in is the word of the peer alone
	Seen    bool     `json:"seen,omitempty"`    // by the node that runs here, in the ledger: that it is in
	Running bool     `json:"running,omitempty"` // a node runs here already
}

// Request is how a request for admission stands.
type Request struct {
	ID         string `json:"id"`
	File       string `json:"file"`
	State      string `json:"state"`                        // unreached, inbox, open, unproved, aside; on the way also word: enacted, as the node that is asked says
	Motion     string `json:"motion,omitempty"`             // that admits this node, as its proposer signed it
	Signatures int    `json:"signatures"`                   // verified, of the regulators known here
	Unknown    int    `json:"unknown_signatures,omitempty"` // by keys of no regulator known here
	Needed     int    `json:"needed_signatures"`            // 0 while it is before no regulator
}

// Asked tells in a line how a request for admission stands.
func Asked(p *Page, r *Request) {
	line, signed, needed := p.Coded("request", r.State), strconv.Itoa(r.Signatures), strconv.Itoa(r.Needed)
	switch {
	case r.Needed == 0:
	case r.State == "word":
		line = p.Word("request.word", signed, needed)
	case r.Motion == "":
		line = p.Word("request.signed", signed, needed)
	default:
		line = p.Word("request.signatures", signed, needed, r.Motion)
	}
	p.Line(line)
	if r.Unknown > 0 {
		p.Say("request.unknown", strconv.Itoa(r.Unknown))
	}
}

// Join tells whose node this is now and what to do about its clock.
func Join(p *Page, j Joined) {
	p.Facts(Fact{"federation", p.Strong(j.Federation)}, Fact{"name", j.Name}, Fact{"member", p.Strong(j.Member)},
		Fact{"files", j.Genesis + ", " + j.Config}, Fact{"peer", j.Peer})
	p.Line("")
	switch minutes := j.Ahead / 60; {
	case j.ClockOff && minutes < 0:
		p.Say("clock_off.behind", strconv.FormatInt(-minutes, 10))
	case j.ClockOff:
		p.Say("clock_off.ahead", strconv.FormatInt(minutes, 10))
	}
	if j.Request != nil {
		Asked(p, j.Request)
		p.Say("next.asked", j.Request.ID, j.Request.File)
	} else {
		p.Say("joined.in", j.Member)
	}
	if j.Unseen {
		p.Say("join.unseen", j.Peer)
	}
	switch {
	case j.Running && j.Seen:
		p.Say("joined.runs", j.Directory)
	case j.Running:
		p.Say("next.joined_running", j.Directory)
	default:
		p.Say("next.joined", j.Directory)
	}
}

// Checked is what config check found.
type Checked struct {
	OK       bool             `json:"ok"`
	File     string           `json:"file,omitempty"` // that was read, if there was one
	Problems []config.Problem `json:"problems"`
	Settings []config.Setting `json:"settings"`
	Warnings []phrase.Phrase  `json:"warnings,omitempty"` // of what a node still lacks, when nothing is wrong
}

// Config shows a checked configuration: what is wrong, or every setting.
func Config(p *Page, c Checked) {
	for _, problem := range c.Problems {
		p.Line(problem.String())
	}
	if !c.OK {
		return
	}
	var rows [][]string
	for _, s := range c.Settings {
		value := s.Value
		if value == "" {
			value = "-"
		}
		from := s.From
		if from == "default" {
			from = p.Word("default")
		}
		rows = append(rows, []string{s.Key, value, from})
	}
	p.Table(Columns("setting", "value", "from"), rows)
	for _, w := range c.Warnings {
		p.Line("")
		p.Line(p.Strong(p.Word("warning", p.Phrase(w))))
	}
}

// Endorsed is a change that keys agreed to.
type Endorsed struct {
	Request string `json:"request"`
	Kind    string `json:"kind"`
	Keys    int    `json:"keys"` // that signed
	File    string `json:"file"`
}

// Endorse tells what was signed, and what to do with it.
func Endorse(p *Page, e Endorsed) {
	p.Facts(Fact{"motion.kind", p.Coded("motionkind", e.Kind)}, Fact{"request", e.Request}, Fact{"keys", Amount(e.Keys)}, Fact{"file", e.File})
	p.Line("")
	p.Say("next.endorsed", e.File)
}
