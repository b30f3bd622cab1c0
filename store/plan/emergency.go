package plan

import (
	"slices"
	"strconv"

	"ringfence/store/number"
)

// WithEmergency adds the emergency numbers that the shipped plan of China knows to some
// ranges, unless they are in them already. A charter protects them whether it names them
// or not.
func WithEmergency(ranges []number.Range) ([]number.Range, error) {
	set, err := Shipped()
	if err != nil {
		return nil, err
	}
	ranges = slices.Clone(ranges)
	for code := 100; code < 100_000; code++ { // of 3 to 5 digits
		n, err := number.Service(number.China, strconv.Itoa(code))
		if err != nil || set.Lookup(n).Class != Emergency {
			continue
		}
		if !slices.ContainsFunc(ranges, func(r number.Range) bool { return r.Contains(n) }) {
			ranges = append(ranges, n.Range())
		}
	}
	return ranges, nil
}
