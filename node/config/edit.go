package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// AddPeer returns the text of a configuration file with one more address under
// peers.bootstrap. Everything else stays as the operator wrote it, comments
// among it; a text that has the address is returned as it is.
func AddPeer(text []byte, address string) ([]byte, error) {
	if err := CheckPeer(address); err != nil {
		return nil, err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("read the configuration: %s", plain(err))
	}
	if has(text, address) {
		return text, nil
	}
	e := edit{lines: strings.SplitAfter(string(text), "\n"), address: address}
	if section, key := child(&root, "peers"); key != nil {
		e.section(section, key)
	} else {
		e.end("peers:", "  bootstrap:", "    - "+address)
	}
	// Whatever YAML can do that is not thought of here ends in a refusal.
	out := []byte(strings.Join(e.lines, ""))
	if !has(out, address) {
		return nil, fmt.Errorf("the configuration is written in a way that cannot be added to: put %s under %s by hand", address, keyBootstrap)
	}
	return out, nil
}

// has reports whether the text of a configuration has an address to begin with.
func has(text []byte, address string) bool {
	var f struct{ Peers struct{ Bootstrap []string } }
	return yaml.Unmarshal(text, &f) == nil && slices.Contains(f.Peers.Bootstrap, address)
}

// child returns what stands under a name in a mapping, or in a document that is
// one, and the name's own node; nil when it is not there.
func child(n *yaml.Node, name string) (value, key *yaml.Node) {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1], n.Content[i]
		}
	}
	return nil, nil
}

// edit inserts an address into a text.
type edit struct {
	lines   []string // each with its end
	address string
}

// section adds the address below "peers:".
func (e *edit) section(section, key *yaml.Node) {
	column := key.Column + 2
	if section.Kind == yaml.MappingNode && len(section.Content) > 0 {
		column = section.Content[0].Column
	}
	list, at := child(section, "bootstrap")
	switch flow := yaml.FlowStyle; {
	case at == nil && section.Style&flow != 0:
		e.into(section, "bootstrap: ["+strconv.Quote(e.address)+"]")
	case at == nil:
		e.after(key.Line, indented(column, "bootstrap:"), indented(column, "  - "+e.address))
	case list.Kind == yaml.SequenceNode && list.Style&flow != 0:
		e.into(list, strconv.Quote(e.address))
	case list.Kind == yaml.SequenceNode:
		e.after(list.Content[len(list.Content)-1].Line, indented(list.Column, "- "+e.address))
	case list.Value == "":
		e.after(at.Line, indented(at.Column+2, "- "+e.address))
	}
}

func indented(column int, text string) string { return strings.Repeat(" ", column-1) + text }

// into adds the first element of a flow sequence or mapping.
func (e *edit) into(n *yaml.Node, element string) {
	if len(n.Content) > 0 {
		element += ", "
	}
	if n.Line > len(e.lines) {
		return
	}
	line := []rune(e.lines[n.Line-1])
	at := min(n.Column, len(line)) // behind the bracket
	e.lines[n.Line-1] = string(line[:at]) + element + string(line[at:])
}

// after inserts lines after the one of a number, which counts from 1.
func (e *edit) after(number int, lines ...string) {
	number = min(number, len(e.lines))
	if last := e.lines[number-1]; !strings.HasSuffix(last, "\n") {
		e.lines[number-1] += "\n"
	}
	e.lines = slices.Insert(e.lines, number, strings.Join(lines, "\n")+"\n")
}

// end adds lines at the end, after an empty one.
func (e *edit) end(lines ...string) {
	added := strings.Join(lines, "\n") + "\n"
	if len(e.lines) == 1 && e.lines[0] == "" {
		e.lines[0] = added
		return
	}
	if last := len(e.lines) - 1; e.lines[last] != "" {
		added = "\n\n" + added
	} else {
		added = "\n" + added
	}
	e.lines = append(e.lines, added)
}
