// Package anchorstest computes for tests what an anchor must come to.
//
// It is for tests alone, beside package anchors on floor 12.
package anchorstest

import (
	"testing"
	"time"

	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Root returns that of a list which never held more than these records, at a size of the
// ledger at which one of the decisions ends.
func Root(t testing.TB, founded *charter.State, decided []charter.Enacted, size uint64, records ...feed.Record) merkle.Hash {
	t.Helper()
	only := memory.New()
	if err := only.Append(records); err != nil {
		t.Fatal(err)
	}
	v, err := view.New(view.Config{State: founded, Source: only, Day: taxonomy.DayOf(time.Now().Unix()), Session: 1})
	if err != nil {
		t.Fatal(err)
	}
	below := 0
	for below < len(decided) && decided[below].Size <= size {
		below++
	}
	if err := v.Enact(decided[:below]...); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Follow(); err != nil {
		t.Fatal(err)
	}
	return v.List().Stamp().Root
}
