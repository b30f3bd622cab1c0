package charter_test

import (
	"strings"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
)

var everyRole = []charter.Role{
	charter.Operator, charter.MVNO, charter.Vendor, charter.CallCentre, charter.Internet,
	charter.Handset, charter.Coordinator, charter.Regulator, charter.PublicSecurity, charter.Sector,
}

func TestRoleText(t *testing.T) {
	words := make(map[string]bool)
	for i, r := range everyRole {
		if int(r) != i+1 {
			t.Errorf("%s has code %d: codes are signed and never move", r, r)
		}
		text, err := r.MarshalText()
		if err != nil || words[string(text)] {
			t.Errorf("role %d: %q, %v", r, text, err)
		}
		words[string(text)] = true
		var back charter.Role
		if err := back.UnmarshalText(text); err != nil || back != r {
			t.Errorf("%q comes back as %s, %v", text, back, err)
		}
	}
	for _, bad := range []charter.Role{0, 11, 255} {
		if _, err := bad.MarshalText(); err == nil || bad.Valid() {
			t.Errorf("code %d is a role", bad)
		}
		if !strings.HasPrefix(bad.String(), "role(") {
			t.Errorf("code %d prints as %q", bad, bad)
		}
	}
	for _, bad := range []string{"", "Operator", "telco"} {
		var r charter.Role
		wantError(t, r.UnmarshalText([]byte(bad)), "operator, mvno, vendor")
	}
}

// Who may say what, kind by kind, as the design lists it. "*" stands for every
// role: there the tie to a number, a contest or a member decides.
func TestMay(t *testing.T) {
	table := map[assertion.Kind]string{
		assertion.KindFlag:        "operator mvno vendor coordinator regulator",
		assertion.KindBlock:       "operator mvno regulator",
		assertion.KindRetract:     "*",
		assertion.KindReassign:    "*",
		assertion.KindPort:        "operator mvno",
		assertion.KindContest:     "*",
		assertion.KindAnswer:      "*",
		assertion.KindResource:    "*",
		assertion.KindLine:        "operator",
		assertion.KindAuthorize:   "*",
		assertion.KindCampaign:    "operator mvno callcentre",
		assertion.KindConsent:     "operator mvno",
		assertion.KindRefusal:     "operator mvno",
		assertion.KindPreference:  "operator mvno",
		assertion.KindReport:      "operator mvno vendor coordinator public_security sector regulator",
		assertion.KindDisposition: "operator mvno public_security sector regulator",
		assertion.KindPenalty:     "public_security sector regulator",
		assertion.KindReferral:    "regulator operator mvno coordinator",
		assertion.KindNotice:      "regulator operator mvno coordinator",
		assertion.KindTool:        "internet vendor operator regulator",
		assertion.KindInspection:  "operator regulator",
		assertion.KindTrace:       "operator mvno regulator",
		assertion.KindTally:       "*",
	}
	for _, r := range everyRole {
		s := chartertest.Found(t, "one: "+r.String())
		one, ok := s.MemberByID("one")
		if !ok {
			t.Fatal("no member")
		}
		for kind, words := range table {
			want := words == "*" || strings.Contains(" "+words+" ", " "+r.String()+" ")
			if got := s.May(one, kind); got != want {
				t.Errorf("%s may say kind %d: %t, want %t", r, kind, got, want)
			}
		}
		for _, unknown := range []assertion.Kind{0, 24, 65535} {
			if s.May(one, unknown) {
				t.Errorf("%s may say the unknown kind %d", r, unknown)
			}
		}
	}
}

// A member of two roles may say what either may.
func TestMayUnitesRoles(t *testing.T) {
	s := chartertest.Found(t, "both: callcentre, vendor")
	both, _ := s.MemberByID("both")
	for kind, want := range map[assertion.Kind]bool{
		assertion.KindFlag: true, assertion.KindCampaign: true, assertion.KindTool: true, assertion.KindBlock: false,
	} {
		if s.May(both, kind) != want {
			t.Errorf("kind %d: %t, want %t", kind, !want, want)
		}
	}
}
