package conduct

import (
	"maps"
	"time"

	"ringfence/store/keys"
)

// remembered is for how long the conduct of who is gone is remembered. All that it
// was waited for is forgotten by then.
const remembered = regain * mostWaited

// Book is the conduct of those who are here and those who went within little more than an hour, so
// that parting and coming back is no way to begin anew. There are no more of them than
// hosts that the charter names.
type Book map[keys.Public]*Conduct

// Came returns the conduct of a neighbour that is connected now.
func (b Book) Came(k keys.Public, now time.Time) *Conduct {
	c := b[k]
	if c == nil {
		c = &Conduct{}
		b[k] = c
	}
	c.came(now)
	return c
}

// Went says that a neighbour is gone, and whether it left a request for batches
// unanswered.
func (b Book) Went(k keys.Public, owing bool, now time.Time) {
	if c := b[k]; c != nil {
		c.went(owing, now)
	}
	maps.DeleteFunc(b, func(_ keys.Public, c *Conduct) bool { return !c.here && now.Sub(c.since) >= remembered })
}
