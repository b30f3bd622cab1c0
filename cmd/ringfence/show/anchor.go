package show

import (
	"strconv"

	"ringfence/node/api"
)

// anchor shows how far an anchor carries the feeds.
func (p *Page) anchor(a *api.AnchorPlan) {
	if a == nil {
		return
	}
	p.Line("")
	p.facts(fact{"anchor.size", amount(a.Size)}, fact{"anchor.day", a.Day}, fact{"anchor.root", a.ListRoot})
	var rows [][]string
	for _, m := range a.Moves {
		from, frozen := "", ""
		if m.Anchored != nil {
			from = strconv.FormatUint(*m.Anchored, 10)
		}
		if m.Frozen {
			frozen = p.word("anchor.frozen")
		}
		rows = append(rows, []string{m.Member, short(m.Issuer), amount(m.Epoch), from, strconv.FormatUint(m.To, 10), frozen})
	}
	p.table([]column{{"member", false}, {"issuer", false}, {"epoch", true}, {"anchor.before", true}, {"anchor.to", true}, {"state", false}}, rows)
	if a.Left > 0 {
		p.Say("anchor.left", strconv.Itoa(a.Left))
	}
}
