package cosign_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/cosign"
	"ringfence/store/assertion"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

var (
	federation = assertion.CID([]byte("a federation"))
	other      = assertion.CID([]byte("another"))
	first      = cosign.Generation{}
	tree       = checkpoint.Tree{Size: 7, Root: merkle.Hash{7}}
)

func key(i int) keys.Private { return keys.FromSeed([keys.SeedSize]byte{byte(i), 1}) }

// judge counts the first four keys and trusts notes that say so.
func judge() *cosign.Judge {
	return &cosign.Judge{
		Federation: federation,
		Quorum: func(_ uint64, by []cosign.Signer) bool {
			seen := map[keys.Public]bool{}
			for _, s := range by {
				for i := range 4 {
					if s.Key == key(i).Public() {
						seen[s.Key] = true
					}
				}
			}
			return len(seen) >= 3
		},
		Certified: func(note []byte) (checkpoint.Tree, error) {
			var t checkpoint.Tree
			if _, err := fmt.Sscanf(string(note), "certified %d", &t.Size); err != nil {
				return t, errors.New("nobody cosigned it")
			}
			t.Root = merkle.Hash{byte(t.Size)}
			return t, nil
		},
	}
}

func agreement(p cosign.Phase, f cid.Cid, by ...int) cosign.Agreement {
	a := cosign.Agreement{Generation: first, Tree: tree}
	for _, i := range by {
		a.Signers = append(a.Signers, p.Sign(f, first, tree, key(i)))
	}
	return a
}

func promise(number uint64, by int, note string, lock cosign.Agreement) cosign.SignedPromise {
	return cosign.SignPromise(federation, cosign.Promise{Number: number, Lock: lock}, []byte(note), key(by))
}

// TestVerified keeps who said it, of that tree, in that phase, in that federation.
func TestVerified(t *testing.T) {
	a := agreement(cosign.Reporting, federation, 3, 0, 0)
	a.Signers = append(a.Signers, cosign.Locking.Sign(federation, first, tree, key(1)), cosign.Reporting.Sign(other, first, tree, key(1)),
		cosign.Reporting.Sign(federation, cosign.Generation{Number: 1}, tree, key(1)), cosign.Reporting.Sign(federation, first, checkpoint.Tree{Size: 7}, key(1)))
	got := a.Verified(cosign.Reporting, federation)
	if len(got.Signers) != 2 || len(a.Signers) != 7 {
		t.Fatalf("%d of %d words count", len(got.Signers), len(a.Signers))
	}
	if got.Signers[0].Key.Compare(got.Signers[1].Key) >= 0 {
		t.Error("signers are not in the order of their keys")
	}
}

