package motion_test

import (
	"bytes"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

func withdrawal(t testing.TB, change func(w *motion.Withdrawal)) motion.Withdrawal {
	t.Helper()
	w := motion.Withdrawal{Federation: federation, Motion: signed(t, nil).ID, By: key(1).Public(), Time: 1_790_000_200}
	if change != nil {
		change(&w)
	}
	return must[motion.Withdrawal](t)(w.Sign(key(1)))
}

// TestWithdrawal: it is its proposer's, of one motion in one federation, and nothing else
// that the key signs is taken for one.
func TestWithdrawal(t *testing.T) {
	w := withdrawal(t, nil)
	b := w.Bytes()
	if len(b) > motion.MaxWithdrawal {
		t.Errorf("it has %d bytes, over its bound", len(b))
	}
	if got, err := motion.OpenWithdrawal(b, federation); err != nil || got != w {
		t.Errorf("%+v is read as %+v, %v", w, got, err)
	}
	for i := range b {
		flipped := bytes.Clone(b)
		flipped[i] ^= 0x10
		if _, err := motion.OpenWithdrawal(flipped, federation); err == nil {
			t.Errorf("a bit flipped in byte %d is taken", i)
		}
		if _, err := motion.OpenWithdrawal(b[:i], federation); err == nil {
			t.Errorf("%d of %d bytes are taken", i, len(b))
		}
	}
	if _, err := motion.OpenWithdrawal(b, elsewhere); err == nil {
		t.Error("it is taken in another federation")
	}
	for name, change := range map[string]func(w *motion.Withdrawal){
		"no motion":     func(w *motion.Withdrawal) { w.Motion = cid.Undef },
		"before 1970":   func(w *motion.Withdrawal) { w.Time = -1 },
		"another's key": func(w *motion.Withdrawal) { w.By = key(2).Public() },
	} {
		one := w
		change(&one)
		if _, err := one.Sign(key(1)); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	var s struct {
		_         struct{} `cbor:",toarray"`
		Message   []byte
		Signature keys.Signature
	}
	if err := wire.Decode(b, &s); err != nil {
		t.Fatal(err)
	}
	for _, domain := range []keys.Domain{keys.DomainVote, keys.DomainMotion, keys.DomainTick} {
		s.Signature = key(1).Sign(domain, s.Message)
		if _, err := motion.OpenWithdrawal(wire.Format(s), federation); err == nil {
			t.Errorf("signed in the domain %q it is taken", domain)
		}
	}
}

func FuzzOpenWithdrawal(f *testing.F) {
	f.Add(ptr(withdrawal(f, nil)).Bytes())
	f.Add(ptr(vote(f, signed(f, nil).ID, 2)).Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := motion.OpenWithdrawal(b, federation)
		if err == nil && !bytes.Equal(w.Bytes(), b) {
			t.Errorf("%x is read as %x", b, w.Bytes())
		}
	})
}

func ptr[T any](v T) *T { return &v }
