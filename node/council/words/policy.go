package words

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
	"ringfence/store/policy"
)

// Policy tells what the items of a set_policy motion change of a constitution: each figure
// with what it is and becomes, each number that is protected from then on or no longer.
// Nobody votes on a count of bytes.
func Policy(s *charter.State, openings []motion.Opening) (all []phrase.Phrase) {
	items, err := article.Open(s.Federation(), motion.SetPolicy, openings)
	if err != nil {
		return []phrase.Phrase{phrase.Plain("? " + err.Error())}
	}
	next, ok := items[0].(*article.PolicySetting)
	if !ok {
		return nil
	}
	is, becomes := figures(s.Policy()), figures(&next.Policy)
	for _, name := range slices.Sorted(maps.Keys(becomes)) {
		if is[name] != becomes[name] {
			all = append(all, phrase.New("policy.figure", "%s: %s, until now %s", name, becomes[name], is[name]))
		}
	}
	if now := s.Taxonomy(); now != next.Taxonomy {
		all = append(all, phrase.New("policy.figure", "%s: %s, until now %s", "taxonomy", strconv.Itoa(int(next.Taxonomy)), strconv.Itoa(int(now))))
	}
	before := s.Charter().Protected
	for _, b := range next.Protected {
		if !has(before, b) {
			all = append(all, phrase.New("policy.protects", "protected from then on: %s", rangeOf(b)))
		}
	}
	for _, b := range before {
		if !has(next.Protected, b) {
			all = append(all, phrase.New("policy.exposes", "no longer protected: %s", rangeOf(b)))
		}
	}
	if len(all) == 0 {
		all = append(all, phrase.New("policy.same", "it changes nothing of what is in force"))
	}
	return all
}

// figures are those of a policy by their own names, each as JSON has it.
func figures(of *policy.Policy) map[string]string {
	b, err := json.Marshal(of)
	var raw map[string]json.RawMessage
	if err != nil || json.Unmarshal(b, &raw) != nil {
		return nil // a policy has figures alone, which JSON takes
	}
	all := make(map[string]string, len(raw))
	for name, value := range raw {
		all[name] = string(value)
	}
	return all
}

// has reports whether ranges, which ascend, have one.
func has(all [][]byte, b []byte) bool {
	_, found := slices.BinarySearchFunc(all, b, bytes.Compare)
	return found
}

func rangeOf(b []byte) string {
	r, _ := article.ParseRange(b) // the constitution and the item were read already
	return r.String()
}
