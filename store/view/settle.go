package view

import (
	"slices"

	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// Settle recomputes one key: the entry on the list's day (zero when there is none) and
// the first later day on which it differs. The next tick that makes a difference is set
// as an alarm.
func (w *writer) Settle(key number.Range, rows []table.Row) (taxonomy.Entry, taxonomy.Day) {
	w.stale = w.stale || w.misjudged(key, rows)
	decided, ratified, tick := w.list.Decided(key, rows)
	if decided != nil {
		w.alarm(tick, key)
		return ratified, decided.Until
	}
	what := w.list.Weigh(rows)
	w.evidence = w.list.Gather(w.evidence[:0], rows, &what)
	w.alarm(list.Sooner(tick, what.Next), key)
	if len(w.evidence) == 0 {
		return taxonomy.Entry{}, taxonomy.NeverDay
	}
	contest := w.list.Contested(rows, &what)
	entry, _, next := w.memo.Settle(w.evidence, w.list.Mark.Day, contest) // zero when it is not listed
	return entry, next
}

func (w *writer) alarm(tick int64, key number.Range) {
	if tick != 0 {
		w.alarms.Set(tick, key)
	}
}

// Undone joins what undoes a row.
func (w *writer) Undone(by, more undo.By) undo.By { return w.list.Undo.Join(by, more) }

// misjudged reports whether, by the ports as they stand, a row about a number was judged
// by another holder.
func (w *writer) misjudged(key number.Range, rows []table.Row) bool {
	l := w.list
	if len(l.Ports) == 0 || !slices.ContainsFunc(rows, func(r table.Row) bool { return r.Kind == assertion.KindPort }) {
		return false
	}
	ports := l.PortsOf(rows)
	for i := range rows {
		switch r := &rows[i]; r.Kind {
		case assertion.KindReassign, assertion.KindContest, assertion.KindResource:
			if !list.JudgedAsHolder(r.Reason) {
				continue
			}
			if holds := l.SpeaksFor(&l.Batches[r.Batch], key, ports); holds == (r.Reason == ReasonNotHolder) {
				return true
			}
		}
	}
	return false
}

// misjudges reports whether any row of the newest list was misjudged.
func (w *writer) misjudges() bool {
	if len(w.list.Ports) == 0 {
		return false
	}
	for _, c := range w.list.Table.Chunks {
		for i := range c.Places {
			if w.misjudged(c.Places[i].Key, c.RowsOf(i)) {
				return true
			}
		}
	}
	return false
}

// memoPatterns bounds how many patterns of evidence the writer remembers.
// A publisher's file has few: the same counts and days again and again.
const memoPatterns = 1 << 14
