package paper

import (
	"encoding/hex"
	"fmt"
	"strings"

	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// A proposal of more than one motion holds goes on in others. What they say of that
// stands at the end of their reason, so that it is signed, and read by people too.
const partFormat = " [part %d of %d, %s]"

// TagSize is how many bytes name a proposal of several parts, in hexadecimal digits; a
// proposal has at most maxParts.
const (
	TagSize  = 8
	maxParts = 9999
)

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
	Reason   string // without what says which part it is
	tag      string // the motion's own ID when it is no part
}

// WholeOf returns whose part a motion is, and which.
func WholeOf(m *motion.Signed) (w Whole, part, of int) {
	w = Whole{m.Proposer, m.Kind, m.Time, m.Until, m.Reason, m.ID.String()}
	said, closed := strings.CutSuffix(m.Reason, "]")
	at := strings.LastIndex(said, " [part ")
	if !closed || at < 0 {
		return w, 1, 1
	}
	var tag string
	if _, err := fmt.Sscanf(said[at:], strings.TrimSuffix(partFormat, "]"), &part, &of, &tag); err != nil {
		return w, 1, 1
	}
	b, err := hex.DecodeString(tag)
	if err != nil || len(b) != TagSize || part < 1 || part > of || of > maxParts || WithPart(said[:at], part, of, tag) != m.Reason {
		return w, 1, 1
	}
	w.Reason, w.tag = said[:at], tag
	return w, part, of
}
