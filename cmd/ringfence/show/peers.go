package show

import (
	"math"
	"strconv"

	"ringfence/node/api"
)

// standing says in a line how a node stands among the others; "" when it is
// not among them.
func (p *Page) standing(s *api.Standing) string {
	if s == nil {
		return ""
	}
	agreement := p.Word("agreement_none")
	if s.Connected > 0 {
		agreement = p.Word("agreeing_of", Amount(s.Agreeing), Amount(s.Connected))
	}
	told := []string{p.Word("connected_of", Amount(s.Connected), Amount(s.Hosts)), agreement}
	switch {
	case s.Ready:
	case s.Connected == 0 && s.BatchesTotal == 0:
		told = append(told, p.Word("met_nobody"))
	default:
		told = append(told, p.Word("catching_up", Amount(s.BatchesDone), Amount(s.BatchesTotal)))
	}
	if s.BatchesWaiting > 0 {
		told = append(told, p.Word("waiting_batches", Amount(s.BatchesWaiting), Amount(s.FeedsWaiting)))
	}
	if s.Stale {
		told = append(told, p.Strong(p.Word("unheard", strconv.FormatInt(s.UnheardSeconds, 10))))
	}
	return Commas(append(told, p.clock(s.ClockBehindSeconds))...)
}

// clock says how far this node's clock is off, if by more than a second.
func (p *Page) clock(behind *float64) string {
	switch {
	case behind == nil || math.Abs(*behind) < 1:
		return ""
	case *behind > 0:
		return p.Word("clock_behind", strconv.Itoa(int(*behind)))
	}
	return p.Word("clock_ahead", strconv.Itoa(int(-*behind)))
}

// Peers lists the other nodes of the federation.
func Peers(p *Page, all *api.Peers) {
	for _, a := range all.Addresses {
		p.Facts(Fact{"addresses", a})
	}
	if len(all.Peers) == 0 {
		p.Say("no_peers")
		return
	}
	p.Line("")
	var rows [][]string
	for i := range all.Peers {
		peer := &all.Peers[i]
		if !peer.Connected {
			why := ""
			if peer.Trouble != nil {
				why = p.Phrase(*peer.Trouble)
			}
			rows = append(rows, []string{peer.Member, Short(peer.Host), p.Word("no"), "", "", "", "", "", "", why})
			continue
		}
		rows = append(rows, []string{
			peer.Member, Short(peer.Host), peer.Since, p.agreement(peer), Amount(peer.Ahead), p.behind(peer),
			seconds(peer.ClockAheadSeconds), strconv.FormatFloat(peer.Score, 'f', 0, 64),
			size(uint64(peer.ReceivedBytes)) + " / " + size(uint64(peer.SentBytes)), peer.Address,
		})
	}
	p.Table(Columns("member", "node", "since", "agreement", ">ahead", ">behind",
		">clock", ">peer_score", ">traffic", "address"), rows)
}

// agreement tells whether a peer has the same list, and as of when.
func (p *Page) agreement(peer *api.Peer) string {
	if peer.Agreement == "yes" && peer.AgreedSeconds != nil {
		return p.Word("agreed_ago", strconv.FormatInt(*peer.AgreedSeconds, 10))
	}
	return p.Coded("agreement", peer.Agreement)
}

// behind tells how much a peer lacked when it said what it holds.
func (p *Page) behind(peer *api.Peer) string {
	if peer.Behind > 0 && peer.ToldSeconds != nil {
		return p.Word("behind_ago", Amount(peer.Behind), strconv.FormatInt(*peer.ToldSeconds, 10))
	}
	return Amount(peer.Behind)
}

// seconds tells a clock's difference with its sign.
func seconds(d *float64) string {
	if d == nil {
		return ""
	}
	return strconv.FormatFloat(math.Round(*d*10)/10+0, 'f', 1, 64) + " s" // + 0: no negative zero
}
