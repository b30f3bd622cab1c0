package charter_test

import (
	"testing"

	"ringfence/store/charter/chartertest"
)

func TestSmoke(t *testing.T) {
	s := chartertest.Found(t, "op: operator", "ven: vendor; group op; trusted")
	t.Log(s.Federation(), s.Size(), s.Weight(1), s.Weight(2))
}
