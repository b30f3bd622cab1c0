package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"ringfence/store/number"
)

// Bounds of rule files. A longer list of callers is a publication's business,
// not a local rule's.
const (
	MaxFile    = 4 << 20 // bytes of one file
	MaxRules   = 1000    // rules in all files
	MaxEntries = 100_000 // callers and called numbers in all files

	maxReason   = 256 // bytes
	maxRuleName = 64  // bytes
	maxProblems = 20  // reported at once
)

const (
	namePrefix      = "local."
	irregularPrefix = "irregular:"
	anonymousWord   = "anonymous"
)

// File is one file of local rules, in YAML:
//
//	rules:
//	  - name: local.vip            # local. and a-z 0-9 _ - .; unique
//	    allow:                     # or block: whom the rule is about
//	      - +8613800138000         # a canonical number
//	      - +861700123*/13         # a range
//	      - "irregular:008613800"  # a caller ID that is no number, verbatim
//	      - anonymous
//	    called: [+86!95588]        # only for calls to these; else to any
//	    excuses: [cli.irregular]   # an allow: which failed cli rules it excuses
//	    until: 2026-12-31          # through that day (UTC), or an RFC 3339 time
//	    shadow: true               # decides nothing, tells what it would do
//	    reason: board members' own phones
//
// Name, reason and one of allow and block must be given.
type File struct {
	Name string // as errors name it
	Data []byte
}

// Parse reads and compiles rule files. Within them the order of files and
// rules is kept: of several rules about one key the first decides. The error
// names every problem, up to 20, by file, line and rule.
func Parse(files ...File) (*Rules, error) {
	r := reader{names: make(map[string]string)}
	for _, f := range files {
		r.file = f.Name
		r.read(f.Data)
	}
	if len(r.problems) > 0 {
		return nil, errors.Join(r.problems...)
	}
	return build(r.drafts), nil
}

// reader collects rules and problems over all files.
type reader struct {
	file     string
	rule     string // the name of the rule being read, for errors
	drafts   []draft
	names    map[string]string // rule name to the place of its first use
	entries  int
	problems []error
}

func (r *reader) fail(line int, format string, args ...any) {
	if len(r.problems) >= maxProblems {
		return
	}
	where := r.file
	if line > 0 {
		where = fmt.Sprintf("%s:%d", r.file, line)
	}
	if r.rule != "" {
		where += ": " + r.rule
	}
	r.problems = append(r.problems, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (r *reader) read(data []byte) {
	r.rule = ""
	if len(data) > MaxFile {
		r.fail(0, "the file has %d bytes; a rule file has at most %d", len(data), MaxFile)
		return
	}
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return // an empty file holds no rules
	case err != nil:
		r.fail(0, "no YAML: %v", err)
		return
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		r.fail(0, "more than one YAML document; keep one")
		return
	}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return
	}
	for key, value := range r.fields(document.Content[0], "the file") {
		if key.Value != "rules" {
			r.fail(key.Line, "unknown key %q; want rules", clip(key.Value))
			continue
		}
		if isNull(value) || value.Kind == yaml.SequenceNode && len(value.Content) == 0 {
			continue // a file may wait for its first rule
		}
		for _, item := range r.items(value, "rules") {
			r.readRule(item)
		}
	}
}

// fields yields the keys and values of a mapping and refuses a key that stands
// twice, and an alias: what a rule says stands where it is read.
func (r *reader) fields(n *yaml.Node, what string) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			r.fail(n.Line, "%s should be a mapping of keys to values", what)
			return
		}
		seen := make(map[string]bool)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			switch {
			case key.Kind != yaml.ScalarNode || value.Kind == yaml.AliasNode:
				r.fail(key.Line, "aliases and keys that are no words are not understood; write the value out")
				continue
			case seen[key.Value]:
				r.fail(key.Line, "key %q stands twice", clip(key.Value))
				continue
			}
			seen[key.Value] = true
			if !yield(key, value) {
				return
			}
		}
	}
}

// items returns the entries of a list. An empty one is refused: a rule that
// lost its called numbers would hold for every call.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.fail(n.Line, "%s should be a list with entries; leave the key out for none", what)
		return nil
	}
	return n.Content
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// text returns a scalar's text; a number such as +8613800138000 is text here.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.fail(n.Line, "%s should be a text", what)
		return "", false
	}
	return n.Value, true
}

func (r *reader) readRule(n *yaml.Node) {
	r.rule = ""
	if len(r.drafts) >= MaxRules {
		r.fail(n.Line, "more than %d rules; give one rule a longer list of callers", MaxRules)
		return
	}
	d := draft{Rule: Rule{until: forever}}
	given := make(map[string]bool)
	if n.Kind == yaml.MappingNode {
		// The name first, wherever it stands: the other errors name it.
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "name" {
				r.readName(n.Content[i+1], &d)
			}
		}
	}
	for key, value := range r.fields(n, "a rule") {
		given[key.Value] = true
		r.readField(key, value, &d)
	}
	r.checkRule(n, &d, given)
	r.drafts = append(r.drafts, d)
	r.rule = ""
}

