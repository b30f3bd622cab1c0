package quorum

import (
	"fmt"

	"ringfence/consensus/cosign"
	"ringfence/store/wire"
)

// MaxMessage is the size in bytes of what regulators send each other beside Raft.
const MaxMessage = cosign.MaxRecord + 1<<10

// maxParts is how many parts a message has.
const maxParts = 1024

const messageVersion = 1

// topic is what a message is about.
type topic uint8

const (
	aboutWords     topic = 1 // of certifying: see certify.Word
	aboutNote      topic = 2 // a certified checkpoint
	aboutNoTime    topic = 3 // the times of a tick are asked for
	aboutTime      topic = 4 // one of them, as a tick of its own
	aboutPromise   topic = 5 // to begin another generation
	aboutRecord    topic = 6 // that begins one
	aboutNoEntries topic = 7 // entries up to where one starts are asked for
	aboutEntries   topic = 8
	aboutNoLeader  topic = 9 // who finds none asks for the newest checkpoint, and the record of the generation
)

// message is what regulators send each other beside Raft. Nobody believes it for whom it
// comes from: what it carries is signed.
type message struct {
	topic topic
	parts [][]byte
}

type messageArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Topic   uint8
	Parts   [][]byte
}

func (m *message) bytes() []byte {
	return wire.Format(messageArray{Version: messageVersion, Topic: uint8(m.topic), Parts: m.parts})
}

func decodeMessage(b []byte) (message, error) {
	if len(b) > MaxMessage {
		return message{}, fmt.Errorf("quorum: a message of %d bytes; at most %d are read", len(b), MaxMessage)
	}
	var a messageArray
	if err := wire.Decode(b, &a); err != nil {
		return message{}, fmt.Errorf("quorum: this is no message of a regulator: %w", err)
	}
	switch {
	case a.Version != messageVersion:
		return message{}, fmt.Errorf("quorum: a message of version %d; this program knows %d: upgrade", a.Version, messageVersion)
	case len(a.Parts) > maxParts:
		return message{}, fmt.Errorf("quorum: a message of %d parts; at most %d", len(a.Parts), maxParts)
	}
	return message{topic(a.Topic), a.Parts}, nil
}
