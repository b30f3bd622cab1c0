package simulations

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"ringfence/node/api"
	"ringfence/store/number"
)

// Summary is what the demo came to.
type Summary struct {
	Federation string      `json:"federation"`
	Day        string      `json:"day"` // of the list, UTC
	Publishers []Publisher `json:"publishers"`

	Statements int            `json:"statements"`
	Numbers    int            `json:"numbers"` // on the list, with whatever action
	Labelled   int            `json:"labelled"`
	Contested  int            `json:"contested"`
	Protected  int            `json:"protected"` // service numbers that nobody may flag
	Rejected   int            `json:"rejected"`  // rows of which nothing was said
	RejectedBy map[string]int `json:"rejected_by"`
	Void       int            `json:"void"` // statements that count for nothing

	Count    int    `json:"nodes"`
	Equal    bool   `json:"list_roots_equal"`
	ListRoot string `json:"list_root"`
	Nodes    []Node `json:"node_list"`
	// Restarted was stopped before the large lists were published, and started
	// again after.
	Restarted       string  `json:"restarted"`
	CaughtUpSeconds float64 `json:"caught_up_seconds"`

	Ratified   int    `json:"ratified"`    // entries of the ledger that are in force
	LedgerSize uint64 `json:"ledger_size"` // entries, of whatever kind
	Cosigners  int    `json:"cosigners"`   // of its newest checkpoint
	ProofBytes int    `json:"proof_bytes"` // of a proof that a ratified entry stands in the ledger

	Seconds   float64   `json:"seconds"`
	Fiction   string    `json:"fiction"`
	API       string    `json:"api,omitempty"`
	Directory string    `json:"directory"`
	Socket    string    `json:"socket"`
	Examples  []Example `json:"examples"`

	desks remembered
}

// remembered is what the three desks alone have brought about: what is worth
// showing of them is hard to find again among everybody's numbers.
type remembered struct{ labelled, contested, single []number.Number }

// Node is one node of the demo.
type Node struct {
	Member    string `json:"member"`
	Role      string `json:"role"`
	API       string `json:"api,omitempty"`
	Peer      string `json:"peer_address"` // by which the others reach it
	Directory string `json:"directory"`
	Socket    string `json:"socket"`
	ListRoot  string `json:"list_root"`

	peerAddresses []string
}

func nodeOf(s *station, peers []string) Node {
	n := Node{Member: s.id, Role: s.role.String(), Directory: s.cfg.Dir, Socket: s.socket(), peerAddresses: peers}
	if addr := s.node.Addr(); addr != "" {
		n.API = "http://" + addr
	}
	if len(peers) > 0 {
		n.Peer = peers[0]
	}
	return n
}

// Publisher is what became of one member's file.
type Publisher struct {
	Member     string         `json:"member"`
	File       string         `json:"file"`
	What       string         `json:"what"`
	MovedDays  int            `json:"moved_days"` // by which its dates were moved
	Rows       int            `json:"rows"`
	Rejected   int            `json:"rejected"` // unusable, or what the rules would count as void
	RejectedBy map[string]int `json:"rejected_by"`
	Clamped    int            `json:"clamped"` // calls dated after the complaint about them
	Statements int            `json:"statements"`
	Seconds    float64        `json:"seconds"`
}

// fiction is what the demo's charter makes believe.
const fiction = "The charter calls the publishers independent of each other. That is a fiction: the three desks and the 90-day list " +
	"are complaints to one agency, the FTC. In a real federation they would be one independence group and count once."

// publisherOf is the account of a published file.
func publisherOf(in input, p api.Published) Publisher {
	return Publisher{
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
	s.Fiction, s.Directory, s.Socket = fiction, home.cfg.Dir, home.socket()
	if addr := home.node.Addr(); addr != "" {
		s.API = "http://" + addr
	}
	err := d.examples(ctx)
	s.Seconds = d.cfg.Now().Sub(began).Seconds()
	return err
}

func (d *demo) printf(format string, args ...any) {
	_, _ = message.NewPrinter(language.English).Fprintf(d.text, format, args...)
}

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
	d.printf("%s\n", wrapped(fiction, "  "))
}

