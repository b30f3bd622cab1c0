package draft

import (
	"fmt"
	"strings"
	"testing"

	"ringfence/node/api"
)

// Of many slips the first are told, and how many more there are, each on its line; of none, none.
func TestTheFirstSlipsAreTold(t *testing.T) {
	var s slips
	if err := s.error(); err != nil {
		t.Fatal(err)
	}
	for i := range mostSlips + 3 {
		s.add(fmt.Sprintf("line %d: x", i+2))
	}
	err := s.error()
	if api.KindOf(err) != api.BadInput || !strings.HasPrefix(err.Error(), "line 2: x\nline 3: x\n") || !strings.HasSuffix(err.Error(), "line 9: x\nand 3 more") {
		t.Errorf("%v", err)
	}
}
