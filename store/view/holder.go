package view

import (
	"ringfence/store/assertion"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/port"
	"ringfence/store/view/internal/table"
)

// Who may act for the user of a number follows from the ledger's grants and from ports,
// which are statements themselves. A port that comes late, or that is anchored late, may
// show that others were misjudged; then the view judges anew, and reads the ports from the
// list that it had.

// port notes what a port statement says in its row, which is void when it names nobody.
func (j *judge) port(s *assertion.Statement, r *table.Row) {
	body, _ := s.Check()
	p, ok := body.(assertion.Port)
	if !ok || r.Void() {
		return
	}
	from, known := j.state.MemberByID(p.From)
	to, also := j.state.MemberByID(p.To)
	if !known || !also || from == to {
		r.Reason = Reason(assertion.BadMember)
		return
	}
	j.ports = append(j.ports, port.Terms{From: from, To: to, Date: taxonomy.DayOf(p.Date)})
	r.From = taxonomy.Day(len(j.w.list.Ports) + len(j.ports))
}
