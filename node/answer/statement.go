package answer

import (
	"encoding/hex"
	"fmt"
	"time"

	"ringfence/node/api"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Statement tells one statement as it was said.
func (b *Book) Statement(l *view.List, t *view.Told) api.Statement { return statement(l.State(), t) }

func statement(state *charter.State, t *view.Told) api.Statement {
	out := api.Statement{
		Ref: t.Ref.String(), Issuer: t.Issuer.String(), Said: when(t.Time), Publication: hex.EncodeToString(t.Publication[:]),
		Erased: t.Status == view.Erased,
	}
	if m := state.Member(t.Member); m != nil && !t.Issuer.IsZero() {
		out.Member = m.ID
	}
	if out.Erased || t.Status == view.Unreadable {
		return out
	}
	s := &t.Statement
	out.Kind, out.Subject, out.Basis = s.Kind.String(), subject(s), s.Basis.Kind.String()
	out.FirstSeen, out.LastSeen = when(s.ObservedFrom), when(s.ObservedTo)
	out.Effective, out.Expires = when(s.Effective), when(s.Expires)
	body(&out, t.Body)
	return out
}

func body(out *api.Statement, body assertion.Body) {
	switch b := body.(type) {
	case assertion.Flag:
		out.Category, out.Label, out.Confidence, out.Count = b.Category.String(), b.Label, b.Confidence, b.Reports
	case assertion.Block:
		out.Category, out.Text = b.Category.String(), b.Reason
	case assertion.Retract:
		out.Text, out.Retracts = b.Reason, retracts(&b)
	case assertion.Reassign:
		out.Text = taxonomy.DayOf(b.Date).String()
	case assertion.Contest:
		out.Text = b.Grounds
	case assertion.Answer:
		out.Text = b.Reason
	case assertion.Resource:
		out.Text = b.DisplayName
	}
}

// retracts names what a retraction that passes assertion.Check undoes.
func retracts(b *assertion.Retract) string {
	switch b.Kind {
	case assertion.TargetStatement:
		if ref, err := taxonomy.RefFromBytes(b.Target); err == nil {
			return ref.String()
		}
	case assertion.TargetBatch:
		if c, err := taxonomy.CIDFromBytes(b.Target); err == nil {
			return "batch " + c.String()
		}
	case assertion.TargetPublication:
		return "publication " + hex.EncodeToString(b.Target)
	}
	return ""
}

func subject(s *assertion.Statement) string {
	if key, ok := s.Key(); ok {
		return key.String()
	}
	switch s.Subject.Kind {
	case assertion.SubjectStatement:
		if ref, err := taxonomy.RefFromBytes(s.Subject.Value); err == nil {
			return ref.String()
		}
	case assertion.SubjectLine, assertion.SubjectEnterprise, assertion.SubjectMember, assertion.SubjectTool:
		return string(s.Subject.Value)
	}
	return fmt.Sprintf("%x", s.Subject.Value)
}

func when(t int64) string {
	if t == taxonomy.Never {
		return "never"
	}
	return time.Unix(t, 0).UTC().Format(time.RFC3339)
}
