package ratified_test

import (
	"bytes"
	"testing"

	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/fixed"
	"ringfence/store/view/internal/ratified"
)

func items(t *testing.T, numbers ...int) (out []motion.Opening) {
	t.Helper()
	for _, n := range numbers {
		r := motion.Ratification{Subject: key(t, n), Action: taxonomy.Label, Category: taxonomy.Untyped, Grounds: motion.GroundsFlags}
		item, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, motion.Opening{Item: item})
	}
	return out
}

// What ran out or was revoked is forgotten seven ledger days later and no earlier, by a
// fold that was written down in between as well; nothing of it stays in memory.
func TestDeadEntriesAreForgotten(t *testing.T) {
	var f ratified.Fold
	held := func(what string, want int) {
		t.Helper()
		var file bytes.Buffer
		w := fixed.NewWriter(&file)
		f.Encode(w)
		if err := w.Sum(); err != nil {
			t.Fatal(err)
		}
		f = ratified.Decode(fixed.NewReader(file.Bytes()))
		if book := f.Book(); book.Len() != want {
			t.Fatalf("%s: %d entries are held, want %d", what, book.Len(), want)
		}
	}
	enter := func(first uint64, until taxonomy.Day, numbers ...int) {
		t.Helper()
		if _, err := f.Ratify(first, items(t, numbers...), ratified.Terms{Until: until}); err != nil {
			t.Fatal(err)
		}
	}
	enter(10, 100, 1, 2, 3)
	enter(20, taxonomy.NeverDay, 1, 4)
	f.Revoke(21, 95)
	f.Turn(101)
	held("six days after the one was revoked", 5)
	f.Turn(102)
	held("seven days after", 4)
	f.Turn(106)
	held("six days after others ran out", 4)
	f.Turn(107)
	held("seven days after", 1)
	if keys := f.Revoke(11, 107); len(keys) != 0 {
		t.Errorf("what is forgotten is revoked: %v", keys)
	}
	if keys := f.Revoke(22, 107); len(keys) != 1 || keys[0] != key(t, 4) {
		t.Errorf("the last is revoked: %v", keys)
	}
	f.Turn(1000)
	held("all are dead", 0)
	if n := f.Motions(); n != 0 {
		t.Errorf("%d motions are held of which all entries are forgotten", n)
	}
}
