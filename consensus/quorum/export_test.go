package quorum

import (
	"slices"

	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
)

// Message is a message between regulators, as a liar would write it.
func Message(about uint8, parts ...[]byte) []byte {
	return (&message{topic: topic(about), parts: parts}).bytes()
}

// What messages are about.
const (
	AboutWords   = uint8(aboutWords)
	AboutNote    = uint8(aboutNote)
	AboutNoTime  = uint8(aboutNoTime)
	AboutTime    = uint8(aboutTime)
	AboutPromise = uint8(aboutPromise)
	AboutRecord  = uint8(aboutRecord)
	AboutEntries = uint8(aboutEntries)
)

// Without returns a message without words that say any of these.
func Without(b []byte, sayings ...certify.Saying) []byte {
	m, err := decodeMessage(b)
	if err != nil || m.topic != aboutWords {
		return b
	}
	m.parts = slices.DeleteFunc(m.parts, func(part []byte) bool {
		w, err := certify.Decode(part)
		return err == nil && slices.Contains(sayings, w.Saying)
	})
	return m.bytes()
}

// Retold returns a message with other parts.
func Retold(b []byte, change func(part []byte) []byte) []byte {
	m, err := decodeMessage(b)
	if err != nil {
		return b
	}
	for i := range m.parts {
		m.parts[i] = change(m.parts[i])
	}
	return m.bytes()
}

// IsAbout reports whether a message is about one of these.
func IsAbout(b []byte, topics ...uint8) bool {
	m, err := decodeMessage(b)
	return err == nil && slices.Contains(topics, uint8(m.topic))
}

// Stretch is how a part of the ledger is named in a message.
func Stretch(from, to uint64) []byte { return applied.Stretch{From: from, To: to}.Bytes() }
