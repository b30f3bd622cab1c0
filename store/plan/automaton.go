package plan

import (
	"cmp"
	"fmt"
	"slices"

	"ringfence/store/number"
)

// form is one shape of national digits and what digits of that shape are.
type form struct {
	pattern  pattern
	min, max int // digits in all
	sense    number.Sense
	area     uint8 // digits of the area code in front
	province uint8 // of that area
}

// area is one area code.
type area struct {
	code     pattern
	min, max int // subscriber digits
	province uint8
}

// withAreas returns the forms, and those that arise by an area code before a
// subscriber's number, before a province-local code and, to be refused, before
// any other service code.
func withAreas(forms []form, areas []area, subscriber pattern) []form {
	all := slices.Clone(forms)
	for _, a := range areas {
		n := a.code.count
		all = append(all, form{a.code.then(subscriber), n + a.min, n + a.max, number.SenseNumber, 0, 0})
		for _, f := range forms {
			behind := form{a.code.then(f.pattern), n + f.min, n + f.max, 0, 0, 0}
			switch f.sense {
			case number.SenseLocal:
				behind.sense, behind.area, behind.province = number.SenseAreaLocal, uint8(n), a.province
			case number.SenseService:
				behind.sense = number.SenseAreaService
			default:
				continue
			}
			all = append(all, behind)
		}
	}
	return all
}

// automaton compiles forms into the states of a number.Table: the classical
// construction of a deterministic automaton, in which a state is the set of
// what remains of the forms still possible. Equal remainders are one state.
func automaton(forms []form) ([]number.Node, error) {
	a := &automata{states: make(map[string]uint16), nodes: make([]number.Node, 1)}
	if _, err := a.state(forms); err != nil {
		return nil, err
	}
	return a.nodes, nil
}

type automata struct {
	states map[string]uint16
	nodes  []number.Node
}

// state returns the state in which the given forms are still possible.
func (a *automata) state(forms []form) (uint16, error) {
	key := remainder(forms)
	if state, ok := a.states[key]; ok {
		return state, nil
	}
	if len(a.nodes) > 1<<16-1 {
		return 0, fmt.Errorf("plan: the forms need more than %d states; make them simpler", 1<<16-1)
	}
	state := uint16(len(a.nodes))
	a.states[key] = state
	a.nodes = append(a.nodes, number.Node{})
	for _, f := range forms {
		if f.min <= 0 {
			node := &a.nodes[state]
			node.Sense |= f.sense
			if f.sense == number.SenseAreaLocal {
				node.Area, node.Province = f.area, f.province
			}
		}
	}
	for digit := byte(0); digit < 10; digit++ {
		var rest []form
		for _, f := range forms {
			if f.max > 0 && f.pattern.has(0, digit) {
				rest = append(rest, f.after())
			}
		}
		if len(rest) == 0 {
			continue
		}
		next, err := a.state(rest)
		if err != nil {
			return 0, err
		}
		a.nodes[state].Next[digit] = next
	}
	return state, nil
}

// after returns what remains of f after its first digit.
func (f form) after() form {
	if f.pattern.count > 0 {
		copy(f.pattern.places[:], f.pattern.places[1:])
		f.pattern.count--
		f.pattern.places[f.pattern.count] = 0
	}
	f.min, f.max = max(f.min-1, 0), f.max-1
	return f
}

// remainder names a set of forms, whatever their order, each once.
func remainder(forms []form) string {
	slices.SortFunc(forms, compareForms)
	key := make([]byte, 0, 16*len(forms))
	for i, f := range forms {
		if i > 0 && f == forms[i-1] {
			continue
		}
		key = append(key, byte(f.min), byte(f.max), byte(f.sense), f.area, f.province, byte(f.pattern.count))
		for _, place := range f.pattern.places[:f.pattern.count] {
			key = append(key, byte(place>>8), byte(place))
		}
	}
	return string(key)
}

func compareForms(a, b form) int {
	return cmp.Or(
		cmp.Compare(a.sense, b.sense), cmp.Compare(a.min, b.min), cmp.Compare(a.max, b.max),
		cmp.Compare(a.area, b.area), cmp.Compare(a.province, b.province),
		slices.Compare(a.pattern.places[:a.pattern.count], b.pattern.places[:b.pattern.count]),
	)
}