func (d *demo) tellPublisher(p *Publisher) {
	d.printf("  %-10s  %s\n", p.Member, p.What)
	d.printf("              %d rows, %d rejected, %d statements in %.1f s", p.Rows, p.Rejected, p.Statements, p.Seconds)
	switch {
	case p.MovedDays != 0:
		d.printf("; dates moved by %d days", p.MovedDays)
	case p.Member != carrier:
		d.printf("; has no dates, counts as seen yesterday")
	}
	if p.Clamped > 0 {
		d.printf("; %d calls dated after their complaint, dated as it", p.Clamped)
	}
	d.printf("\n")
}

// conclude tells the summary to people.
func (d *demo) conclude() {
	s := &d.summary
	d.printf("\nThe list of %s\n", s.Day)
	d.printf("  %10d  statements, signed, durable on disk, checked by the rules every node applies\n", s.Statements)
	d.printf("  %10d  numbers that somebody flags\n", s.Numbers)
	d.printf("  %10d  labelled: two independent voices, or one that the charter trusts\n", s.Labelled)
	d.printf("  %10d  contested: the evidence disagrees, and the list says so\n", s.Contested)
	d.printf("  %10d  protected service numbers, which nobody may flag\n", s.Protected)
	d.printf("  %10d  rows rejected:\n", s.Rejected)
	for _, reason := range byCount(s.RejectedBy) {
		d.printf("  %10d    %s\n", s.RejectedBy[reason], reason)
	}
	d.printf("  %10d  ratified by the regulators: entries of a ledger of %d that %d of them cosigned; a proof of one has %d bytes\n", s.Ratified, s.LedgerSize, s.Cosigners, s.ProofBytes)
	d.printf("  list root %s, in %.1f s\n", s.ListRoot, s.Seconds)
	d.printf("\nThe nodes, each with a list of its own making and all with the same one\n")
	w := tabwriter.NewWriter(d.text, 0, 0, 2, ' ', 0)
	for i := range s.Nodes {
		n := &s.Nodes[i]
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s…\t%s\n", n.Member, n.Role, n.ListRoot[:12], cmp.Or(n.API, n.Socket))
	}
	_ = w.Flush()
	d.printf("\nSome of its answers\n")
	for i := range s.Examples {
		d.tellExample(&s.Examples[i])
	}
	if d.cfg.Once {
		d.printf("\nThe federation ends here. Without --once it stays up, to be asked, stopped and started.\n")
		return
	}
	if s.API != "" {
		d.printf("\nAPI at %s (documentation at %s/docs)\n", s.API, s.API)
	}
	d.printf("Ask it: ringfence lookup 95588 --dir %s\n", s.Directory)
	d.printf("Whom it knows: ringfence peers --dir %s\n", s.Directory)
}

func (d *demo) tellExample(e *Example) {
	d.printf("  %s\n", e.Title)
	words := []string{e.Number, e.Action}
	for _, w := range []string{e.Class, e.Rule} {
		if w != "" {
			words = append(words, w)
		}
	}
	d.printf("    %s: %s\n", strings.Join(words, ", "), e.Why)
	for _, source := range e.Sources {
		d.printf("      %s\n", source)
	}
}

// byCount returns the reasons by falling count, then by word.
func byCount(reasons map[string]int) []string {
	return slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b))
	})
}

// wrapped breaks a text into lines of about a screen's width.
func wrapped(text, indent string) string {
	const width = 78
	var b strings.Builder
	line := 0
	for _, word := range strings.Fields(text) {
		if line == 0 || line+1+len(word) > width {
			if line > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(indent)
			line = len(indent) - 1
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		line += 1 + len(word)
	}
	return b.String()
}
