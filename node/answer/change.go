package answer

import (
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// mostChanges bounds the changes that an answer lists.
const mostChanges = 100

// Changes tells what becomes of keys, the first hundred of them.
func Changes(all []view.Change) []api.Change {
	out := []api.Change{}
	for _, c := range all[:min(len(all), mostChanges)] {
		out = append(out, api.Change{Key: c.Key.String(), Before: entryText(c.Before), After: entryText(c.After)})
	}
	return out
}

func entryText(e taxonomy.Entry) string {
	if e.IsZero() {
		return "-"
	}
	text := e.Action.String() + " " + e.Category.String()
	if e.Contested {
		text += " contested"
	}
	return text
}

// WhyNoChange says why a statement changes no entry, or would not if it is not signed
// yet; nothing if it does change one.
func WhyNoChange(p *view.Preview, s *assertion.Statement, preview bool) phrase.Phrase {
	if body, _ := s.Check(); isOwn(body) {
		return phrase.New("note.own_block", "no evidence for the list, which does not change: calls from there are blocked by local.block on this member's own nodes, and nowhere else; --scope ask asks the regulators")
	}
	if len(p.Changes) > 0 {
		return phrase.Phrase{}
	}
	switch s.Kind {
	case assertion.KindFlag, assertion.KindBlock:
		return phrase.New("note.no_change", "no entry of the list changes: the evidence stays where it was; explain NUMBER shows what is missing")
	case assertion.KindRetract:
		if p.Undone == 0 && preview {
			return phrase.New("note.would_undo_nothing", "nothing that is held here would be undone; the retraction would stand, and work on what may still arrive")
		}
		if p.Undone == 0 {
			return phrase.New("note.undoes_nothing", "nothing that is held here is undone; the retraction stands and works on what may still arrive")
		}
		return phrase.New("note.undone_decided_none", "no entry of the list changes: what is undone had decided none; where it was a block for the member's own nodes, they no longer block")
	}
	return phrase.New("note.no_entry_changes", "no entry of the list changes")
}

func isOwn(body assertion.Body) bool {
	b, ok := body.(assertion.Block)
	return ok && b.Scope == assertion.ScopeOwn
}
