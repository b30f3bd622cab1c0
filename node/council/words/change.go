package words

import (
	"strings"

	"github.com/ipfs/go-cid"

	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/motion"
)

// Change says in a sentence what a change of the constitution does; none where the items
// cannot be read, or are many.
func Change(federation cid.Cid, kind motion.Kind, items []motion.Opening) phrase.Phrase {
	if !article.Changes(kind) {
		return phrase.Phrase{}
	}
	all, err := article.Open(federation, kind, items)
	if err != nil || len(all) != 1 {
		return phrase.Phrase{}
	}
	switch a := all[0].(type) {
	case *article.MemberAdmission:
		return phrase.New("change.admit_member", "admits %s (%s) as a member with the roles %s, responsible: %s", a.Member.ID, a.Member.Name, roles(a.Member.Roles), a.Member.Contact)
	case *article.MemberChange:
		return phrase.New("change.change_member", "changes what the charter says of %s: %s, roles %s, group %s, responsible: %s", a.Member.ID, a.Member.Name, roles(a.Member.Roles), a.Member.Group, a.Member.Contact)
	case *article.MemberRemoval:
		if a.How == article.Leave {
			return phrase.New("change.leave", "lets the member %s leave: what it said and is anchored goes on counting", a.Member)
		}
		return phrase.New("change.expel", "expels the member %s: what it asserted ends, what it undid stays undone", a.Member)
	case *article.IssuerAdmission:
		return phrase.New("change.admit_issuer", "gives %s another key to speak by, %s", a.Member, a.Key.Short())
	case *article.IssuerEnd:
		return issuerEnds(a)
	case *article.RegulatorAdmission:
		return phrase.New("change.admit_regulator", "makes %s a regulator, jurisdiction %s", a.Seat.Member, a.Seat.Jurisdiction)
	case *article.RegulatorRemoval:
		return phrase.New("change.remove_regulator", "takes the regulator's seat of %s, who keeps the roles %s", a.Member, roles(a.Roles))
	case *article.RegulatorRekeying:
		return phrase.New("change.rekey_regulator", "gives the regulator %s the voting key %s and the cosigning key %s", a.Member, a.Vote.Short(), a.Cosign.Short())
	case *article.Reinstatement:
		return phrase.New("change.reinstate", "closes the feed of key %s and opens its epoch %d", a.Issuer.Short(), a.Epoch)
	case *article.Granting:
		text, terms, err := granted(&a.Grant)
		if err != nil {
			return phrase.Phrase{}
		}
		return phrase.Join(phrase.New("change.grant", "grants the range %s", text), terms)
	case *article.GrantEnd:
		return grantEnds(a)
	}
	return phrase.Phrase{}
}

// Subject returns the member that a change is about; "" where it is about none.
func Subject(federation cid.Cid, kind motion.Kind, items []motion.Opening) string {
	if !article.Changes(kind) {
		return ""
	}
	all, err := article.Open(federation, kind, items)
	if err != nil {
		return ""
	}
	switch a := all[0].(type) {
	case *article.MemberAdmission:
		return a.Member.ID
	case *article.MemberChange:
		return a.Member.ID
	case *article.MemberRemoval:
		return a.Member
	case *article.IssuerAdmission:
		return a.Member
	case *article.RegulatorAdmission:
		return a.Seat.Member
	case *article.RegulatorRemoval:
		return a.Member
	case *article.RegulatorRekeying:
		return a.Member
	}
	return ""
}

func roles(all []article.Role) string {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.String()
	}
	return strings.Join(names, ", ")
}

func issuerEnds(a *article.IssuerEnd) phrase.Phrase {
	switch a.How {
	case article.Rotate:
		return phrase.New("change.rotate", "replaces the key %s by %s: what was said stays", a.Issuer.Short(), a.Successor.Short())
	case article.Leave:
		return phrase.New("change.end_issuer", "ends the key %s: what was said and is anchored goes on counting", a.Issuer.Short())
	case article.Expel:
	}
	return phrase.New("change.expel_issuer", "expels the key %s: what it asserted ends, what it undid stays undone", a.Issuer.Short())
}

func grantEnds(a *article.GrantEnd) phrase.Phrase {
	r, err := article.ParseRange(a.Range)
	if len(a.Next) > 0 && err == nil {
		if text, terms, err := granted(&a.Next[0]); err == nil {
			return phrase.Join(phrase.New("change.pass_grant", "ends the grant of a range and passes it on: %s", text), terms)
		}
	}
	if err != nil {
		return phrase.Phrase{}
	}
	return phrase.New("change.end_grant", "ends the grant of the range %s: it is nobody's", r)
}
