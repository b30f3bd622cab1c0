package quorum

// Message is a message between regulators, as a liar would write it.
func Message(about uint8, parts ...[]byte) []byte {
	return (&message{topic: topic(about), parts: parts}).bytes()
}

// What messages are about.
const (
	AboutWords   = uint8(aboutWords)
	AboutNote    = uint8(aboutNote)
	AboutTime    = uint8(aboutTime)
	AboutPromise = uint8(aboutPromise)
	AboutRecord  = uint8(aboutRecord)
	AboutEntries = uint8(aboutEntries)
)
