package paper

import (
	"fmt"
	"regexp"
	"strconv"

	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// A proposal of more than one motion holds goes on in others. What they say of that
// stands at the end of their reason, so that it is signed, and read by people too.
const partFormat = " [part %d of %d, %s]"

const partForm = `^(.*) \[part ([1-9][0-9]{0,3}) of ([1-9][0-9]{0,3}), ([0-9a-f]{16})\]$`

// PartRoom is how many bytes of a reason the words about parts take at most.
const PartRoom = 48

// WithPart returns the reason of a part.
func WithPart(reason string, part, of int, tag string) string {
	if of == 1 {
		return reason
	}
	return reason + fmt.Sprintf(partFormat, part, of, tag)
}

// Whole names the proposal of which a motion is a part. Parts are of one proposer, so
// nobody adds to another's.
type Whole struct {
	Proposer keys.Public
	Kind     motion.Kind
	Time     int64
	Until    taxonomy.Day
	tag      string // the motion's own ID when it is no part
}

// WholeOf returns whose part a motion is, and which, and the reason without that.
func WholeOf(m *motion.Signed) (w Whole, part, of int, reason string) {
	w = Whole{m.Proposer, m.Kind, m.Time, m.Until, m.ID.String()}
	found := regexp.MustCompile(partForm).FindStringSubmatch(m.Reason)
	if found == nil {
		return w, 1, 1, m.Reason
	}
	part, _ = strconv.Atoi(found[2]) // at most four digits
	of, _ = strconv.Atoi(found[3])
	if part > of {
		return w, 1, 1, m.Reason
	}
	w.tag = found[4]
	return w, part, of, found[1]
}
