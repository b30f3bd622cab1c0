package undo

import (
	"cmp"
	"slices"

	"ringfence/store/taxonomy"
)

// Lives counts the flags of a target by who said them and the day on which they end, so
// that what a further retraction of it undoes need not be gone through.
type Lives []life

type life struct {
	speaker uint32
	until   taxonomy.Day
	flags   uint32
}

// Add counts flags of an issuer that end on a day.
func (l *Lives) Add(speaker uint32, until taxonomy.Day, flags uint32) {
	at, found := slices.BinarySearchFunc(*l, life{speaker: speaker, until: until}, func(a, b life) int {
		return cmp.Or(cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.until, b.until))
	})
	if !found {
		*l = slices.Insert(*l, at, life{speaker: speaker, until: until})
	}
	(*l)[at].flags += flags
}

// After counts the flags of an issuer that end after a day.
func (l Lives) After(speaker uint32, day taxonomy.Day) (flags uint32) {
	for _, one := range l {
		if one.speaker == speaker && one.until > day {
			flags += one.flags
		}
	}
	return flags
}
