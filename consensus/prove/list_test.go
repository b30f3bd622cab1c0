package prove_test

import (
	"testing"

	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// listOf is a list in which every third number of a row has a label.
func listOf(t testing.TB, n int, more ...merkle.Entry) *merkle.Tree {
	t.Helper()
	var all []merkle.Entry
	for i := range n {
		all = append(all, entryOf(t, numberOf(t, 3*i).Range(), taxonomy.Entry{Action: taxonomy.Label, Class: taxonomy.Unk, Category: taxonomy.Untyped}))
	}
	return merkle.Build(append(all, more...))
}

func entryOf(t testing.TB, r number.Range, e taxonomy.Entry) merkle.Entry {
	t.Helper()
	return merkle.NewEntry(merkle.Key{First: r.First().Uint64(), Free: uint8(r.Free())}, e.Bytes())
}

func rangeOf(t testing.TB, s string) number.Range {
	t.Helper()
	r, err := number.ParseRange(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestListed(t *testing.T) {
	label := taxonomy.Entry{Action: taxonomy.Label, Class: taxonomy.Unk, Category: taxonomy.Untyped}
	block := taxonomy.Entry{Action: taxonomy.Block, Class: taxonomy.Unk, Category: taxonomy.Untyped, Ratified: true}
	allow := taxonomy.Entry{Action: taxonomy.Allow, Class: taxonomy.OK, Category: taxonomy.Category(taxonomy.OK)<<8 | 1}
	lists := map[string]*merkle.Tree{
		"empty": nil, "numbers": listOf(t, 1000),
		"ranges":   listOf(t, 10, entryOf(t, rangeOf(t, "+86138001*/13"), allow), entryOf(t, rangeOf(t, "+861380013*/13"), label)),
		"ratified": listOf(t, 10, entryOf(t, rangeOf(t, "+86138001*/13"), block), entryOf(t, rangeOf(t, "+861380013000*/13"), allow)),
	}
	for _, c := range []struct {
		list, number, key string
		says              taxonomy.Entry
	}{
		{"empty", "+8613800130000", "", taxonomy.Entry{}},
		{"numbers", "+8613800130003", "+8613800130003", label},
		{"numbers", "+8613800130004", "", taxonomy.Entry{}},
		{"numbers", "+8613900130004", "", taxonomy.Entry{}},
		{"numbers", "+86!95588", "", taxonomy.Entry{}},
		{"ranges", "+8613800130003", "+8613800130003", label},
		{"ranges", "+8613800130004", "+861380013*/13", label},
		{"ranges", "+8613800140004", "+86138001*/13", allow},
		{"ranges", "+8613800240004", "", taxonomy.Entry{}},
		{"ratified", "+8613800130003", "+86138001*/13", block},
		{"ratified", "+8613800130004", "+86138001*/13", block},
	} {
		w := begun(t, 1)
		list := lists[c.list]
		at := w.Anchor(list)
		n, err := number.Parse(c.number)
		if err != nil {
			t.Fatal(err)
		}
		f := found(t, w.verifier(nil), w.Must(w.Maker().Listed(t.Context(), n, at, list)))
		l := f.List
		if l == nil || l.Number != n || l.Listed != (c.key != "") || l.Key.String() != c.key || l.Says != c.says || l.Anchor.ListRoot != list.Root() || l.Index != at+1 {
			t.Errorf("%s in %s: %+v", c.number, c.list, l)
		}
	}
	w := begun(t, 1)
	if _, err := w.Maker().Listed(t.Context(), numberOf(t, 1), w.Anchor(nil), lists["numbers"]); err == nil {
		t.Error("another list than the one that was anchored is proved from")
	}
}
