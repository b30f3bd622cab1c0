package chartertest_test

import (
	"bytes"
	"testing"

	"ringfence/store/charter/chartertest"
	"ringfence/store/policy"
)

// Two runs found the same federation, byte for byte: tests above compare list
// roots and signatures.
func TestSealIsTheSameEveryTime(t *testing.T) {
	members := []string{"op: operator", "ven: vendor, coordinator; group data; trusted"}
	a, b := chartertest.Seal(t, chartertest.Config(t, members...)), chartertest.Seal(t, chartertest.Config(t, members...))
	x, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.Encode()
	if err != nil || !bytes.Equal(x, y) {
		t.Errorf("two federations of one description differ: %v", err)
	}
}

func TestLinesAreRead(t *testing.T) {
	s := chartertest.Found(t, "op: operator", "ven: vendor, coordinator; group data; trusted")
	m, ok := s.MemberByID("ven")
	if !ok || s.Weight(m) != policy.Trusted || s.GroupName(s.Group(m)) != "data" || len(s.Member(m).Roles) != 2 {
		t.Errorf("member %+v weighs %d in group %q", s.Member(m), s.Weight(m), s.GroupName(s.Group(m)))
	}
	if m, ok = s.MemberByID("op"); !ok || s.Weight(m) != 650 || s.Member(m).Group != "op" {
		t.Errorf("member %+v weighs %d", s.Member(m), s.Weight(m))
	}
	if info, ok := s.Issuer(chartertest.Issuer("op").Public()); !ok || info.Member != m {
		t.Error("an issuer's key does not follow from its member's ID")
	}
}