// TestRecord makes a record and reads it: the same generation and start, whatever
// the order in which the promises came.
func TestRecord(t *testing.T) {
	j := judge()
	lock := agreement(cosign.Reporting, federation, 0, 1, 2).Verified(cosign.Reporting, federation)
	promises := []cosign.SignedPromise{promise(1, 0, "", cosign.Agreement{}), promise(1, 1, "certified 5", lock), promise(1, 2, "certified 6", cosign.Agreement{})}
	for i, p := range promises {
		opened, err := j.OpenPromise(p.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		promises[i] = opened
	}
	r, err := j.NewRecord(promises)
	if err != nil {
		t.Fatal(err)
	}
	if r.Start != tree || r.Generation.Number != 1 || r.Generation.Record != merkle.Hash(sha256.Sum256(r.Bytes())) {
		t.Errorf("generation %v starts at %v", r.Generation, r.Start)
	}
	again, err := j.NewRecord([]cosign.SignedPromise{promises[2], promises[0], promises[1], promises[0]})
	if err != nil || again.Generation != r.Generation {
		t.Errorf("in another order it is generation %v, %v", again.Generation, err)
	}
	read, err := j.OpenRecord(r.Bytes())
	if err != nil || read.Generation != r.Generation || read.Start != r.Start || !bytes.Equal(read.Promises[1].Note(), r.Promises[1].Note()) {
		t.Errorf("read %v, %v", read, err)
	}
	larger := promise(1, 3, "certified 9", cosign.Agreement{})
	opened, err := j.OpenPromise(larger.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if r, err = j.NewRecord(append(promises, opened)); err != nil || r.Start.Size != 9 {
		t.Errorf("with a larger certified tree it starts at %v, %v", r.Start, err)
	}
}

// TestOpenRefuses lists what no regulator believes.
func TestOpenRefuses(t *testing.T) {
	j := judge()
	sorted := func(by ...int) cosign.Agreement {
		return agreement(cosign.Reporting, federation, by...).Verified(cosign.Reporting, federation)
	}
	forged := sorted(0, 1, 2)
	forged.Signers[1].Signature[5] ^= 1
	twice := sorted(0, 1)
	twice.Signers = append(twice.Signers, twice.Signers[1])
	late := sorted(0, 1, 2)
	late.Generation.Number = 1
	flipped := promise(1, 0, "", cosign.Agreement{}).Bytes()
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"nothing":                {nil, "no promise"},
		"not signed":             {flipped, "not signed"},
		"another federation's":   {cosign.SignPromise(other, cosign.Promise{Number: 1}, nil, key(0)).Bytes(), "another federation"},
		"two reports":            {promise(1, 0, "", sorted(0, 1)).Bytes(), "without a quorum"},
		"a stranger's report":    {promise(1, 0, "", sorted(0, 1, 9)).Bytes(), "without a quorum"},
		"a forged report":        {promise(1, 0, "", forged).Bytes(), "not all signed"},
		"a report twice":         {promise(1, 0, "", twice).Bytes(), "not all signed"},
		"locks as reports":       {promise(1, 0, "", agreement(cosign.Locking, federation, 0, 1, 2).Verified(cosign.Locking, federation)).Bytes(), "not all signed"},
		"a lock of its own time": {promise(1, 0, "", late).Bytes(), "lock of generation 1"},
		"nothing certified":      {promise(1, 0, "believe me", cosign.Agreement{}).Bytes(), "nobody cosigned it"},
		"too large":              {make([]byte, cosign.MaxPromise+1), "at most"},
	} {
		if _, err := j.OpenPromise(c.b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	some := func(number uint64, by ...int) (all []cosign.SignedPromise) {
		for _, i := range by {
			p, err := j.OpenPromise(promise(number, i, "", cosign.Agreement{}).Bytes())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
		return all
	}
	for name, c := range map[string]struct {
		promises []cosign.SignedPromise
		want     string
	}{
		"none":            {nil, "0 promises"},
		"two":             {some(1, 0, 1), "no quorum"},
		"one twice":       {some(1, 0, 1, 1), "no quorum"},
		"a stranger":      {some(1, 0, 1, 8), "no quorum"},
		"two generations": {append(some(1, 0, 1), some(2, 2)...), "make no record"},
	} {
		if _, err := j.NewRecord(c.promises); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	r, err := j.NewRecord(some(1, 0, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	r.Promises[0], r.Promises[1] = r.Promises[1], r.Promises[0]
	if _, err := j.OpenRecord(r.Bytes()); err == nil || !strings.Contains(err.Error(), "in order") {
		t.Errorf("promises out of order: %v", err)
	}
}

func FuzzOpenRecord(f *testing.F) {
	j := judge()
	lock := agreement(cosign.Reporting, federation, 0, 1, 2).Verified(cosign.Reporting, federation)
	var promises []cosign.SignedPromise
	for i := range 3 {
		p, err := j.OpenPromise(promise(1, i, "certified 6", lock).Bytes())
		if err != nil {
			f.Fatal(err)
		}
		promises = append(promises, p)
	}
	r, err := j.NewRecord(promises)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Bytes())
	f.Add(promises[0].Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := j.OpenRecord(b); err == nil && !bytes.Equal(r.Bytes(), b) {
			t.Errorf("%x is read as %x", b, r.Bytes())
		}
		if p, err := j.OpenPromise(b); err == nil && !bytes.Equal(p.Bytes(), b) {
			t.Errorf("%x is read as %x", b, p.Bytes())
		}
	})
}