func (r *reader) readField(key, value *yaml.Node, d *draft) {
	switch key.Value {
	case "name": // read already
	case "allow", "block":
		d.allow = key.Value == "allow"
		r.readCallers(value, key.Value, d)
	case "called":
		for i, item := range r.items(value, "called") {
			r.readCalled(item, i, d)
		}
	case "excuses":
		for _, item := range r.items(value, "excuses") {
			r.readExcuse(item, d)
		}
	case "until":
		r.readUntil(value, d)
	case "shadow":
		switch value.Value {
		case "true", "false":
			d.shadow = value.Value == "true"
		default:
			r.fail(value.Line, "shadow should be true or false")
		}
	case "reason":
		if d.reason, _ = r.text(value, "reason"); len(d.reason) > maxReason {
			r.fail(value.Line, "the reason has %d bytes; keep it to %d", len(d.reason), maxReason)
		}
	default:
		r.fail(key.Line, "unknown key %q; want name, allow, block, called, excuses, until, shadow or reason", clip(key.Value))
	}
}

func (r *reader) readName(n *yaml.Node, d *draft) {
	name, ok := r.text(n, "name")
	if !ok {
		return
	}
	d.name = name
	if err := CheckName(d.name); err != nil {
		r.fail(n.Line, "%v", err)
		return
	}
	r.rule = d.name
	place := fmt.Sprintf("%s:%d", r.file, n.Line)
	if first, twice := r.names[d.name]; twice {
		r.fail(n.Line, "the name stands already at %s; names are unique", first)
		return
	}
	r.names[d.name] = place
}

// CheckName refuses what cannot name a rule of a file: local. and then a-z,
// 0-9, _, - or ., at most 64 bytes, and neither OwnAllow nor OwnBlock.
func CheckName(name string) error {
	rest, ok := strings.CutPrefix(name, namePrefix)
	if !ok || rest == "" || len(name) > maxRuleName || strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != "" {
		return fmt.Errorf("%q is no rule name; want local. and then a-z, 0-9, _, - or ., at most %d bytes", clip(name), maxRuleName)
	}
	if name == OwnAllow || name == OwnBlock {
		return fmt.Errorf("%q is the name of this member's own statements; choose another", name)
	}
	return nil
}

func (r *reader) readCallers(n *yaml.Node, what string, d *draft) {
	for i, item := range r.items(n, what) {
		if !r.countEntry(item) {
			return
		}
		s, ok := r.text(item, what)
		if !ok {
			continue
		}
		raw, irregular := strings.CutPrefix(s, irregularPrefix)
		key, err := number.ParseRange(s)
		switch {
		case s == anonymousWord:
			d.anonymous = true
		case irregular && len(raw) > 0 && len(raw) <= number.MaxCaller:
			d.texts = append(d.texts, raw)
		case err == nil:
			d.numbers = append(d.numbers, key)
		default:
			r.fail(item.Line, "%s entry %d, %q, is no canonical number (+86!95588), range (+861700123*/13), irregular:TEXT of 1 to %d bytes, or anonymous",
				what, i+1, masked(s), number.MaxCaller)
		}
	}
}

func (r *reader) readCalled(n *yaml.Node, i int, d *draft) {
	s, ok := r.text(n, "called")
	if !ok || !r.countEntry(n) {
		return
	}
	key, err := number.ParseRange(s)
	if err != nil {
		r.fail(n.Line, "called entry %d, %q, is no canonical number (+86!95588) or range (+861700123*/13)", i+1, masked(s))
		return
	}
	d.calledBy = append(d.calledBy, key)
}

func (r *reader) countEntry(n *yaml.Node) bool {
	if r.entries++; r.entries == MaxEntries+1 {
		r.fail(n.Line, "more than %d numbers in the rule files; publish a list of that size as block statements", MaxEntries)
	}
	return r.entries <= MaxEntries
}

func (r *reader) readExcuse(n *yaml.Node, d *draft) {
	s, ok := r.text(n, "excuses")
	if !ok {
		return
	}
	for e, word := range excuseWords {
		if word == s {
			d.excuses[e] = true
			return
		}
	}
	r.fail(n.Line, "%q cannot be excused; want one of %s", clip(s), strings.Join(excuseWords[:], ", "))
}

func (r *reader) readUntil(n *yaml.Node, d *draft) {
	s, ok := r.text(n, "until")
	if !ok {
		return
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		d.until = day.AddDate(0, 0, 1).Unix()
		return
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		r.fail(n.Line, "until %q is no date (2026-12-31) or RFC 3339 time (2026-12-31T18:00:00+08:00)", clip(s))
		return
	}
	d.until = at.Unix()
}

func (r *reader) checkRule(n *yaml.Node, d *draft, given map[string]bool) {
	if n.Kind != yaml.MappingNode {
		return // told already
	}
	if !given["name"] {
		r.fail(n.Line, "a rule without a name; give it one such as local.vip")
	}
	if given["allow"] == given["block"] {
		r.fail(n.Line, "want one of allow and block")
	}
	if d.excuses != [numExcuses]bool{} && !d.allow {
		r.fail(n.Line, "only an allow excuses a failed cli rule")
	}
	if strings.TrimSpace(d.reason) == "" {
		r.fail(n.Line, "a rule needs a reason: what nobody can explain nobody dares to remove")
	}
}

// masked returns s with its digits after the sixth character hidden: errors are
// read by more people than rule files.
func masked(s string) string {
	const shown = 6
	b := []byte(clip(s))
	for i := shown; i < len(b); i++ {
		if b[i] >= '0' && b[i] <= '9' {
			b[i] = '*'
		}
	}
	return string(b)
}

// clip bounds what an error message repeats of its input.
func clip(s string) string {
	const most = 48
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
