// Package enforce holds the switches between telling and doing.
//
// A screening node that begins to block on its first day loses calls and its
// operator's trust. So a node begins by watching: every face is in shadow, it
// answers allow and tells what it would have answered, and a person reads the
// records before switching it on. The same holds for a single rule that turns
// out wrong: switch that one off, not the node.
//
// Floor 9, part of screening. It decides no call; it keeps no file either:
// whoever keeps the switches stores their JSON.
package enforce

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringfence/node/screen"
	"ringfence/node/screen/local"
	"ringfence/store/taxonomy"
)

// Face is a way in which verdicts leave a node.
type Face uint8

// The faces.
const (
	REST Face = iota
	DNS
	SIP

	numFaces = iota
)

var faceWords = [numFaces]string{"rest", "dns", "sip"}

// String returns the word: rest, dns or sip.
func (f Face) String() string {
	if f < numFaces {
		return faceWords[f]
	}
	return fmt.Sprintf("face(%d)", uint8(f))
}

// MarshalText returns the word that String gives.
func (f Face) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// ParseFace reads the word that String gives.
func ParseFace(s string) (Face, error) {
	if i := slices.Index(faceWords[:], s); i >= 0 {
		return Face(i), nil
	}
	return 0, fmt.Errorf("enforce: %q is no face; want one of %s", clip(s), strings.Join(faceWords[:], ", "))
}

// Switches says which faces and rules act and which only tell what they would
// do. It is a value: Set returns a changed one.
//
// The zero Switches is that of a new node: every face is in shadow, so nothing
// acts until a person decides so. Behind a face that acts, every rule acts
// except cli.unallocated and those local rules that their file puts in shadow.
// A switch set here stands above both defaults.
type Switches struct {
	faces [numFaces]bool
	rules map[screen.Rule]bool // those that were set; never changed in place
	local map[string]bool      // rules of files by name; never changed in place
}

// maxLocal bounds the switches of local rules, which outlive their rules.
const maxLocal = 2 * local.MaxRules

// Set returns s with a face (rest, dns, sip), a rule, or a local rule by its
// name switched to act or to shadow. callee.emergency and bypass have no
// shadow and are refused.
func (s Switches) Set(target string, act bool) (Switches, error) {
	if face, err := ParseFace(target); err == nil {
		s.faces[face] = act
		return s, nil
	}
	if rule, err := screen.ParseRule(target); err == nil {
		if rule.Settled() {
			return s, fmt.Errorf("enforce: %s always acts and has no switch", rule)
		}
		s.rules = with(s.rules, rule, act)
		return s, nil
	}
	if local.CheckName(target) != nil {
		return s, fmt.Errorf("enforce: %q is neither a face (%s), a rule (such as %s) nor a local rule's name (local.…)",
			clip(target), strings.Join(faceWords[:], ", "), screen.ListLabel)
	}
	if _, known := s.local[target]; !known && len(s.local) >= maxLocal {
		return s, fmt.Errorf("enforce: %d local rules have switches already; clear those of rules that are gone", maxLocal)
	}
	s.local = with(s.local, target, act)
	return s, nil
}

// Clear returns s with the switch of a target back at its default.
func (s Switches) Clear(target string) (Switches, error) {
	s, err := s.Set(target, false)
	if err != nil {
		return s, err
	}
	// Set has put copies in place, so that deleting changes no other value.
	if rule, err := screen.ParseRule(target); err == nil {
		delete(s.rules, rule)
	}
	if local.CheckName(target) == nil {
		delete(s.local, target)
	}
	return s, nil
}

func with[K comparable](was map[K]bool, key K, act bool) map[K]bool {
	next := make(map[K]bool, len(was)+1)
	maps.Copy(next, was)
	next[key] = act
	return next
}

// Face reports whether a face acts.
func (s Switches) Face(f Face) bool { return f < numFaces && s.faces[f] }

// Rule reports whether a rule acts behind a face that acts.
func (s Switches) Rule(r screen.Rule) bool {
	if act, set := s.rules[r]; set {
		return act
	}
	return r.Default()
}

// Local reports whether a rule of a file acts; shadow is what the file says.
func (s Switches) Local(name string, shadow bool) bool {
	if act, set := s.local[name]; set {
		return act
	}
	return !shadow
}

// Answer returns what a face answers when the verdict is v: v itself when the
// face acts, else allow, with v told as what would have been done.
func (s Switches) Answer(f Face, v screen.Verdict) screen.Verdict {
	if s.Face(f) || v.Action == taxonomy.Allow {
		return v
	}
	return v.Shadowed()
}

// Switch is one switch.
type Switch struct {
	Target string
	Acts   bool
	Set    bool // a person set it; else it stands at its default
}

// All returns the switches: faces, rules in the order of decision, then the
// local rules whose switch was set, by name.
func (s Switches) All() []Switch {
	var all []Switch
	for f := range Face(numFaces) {
		all = append(all, Switch{f.String(), s.faces[f], s.faces[f]})
	}
	for _, r := range screen.Rules() {
		if _, set := s.rules[r]; !r.Settled() {
			all = append(all, Switch{r.String(), s.Rule(r), set})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.local)) {
		all = append(all, Switch{name, s.local[name], true})
	}
	return all
}

// MarshalJSON writes the switches that were set as one object, keys sorted:
// {"list.label":false,"sip":true}.
func (s Switches) MarshalJSON() ([]byte, error) {
	set := make(map[string]bool)
	for _, sw := range s.All() {
		if sw.Set {
			set[sw.Target] = sw.Acts
		}
	}
	return json.Marshal(set)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses an unknown target.
func (s *Switches) UnmarshalJSON(data []byte) error {
	var set map[string]bool
	if err := json.Unmarshal(data, &set); err != nil {
		return fmt.Errorf("enforce: read switches: %w", err)
	}
	var got Switches
	for _, target := range slices.Sorted(maps.Keys(set)) {
		var err error
		if got, err = got.Set(target, set[target]); err != nil {
			return err
		}
	}
	*s = got
	return nil
}

// clip bounds what an error message repeats of its input.
func clip(s string) string {
	const most = 48
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
