package harmonise

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// digest hashes the decimals, one a line, as the rules publish it.
func digest(table []uint32) string {
	var b strings.Builder
	for _, v := range table {
		fmt.Fprintf(&b, "%d\n", v)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

func TestTablesHaveThePublishedHashes(t *testing.T) {
	if got, want := digest(logTable[:]), "f0ace21f3f2077aeb92c4b3a5d49c6e5e629c7fd3344b14437e8206ac91869fc"; got != want {
		t.Errorf("log table has hash %s, want %s", got, want)
	}
	if got, want := digest(decayTable[:]), "ed7877fcc191e2825bcd5122e1b9ea3f12715d83e80e4f3d7f653837e2f1b7b7"; got != want {
		t.Errorf("decay table has hash %s, want %s", got, want)
	}
}

const precision = 200

func real(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// log2 returns the binary logarithm of x ≥ 1 times 2^40, rounded down, by
// squaring: each square doubles the logarithm and shows one more digit.
func log2(x *big.Float) *big.Int {
	digits := new(big.Int)
	two := real(2)
	for x.Cmp(two) >= 0 {
		x = new(big.Float).Quo(x, two)
		digits.Add(digits, big.NewInt(1))
	}
	for range 40 {
		x = new(big.Float).Mul(x, x)
		digits.Lsh(digits, 1)
		if x.Cmp(two) >= 0 {
			x = new(big.Float).Quo(x, two)
			digits.SetBit(digits, 0, 1)
		}
	}
	return digits
}

func TestLogTableIsTheRoundedLogarithm(t *testing.T) {
	for s, got := range logTable {
		ratio := new(big.Float).Quo(real(1000), real(float64(1000-s)))
		want := log2(ratio)
		// From 40 binary places to 16, to the nearest.
		want.Add(want, big.NewInt(1<<23)).Rsh(want, 24)
		if want.Int64() != int64(got) {
			t.Errorf("strength %d: table has %d, the logarithm gives %v", s, got, want)
		}
		if s > 0 && got <= logTable[s-1] {
			t.Errorf("strength %d: table does not rise", s)
		}
	}
}

func TestDecayTableIsTheRoundedPower(t *testing.T) {
	root := real(0.5)
	for range 8 {
		root = new(big.Float).Sqrt(root)
	}
	left := real(65536)
	for i, got := range decayTable {
		want, _ := new(big.Float).Add(left, real(0.5)).Int(nil)
		if want.Int64() != int64(got) {
			t.Errorf("step %d: table has %d, the power gives %v", i, got, want)
		}
		left = new(big.Float).Mul(left, root)
	}
}

func TestSumPermilleInvertsSumOf(t *testing.T) {
	for s := range uint16(1000) {
		sum := SumOf(s)
		if got := sum.Permille(); got != s {
			t.Errorf("the sum of %d is worth %d", s, got)
		}
		if s > 0 && (sum-1).Permille() != s-1 {
			t.Errorf("one below the sum of %d is worth %d", s, (sum - 1).Permille())
		}
	}
	for sum, want := range map[Sum]uint16{-1: 0, 0: 0, 1 << 40: 999} {
		if got := sum.Permille(); got != want {
			t.Errorf("the sum %d is worth %d, want %d", sum, got, want)
		}
	}
	if SumOf(1000) != SumOf(999) {
		t.Error("certainty must be worth no more than 999")
	}
}
