package gossip

import (
	"fmt"

	"ringfence/node/overlay"
	"ringfence/store/assertion"
	"ringfence/store/checkpoint"
	"ringfence/store/feed"
	"ringfence/store/wire"
)

// messageVersion leads every message. The topics carry it as well, so a node
// that knows a newer one does not send it here.
const messageVersion = 1

// The largest messages of each topic, in bytes: an array head and the version,
// and a head of at most three bytes before each byte string.
const (
	maxBatchMessage    = 2 + 3 + assertion.MaxSignedHeader + 3 + overlay.MaxGossipBody
	maxEvidenceMessage = 2 + 3 + feed.MaxForkProof
	maxNoteMessage     = 2 + 3 + checkpoint.MaxNote
)

// encodeBatch returns the message [1, header, body].
func encodeBatch(header, body []byte) []byte {
	b := make([]byte, 0, 2+3+len(header)+3+len(body))
	b = wire.AppendUint(wire.AppendArray(b, 3), messageVersion)
	return wire.AppendBytes(wire.AppendBytes(b, header), body)
}

// decodeBatch reads what encodeBatch writes and nothing else. What it returns
// shares b.
func decodeBatch(b []byte) (header, body []byte, err error) {
	if len(b) > maxBatchMessage {
		return nil, nil, fmt.Errorf("gossip: a batch message of %d bytes, the most is %d", len(b), maxBatchMessage)
	}
	r := wire.NewReader("batch message", b)
	r.Array("message", 3, 3)
	r.Version(messageVersion)
	header = r.Bytes("header", 1, assertion.MaxSignedHeader)
	body = r.Bytes("body", 0, overlay.MaxGossipBody)
	if err := r.End(); err != nil {
		return nil, nil, fmt.Errorf("gossip: %w", err)
	}
	return header, body, nil
}

// encodeEvidence returns the message [1, proof].
func encodeEvidence(proof []byte) []byte { return encodeOne(proof) }

// decodeEvidence reads what encodeEvidence writes and nothing else. What it
// returns shares b.
func decodeEvidence(b []byte) (proof []byte, err error) {
	return decodeOne("an evidence message", b, maxEvidenceMessage, feed.MaxForkProof)
}

// encodeNote returns the message [1, checkpoint].
func encodeNote(note []byte) []byte { return encodeOne(note) }

// decodeNote reads what encodeNote writes and nothing else. What it returns shares b.
func decodeNote(b []byte) (note []byte, err error) {
	return decodeOne("a checkpoint message", b, maxNoteMessage, checkpoint.MaxNote)
}

func encodeOne(content []byte) []byte {
	b := wire.AppendUint(wire.AppendArray(make([]byte, 0, 5+len(content)), 2), messageVersion)
	return wire.AppendBytes(b, content)
}

func decodeOne(what string, b []byte, most, mostContent int) ([]byte, error) {
	if len(b) > most {
		return nil, fmt.Errorf("gossip: %s of %d bytes, the most is %d", what, len(b), most)
	}
	r := wire.NewReader(what, b)
	r.Array("message", 2, 2)
	r.Version(messageVersion)
	content := r.Bytes("content", 1, mostContent)
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("gossip: %w", err)
	}
	return content, nil
}
