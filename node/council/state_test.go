package council

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/node/locale"
)

// Every state that a motion can be in is one that the REST document promises, has its place
// among the others, and has words.
func TestEveryStateIsPromised(t *testing.T) {
	field, _ := reflect.TypeFor[api.Motion]().FieldByName("State")
	promised := strings.Split(field.Tag.Get("enum"), ",")
	have := states()
	slices.Sort(promised)
	slices.Sort(have)
	if !slices.Equal(promised, have) {
		t.Errorf("promised %v, there are %v", promised, have)
	}
	for _, lang := range []string{"en", "zh"} {
		words := locale.New().Match(lang)
		for _, state := range have {
			if key := "motionstate." + state; words.Named(key) == key {
				t.Errorf("%s: no words for %s", lang, state)
			}
		}
	}
}
