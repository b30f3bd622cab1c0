package council

import (
	"strconv"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
)

// anchor shows how far an anchor carries the feeds.
func anchor(p *show.Page, a *api.AnchorPlan) {
	if a == nil {
		return
	}
	p.Line("")
	p.Facts(show.Fact{"anchor.size", show.Amount(a.Size)}, show.Fact{"anchor.day", a.Day}, show.Fact{"anchor.root", a.ListRoot})
	var rows [][]string
	for _, m := range a.Moves {
		from, frozen := "", ""
		if m.Anchored != nil {
			from = strconv.FormatUint(*m.Anchored, 10)
		}
		if m.Frozen {
			frozen = p.Word("anchor.frozen")
		}
		rows = append(rows, []string{m.Member, show.Short(m.Issuer), show.Amount(m.Epoch), from, strconv.FormatUint(m.To, 10), frozen})
	}
	p.Table(show.Columns("member", "issuer", ">epoch", ">anchor.before", ">anchor.to", "state"), rows)
	if a.Left > 0 {
		p.Say("anchor.left", strconv.Itoa(a.Left))
	}
}
