package assertion

import (
	"fmt"
	"strings"

	"ringfence/store/taxonomy"
)

// Labels maps a publisher's own words to categories. White space is folded for
// matching only; the verbatim word stays in the flag.
type Labels struct{ table map[string]taxonomy.Category }

// NewLabels returns the mapping of table. It fails when two of its words are
// the same word after folding but mean two categories.
func NewLabels(table map[string]taxonomy.Category) (Labels, error) {
	folded := make(map[string]taxonomy.Category, len(table))
	for label, category := range table {
		key := foldLabel(label)
		if other, ok := folded[key]; ok && other != category {
			return Labels{}, fmt.Errorf("assertion: label %q maps to both %v and %v; remove one", key, min(category, other), max(category, other))
		}
		folded[key] = category
	}
	return Labels{folded}, nil
}

// Category returns what label means; false when the mapping does not say.
func (l Labels) Category(label string) (taxonomy.Category, bool) {
	c, ok := l.table[foldLabel(label)]
	return c, ok
}

// Len returns how many words are mapped.
func (l Labels) Len() int { return len(l.table) }

func foldLabel(s string) string { return strings.Join(strings.Fields(s), " ") }
