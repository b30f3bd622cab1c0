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

// maxWritten bounds what people write, in bytes.
const maxWritten = 1 << 20

// ReadPolicy reads a policy as people write it, in YAML or JSON. What the file
// does not name keeps the value of DefaultPolicy; a key that no policy has is
// an error that names it and its line. The policy is validated, except that
// the members it names exist.
func ReadPolicy(r io.Reader) (Policy, error) {
	p := DefaultPolicy()
	if err := read(r, "policy", &p); err != nil {
		return Policy{}, err
	}
	slices.SortStableFunc(p.MemberWeights, func(a, b MemberWeight) int { return strings.Compare(a.Member, b.Member) })
	if err := p.Validate(); err != nil {
		return Policy{}, fmt.Errorf("charter: %w", err)
	}
	return p, nil
}

// YAML returns p as ReadPolicy reads it.
func (p *Policy) YAML() ([]byte, error) { return write("policy", p) }

// ReadCard reads and validates a card as people write it, in YAML or JSON. A
// key that no card has is an error that names it and its line.
func ReadCard(r io.Reader) (Card, error) {
	var c Card
	if err := read(r, "card", &c); err != nil {
		return Card{}, err
	}
	if err := c.Validate(); err != nil {
		return Card{}, fmt.Errorf("charter: card: %w", err)
	}
	return c, nil
}

// YAML returns c as ReadCard reads it.
func (c *Card) YAML() ([]byte, error) { return write("card", c) }

// read decodes one YAML document, of which JSON is a kind, into v. An empty
// document leaves v as it is.
func read[T any](r io.Reader, what string, v *T) error {
	b, err := io.ReadAll(io.LimitReader(r, maxWritten+1))
	if err != nil {
		return fmt.Errorf("charter: read %s: %w", what, err)
	}
	if len(b) > maxWritten {
		return fmt.Errorf("charter: read %s: the file is larger than %d bytes", what, maxWritten)
	}
	if err := oneDocument(b); err != nil {
		return fmt.Errorf("charter: read %s: %w", what, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("charter: read %s: %s", what, plain(err, what))
	}
	return nil
}

// oneDocument refuses more than one YAML document, and fractions, which the
// library would cut to whole numbers without a word.
func oneDocument(b []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	var root yaml.Node
	if err := d.Decode(&root); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more follows: a file holds one document")
	}
	return wholeNumbers(&root)
}

func wholeNumbers(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!float" {
		return fmt.Errorf("line %d: %s is no whole number; shares are written in permille", node.Line, clip(node.Value))
	}
	for _, child := range node.Content {
		if err := wholeNumbers(child); err != nil {
			return err
		}
	}
	return nil
}

// plain words a YAML error for people who know no Go types.
func plain(err error, what string) string {
	unknown := regexp.MustCompile(`field (\S+) not found in type \S+`)
	types := regexp.MustCompile(`charter\.\w+`)
	text := unknown.ReplaceAllString(err.Error(), `"$1" is no key of a `+what)
	return types.ReplaceAllString(text, "what a "+what+" holds there")
}

func write(what string, v any) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(v), e.Close()); err != nil {
		return nil, fmt.Errorf("charter: write %s: %w", what, err)
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
