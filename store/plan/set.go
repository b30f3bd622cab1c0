package plan

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"ringfence/configs"
	"ringfence/store/number"
)

// Set is the plans that a node goes by: any number a country, and the tables
// by which numbers are read. It is immutable and safe for concurrent use.
type Set struct {
	layers []layer
	rules  *number.Rules
}

// layer is the plans of one country, newest first; of one date the one given
// last comes first.
type layer struct {
	country number.Country
	plans   []*Plan
}

// NewSet returns the set of the given plans and parser's tables.
func NewSet(plans []*Plan, tables []number.Table) (*Set, error) {
	rules, err := number.NewRules(number.RulesConfig{Tables: tables, Fallback: readForeign})
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	s := &Set{rules: rules}
	for _, p := range plans {
		s = s.With(p)
	}
	return s, nil
}

// Shipped returns the plans in configs/plans. Reading them takes some
// milliseconds: do it once.
func Shipped() (*Set, error) {
	const dir = "plans"
	entries, err := fs.ReadDir(configs.FS, dir)
	if err != nil {
		return nil, fmt.Errorf("plan: list shipped plans: %w", err)
	}
	var plans []*Plan
	var tables []number.Table
	for _, e := range entries {
		if path.Ext(e.Name()) != ".plan" {
			continue
		}
		p, table, err := parseShipped(path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		plans = append(plans, p)
		if len(table.Nodes) > 0 {
			tables = append(tables, table)
		}
	}
	return NewSet(plans, tables)
}

func parseShipped(name string) (*Plan, number.Table, error) {
	f, err := configs.FS.Open(name)
	if err != nil {
		return nil, number.Table{}, err
	}
	defer func() { _ = f.Close() }() // a file in memory: nothing to lose
	return ParseText(f)
}

// With returns a set with one more plan.
func (s *Set) With(p *Plan) *Set {
	with := &Set{rules: s.rules, layers: slices.Clone(s.layers)}
	i := slices.IndexFunc(with.layers, func(l layer) bool { return l.country == p.meta.Country })
	if i < 0 {
		i = len(with.layers)
		with.layers = append(with.layers, layer{country: p.meta.Country})
	}
	plans := append([]*Plan{p}, with.layers[i].plans...)
	slices.SortStableFunc(plans, func(a, b *Plan) int { return cmp.Compare(b.meta.Date, a.meta.Date) })
	with.layers[i].plans = plans
	return with
}

// Plans returns the plans in the order in which they are asked: by country
// code, newest first.
func (s *Set) Plans() []*Plan {
	layers := slices.Clone(s.layers)
	slices.SortFunc(layers, func(a, b layer) int { return cmp.Compare(a.country, b.country) })
	var all []*Plan
	for _, l := range layers {
		all = append(all, l.plans...)
	}
	return all
}

// Rules returns the rules by which numbers are read under the default country
// c: those of its table if the set has one, else of libphonenumber's metadata.
func (s *Set) Rules(c number.Country) *number.Rules { return s.rules.Under(c) }

// Lookup tells what is known of n. For countries without a plan it asks
// libphonenumber's metadata, which takes tens of microseconds and allocates;
// Planned never does.
func (s *Set) Lookup(n number.Number) Info {
	if info, ok := s.Planned(n); ok || n.IsZero() {
		return info
	}
	return describeForeign(n)
}

// Planned tells what the plans of n's country say of it; false when the set
// has none for that country. It does not allocate.
//
// The newest plan that has a range for n gives its class; what that leaves
// open (holder, region, province) comes from the next older one that tells. Of
// allocation the newest plan speaks in whose scope n lies. But where a newer
// plan has a range for n and an older one has nothing in all of that range, a
// series was opened in between, and the older plan cannot know whether n is
// allocated.
func (s *Set) Planned(n number.Number) (Info, bool) {
	plans := s.plansOf(n.Country())
	if plans == nil {
		return Info{}, false
	}
	province, local, _ := n.Province()
	info := Info{Province: province}
	v := n.Nationwide().Uint64()
	var newest span
	found := false
	for _, p := range plans {
		i := at(p.spans, v)
		if i >= 0 {
			info.fill(p, &p.values[p.which[i]], !found)
			if !found {
				newest, found = p.spans[i], true
			}
		}
		if info.Allocated != AllocationUnknown || at(p.scopes, v) < 0 {
			continue
		}
		switch {
		case i >= 0:
			info.Allocated = Allocated
		case found && !p.touches(newest):
			continue
		default:
			info.Allocated = Unallocated
		}
		info.Date, info.Source = p.meta.Date, p.meta.Source
	}
	if local && info.Region == "" {
		info.Region = ProvinceName(province)
	}
	return info, true
}

func (s *Set) plansOf(c number.Country) []*Plan {
	for i := range s.layers {
		if s.layers[i].country == c {
			return s.layers[i].plans
		}
	}
	return nil
}

// fill takes from v what newer plans left open; from the first plan that knows
// the number also its class.
func (info *Info) fill(p *Plan, v *value, first bool) {
	if first {
		info.Class, info.Public = v.class, v.public
		if info.Allocated == AllocationUnknown {
			info.Date, info.Source = p.meta.Date, p.meta.Source
		}
	}
	if info.Holder == "" {
		info.Holder = v.holder
	}
	if info.Region == "" {
		info.Region = v.region
		if info.Province == 0 {
			info.Province = int(v.province)
		}
	}
}
