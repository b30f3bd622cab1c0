package local_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ringfence/node/screen/local"
	"ringfence/store/number"
)

// TestWalkAgainstScan compares the compiled rules with a scan of all of them:
// the rules about a number by the length of the matching key, then by place.
func TestWalkAgainstScan(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	digit := func() byte { return '0' + byte(r.IntN(2)) }
	for range 300 {
		type rule struct {
			name string
			keys []number.Range
		}
		var all []rule
		yaml := "rules:\n"
		for i := range 1 + r.IntN(6) {
			one := rule{name: fmt.Sprintf("local.r%d", i)}
			yaml += fmt.Sprintf("  - name: %s\n    reason: x\n    block:\n", one.name)
			for range 1 + r.IntN(3) {
				text := "+8613" + string([]byte{digit(), digit()})
				switch r.IntN(3) {
				case 0:
					text += "*/10"
				case 1:
					text += "*"
				default:
					text += string([]byte{digit(), digit(), digit(), digit()})
				}
				one.keys = append(one.keys, key(t, text))
				yaml += fmt.Sprintf("      - %s\n", text)
			}
			all = append(all, one)
		}
		c := caller(t, "+8613"+string([]byte{digit(), digit(), digit(), digit(), digit(), digit()}))
		n, _ := c.Number()
		type hit struct {
			free, place int
		}
		var hits []hit
		for i, one := range all {
			for _, k := range one.keys {
				for single := range k.Keys() {
					if single.Contains(n) {
						hits = append(hits, hit{single.Free(), i})
					}
				}
			}
		}
		slices.SortFunc(hits, func(a, b hit) int { return 100*(a.free-b.free) + a.place - b.place })
		var want []string
		for _, h := range slices.Compact(hits) {
			want = append(want, all[h.place].name)
		}
		if got := names(parse(t, yaml), c); !slices.Equal(got, want) {
			t.Fatalf("about %s: got %v, want %v\n%s", n, got, want, yaml)
		}
	}
}

// TestCanonicalFormIsInjective: no text in a rule can pass for another field.
func TestCanonicalFormIsInjective(t *testing.T) {
	tricks := []string{
		"x", "x shadow=true", "x\" caller \"+86!95588", "x\nanonymous", "x\ncaller +86!95588", "", "never",
	}
	seen := map[[32]byte]string{}
	for _, reason := range tricks {
		for _, text := range tricks {
			if strings.TrimSpace(reason) == "" || text == "" {
				continue
			}
			yaml := fmt.Sprintf("rules: [{name: local.a, reason: %q, block: [%q]}]", reason, "irregular:"+text)
			d := parse(t, yaml).Digest()
			if first, twice := seen[d]; twice {
				t.Errorf("one digest for\n%s\nand\n%s", first, yaml)
			}
			seen[d] = yaml
		}
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"local.a": true, "local.a-b_c.9": true, "local." + strings.Repeat("x", 58): true,
		"local." + strings.Repeat("x", 59): false, "local.": false, "local": false, "": false,
		"list.a": false, "local.ä": false, "local.a b": false, local.OwnAllow: false, local.OwnBlock: false,
	} {
		if err := local.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := local.Excuse(77).String(); got != "excuse(77)" {
		t.Errorf("an unknown excuse is %q", got)
	}
}

func TestErrorsMaskNumbers(t *testing.T) {
	_, err := local.Parse(local.File{Name: "r.yaml", Data: []byte(
		"rules: [{name: local.a, reason: x, block: [+86138001380001234, '13800138000'], called: ['tel:+8613800138000']}]")})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, number := range []string{"13800138000", "8001380001234"} {
		if strings.Contains(err.Error(), number) {
			t.Errorf("the error holds a number in full:\n%v", err)
		}
	}
}
