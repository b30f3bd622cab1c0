// Package plans keeps a node's numbering plans: those that ship, and over them those that
// were imported into its data directory.
//
// Floor 11. It tells nobody of a change: what was made of the plans before is made anew by
// whoever owns it.
package plans

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// Dir is where imported plans lie in a data directory.
const Dir = "plans"

// Shelf is the plans of a node. Load may be called at any time; whoever changes the plans
// does so alone.
type Shelf struct {
	dir   string
	home  number.Country
	write Write

	shipped *plan.Set
	book    atomic.Pointer[answer.Book]
}

// Write writes a file of about size bytes whole or not at all.
type Write func(name string, size int, fill func(io.Writer) error) error

// Open reads the plans of a data directory, for a node with a default country.
func (s *Shelf) Open(dir string, home number.Country, write Write) (err error) {
	s.dir, s.home, s.write = filepath.Join(dir, Dir), home, write
	if s.shipped, err = plan.Shipped(); err != nil {
		return fmt.Errorf("plans: %w", err)
	}
	return s.read()
}

// Load returns the book by which numbers are read.
func (s *Shelf) Load() *answer.Book { return s.book.Load() }

// read lays the imported plans over those that ship.
func (s *Shelf) read() error {
	set := s.shipped
	files, err := filepath.Glob(filepath.Join(s.dir, "*.plan"))
	if err != nil {
		return fmt.Errorf("plans: %w", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("plans: read plan: %w", err)
		}
		p, err := plan.Decode(b)
		if err != nil {
			return fmt.Errorf("plans: plan %s: %w; remove it and import it again", name, err)
		}
		set = set.With(p)
	}
	s.book.Store(&answer.Book{Home: s.home, Plans: set, Texts: locale.New()})
	return nil
}

// Import keeps a plan that a file says, which answers from now on.
func (s *Shelf) Import(p api.PlanImport, file io.Reader, now time.Time) (api.Plan, error) {
	format, err := plan.ParseFormat(p.Format)
	if err != nil {
		return api.Plan{}, api.Errorf(api.BadInput, "%v", err)
	}
	day, err := time.Parse(time.DateOnly, p.Date)
	if err != nil {
		return api.Plan{}, api.Errorf(api.BadInput, "%q is no date of a plan; write the day as of which it is true, 2026-11-24", p.Date)
	}
	if day.After(now) {
		return api.Plan{}, api.Errorf(api.BadInput, "%s lies ahead: a plan is true as of a day, and one from the future would overrule every later one until then", p.Date)
	}
	meta := plan.Meta{Date: taxonomy.DayOf(day.Unix()), Source: p.Source}
	if p.Country != "" {
		if meta.Country, err = answer.ParseCountry(p.Country); err != nil {
			return api.Plan{}, err
		}
	}
	read, err := plan.Import(file, format, meta)
	if err != nil {
		return api.Plan{}, api.Errorf(api.BadInput, "%v", err)
	}
	meta = read.Meta()
	note := s.narrower(read)
	if err := s.keep(s.file(meta.Country.String(), meta.Date.String()), read.Encode()); err != nil {
		return api.Plan{}, err
	}
	return api.Plan{Country: meta.Country.String(), Date: meta.Date.String(), Source: meta.Source, Ranges: read.Ranges(), Imported: true, Note: note}, s.read()
}

// narrower says that a plan knows far fewer ranges than one of its country that
// is here: whatever it leaves out would count as not allocated.
func (s *Shelf) narrower(p *plan.Plan) phrase.Phrase {
	for _, known := range s.book.Load().Plans.Plans() {
		if known.Meta().Country == p.Meta().Country && p.Ranges() < known.Ranges()/2 {
			return phrase.New("plan.narrower", "this plan has %d ranges, that of %s has %d: numbers in what it leaves out now count as not allocated, and cli.unallocated would block them; plan remove %s %s undoes the import",
				p.Ranges(), known.Meta().Date, known.Ranges(), p.Meta().Country, p.Meta().Date)
		}
	}
	return phrase.Phrase{}
}

// Remove removes an imported plan.
func (s *Shelf) Remove(country, date string) (api.Plan, error) {
	for _, p := range s.All() {
		switch {
		case p.Country != strings.TrimPrefix(country, "+") || p.Date != date:
		case !p.Imported:
			return api.Plan{}, api.Errorf(api.Refused, "the plan of country %s as of %s ships with the program; import a newer one over it", p.Country, p.Date)
		default:
			if err := os.Remove(s.file(p.Country, p.Date)); err != nil {
				return api.Plan{}, fmt.Errorf("plans: remove plan: %w", err)
			}
			return p, s.read()
		}
	}
	return api.Plan{}, api.Errorf(api.NotFound, "there is no plan of country %.20s as of %.20s; `ringfence plan list` tells which there are", country, date)
}

// file is where the plan of a country as of a date lies.
func (s *Shelf) file(country, date string) string {
	return filepath.Join(s.dir, country+"-"+date+".plan")
}

func (s *Shelf) keep(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("plans: keep plan: %w", err)
	}
	err := s.write(name, len(b), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if err != nil {
		return fmt.Errorf("plans: keep plan: %w", err)
	}
	return nil
}

// All lists the plans, by country code, newest first.
func (s *Shelf) All() []api.Plan {
	out := []api.Plan{}
	shipped := s.shipped.Plans()
	for _, p := range s.book.Load().Plans.Plans() {
		m := p.Meta()
		out = append(out, api.Plan{
			Country: m.Country.String(), Date: m.Date.String(), Source: m.Source, Ranges: p.Ranges(), Imported: !slices.Contains(shipped, p),
		})
	}
	return out
}
