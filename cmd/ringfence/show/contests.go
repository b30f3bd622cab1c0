package show

import (
	"strings"
	"time"

	"ringfence/node/answer/contests"
	"ringfence/node/api"
)

// Contests lists what is disputed and who has yet to answer.
func Contests(p *Page, all *api.Contests, mine bool) {
	switch {
	case len(all.Contests) > 0:
	case mine && all.Member == "":
		p.Say("contests.no_member")
	case mine:
		p.Say("contests.none_mine")
	default:
		p.Say("contests.none")
	}
	var rows [][]string
	first := ""
	for i := range all.Contests {
		c := &all.Contests[i]
		if first == "" && c.Mine {
			first = c.Ref
		}
		until, left := p.Coded("conteststate", c.State), ""
		if c.Deadline != "" {
			until, left = moment(c.Deadline), contests.Left(c.LeftSeconds)
		}
		rows = append(rows, []string{c.Subject, c.Member, Day(c.Said), c.Grounds, p.waits(c, all.Member), left, until, c.Ref})
	}
	p.Table(Columns("number", "contests.by", "said", "reason", "contests.waits", "contests.left", "contests.until", "contests.contest"), rows)
	if all.More {
		p.Say("contests.more")
	}
	if first != "" {
		p.Line("")
		p.Say("next.answer", first)
	}
	p.Line("")
	p.stamp(all.List, false)
}

// waits names who has yet to answer, the node's own member as such.
func (p *Page) waits(c *api.Contest, own string) string {
	var names []string
	for _, a := range c.Publishers {
		switch {
		case a.Standing != "asked" || a.Ref != "":
		case a.Member == own:
			names = append(names, p.Word("contests.mine", a.Member))
		default:
			names = append(names, a.Member)
		}
	}
	return strings.Join(names, ", ")
}

// moment writes a time to the minute, as UTC.
func moment(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return rfc3339
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
