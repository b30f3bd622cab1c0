package prove

import (
	"errors"
	"fmt"

	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// UnreadableError says that bytes are no file of this package. Any other error of a
// verifier is a check that failed.
type UnreadableError struct {
	What string // they were taken for
	Why  error
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("prove: it is no %s that this release reads: %v", e.What, e.Why)
}

// Unwrap returns why.
func (e *UnreadableError) Unwrap() error { return e.Why }

const (
	version = 1
	// MaxFile bounds a file in bytes.
	MaxFile = 1 << 20
	// maxChanges is how many changes of the regulators a set-chain file holds.
	maxChanges = 1024
)

// form is what a file, or the extra data of a tlog-proof, holds.
type form uint8

const (
	entryForm form = 1 // extra data: a ratified, revoked or stayed entry
	fullForm  form = 2 // extra data: the same with motion, votes, tick and set chain
	listForm  form = 3 // a file: what the list says of a number
	setsForm  form = 4 // a file: the changes of the regulators since the genesis
)

type (
	entryArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Form    form
		Header  []byte // of the motion, whose CID its items name
		Opening []byte
	}
	fullArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Form    form
		Motion  []byte // the motion entry
		Opening []byte
		Tick    []byte // an entry too, or nothing
		Sets    []byte // a set-chain file
	}
	listArray struct {
		_       struct{} `cbor:",toarray"`
		Version uint8
		Form    form
		Proof   []byte // a tlog-proof file of the anchor's first item
		Header  []byte // of the anchor
		Opening []byte
		Number  []byte
		List    []byte // merkle.ProveSeveral of the number's key and those of the ranges around it
	}
	setsArray struct {
		_          struct{} `cbor:",toarray"`
		Version    uint8
		Form       form
		Federation []byte
		Changes    []changeArray
		Head       []byte // a checkpoint to pin, or nothing
	}
	changeArray struct {
		_       struct{} `cbor:",toarray"`
		First   uint64   // index of the motion entry
		Motion  []byte   // that entry
		Opening []byte   // of its one item
		Path    []merkle.Hash
		Settled []byte // the checkpoint that the settlement names
	}
)

// formOf returns what bytes begin with; 0 for nothing of ours.
func formOf(b []byte) form {
	if len(b) < 3 || b[0]>>5 != 4 || b[1] != version {
		return 0
	}
	return form(b[2])
}

// decode reads one of the arrays above.
func decode(what string, b []byte, want form, v any) error {
	err := wire.Newer(what, b, version)
	switch {
	case err != nil:
	case len(b) > MaxFile:
		err = fmt.Errorf("%d bytes; at most %d are read", len(b), MaxFile)
	case formOf(b) != want:
		err = errors.New("it is of another form")
	default:
		if err = wire.Decode(b, v); errors.Unwrap(err) != nil {
			err = errors.Unwrap(err) // without the name of what it is decoded into
		}
	}
	if err != nil {
		return unreadable(what, err)
	}
	return nil
}

func unreadable(what string, err error) error {
	return &UnreadableError{what, err}
}
