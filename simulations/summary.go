package simulations

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"ringfence/node/api"
	"ringfence/simulations/story"
)

// nodeOf is the account of a node that runs, reached by peers.
func nodeOf(s *station, peers []string) story.Node {
	n := story.Node{Member: s.id, Role: s.role.String(), Directory: s.cfg.Dir, Socket: s.socket()}
	if addr := s.node.Addr(); addr != "" {
		n.API = "http://" + addr
	}
	if len(peers) > 0 {
		n.Peer = peers[0]
	}
	return n
}

// publisherOf is the account of a published file.
func publisherOf(in input, p api.Published) story.Publisher {
	return story.Publisher{
		Member: in.member, File: in.file, What: in.what, Rows: p.Rows, Rejected: p.Rejected, RejectedBy: p.RejectedBy,
		Clamped: p.Clamped, Statements: p.Statements, Seconds: p.Seconds,
	}
}

// sum fills the summary from the list as it stands.
func (d *demo) sum(ctx context.Context, began time.Time) error {
	s, l := &d.summary, d.home().View().List()
	c := l.Counts()
	s.Count = len(d.stations)
	_, s.Equal = d.sameRoot(d.said())
	for i, station := range d.stations {
		s.Nodes[i].ListRoot = station.node.View().List().Stamp().Root.String()
	}
	s.Federation, s.Day, s.ListRoot = d.home().State().Federation().String(), l.Stamp().Day.String(), l.Stamp().Root.String()
	s.Statements, s.Numbers, s.Labelled, s.Contested, s.Void = c.Statements, c.Entries, c.Labelled, c.Contested, c.Void
	s.RejectedBy = make(map[string]int)
	for _, p := range s.Publishers {
		s.Rejected += p.Rejected
		for reason, n := range p.RejectedBy {
			s.RejectedBy[reason] += n
		}
	}
	home := d.station(carrier)
	s.Fiction, s.Directory, s.Socket = story.Fiction, home.cfg.Dir, home.socket()
	if addr := home.node.Addr(); addr != "" {
		s.API = "http://" + addr
	}
	err := d.examples(ctx)
	s.Seconds = d.cfg.Now().Sub(began).Seconds()
	return err
}

func (d *demo) printf(format string, args ...any) { story.Printf(d.text, format, args...) }

func (d *demo) introduce() {
	c := d.home().State().Charter()
	d.printf("A federation of %d members and %d nodes on this machine, by a charter sealed just now.\n", len(c.Members), len(d.stations))
	w := tabwriter.NewWriter(d.text, 0, 0, 2, ' ', 0)
	for _, seat := range seats(true) {
		trusted := ""
		if seat.trusted {
			trusted = "trusted"
		}
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", seat.id, seat.role, trusted, seat.name)
	}
	_ = w.Flush()
	d.printf("%s\n", story.Wrapped(story.Fiction, "  "))
}
