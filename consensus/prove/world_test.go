package prove_test

import (
	"testing"

	"ringfence/consensus/prove"
	"ringfence/consensus/prove/provetest"
)

// world is a federation that makes proofs, and those who check them.
type world struct{ *provetest.World }

func begun(t testing.TB, regulators int) world { return world{provetest.Begun(t, regulators)} }

// verifier trusts the genesis, and what change adds to that.
func (w world) verifier(change func(*prove.Trust)) *prove.Verifier {
	w.Helper()
	v, err := w.trust(change)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

func (w world) trust(change func(*prove.Trust)) (*prove.Verifier, error) {
	t := prove.Trust{Genesis: w.Genesis}
	if change != nil {
		change(&t)
	}
	return prove.NewVerifier(t)
}

func found(t testing.TB, v *prove.Verifier, file []byte) *prove.Finding {
	t.Helper()
	f, err := v.Verify(file)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
