package config

import (
	"os"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"ringfence/store/strictyaml"
)

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
			w.complain(key, name, "no setting has this name"+keyHint(name, names))
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
	case (name == keyLocalRules || name == keyAnnounce || name == keyBootstrap) && list:
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				w.complain(item, name, "want one value an item")
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
				w.complain(key, keyTreatments, quote(key.Value)+" is no key of a treatment"+strictyaml.Hint(key.Value, []string{"rule", "treatment"}))
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

// keyHint is Hint that also finds a key that was written into the wrong section:
// its last word counts like the whole name.
func keyHint(name string, names []string) string {
	whole := strictyaml.Nearest(name, names)
	var words []string
	for _, n := range names {
		words = append(words, lastWord(n))
	}
	word := strictyaml.Nearest(lastWord(name), words)
	if i := slices.Index(words, word); i >= 0 && (whole == "" || strictyaml.Distance(lastWord(name), word) < strictyaml.Distance(name, whole)) {
		whole = names[i]
	}
	if whole == "" {
		whole = name
	}
	return strictyaml.Hint(whole, names)
}

func lastWord(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// checkEnvironment complains about variables with our prefix that set nothing.
// Those by which Kubernetes tells every container of a service that is called
// ringfence are passed over.
func checkEnvironment(environ []string) []Problem {
	// Compared without the prefix that all have.
	names := []string{strings.TrimPrefix(EnvConfig, EnvPrefix), strings.TrimPrefix(EnvPassphrase, EnvPrefix)}
	for _, s := range settings() {
		if s.fallback != nil {
			names = append(names, strings.TrimPrefix(s.env(), EnvPrefix))
		}
	}
	var problems []Problem
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		word, ours := strings.CutPrefix(name, EnvPrefix)
		if !ours || slices.Contains(names, word) || fromKubernetes(word) {
			continue
		}
		text := "no setting has this name"
		if near := strictyaml.Nearest(word, names); near != "" {
			text += "; the nearest is " + EnvPrefix + near
		}
		problems = append(problems, Problem{From: name, Text: text})
	}
	sort.Slice(problems, func(i, j int) bool { return problems[i].From < problems[j].From })
	return problems
}

func fromKubernetes(word string) bool {
	return strings.HasPrefix(word, "SERVICE_") || word == "PORT" || strings.HasPrefix(word, "PORT_")
}

// environ is the environment of this process.
func environ() []string { return os.Environ() }
