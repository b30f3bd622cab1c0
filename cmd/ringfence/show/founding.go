package show

import (
	"strconv"
	"strings"

	"ringfence/node/config"
	"ringfence/store/charter"
	"ringfence/store/number"
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
	Member    string   `json:"member"`
	Roles     []string `json:"roles"`
	Group     string   `json:"independence_group"`
	Card      string   `json:"card"` // path
	Files     []string `json:"files"`
	Keys      []Key    `json:"keys"`
	Founder   bool     `json:"founder"`
}

// Init tells what was made and what comes next.
func Init(p *Page, i Initialised) {
	p.facts(fact{"directory", i.Directory}, fact{"member", p.strong(i.Member)}, fact{"roles", p.codedAll("role", i.Roles)},
		fact{"group", i.Group}, fact{"files", strings.Join(i.Files, ", ")})
	Keys(p, i.Keys)
	p.Line("")
	p.Say("next.recovery")
	if i.Founder {
		p.Say("next.founder", i.Directory)
	} else {
		p.Say("next.member", i.Card, i.Directory)
	}
}

// Keys lists the public halves of keys.
func Keys(p *Page, list []Key) {
	var rows [][]string
	for _, k := range list {
		rows = append(rows, []string{p.coded("purpose", k.Purpose), k.Public})
	}
	p.table(left("purpose", "public_key"), rows)
}

// Charter is a genesis charter as people and their scripts read it.
type Charter struct {
	Federation string               `json:"federation"` // CID of the unsigned charter
	Name       string               `json:"name"`
	Created    string               `json:"created"` // RFC 3339
	File       string               `json:"file"`
	Founders   []string             `json:"founders"`
	Regulators []Regulator          `json:"regulators"`
	Quorum     int                  `json:"quorum"`
	Members    []Member             `json:"members"`
	Grants     []charter.RangeGrant `json:"grants"`
	Protected  []number.Range       `json:"protected"`
	Policy     policy.Policy        `json:"policy"`
	Taxonomy   uint16               `json:"taxonomy_version"`
}

// Regulator is a regulator's seat.
type Regulator struct {
	Member       string `json:"member"`
	Jurisdiction string `json:"jurisdiction"`
}

// Member is one member of a charter.
type Member struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	NameZh  string   `json:"name_zh,omitempty"`
	Roles   []string `json:"roles"`
	Group   string   `json:"independence_group"`
	Contact string   `json:"contact"`
	Weight  uint16   `json:"weight_permille"`
	Issuers []string `json:"issuers"`
}

// mostGrants bounds what is shown of long lists; --json has all.
const mostGrants = 20

// Federation shows a charter.
func Federation(p *Page, c *Charter) {
	var regulators []string
	for _, r := range c.Regulators {
		regulators = append(regulators, r.Member+" ("+r.Jurisdiction+")")
	}
	p.facts(fact{"federation", p.strong(c.Federation)}, fact{"name", c.Name}, fact{"created", c.Created}, fact{"file", c.File},
		fact{"founders", strings.Join(c.Founders, ", ")}, fact{"regulators", strings.Join(regulators, ", ")},
		fact{"quorum", p.word("quorum_of", strconv.Itoa(c.Quorum), strconv.Itoa(len(c.Regulators)))})
	p.Line("")
	var rows [][]string
	for _, m := range c.Members {
		rows = append(rows, []string{m.ID, joined(m.Name, m.NameZh), p.codedAll("role", m.Roles), m.Group, percent(m.Weight), amount(len(m.Issuers))})
	}
	p.table([]column{{"member", false}, {"name", false}, {"roles", false}, {"group", false}, {"weight", true}, {"issuers", true}}, rows)
	if len(c.Grants) > 0 {
		p.Line("")
	}
	rows = nil
	for _, g := range c.Grants[:min(len(c.Grants), mostGrants)] {
		rows = append(rows, []string{g.Range.String(), g.Allocatee, g.ResoldTo, g.HostedBy})
	}
	p.table(left("range", "allocatee", "resold_to", "hosted_by"), rows)
	p.more(len(c.Grants) - mostGrants)
	p.Line("")
	p.facts(fact{"protected", amount(len(c.Protected))},
		fact{"label_from", percent(c.Policy.LabelPermille)}, fact{"single_from", percent(c.Policy.SinglePermille)})
	p.Say("next.policy")
}

// more says that a list goes on.
func (p *Page) more(n int) {
	if n > 0 {
		p.Say("more", amount(n))
	}
}

// Sealed tells what the founder does after sealing.
func Sealed(p *Page, c *Charter) {
	p.facts(fact{"federation", p.strong(c.Federation)}, fact{"name", c.Name}, fact{"file", c.File}, fact{"members", amount(len(c.Members))})
	p.Line("")
	p.Say("next.sealed", c.File, c.Federation)
}

// Checked is what config check found.
type Checked struct {
	OK       bool             `json:"ok"`
	File     string           `json:"file,omitempty"` // that was read, if there was one
	Problems []config.Problem `json:"problems"`
	Settings []config.Setting `json:"settings"`
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
			from = p.word("default")
		}
		rows = append(rows, []string{s.Key, value, from})
	}
	p.table(left("setting", "value", "from"), rows)
}
