// Package local holds a node's own screening rules: whom this node lets through
// or blocks whatever the federation says.
//
// A list that many share can be wrong for one network on one day, and its
// operator answers for the calls. So every node has the last word on its own
// calls, in files that people review and in statements of its own member. Such
// a rule is named in each verdict that it decides, has a reason and may have an
// end, and never enters the shared list. Rules are compiled once; finding those
// about a caller allocates nothing.
//
// Floor 9, part of screening. It knows no list and decides no call: package
// screen puts its rules in their place among the others.
package local

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"hash"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringfence/node/screen/prefix"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// The names of the rules that come from the member's own statements. No rule of
// a file may have them.
const (
	OwnAllow = "local.allow"
	OwnBlock = "local.block"
)

// Excuse is a failed check of the caller ID that an allow may excuse.
type Excuse uint8

// The checks that can be excused.
const (
	Irregular Excuse = iota
	ForeignDomestic
	Unallocated

	numExcuses = iota
)

var excuseWords = [numExcuses]string{"cli.irregular", "cli.foreign_domestic", "cli.unallocated"}

// String returns the name of the rule that makes the check.
func (e Excuse) String() string {
	if e < numExcuses {
		return excuseWords[e]
	}
	return fmt.Sprintf("excuse(%d)", uint8(e))
}

// Rule is one compiled rule; who it is about stands in the indexes of Rules.
type Rule struct {
	name     string
	allow    bool
	shadow   bool
	excuses  [numExcuses]bool
	until    int64 // Unix seconds; in force before it
	called   prefix.Set
	anyone   bool // called is empty and holds every number
	category taxonomy.Category
	reason   string
}

// Name returns the rule's dotted name.
func (r *Rule) Name() string { return r.name }

// Own reports whether the rule is the member's own statement, not of a file.
func (r *Rule) Own() bool { return r.name == OwnAllow || r.name == OwnBlock }

// Allow reports whether the rule allows; else it blocks.
func (r *Rule) Allow() bool { return r.allow }

// Shadow reports whether the rule's author wants it only to tell what it would
// do.
func (r *Rule) Shadow() bool { return r.shadow }

// Excuses reports whether an allow excuses a failed check.
func (r *Rule) Excuses(e Excuse) bool { return e < numExcuses && r.excuses[e] }

// Category returns what the blocked caller is said to do; 0 when not told.
func (r *Rule) Category() taxonomy.Category { return r.category }

// Reason returns why the rule exists, in its author's words.
func (r *Rule) Reason() string { return r.reason }

// Applies reports whether the rule holds for a call to called at a time in
// Unix seconds.
func (r *Rule) Applies(called *number.Readings, at int64) bool {
	return at < r.until && (r.anyone || r.called.HasAny(called))
}

// forever is the until of a rule that does not end.
const forever int64 = math.MaxInt64

// Rules is a compiled set of rules. It is immutable; the zero Rules is none.
// Parse makes it from files, Compile from the member's own statements.
type Rules struct {
	rules     []Rule
	numbers   prefix.Table[[]uint32] // places in rules, rising
	texts     map[string][]uint32
	anonymous []uint32
	digest    [sha256.Size]byte
}

// Digest returns the SHA-256 of the rules in canonical form: the same for two
// files that differ only in comments, quoting or the order of callers.
func (r *Rules) Digest() [sha256.Size]byte { return r.digest }

// Len returns the count of rules.
func (r *Rules) Len() int { return len(r.rules) }

// All yields the rules in their order.
func (r *Rules) All() iter.Seq[*Rule] {
	return func(yield func(*Rule) bool) {
		for i := range r.rules {
			if !yield(&r.rules[i]) {
				return
			}
		}
	}
}

// Own is a block or an allow that the member set for its own nodes alone:
// a block statement of scope own, or an allow for a while.
type Own struct {
	Key      number.Range
	Action   taxonomy.Action // Block or Allow
	Category taxonomy.Category
	Until    time.Time // zero: without end
}

