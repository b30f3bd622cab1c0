package motion

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// MaxWithdrawal is the size in bytes that no encoded withdrawal exceeds.
const MaxWithdrawal = 320

// Withdrawal is a proposer's word that it takes a motion back. What is in the ledger
// cannot be taken back.
type Withdrawal struct {
	Federation cid.Cid
	Motion     cid.Cid
	By         keys.Public // the motion's proposer
	Time       int64       // Unix seconds

	signature keys.Signature
}

// withdrawalArray is a withdrawal as it is signed.
type withdrawalArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Federation []byte
	Motion     []byte
	By         keys.Public
	Time       int64
}

// signedWithdrawal is a withdrawal with its signature.
type signedWithdrawal struct {
	_          struct{} `cbor:",toarray"`
	Withdrawal []byte
	Signature  keys.Signature
}

func (w *Withdrawal) message() []byte {
	return wire.Format(withdrawalArray{Version: version, Federation: w.Federation.Bytes(), Motion: w.Motion.Bytes(), By: w.By, Time: w.Time})
}

func (w *Withdrawal) validate() error {
	switch {
	case !w.Federation.Defined() || !w.Motion.Defined():
		return errors.New("motion: withdrawal: it names no federation or no motion")
	case w.Time < 0 || w.Time > taxonomy.MaxTime:
		return fmt.Errorf("motion: withdrawal: its time %d is outside 1970 to 9999", w.Time)
	}
	return nil
}

// Sign returns the withdrawal, signed by the motion's proposer.
func (w Withdrawal) Sign(key keys.Private) (Withdrawal, error) {
	if err := w.validate(); err != nil {
		return Withdrawal{}, err
	}
	if key.Public() != w.By {
		return Withdrawal{}, fmt.Errorf("motion: withdrawal: the key is not that of %s, who withdraws", w.By.Short())
	}
	w.signature = key.Sign(keys.DomainWithdrawal, w.message())
	return w, nil
}

// Bytes returns the canonical encoding of a signed withdrawal.
func (w *Withdrawal) Bytes() []byte {
	return wire.Format(signedWithdrawal{Withdrawal: w.message(), Signature: w.signature})
}

// OpenWithdrawal reads and verifies a withdrawal. Whether By proposed the motion is for
// the caller to compare.
func OpenWithdrawal(b []byte, federation cid.Cid) (Withdrawal, error) {
	var s signedWithdrawal
	var a withdrawalArray
	if err := errors.Join(decode("withdrawal", b, MaxWithdrawal, &s), decode("withdrawal", s.Withdrawal, MaxWithdrawal, &a)); err != nil {
		return Withdrawal{}, err
	}
	w := Withdrawal{By: a.By, Time: a.Time, signature: s.Signature}
	var errF, errM error
	w.Federation, errF = taxonomy.CIDFromBytes(a.Federation)
	w.Motion, errM = taxonomy.CIDFromBytes(a.Motion)
	if err := errors.Join(errF, errM); err != nil {
		return Withdrawal{}, fmt.Errorf("motion: withdrawal: %w", err)
	}
	if err := w.validate(); err != nil {
		return Withdrawal{}, err
	}
	switch {
	case !w.Federation.Equals(federation):
		return Withdrawal{}, fmt.Errorf("motion: the withdrawal is of federation %s, not %s", w.Federation, federation)
	case !w.By.Verify(keys.DomainWithdrawal, s.Withdrawal, w.signature):
		return Withdrawal{}, fmt.Errorf("motion: the withdrawal is not signed by %s", w.By.Short())
	}
	return w, nil
}
