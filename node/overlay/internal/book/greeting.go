package book

import (
	"crypto/rand"

	"ringfence/node/overlay/internal/layout"
	"ringfence/store/wire"
)

// SessionSize is the size in bytes of what names one life of a node.
const SessionSize = 8

// Session names one life of a node.
type Session [SessionSize]byte

// NewSession returns a name that no other life has.
func NewSession() (s Session) {
	_, _ = rand.Read(s[:]) // it never fails
	return s
}

// Greeting is what each end of an exchange says: which life of its node speaks,
// and signed peer records, its own first when it can be reached. A brief one has
// no records and wants none: it only asks whether the other end is still there.
//
//	[version, session (8 bytes), brief (0 or 1), [record, …]]
type Greeting struct {
	Session Session
	Brief   bool
	Records [][]byte
}

const greetingVersion = 1

// Encode writes the greeting.
func (g Greeting) Encode() []byte {
	b := wire.AppendArray(nil, 4)
	b = wire.AppendUint(b, greetingVersion)
	b = wire.AppendBytes(b, g.Session[:])
	b = wire.AppendBool(b, g.Brief)
	b = wire.AppendArray(b, len(g.Records))
	for _, r := range g.Records {
		b = wire.AppendBytes(b, r)
	}
	return b
}

// DecodeGreeting reads what Encode writes and nothing else.
func DecodeGreeting(b []byte) (Greeting, error) {
	r := wire.NewReader("greeting", b)
	r.Array("greeting", 4, 4)
	r.Version(greetingVersion)
	var g Greeting
	copy(g.Session[:], r.Bytes("session", SessionSize, SessionSize))
	g.Brief = r.Bool("brief")
	most := layout.MaxRecords
	if g.Brief {
		most = 0
	}
	for range r.Array("records", 0, most) {
		one := r.Bytes("record", 1, layout.MaxRecord)
		if r.Err() != nil {
			break
		}
		g.Records = append(g.Records, one)
	}
	return g, r.End()
}
