package view

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/view/internal/table"
)

// Contests are found without going through all that was ever said, in a list that grew
// and in one from a snapshot: runs of keys of which none is contested are not looked into.
func TestContestsAreFoundAmongTheContestedAlone(t *testing.T) {
	w, v, _ := disputed(t)
	var flags []assertion.Statement
	for i := range 1000 {
		flags = append(flags, flagged(t, fmt.Sprintf("+8613900138%03d", i), "mkt.retail", 50, -1, -1))
	}
	w.say("a", at(-1), w.publication(), flags...)
	refs := w.say("mno", at(0), w.publication(), contested(t, "+8613800138000"), contested(t, "+861380013801*/13"), contested(t, "+8613900138000"))
	w.step(v)
	again := w.say("mno", at(0), w.publication(), contested(t, "+8613800138002"))
	w.say("mno", at(0), w.publication(), retraction(t, assertion.TargetStatement, again[0].Bytes()))
	w.step(v)
	var file bytes.Buffer
	must(t, v.Save(&file))
	loaded, err := Load(Config{State: w.ledger.state, Source: &w.records}, file.Bytes())
	must(t, err)
	for what, l := range map[string]*List{"grown": v.List(), "loaded": loaded.List()} {
		visited := *l
		visited.Table.Chunks = slices.Clone(l.Table.Chunks)
		shut := 0
		for i, c := range visited.Table.Chunks {
			if !slices.ContainsFunc(c.Rows, func(r table.Row) bool { return r.Kind == assertion.KindContest }) {
				visited.Table.Chunks[i] = &table.Chunk{Places: c.Places} // to read its rows panics
				shut++
			}
		}
		if shut < 10 {
			t.Fatalf("%s: %d runs of keys without a contest", what, shut)
		}
		var found []string
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: a run of keys without a contest is gone through: %v", what, r)
				}
			}()
			visited.EachContest(func(c Contest) {
				found = append(found, c.Key.String()+" "+l.Grounds(&c))
				if !slices.Contains(refs, c.Ref) {
					t.Errorf("%s: contest %s", what, c.Ref)
				}
			})
		}()
		if want := []string{"+8613800138000 not ours", "+861380013801*/13 not ours"}; !slices.Equal(found, want) {
			t.Errorf("%s: found %q, want %q", what, found, want)
		}
	}
}
