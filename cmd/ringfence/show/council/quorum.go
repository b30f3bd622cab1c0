package council

import (
	"cmp"
	"strconv"
	"strings"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
)

// Quorum shows how the regulators stand.
func Quorum(p *show.Page, s *api.QuorumState) {
	ahead := ""
	if s.Provisional > 0 {
		ahead = show.Amount(s.Provisional)
	}
	generation, leader := "", ""
	if s.Generation != nil {
		generation, leader = strconv.FormatUint(s.Generation.Number, 10), s.Generation.Leader
	}
	p.Facts(show.Fact{"quorum.own", s.Regulator}, show.Fact{"quorum", p.Word("quorum_of", strconv.Itoa(s.Quorum), strconv.Itoa(s.Regulators))},
		show.Fact{"quorum.fresh", atWork(p, s)}, show.Fact{"quorum.margin", margin(p, s)}, show.Fact{"quorum.generation", generation}, show.Fact{"quorum.leader", leader},
		show.Fact{"ledger.size", show.Amount(s.Size)}, show.Fact{"ledger.provisional", ahead})
	seats(p, s.Seats)
	g := s.Generation
	if g == nil {
		p.Line("")
		p.Say("quorum.by_cosignatures")
	} else {
		trees(p, "quorum.reports", g.Reports)
		trees(p, "quorum.locks", g.Locks)
		trees(p, "quorum.cosignatures", g.Cosignatures)
		if len(s.Promises) > 0 || g.Promised > 0 {
			promises(p, s)
		}
	}
	tail(p, s)
}

// Realign shows who has promised itself to another generation, and how the regulators
// stand that would begin it.
func Realign(p *show.Page, s *api.QuorumState) {
	generation := ""
	if s.Generation != nil {
		generation = strconv.FormatUint(s.Generation.Number, 10)
	}
	p.Facts(show.Fact{"quorum.own", s.Regulator}, show.Fact{"quorum.generation", generation}, show.Fact{"ledger.size", show.Amount(s.Size)},
		show.Fact{"quorum.fresh", atWork(p, s)})
	seats(p, s.Seats)
	p.Line("")
	if s.Generation == nil {
		p.Say("quorum.no_promises")
	} else {
		promises(p, s)
	}
	tail(p, s)
}

// atWork tells how many are, and what that is known by.
func atWork(p *show.Page, s *api.QuorumState) string {
	if s.Generation == nil {
		return p.Word("quorum.fresh_are", strconv.Itoa(s.Fresh))
	}
	return p.Word("quorum.work_are", strconv.Itoa(s.Fresh))
}

// margin tells how many more may fail, or why nothing is certified any more.
func margin(p *show.Page, s *api.QuorumState) string {
	switch {
	case s.Stopped != "":
		return p.Strong(p.Coded("quorumstop", s.Stopped))
	case s.Margin < 0:
		return p.Strong(p.Word("quorum.stopped"))
	}
	return p.Word("quorum.margin_of", strconv.Itoa(s.Margin))
}

func seats(p *show.Page, all []api.QuorumSeat) {
	var rows [][]string
	for _, seat := range all {
		lag, ago := "", ""
		if seat.Lag > 0 {
			lag = show.Amount(seat.Lag)
		}
		if seat.Age != nil {
			ago = p.Word("quorum.ago", show.Amount(*seat.Age))
		}
		state := p.Word("quorum.works")
		if !seat.Live {
			state = p.Strong(p.Coded("quorumidle", cmp.Or(seat.Idle, "silent")))
		}
		if seat.Lied {
			state = show.Commas(state, p.Strong(p.Word("quorum.lied")))
		}
		rows = append(rows, []string{seat.Member, state, show.Commas(seat.Cosigned, ago), seat.Heard, lag})
	}
	p.Line("")
	p.Table(show.Columns("member", "state", "ledger.cosigned", "quorum.heard", ">quorum.lag"), rows)
}

// promises tells who has promised itself to which generation, and how many it takes.
func promises(p *show.Page, s *api.QuorumState) {
	if len(s.Promises) == 0 {
		p.Say("quorum.none_promised")
	}
	to := make(map[uint64]int)
	for _, promise := range s.Promises {
		to[promise.Generation]++
		p.Say("quorum.promised", promise.Member, strconv.FormatUint(promise.Generation, 10))
	}
	switch g := s.Generation; {
	case g.Promised > 0 && g.Promised <= g.Begun:
		p.Say("quorum.joining", strconv.FormatUint(g.Promised, 10))
	case g.Promised > 0 && to[g.Promised] >= s.Promising:
		p.Say("quorum.promised_enough", strconv.FormatUint(g.Promised, 10), strconv.Itoa(to[g.Promised]))
	case g.Promised > 0:
		p.Say("quorum.promising", strconv.FormatUint(g.Promised, 10), strconv.Itoa(to[g.Promised]), strconv.Itoa(s.Promising))
	case g.Begun > 0: // which is told as a problem
	default:
		p.Say("quorum.not_promised", strconv.Itoa(s.Promising))
	}
}

func tail(p *show.Page, s *api.QuorumState) {
	if s.Paused != nil {
		p.Line(p.Strong(p.Phrase(*s.Paused)))
	}
	for _, problem := range s.Problems {
		p.Line(p.Strong(p.Word("problem", p.Phrase(problem))))
	}
	if s.Told != nil {
		p.Line(p.Phrase(*s.Told))
	}
}

// trees tells who says what of trees that are not certified.
func trees(p *show.Page, key string, all []api.QuorumTree) {
	for _, t := range all {
		p.Say(key, show.Amount(t.Size), show.Short(t.Root), strings.Join(t.Members, ", "))
	}
}
