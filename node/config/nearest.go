package config

import (
	"os"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Nearest returns the candidate that takes the fewest edits to reach from name;
// of equals the first, of none "".
func Nearest(name string, candidates []string) string {
	best, least := "", -1
	for _, c := range candidates {
		if d := distance(name, c); least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that make b of a (Damerau and Levenshtein, restricted).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// lines tells on which line of the file each key stands.
type lines map[string]int

// readKeys walks a document and returns where its keys stand, with a complaint
// about every key that no setting has.
func readKeys(root *yaml.Node, file string) (lines, []Problem) {
	w := keyWalk{file: file, lines: make(lines)}
	for _, doc := range root.Content {
		w.mapping(doc, "")
	}
	return w.lines, w.problems
}

type keyWalk struct {
	file     string
	lines    lines
	problems []Problem
}

func (w *keyWalk) mapping(node *yaml.Node, section string) {
	if node.Kind != yaml.MappingNode {
		if node.Tag != "!!null" {
			w.complain(node, strings.TrimSuffix(section, "."), "settings stand here as key: value, one a line")
		}
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		name := section + key.Value
		switch kind, names := lookUp(name); kind {
		case isSetting:
			w.lines[name] = key.Line
			w.value(name, value)
		case isSection:
			w.mapping(value, name+".")
		case isUnknown:
			w.complain(key, name, "no setting has this name; the nearest is "+quote(nearestKey(name, names)))
		}
	}
}

// value checks the shape of what stands under a key.
func (w *keyWalk) value(name string, value *yaml.Node) {
	switch list := value.Kind == yaml.SequenceNode; {
	case name == keyTreatments && list:
		w.items(value)
	case name == keyTreatments:
		w.complain(value, name, "want a list of {rule: …, treatment: …}")
	case name == keyLocalRules && list:
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				w.complain(item, name, "want the path of a file")
			}
		}
	case value.Kind != yaml.ScalarNode:
		w.complain(value, name, "want one value, not several")
	}
}

// items checks the keys of the one list of objects.
func (w *keyWalk) items(list *yaml.Node) {
	for _, item := range list.Content {
		if item.Kind != yaml.MappingNode {
			w.complain(item, keyTreatments, "want {rule: …, treatment: …}")
		}
		for i := 0; i+1 < len(item.Content); i += 2 {
			if key := item.Content[i]; key.Value != "rule" && key.Value != "treatment" {
				w.complain(key, keyTreatments, quote(key.Value)+" is no key of a treatment; the nearest is "+
					quote(Nearest(key.Value, []string{"rule", "treatment"})))
			}
		}
	}
}

func (w *keyWalk) complain(node *yaml.Node, key, text string) {
	w.problems = append(w.problems, Problem{Key: key, From: at(w.file, node.Line), Text: text})
}

// What a dotted name is.
const (
	isUnknown = iota
	isSection
	isSetting
)

// lookUp tells what a name is, with the names of all settings.
func lookUp(name string) (kind int, names []string) {
	for _, s := range settings() {
		names = append(names, s.key)
		switch {
		case s.key == name:
			kind = isSetting
		case kind == isUnknown && strings.HasPrefix(s.key, name+"."):
			kind = isSection
		}
	}
	return kind, names
}

// nearestKey also finds a key that was written into the wrong section: its last
// word counts like the whole name.
func nearestKey(name string, names []string) string {
	whole := Nearest(name, names)
	var words []string
	for _, n := range names {
		words = append(words, lastWord(n))
	}
	word := Nearest(lastWord(name), words)
	if distance(lastWord(name), word) < distance(name, whole) {
		for _, n := range names {
			if lastWord(n) == word {
				return n
			}
		}
	}
	return whole
}

func lastWord(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// checkEnvironment complains about variables with our prefix that set nothing.
// Those by which Kubernetes tells every container of a service that is called
// ringfence are passed over.
func checkEnvironment(environ []string) []Problem {
	known := map[string]bool{EnvConfig: true, EnvPassphrase: true}
	names := []string{EnvConfig, EnvPassphrase}
	for _, s := range settings() {
		if s.fallback != nil {
			known[s.env()] = true
			names = append(names, s.env())
		}
	}
	var problems []Problem
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, EnvPrefix) || known[name] || fromKubernetes(name) {
			continue
		}
		problems = append(problems, Problem{From: name, Text: "no setting has this name; the nearest is " + Nearest(name, names)})
	}
	sort.Slice(problems, func(i, j int) bool { return problems[i].From < problems[j].From })
	return problems
}

func fromKubernetes(name string) bool {
	rest := strings.TrimPrefix(name, EnvPrefix)
	return strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_")
}

// environ is the environment of this process.
func environ() []string { return os.Environ() }
