// Package strictyaml reads what people write for the machine: one YAML
// document (JSON is a kind of YAML), decoded into a struct that names every
// key.
//
// A slip in such a file must not pass for a decision. YAML libraries forgive
// by default: they drop keys that they do not know, read the first of several
// documents, and cut 8192.9 to 8192 when the field is an integer. All of that
// is refused here with its line, in words that name no Go type.
//
// Floor 0. It knows no format of the project: what a file may say is in the
// types that it is read into.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxSize bounds a document, in bytes.
const MaxSize = 1 << 20

// Read decodes one document into v, in which the keys that the document does
// not name keep their values; an empty document changes nothing. The word what
// says in errors what is read: "policy", "card".
func Read[T any](r io.Reader, what string, v *T) error {
	b, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	if len(b) > MaxSize {
		return fmt.Errorf("read %s: it is larger than %d bytes", what, MaxSize)
	}
	if err := check(b); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %s", what, plain[T](err, what, b))
	}
	return nil
}

// Lines returns the lines, from 1, on which the n elements of a list begin that a document
// has as the value of a key at its top; 0 for those of which that cannot be told.
func Lines(document, key string, n int) []int {
	lines := make([]int, n)
	var top yaml.Node
	if len(document) > MaxSize || yaml.Unmarshal([]byte(document), &top) != nil || len(top.Content) != 1 {
		return lines
	}
	fields := top.Content[0].Content
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i].Value != key || len(fields[i+1].Content) != n {
			continue
		}
		for k, element := range fields[i+1].Content {
			lines[k] = element.Line
		}
	}
	return lines
}

// Write encodes v as Read decodes it, indented by two spaces.
func Write[T any](what string, v *T) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(v), e.Close()); err != nil {
		return nil, fmt.Errorf("write %s: %w", what, err)
	}
	return b.Bytes(), nil
}

// check refuses what no type could: a second document and fractions.
func check(b []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	var root yaml.Node
	if err := d.Decode(&root); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more follows the first document: a file holds one")
	}
	return wholeNumbers(&root)
}

func wholeNumbers(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!float" {
		return fmt.Errorf("line %d: %.32s is no whole number", node.Line, node.Value)
	}
	for _, child := range node.Content {
		if err := wholeNumbers(child); err != nil {
			return err
		}
	}
	return nil
}

// fieldOf names, in what is said of a value that does not fit, the key that it stands under
// on its line, where that is plain.
func fieldOf(slip string, document []byte) string {
	m := regexp.MustCompile("^line (\\d+): cannot unmarshal !!\\w+ `([^`]*)`").FindStringSubmatch(slip)
	if m == nil {
		return slip
	}
	lines := strings.Split(string(document), "\n")
	at, err := strconv.Atoi(m[1])
	if err != nil || at < 1 || at > len(lines) {
		return slip
	}
	value := regexp.QuoteMeta(strings.TrimSuffix(m[2], "..."))
	key := regexp.MustCompile(`([\w-]+)["']?\s*:\s+["']?` + value).FindStringSubmatch(lines[at-1])
	if key == nil {
		return slip
	}
	return strings.Replace(slip, "cannot", key[1]+": cannot", 1)
}

// fitting words what is said of a value that does not fit where it stands.
func fitting(slip, what string) string {
	m := regexp.MustCompile("cannot unmarshal !!(\\w+)(?: `([^`]*)`)? into (\\S+)").FindStringSubmatch(slip)
	if m == nil {
		return slip
	}
	text := strconv.Quote(m[2])
	switch m[1] {
	case "seq":
		text = "a list"
	case "map":
		text = "a map of keys"
	}
	unsigned := regexp.MustCompile(`^uint(8|16|32|64|)$`).FindStringSubmatch(m[3])
	switch {
	case unsigned != nil && len(unsigned[1]) > 0 && unsigned[1] != "64":
		bits, _ := strconv.Atoi(unsigned[1])
		text += fmt.Sprintf(" is no whole number from 0 to %d", uint64(1)<<bits-1)
	case unsigned != nil:
		text += " is no whole number of 0 or more"
	case strings.HasPrefix(m[3], "int"):
		text += " is no whole number, or too large a one"
	case m[3] == "bool":
		text += " is neither true nor false"
	case m[3] == "string":
		text += " stands where a text belongs"
	case strings.HasPrefix(m[3], "[]"):
		text += " stands where a list belongs"
	default:
		text += " is not what a " + what + " holds there"
	}
	return strings.Replace(slip, m[0], text, 1)
}

// plain words an error for people who know no Go types.
func plain[T any](err error, what string, document []byte) string {
	slips := []string{err.Error()}
	if several := new(yaml.TypeError); errors.As(err, &several) {
		slips = slices.Clone(several.Errors)
	}
	unknown := regexp.MustCompile(`field (\S+) not found in type (\S+)`)
	for i, slip := range slips {
		if m := unknown.FindStringSubmatch(slip); m != nil {
			text := fmt.Sprintf("%q is no key of a %s%s", m[1], what, Hint(m[1], keysOf(reflect.TypeFor[T](), m[2])))
			slip = strings.Replace(slip, m[0], text, 1)
		}
		slips[i] = fitting(fieldOf(slip, document), what)
	}
	return strings.Join(slips, "; ")
}
