package checkpoint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/witness"

	"ringfence/store/checkpoint"
)

const vectorPolicy = `# Who certifies the ledger ringfence.example/ledger: 1 of these 1.
# They take no checkpoints by HTTP; the addresses only fill their place.
log ` + vectorLog + `
witness cosigner-1 ` + vectorBy + ` https://cosigner-1.invalid/
group regulators 1 cosigner-1
quorum regulators
`

func TestPolicy(t *testing.T) {
	theLog := checkpoint.Log(vectorOrigin, key(1).Public())
	got := must[string](t)(checkpoint.Set{checkpoint.Cosigner("regulator-a.example", key(2).Public())}.Policy(theLog))
	if got != vectorPolicy {
		t.Errorf("written\n%swant\n%s", got, vectorPolicy)
	}
	if policy, err := (checkpoint.Set{}).Policy(theLog); err == nil {
		t.Errorf("nobody certifies by\n%s", policy)
	}
	if policy, err := (checkpoint.Set{checkpoint.Cosigner("a#b", key(2).Public())}).Policy(theLog); err == nil || !strings.Contains(err.Error(), `"a#b"`) {
		t.Errorf("%v, and\n%s", err, policy)
	}
}

// TestOthersReadOurPolicy: transparency-dev's code finds a checkpoint certified by our
// policy file exactly when a Set does, whoever cosigned.
func TestOthersReadOurPolicy(t *testing.T) {
	theLog := checkpoint.Log(vectorOrigin, key(1).Public())
	c := vector(t)
	for n := 1; n <= 7; n++ {
		set, private := regulators(n)
		policy := must[witness.Group](t)(witness.ParsePolicy([]byte(must[string](t)(set.Policy(theLog)))))
		certified := 0
		for who := range 1 << n {
			note := must[checkpoint.Note](t)(checkpoint.Sign(c, key(1)))
			for i := range n {
				if who>>i&1 == 1 {
					note = must[checkpoint.Note](t)(note.With(set[i], c.Cosign(private[i], vectorTime)))
				}
			}
			_, want := set.Certified(note)
			if want {
				certified++
			}
			if got := policy.Satisfied(note.Bytes()); got != want {
				t.Errorf("%d regulators, cosigned by %s: they say %v, we %v", n, fmt.Sprintf("%07b", who), got, want)
			}
		}
		if certified == 0 {
			t.Errorf("%d regulators never certify", n)
		}
	}
}
