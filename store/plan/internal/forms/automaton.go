package forms

import (
	"cmp"
	"fmt"
	"slices"

	"ringfence/store/number"
)

// Form is one shape of national digits and what digits of that shape are.
type Form struct {
	Pattern  Pattern
	Min, Max int // digits in all, the pattern's included
	Sense    number.Sense

	area     uint8 // digits of the area code in front
	province uint8 // of that area
}

// Area is one area code.
type Area struct {
	Code     Pattern
	Min, Max int   // subscriber digits behind it
	Province uint8 // GB/T 2260 code, 0 for none
}

// WithAreas returns the forms, and those that arise by an area code before a
// subscriber's number, before a province-local code and, to be refused, before
// any other service code. A form of SenseBranch arises in no other way.
func WithAreas(forms []Form, areas []Area, subscriber Pattern) []Form {
	all := slices.DeleteFunc(slices.Clone(forms), func(f Form) bool { return f.Sense == number.SenseBranch })
	for _, a := range areas {
		n := a.Code.count
		all = append(all, Form{a.Code.Then(subscriber), n + a.Min, n + a.Max, number.SenseNumber, 0, 0})
		for _, f := range forms {
			behind := Form{a.Code.Then(f.Pattern), n + f.Min, n + f.Max, 0, 0, 0}
			switch f.Sense {
			case number.SenseLocal:
				behind.Sense, behind.area, behind.province = number.SenseAreaLocal, uint8(n), a.Province
			case number.SenseService:
				behind.Sense = number.SenseAreaService
			case number.SenseBranch:
				behind.Sense, behind.area = number.SenseBranch, uint8(n)
			default:
				continue
			}
			all = append(all, behind)
		}
	}
	return all
}

// Compile makes of forms the states of a number.Table: the classical
// construction of a deterministic automaton, in which a state is the set of
// what remains of the forms still possible. Equal remainders are one state.
func Compile(forms []Form) ([]number.Node, error) {
	a := &compiler{states: make(map[string]uint16), nodes: make([]number.Node, 1)}
	if _, err := a.state(slices.Clone(forms)); err != nil {
		return nil, err
	}
	return a.nodes, nil
}

type compiler struct {
	states map[string]uint16
	nodes  []number.Node
}

// state returns the state in which the given forms are still possible.
func (a *compiler) state(forms []Form) (uint16, error) {
	key := remainder(forms)
	if state, ok := a.states[key]; ok {
		return state, nil
	}
	if len(a.nodes) > 1<<16-1 {
		return 0, fmt.Errorf("forms: they need more than %d states; make them simpler", 1<<16-1)
	}
	state := uint16(len(a.nodes))
	a.states[key] = state
	a.nodes = append(a.nodes, number.Node{})
	for _, f := range forms {
		if f.Min <= 0 {
			node := &a.nodes[state]
			node.Sense |= f.Sense
			if f.area > 0 {
				node.Area, node.Province = f.area, f.province
			}
		}
	}
	for digit := byte(0); digit < 10; digit++ {
		var rest []Form
		for _, f := range forms {
			if f.Max > 0 && f.Pattern.has(0, digit) {
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
func (f Form) after() Form {
	if f.Pattern.count > 0 {
		copy(f.Pattern.places[:], f.Pattern.places[1:])
		f.Pattern.count--
		f.Pattern.places[f.Pattern.count] = 0
	}
	f.Min, f.Max = max(f.Min-1, 0), f.Max-1
	return f
}

// remainder names a set of forms, whatever their order, each once.
func remainder(forms []Form) string {
	slices.SortFunc(forms, compareForms)
	key := make([]byte, 0, 16*len(forms))
	for i, f := range forms {
		if i > 0 && f == forms[i-1] {
			continue
		}
		key = append(key, byte(f.Min), byte(f.Max), byte(f.Sense), f.area, f.province, byte(f.Pattern.count))
		for _, place := range f.Pattern.places[:f.Pattern.count] {
			key = append(key, byte(place>>8), byte(place))
		}
	}
	return string(key)
}

func compareForms(a, b Form) int {
	return cmp.Or(
		cmp.Compare(a.Sense, b.Sense), cmp.Compare(a.Min, b.Min), cmp.Compare(a.Max, b.Max),
		cmp.Compare(a.area, b.area), cmp.Compare(a.province, b.province),
		slices.Compare(a.Pattern.places[:a.Pattern.count], b.Pattern.places[:b.Pattern.count]),
	)
}
