// Package story tells what the demo came to: its summary, for people and as an object.
//
// Floor 14, a room of simulations. It is handed what it tells.
package story

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
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
}

// Node is one node of the demo.
type Node struct {
	Member    string `json:"member"`
	Role      string `json:"role"`
	API       string `json:"api,omitempty"`
	Peer      string `json:"peer_address"` // by which the others reach it
	Directory string `json:"directory"`
	Socket    string `json:"socket"`
	ListRoot  string `json:"list_root"`
}

// Example is one telling answer. Numbers of people are masked.
type Example struct {
	Title   string   `json:"title"`
	Number  string   `json:"number_masked"`
	Action  string   `json:"action"`
	Class   string   `json:"class,omitempty"`
	Rule    string   `json:"rule,omitempty"`
	Why     string   `json:"why"`
	Sources []string `json:"sources,omitempty"`
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

// Fiction is what the demo's charter makes believe.
const Fiction = "The charter calls the publishers independent of each other. That is a fiction: the three desks and the 90-day list " +
	"are complaints to one agency, the FTC. In a real federation they would be one independence group and count once."

// Printf writes with digits in groups, as a reader of English expects them.
func Printf(w io.Writer, format string, args ...any) {
	_, _ = message.NewPrinter(language.English).Fprintf(w, format, args...)
}

// Tell tells it to people; undated says that rows without dates count as seen yesterday.
func (p *Publisher) Tell(to io.Writer, undated bool) {
	Printf(to, "  %-10s  %s\n", p.Member, p.What)
	Printf(to, "              %d rows, %d rejected, %d statements in %.1f s", p.Rows, p.Rejected, p.Statements, p.Seconds)
	switch {
	case p.MovedDays != 0:
		Printf(to, "; dates moved by %d days", p.MovedDays)
	case undated:
		Printf(to, "; has no dates, counts as seen yesterday")
	}
	if p.Clamped > 0 {
		Printf(to, "; %d calls dated after their complaint, dated as it", p.Clamped)
	}
	Printf(to, "\n")
}

// Conclude tells the summary to people; once says that the federation ends with it.
func (s *Summary) Conclude(to io.Writer, once bool) {
	Printf(to, "\nThe list of %s\n", s.Day)
	Printf(to, "  %10d  statements, signed, durable on disk, checked by the rules every node applies\n", s.Statements)
	Printf(to, "  %10d  numbers that somebody flags\n", s.Numbers)
	Printf(to, "  %10d  labelled: two independent voices, or one that the charter trusts\n", s.Labelled)
	Printf(to, "  %10d  contested: the evidence disagrees, and the list says so\n", s.Contested)
	Printf(to, "  %10d  protected service numbers, which nobody may flag\n", s.Protected)
	Printf(to, "  %10d  rows rejected:\n", s.Rejected)
	for _, reason := range byCount(s.RejectedBy) {
		Printf(to, "  %10d    %s\n", s.RejectedBy[reason], reason)
	}
	Printf(to, "  %10d  ratified by the regulators: entries of a ledger of %d that %d of them cosigned; a proof of one has %d bytes\n", s.Ratified, s.LedgerSize, s.Cosigners, s.ProofBytes)
	Printf(to, "  list root %s, in %.1f s\n", s.ListRoot, s.Seconds)
	Printf(to, "\nThe nodes, each with a list of its own making and all with the same one\n")
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for i := range s.Nodes {
		n := &s.Nodes[i]
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s…\t%s\n", n.Member, n.Role, n.ListRoot[:12], cmp.Or(n.API, n.Socket))
	}
	_ = w.Flush()
	Printf(to, "\nSome of its answers\n")
	for i := range s.Examples {
		s.Examples[i].tell(to)
	}
	if once {
		Printf(to, "\nThe federation ends here. Without --once it stays up, to be asked, stopped and started.\n")
		return
	}
	if s.API != "" {
		Printf(to, "\nAPI at %s (documentation at %s/docs)\n", s.API, s.API)
	}
	Printf(to, "Ask it: ringfence lookup 95588 --dir %s\n", s.Directory)
	Printf(to, "Whom it knows: ringfence peers --dir %s\n", s.Directory)
}

func (e *Example) tell(to io.Writer) {
	Printf(to, "  %s\n", e.Title)
	words := []string{e.Number, e.Action}
	for _, w := range []string{e.Class, e.Rule} {
		if w != "" {
			words = append(words, w)
		}
	}
	Printf(to, "    %s: %s\n", strings.Join(words, ", "), e.Why)
	for _, source := range e.Sources {
		Printf(to, "      %s\n", source)
	}
}

// byCount returns the reasons by falling count, then by word.
func byCount(reasons map[string]int) []string {
	return slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b))
	})
}

// Wrapped breaks a text into lines of about a screen's width, each after indent.
func Wrapped(text, indent string) string {
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
