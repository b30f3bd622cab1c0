package policy

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"ringfence/store/strictyaml"
)

// Read reads a policy as people write it, in YAML or JSON. What the file does
// not name keeps the value of Default; a key that no policy has is an error
// that names it and its line. The result is valid, except that the members it
// names may not exist.
func Read(r io.Reader) (Policy, error) {
	p := Default()
	if err := strictyaml.Read(r, "policy", &p); err != nil {
		return Policy{}, err
	}
	slices.SortStableFunc(p.MemberWeights, func(a, b MemberWeight) int { return strings.Compare(a.Member, b.Member) })
	if err := p.Validate(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// YAML returns p as Read reads it.
func (p *Policy) YAML() ([]byte, error) { return strictyaml.Write("policy", p) }

// UnmarshalYAML accepts the word "trusted" in place of a weight.
func (w *MemberWeight) UnmarshalYAML(node *yaml.Node) error {
	var written struct {
		Member   string
		Permille yaml.Node
	}
	if err := node.Decode(&written); err != nil {
		return err
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key := node.Content[i]; key.Value != "member" && key.Value != "permille" {
			return fmt.Errorf("line %d: %q is no key of a member weight; want member and permille", key.Line, key.Value)
		}
	}
	w.Member = written.Member
	if written.Permille.Value == "trusted" {
		w.Permille = Trusted
		return nil
	}
	if err := written.Permille.Decode(&w.Permille); err != nil || written.Permille.IsZero() {
		return fmt.Errorf("line %d: the weight of %.64q must be 0 to %d or the word trusted", node.Line, w.Member, maxPermille)
	}
	return nil
}
