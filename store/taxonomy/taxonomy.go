// Package taxonomy is the vocabulary of verdicts: what the list can say of a
// number, in fixed integers that stand in digests and break ties.
//
// Every publisher has words of its own; the list needs one set of them that
// orders, sums and hashes alike on every machine. An Action is what to do, a
// Class is the broad kind of call, a Category names sector or technique inside
// its class. Codes are append-only: a code is never reused and never moves,
// because lists that were signed or logged carry it. Names are for people and
// may change between versions of the taxonomy.
//
// Floor 0. It knows no numbers, no statements and no policy: an Entry is only
// the answer; the key that it belongs to stands beside it.
package taxonomy

import (
	"fmt"
	"strings"
)

// Version is the version of the category table below.
const Version = 1

// Action is what the list asks a screening node to do. The order is by rising
// severity and is part of the list's digest.
type Action uint8

// The actions. Allow 放行, label 标记, block 拦截.
const (
	Allow Action = 0
	Label Action = 1
	Block Action = 2
)

var actionWords = [...]string{Allow: "allow", Label: "label", Block: "block"}

// String returns the English word, or "action(n)" for an unknown code.
func (a Action) String() string {
	if int(a) < len(actionWords) {
		return actionWords[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// MarshalText returns the word that String gives.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText accepts the words allow, label and block.
func (a *Action) UnmarshalText(text []byte) error {
	for i, w := range actionWords {
		if w == string(text) {
			*a = Action(i)
			return nil
		}
	}
	return fmt.Errorf("taxonomy: %q is no action; want allow, label or block", text)
}

// Class is the broad kind of call. Zero is no class. The order breaks ties:
// the smaller code wins.
type Class uint8

// The classes. Crm to Oth are the typed nuisance classes; Unk is nuisance that
// its publisher did not type; ID and OK are harmless.
const (
	Crm Class = 1 // illegal and criminal 违法犯罪
	Har Class = 2 // malicious harassment 恶意骚扰
	Mkt Class = 3 // commercial marketing 商业营销
	Oth Class = 4 // other unwanted calls
	Unk Class = 5 // untyped
	ID  Class = 6 // identity only, not nuisance
	OK  Class = 7 // reported harmless
)

// NumClasses is one more than the highest class code, for arrays by class.
const NumClasses = 8

var classWords = [NumClasses]string{"", "crm", "har", "mkt", "oth", "unk", "id", "ok"}

// Valid reports whether c is one of the seven classes.
func (c Class) Valid() bool { return c >= Crm && c <= OK }

// Nuisance reports whether c claims that a number is a nuisance, typed or not.
func (c Class) Nuisance() bool { return c >= Crm && c <= Unk }

// Typed reports whether c is a nuisance class that says which kind.
func (c Class) Typed() bool { return c >= Crm && c <= Oth }

// String returns the code word ("crm"), or "" for no class.
func (c Class) String() string {
	if int(c) < len(classWords) {
		return classWords[c]
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// MarshalText returns the word that String gives.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts the code words; the empty text is no class.
func (c *Class) UnmarshalText(text []byte) error {
	for i, w := range classWords {
		if w == string(text) {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("taxonomy: %q is no class; want crm, har, mkt, oth, unk, id or ok", text)
}

// Category is a class times 256 plus the category's place in it, from 1. Zero
// is no category.
type Category uint16

// Class returns the class that c belongs to.
func (c Category) Class() Class { return Class(c >> 8) }

// Known reports whether this version of the taxonomy has c.
func (c Category) Known() bool {
	cl, place := c.Class(), int(c&0xFF)
	return cl.Valid() && place >= 1 && place <= len(categoryNames[cl])
}

// String returns the dotted code ("mkt.finance.loan"), "" for no category, or
// "category(n)" for one that this version does not know.
func (c Category) String() string {
	if c == 0 {
		return ""
	}
	if !c.Known() {
		return fmt.Sprintf("category(%d)", uint16(c))
	}
	return c.Class().String() + "." + categoryNames[c.Class()][c&0xFF-1].code
}

// Name returns the category's name in Chinese if lang begins with "zh", else
// in English.
func (c Category) Name(lang string) string {
	if !c.Known() {
		return c.String()
	}
	n := categoryNames[c.Class()][c&0xFF-1]
	if strings.HasPrefix(lang, "zh") {
		return n.zh
	}
	return n.en
}

// Name returns the class's name in Chinese if lang begins with "zh", else in
// English; "" for no class.
func (c Class) Name(lang string) string {
	if !c.Valid() {
		return ""
	}
	if strings.HasPrefix(lang, "zh") {
		return classNames[c].zh
	}
	return classNames[c].en
}

// MarshalText returns the dotted code.
func (c Category) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts a dotted code of ParseCategory; the empty text is no
// category.
func (c *Category) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = 0
		return nil
	}
	got, err := ParseCategory(string(text))
	if err != nil {
		return err
	}
	*c = got
	return nil
}

// ParseCategory reads a dotted code such as "mkt.finance.loan".
func ParseCategory(s string) (Category, error) {
	class, rest, ok := strings.Cut(s, ".")
	if ok {
		for cl := Crm; cl <= OK; cl++ {
			if classWords[cl] != class {
				continue
			}
			for i, n := range categoryNames[cl] {
				if n.code == rest {
					return Category(uint16(cl)<<8 | uint16(i+1)), nil
				}
			}
		}
	}
	return 0, fmt.Errorf("taxonomy: %q is no category of version %d; see docs/formats.md for the table", s, Version)
}

// Categories returns every category of this version in rising order.
func Categories() []Category {
	var all []Category
	for cl := Crm; cl <= OK; cl++ {
		for i := range categoryNames[cl] {
			all = append(all, Category(uint16(cl)<<8|uint16(i+1)))
		}
	}
	return all
}

// Untyped is nuisance of an unknown kind.
const Untyped Category = Category(Unk)<<8 | 1
