package charter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxPolicyFile bounds a policy file, in bytes.
const maxPolicyFile = 1 << 20

// ReadPolicy reads a policy as people write it, in YAML. What the file does
// not name keeps the value of DefaultPolicy; a key that no policy has is an
// error that names it and its line. The policy is validated, except that the
// members it names exist.
func ReadPolicy(r io.Reader) (Policy, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxPolicyFile+1))
	if err != nil {
		return Policy{}, fmt.Errorf("charter: read policy: %w", err)
	}
	if len(b) > maxPolicyFile {
		return Policy{}, fmt.Errorf("charter: read policy: the file is larger than %d bytes", maxPolicyFile)
	}
	p := DefaultPolicy()
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil && !errors.Is(err, io.EOF) {
		return Policy{}, fmt.Errorf("charter: read policy: %s", plain(err))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Policy{}, errors.New("charter: read policy: more follows the policy: a file holds one document")
	}
	slices.SortStableFunc(p.MemberWeights, func(a, b MemberWeight) int { return strings.Compare(a.Member, b.Member) })
	if err := p.Validate(); err != nil {
		return Policy{}, fmt.Errorf("charter: %w", err)
	}
	return p, nil
}

// plain words a YAML error for people who know no Go types.
func plain(err error) string {
	unknown := regexp.MustCompile(`field (\S+) not found in type \S+`)
	return unknown.ReplaceAllString(err.Error(), `"$1" is no key of a policy`)
}

// YAML returns p as ReadPolicy reads it.
func (p *Policy) YAML() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(p), e.Close()); err != nil {
		return nil, fmt.Errorf("charter: write policy: %w", err)
	}
	return b.Bytes(), nil
}

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
		w.Permille = TrustedPermille
		return nil
	}
	if err := written.Permille.Decode(&w.Permille); err != nil || written.Permille.IsZero() {
		return fmt.Errorf("line %d: the weight of %q must be 0 to %d or the word trusted", node.Line, clip(w.Member), maxPermille)
	}
	return nil
}
