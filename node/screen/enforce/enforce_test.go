package enforce_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ringfence/node/screen"
	"ringfence/node/screen/enforce"
	"ringfence/store/taxonomy"
)

func set(t *testing.T, s enforce.Switches, target string, act bool) enforce.Switches {
	t.Helper()
	s, err := s.Set(target, act)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFaces(t *testing.T) {
	for i, want := range []string{"rest", "dns", "sip"} {
		face, err := enforce.ParseFace(want)
		text, _ := face.MarshalText()
		if err != nil || face != enforce.Face(i) || string(text) != want {
			t.Errorf("%q reads as %v (%q), %v", want, face, text, err)
		}
	}
	if _, err := enforce.ParseFace("fax"); err == nil || !strings.Contains(err.Error(), "rest, dns, sip") {
		t.Errorf("reading fax: %v", err)
	}
	if got := enforce.Face(9).String(); got != "face(9)" {
		t.Errorf("an unknown face is %q", got)
	}
}

// TestNewNodeActsNowhere: the zero value is all shadow.
func TestNewNodeActsNowhere(t *testing.T) {
	var s enforce.Switches
	for f := enforce.REST; f <= enforce.SIP; f++ {
		if s.Face(f) {
			t.Errorf("%s acts on a new node", f)
		}
	}
	if s.Face(9) {
		t.Error("a face that does not exist acts")
	}
	for _, r := range screen.Rules() {
		if s.Rule(r) != (r != screen.CLIUnallocated) {
			t.Errorf("%s acts: %v", r, s.Rule(r))
		}
	}
	if !s.Local("local.a", false) || s.Local("local.a", true) {
		t.Error("a local rule without a switch does not follow its file")
	}
}

func TestSetAndClear(t *testing.T) {
	var s enforce.Switches
	on := set(t, s, "sip", true)
	on = set(t, on, "list.label", false)
	on = set(t, on, "cli.unallocated", true)
	on = set(t, on, "local.a", false)
	on = set(t, on, "local.b", true)
	on = set(t, on, "local.block", false)
	if !on.Face(enforce.SIP) || on.Face(enforce.DNS) || on.Rule(screen.ListLabel) || !on.Rule(screen.CLIUnallocated) ||
		on.Local("local.a", false) || !on.Local("local.b", true) || on.Rule(screen.LocalBlock) {
		t.Errorf("switches %+v", on.All())
	}
	if s.Face(enforce.SIP) || !s.Rule(screen.ListLabel) || !s.Local("local.a", false) {
		t.Error("setting a switch changed the value it was set on")
	}
	off := on
	for _, target := range []string{"sip", "list.label", "cli.unallocated", "local.a", "local.b", "local.block"} {
		var err error
		if off, err = off.Clear(target); err != nil {
			t.Fatal(err)
		}
	}
	for _, sw := range off.All() {
		if sw.Set {
			t.Errorf("%s is still set", sw.Target)
		}
	}
	if !on.Face(enforce.SIP) || on.Rule(screen.ListLabel) || on.Local("local.a", false) {
		t.Error("clearing a switch changed the value it was cleared on")
	}
}

func TestRefusals(t *testing.T) {
	var s enforce.Switches
	for target, want := range map[string]string{
		"callee.emergency":       "always acts",
		"bypass":                 "always acts",
		"":                       "neither a face",
		"fax":                    "neither a face (rest, dns, sip), a rule (such as list.label)",
		"local.":                 "neither a face",
		"local.A":                "neither a face",
		strings.Repeat("x", 200): "…",
	} {
		if _, err := s.Set(target, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("set %q: %v; want %q", target, err, want)
		}
		if _, err := s.Clear(target); err == nil {
			t.Errorf("cleared %q", target)
		}
	}
	for i := range 2000 {
		s = set(t, s, fmt.Sprintf("local.r%d", i), true)
	}
	if _, err := s.Set("local.more", true); err == nil || !strings.Contains(err.Error(), "clear those") {
		t.Errorf("switches without bound: %v", err)
	}
	if _, err := s.Set("local.r0", false); err != nil {
		t.Errorf("a switch that exists: %v", err)
	}
}

func TestAnswer(t *testing.T) {
	stop := screen.Verdict{Action: taxonomy.Block, Treatment: screen.Reject, Rule: screen.LocalBlock, Local: "local.a", Basis: screen.BasisLocal, Stale: true}
	pass := screen.Verdict{Rule: screen.CalleeEmergency, Shadow: screen.Would{Action: taxonomy.Block, Rule: screen.ListRatified}}
	var shadow enforce.Switches
	acting := set(t, shadow, "sip", true)
	for _, tc := range []struct {
		name string
		s    enforce.Switches
		face enforce.Face
		v    screen.Verdict
		want screen.Verdict
	}{
		{"a face that acts", acting, enforce.SIP, stop, stop},
		{"another face", acting, enforce.DNS, stop, stop.Shadowed()},
		{"a new node", shadow, enforce.SIP, stop, stop.Shadowed()},
		{"an allow keeps its rule and what it tells", shadow, enforce.SIP, pass, pass},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.s.Answer(tc.face, tc.v); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
	if got := shadow.Answer(enforce.SIP, stop); got.Action != taxonomy.Allow || got.Shadow.RuleName() != "local.a" || !got.Stale {
		t.Errorf("shadow answer %+v", got)
	}
}

func TestAll(t *testing.T) {
	s := set(t, set(t, enforce.Switches{}, "local.z", true), "local.a", false)
	var targets []string
	for _, sw := range s.All() {
		targets = append(targets, sw.Target)
	}
	want := []string{
		"rest", "dns", "sip", "cli.irregular", "cli.foreign_domestic", "cli.unallocated",
		"local.allow", "local.block", "list.ratified", "list.label", "local.a", "local.z",
	}
	if !slices.Equal(targets, want) {
		t.Errorf("targets %v, want %v", targets, want)
	}
}

func TestJSON(t *testing.T) {
	s := set(t, set(t, set(t, enforce.Switches{}, "sip", true), "list.label", false), "local.a", true)
	const want = `{"list.label":false,"local.a":true,"sip":true}`
	got, err := json.Marshal(s)
	if err != nil || string(got) != want {
		t.Fatalf("got %s, %v; want %s", got, err, want)
	}
	var back enforce.Switches
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(back.All(), s.All()) {
		t.Errorf("read back %+v", back.All())
	}
	empty, err := json.Marshal(enforce.Switches{})
	if err != nil || string(empty) != "{}" {
		t.Errorf("a new node's switches: %s, %v", empty, err)
	}
	for _, bad := range []string{`[]`, `{"fax":true}`, `{"sip":1}`, `{"bypass":true}`} {
		keep := back
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("accepted %s", bad)
		}
		if !slices.Equal(back.All(), keep.All()) {
			t.Errorf("%s changed the switches", bad)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"list.label":false,"local.a":true,"sip":true}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s, back enforce.Switches
		if json.Unmarshal(data, &s) != nil {
			return
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &back); err != nil || !slices.EqualFunc(back.All(), s.All(), func(a, b enforce.Switch) bool { return a.Target == b.Target && a.Acts == b.Acts }) {
			t.Fatalf("%s reads back otherwise: %v", text, err)
		}
	})
}
