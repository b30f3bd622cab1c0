package show

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"ringfence/node/locale"
	"ringfence/node/phrase"
)

// Page is where an answer is shown. Errors of writing come from Err at the end.
type Page struct {
	w      io.Writer
	words  *locale.Catalog
	colour bool
	err    error
}

// NewPage returns a page on w in the language of words. Colour is for
// terminals.
func NewPage(w io.Writer, words *locale.Catalog, colour bool) *Page {
	return &Page{w: w, words: words, colour: colour}
}

// Err returns the first error of writing.
func (p *Page) Err() error { return p.err }

// Line writes one line.
func (p *Page) Line(line string) {
	p.write(p.plain(line) + "\n")
}

// plain is Plain but for the page's own marks.
func (p *Page) plain(s string) string {
	if !p.colour {
		return plain(s)
	}
	return plain(s, text.Faint.EscapeSeq(), text.Bold.EscapeSeq(), text.Reset.EscapeSeq())
}

// Plain replaces what could steer a terminal or turn text around: control and
// format characters. What other members write is shown, never obeyed; --json
// has it verbatim.
func Plain(s string) string { return plain(s) }

func plain(s string, own ...string) string {
	var b strings.Builder
	for s != "" {
		if i := slices.IndexFunc(own, func(o string) bool { return strings.HasPrefix(s, o) }); i >= 0 {
			b.WriteString(own[i])
			s = s[len(own[i]):]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

// Say writes the message of a key below cli.
func (p *Page) Say(key string, args ...string) { p.Line(p.Word(key, args...)) }

func (p *Page) write(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

// Lang is the language of the page, "en" or "zh".
func (p *Page) Lang() string { return p.words.Lang() }

// Word returns the message of a key below cli.
func (p *Page) Word(key string, args ...string) string { return p.words.Named("cli."+key, args...) }

// Phrase returns what a phrase says.
func (p *Page) Phrase(said phrase.Phrase) string { return p.words.Phrase(said) }

// Coded returns the message of a code that another package gives, "" for none.
// A code that has no message here, such as one of a newer node, is shown as it is.
func (p *Page) Coded(prefix, code string) string {
	key := prefix + "." + code
	if text := p.words.Named(key); text != key {
		return text
	}
	return code
}

// codedAll joins the messages of several codes.
func (p *Page) codedAll(prefix string, all []string) string {
	var told []string
	for _, code := range all {
		told = append(told, p.Coded(prefix, code))
	}
	return Commas(told...)
}

// Fact is one line of a list of facts: a word, by its key below cli, and what it is.
type Fact [2]string

// Facts writes facts one a line, without those that are empty.
func (p *Page) Facts(all ...Fact) {
	width := 0
	for _, f := range all {
		if f[1] != "" {
			width = max(width, text.StringWidthWithoutEscSequences(p.Word(f[0])))
		}
	}
	for _, f := range all {
		if f[1] == "" {
			continue
		}
		word := p.Word(f[0])
		gap := strings.Repeat(" ", width-text.StringWidthWithoutEscSequences(word)+2)
		p.Line(p.Faint(word) + gap + f[1])
	}
}

// Column is the head of a column, by its word, and on which side it stands.
type Column struct {
	key   string
	right bool
}

// Columns returns heads by their keys below cli; ">key" stands on the right, as
// figures do.
func Columns(keys ...string) []Column {
	var all []Column
	for _, k := range keys {
		key, right := strings.CutPrefix(k, ">")
		all = append(all, Column{key, right})
	}
	return all
}

// Table writes rows under their heads, without columns that are empty; nothing
// when there are no rows.
func (p *Page) Table(columns []Column, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	columns, rows = filled(columns, rows)
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	var head table.Row
	var configs []table.ColumnConfig
	for i, c := range columns {
		head = append(head, p.Faint(p.Word(c.key)))
		if c.right {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(configs)
	for _, row := range rows {
		var cells table.Row
		for _, cell := range row {
			cells = append(cells, p.plain(cell)) // before the table measures it
		}
		t.AppendRow(cells)
	}
	for line := range strings.Lines(t.Render() + "\n") {
		p.Line(strings.TrimRight(line, " \n"))
	}
}

// filled leaves out the columns in which no row has anything.
func filled(columns []Column, rows [][]string) ([]Column, [][]string) {
	var kept []Column
	cells := make([][]string, len(rows))
	for i, c := range columns {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		kept = append(kept, c)
		for j, row := range rows {
			cells[j] = append(cells[j], row[i])
		}
	}
	return kept, cells
}

// Faint marks what the eye may pass over.
func (p *Page) Faint(s string) string {
	if !p.colour || s == "" {
		return s
	}
	return text.Faint.EscapeSeq() + s + text.Reset.EscapeSeq()
}

// Strong marks what the eye looks for first.
func (p *Page) Strong(s string) string {
	if !p.colour || s == "" {
		return s
	}
	return text.Bold.EscapeSeq() + s + text.Reset.EscapeSeq()
}

// Amount writes a count with its digits in groups of three.
func Amount[T int | int64 | uint32 | uint64](n T) string {
	digits := strconv.FormatUint(uint64(max(n, 0)), 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Span tells how long something lasts, in the largest unit that it fills and the next.
func (p *Page) Span(seconds int64) string {
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	switch s := max(seconds, 0); {
	case s < minute:
		return p.Word("span.seconds", Amount(s))
	case s < hour:
		return p.Word("span.minutes", Amount(s/minute))
	case s < day:
		return p.Word("span.hours", Amount(s/hour), Amount(s%hour/minute))
	default:
		return p.Word("span.days", Amount(s/day), Amount(s%day/hour))
	}
}

// size writes bytes in the largest unit that leaves a whole part.
func size(n uint64) string {
	const step = 1024
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	tenths, unit := n*10, 0
	for unit < len(units)-1 && tenths >= step*10 {
		tenths, unit = tenths/step, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%d.%d %s", tenths/10, tenths%10, units[unit])
}

// percent writes permille as a percentage, "" for 0.
func percent(permille uint16) string {
	if permille == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d %%", permille/10, permille%10)
}

// Short cuts a hash or a reference to what one compares at a glance.
func Short(s string) string {
	const most = 12
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// Day cuts an RFC 3339 time to its day.
func Day(s string) string {
	d, _, _ := strings.Cut(s, "T")
	return d
}

// Commas puts commas between the parts that are not empty.
func Commas(parts ...string) string {
	var kept []string
	for _, s := range parts {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, ", ")
}
