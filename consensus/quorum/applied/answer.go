package applied

import (
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/wire"
)

// Answer is what Raft's order made of a command, as the regulator that leads says it.
// It binds nobody: what counts is the certified ledger.
type Answer struct {
	Outcome ballot.Outcome
	Motion  cid.Cid // that it is about; undefined for none
	Size    uint64  // of the ledger after it, provisional
	Refusal *enact.Refusal
}

const (
	answerVersion = 1
	maxWords      = 4 << 10
)

type answerArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Outcome uint8
	Motion  []byte
	Size    uint64
	Code    uint8
	Words   string
}

// EncodeAnswer writes what became of a command.
func EncodeAnswer(r *ballot.Result) []byte {
	a := answerArray{Version: answerVersion, Outcome: uint8(r.Outcome), Size: r.Size}
	if r.Motion.Defined() {
		a.Motion = r.Motion.Bytes()
	}
	if r.Refusal != nil {
		a.Code = uint8(r.Refusal.Code)
		a.Words = strings.ToValidUTF8(r.Refusal.Words[:min(len(r.Refusal.Words), maxWords)], "")
	}
	return wire.Format(a)
}

// DecodeAnswer reads what EncodeAnswer writes, which another regulator may have made up.
func DecodeAnswer(b []byte) (Answer, error) {
	var a answerArray
	if err := wire.Decode(b, &a); err != nil {
		return Answer{}, fmt.Errorf("quorum: the leader's answer: %w", err)
	}
	if a.Version != answerVersion {
		return Answer{}, fmt.Errorf("quorum: an answer of version %d; this program knows %d: upgrade", a.Version, answerVersion)
	}
	out := Answer{Outcome: ballot.Outcome(a.Outcome), Size: a.Size}
	if len(a.Motion) > 0 {
		if out.Motion = wire.CID(a.Motion); !out.Motion.Defined() {
			return Answer{}, fmt.Errorf("quorum: the leader's answer names no motion")
		}
	}
	if a.Code != 0 {
		out.Refusal = &enact.Refusal{Code: enact.Code(a.Code), Words: a.Words}
	}
	return out, nil
}