// Compile compiles what the member set for its own nodes. In verdicts these
// rules are local.block and local.allow. It refuses a rule without a key and
// one that only labels.
func Compile(own []Own) (*Rules, error) {
	drafts := make([]draft, 0, len(own))
	for i, o := range own {
		if o.Key.IsZero() || o.Action != taxonomy.Allow && o.Action != taxonomy.Block {
			return nil, fmt.Errorf("local: own rule %d has key %q and action %s; want a number or range, and allow or block", i+1, o.Key.Masked(), o.Action)
		}
		d := draft{numbers: []number.Range{o.Key}}
		d.name, d.allow = OwnBlock, o.Action == taxonomy.Allow
		if d.allow {
			d.name = OwnAllow
		}
		d.category, d.until = o.Category, forever
		if !o.Until.IsZero() {
			d.until = o.Until.Unix()
		}
		drafts = append(drafts, d)
	}
	// The order of own rules carries no meaning; a fixed one gives a fixed digest.
	slices.SortStableFunc(drafts, func(a, b draft) int {
		return cmp.Or(a.numbers[0].Compare(b.numbers[0]), cmp.Compare(a.name, b.name),
			cmp.Compare(a.until, b.until), cmp.Compare(a.category, b.category))
	})
	return build(drafts), nil
}

// draft is a rule as read, before it is indexed.
type draft struct {
	Rule
	numbers   []number.Range
	texts     []string
	anonymous bool
	calledBy  []number.Range // the called numbers that the rule is limited to
}

func build(drafts []draft) *Rules {
	r := &Rules{texts: make(map[string][]uint32)}
	sum := sha256.New()
	writeLine(sum, "ringfence/local-rules/v1")
	for i := range drafts {
		d := &drafts[i]
		d.normalize()
		d.writeTo(sum)
		place := uint32(i)
		for _, key := range d.numbers {
			r.numbers.Put(key, func(was []uint32) []uint32 { return appendNew(was, place) })
		}
		for _, text := range d.texts {
			r.texts[text] = append(r.texts[text], place)
		}
		if d.anonymous {
			r.anonymous = append(r.anonymous, place)
		}
		d.anyone, d.called = len(d.calledBy) == 0, prefix.NewSet(d.calledBy)
		r.rules = append(r.rules, d.Rule)
	}
	sum.Sum(r.digest[:0])
	return r
}

// appendNew appends place unless it stands last: an any-length range and one of
// its own keys in one rule meet at the same key.
func appendNew(places []uint32, place uint32) []uint32 {
	if n := len(places); n > 0 && places[n-1] == place {
		return places
	}
	return append(places, place)
}

// normalize sorts what has no order and drops what stands twice.
func (d *draft) normalize() {
	slices.SortFunc(d.numbers, number.Range.Compare)
	d.numbers = slices.Compact(d.numbers)
	slices.Sort(d.texts)
	d.texts = slices.Compact(d.texts)
	slices.SortFunc(d.calledBy, number.Range.Compare)
	d.calledBy = slices.Compact(d.calledBy)
}

// writeTo writes the rule's canonical form. Every value is quoted or of a fixed
// alphabet, so no two rules share a form.
func (d *draft) writeTo(sum hash.Hash) {
	action := "block"
	if d.allow {
		action = "allow"
	}
	until := "never"
	if d.until != forever {
		until = strconv.FormatInt(d.until, 10)
	}
	writeLine(sum, "rule", d.name, action, "shadow="+strconv.FormatBool(d.shadow), "until="+until,
		"category="+d.category.String(), "reason="+strconv.Quote(d.reason))
	for _, key := range d.numbers {
		writeLine(sum, "caller", key.String())
	}
	for _, text := range d.texts {
		writeLine(sum, "irregular", strconv.Quote(text))
	}
	if d.anonymous {
		writeLine(sum, "anonymous")
	}
	for _, key := range d.calledBy {
		writeLine(sum, "called", key.String())
	}
	for e := range Excuse(numExcuses) {
		if d.excuses[e] {
			writeLine(sum, "excuses", e.String())
		}
	}
}

func writeLine(sum hash.Hash, words ...string) {
	sum.Write([]byte(strings.Join(words, " ") + "\n"))
}

// Walk goes over the rules about one caller: those at its longest key first,
// then those at shorter ones, and in the order of the files at each.
type Walk struct {
	rules  *Rules
	number number.Number // none: only places
	places []uint32
	from   int
}

// About starts a walk over the rules that name a caller.
func (r *Rules) About(c number.Caller) Walk {
	w := Walk{rules: r}
	switch c.Kind() {
	case number.Numbered:
		w.number, _ = c.Number()
	case number.Anonymous:
		w.places = r.anonymous
	default:
		w.places = r.texts[c.Raw()]
	}
	return w
}

// Next returns the next rule, nil at the end.
func (w *Walk) Next() *Rule {
	for len(w.places) == 0 {
		if w.number.IsZero() {
			return nil
		}
		var ok bool
		if w.places, w.from, ok = w.rules.numbers.Next(w.number, w.from); !ok {
			return nil
		}
	}
	place := w.places[0]
	w.places = w.places[1:]
	return &w.rules.rules[place]
}
