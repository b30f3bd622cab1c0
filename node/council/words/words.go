// Package words tells in a line what stands in the ledger and in motions.
//
// Floor 12, a room of node/council. It is handed what it tells.
package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/enact"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// groundWords are the grounds by their codes.
var groundWords = [...]string{
	motion.GroundsFlags: "flags", motion.GroundsReports: "reports", motion.GroundsDetection: "detection", motion.GroundsInvestigation: "investigation",
	motion.GroundsDecision: "decision", motion.GroundsAllocatee: "allocatee", motion.GroundsOther: "other",
}

func groundsWord(g motion.Grounds) string {
	if int(g) < len(groundWords) {
		return groundWords[g]
	}
	return strconv.Itoa(int(g))
}

// Grounds returns the words of all grounds, from the first code on.
func Grounds() []string { return groundWords[1:] }

// Says tells one item in a line; nothing of one that was erased.
func Says(federation cid.Cid, kind motion.Kind, item []byte) phrase.Phrase {
	if len(item) == 0 {
		return phrase.Phrase{}
	}
	said, err := sentence(federation, kind, item)
	if err != nil {
		return phrase.Plain("? " + err.Error())
	}
	return said
}

func sentence(federation cid.Cid, kind motion.Kind, item []byte) (said phrase.Phrase, err error) {
	switch kind {
	case motion.Ratify:
		return ratified(item)
	case motion.Revoke, motion.Stay:
		r, err := motion.DecodeReversal(item)
		return phrase.New("item.entry", "ledger entry %d", r.Index), err
	case motion.Anchor:
		return anchored(item)
	case motion.NoteFork:
		p, err := feed.ParseForkProof(item)
		if err != nil {
			return said, err
		}
		return phrase.New("item.fork", "%s forked its epoch %d at batch %d", p.Issuer(), p.Epoch(), p.Sequence()), nil
	case motion.SetPolicy:
		return phrase.New("item.bytes", "%s, bytes: %d", kind, len(item)), nil
	}
	return articles(federation, kind, item)
}

func ratified(item []byte) (said phrase.Phrase, err error) {
	r, err := motion.DecodeRatification(item)
	if err != nil {
		return said, err
	}
	on := groundsWord(r.Grounds)
	switch r.Action {
	case taxonomy.Block:
		said = phrase.New("item.block", "%s block %s (%s)", r.Subject, r.Category, on)
	case taxonomy.Label:
		said = phrase.New("item.label", "%s label %s (%s)", r.Subject, r.Category, on)
	default:
		said = phrase.New("item.allow", "%s allow %s (%s)", r.Subject, r.Category, on)
	}
	var refs []string
	for _, ref := range r.Citations {
		refs = append(refs, ref.String())
	}
	return phrase.Join(said, phrase.Plain(strings.Join(refs, " "))), nil
}

// anchored tells an item of an anchor: the first is a point, the others are heads.
func anchored(item []byte) (phrase.Phrase, error) {
	if p, err := motion.DecodeAnchorPoint(item); err == nil {
		return phrase.New("item.anchor", "ledger size %d, day %s, list root %s", p.Size, p.Day, p.ListRoot), nil
	}
	h, err := motion.DecodeAnchorHeads(item)
	return phrase.New("item.heads", "heads of feeds: %d", len(h.Heads)), err
}

// articles tells a change of the charter.
func articles(federation cid.Cid, kind motion.Kind, item []byte) (said phrase.Phrase, err error) {
	all, err := article.Open(federation, kind, []motion.Opening{{Item: item}})
	if err != nil {
		return said, err
	}
	switch a := all[0].(type) {
	case *article.MemberAdmission:
		// A regulator compares the keys with a card: anybody may ask under any name.
		return phrase.Join(member(&a.Member), phrase.New("item.keys", "issuers %v, hosts %v, recovery %s", a.Member.Issuers, a.Member.Hosts, a.Member.Recovery)), nil
	case *article.MemberChange:
		return member(&a.Member), nil
	case *article.MemberRemoval:
		return phrase.New("item.ends", "%s: %s", a.Member, a.How), nil
	case *article.IssuerAdmission:
		return plain("%s: %s", a.Member, a.Key), nil
	case *article.IssuerEnd:
		if a.How == article.Rotate {
			return phrase.New("item.rotate", "%s: rotate %s", a.Issuer, a.Successor), nil
		}
		return phrase.New("item.ends", "%s: %s", a.Issuer, a.How), nil
	case *article.RegulatorAdmission:
		return phrase.New("item.seat", "%s: vote %s, cosign %s", a.Seat.Member, a.Seat.Vote, a.Seat.Cosign), nil
	case *article.RegulatorRemoval:
		return phrase.New("item.unseat", "%s, then %s", a.Member, roles(a.Roles)), nil
	case *article.RegulatorRekeying:
		return phrase.New("item.seat", "%s: vote %s, cosign %s", a.Member, a.Vote, a.Cosign), nil
	case *article.Reinstatement:
		return phrase.New("item.epoch", "%s: epoch %d", a.Issuer, a.Epoch), nil
	case *article.Granting:
		text, terms, err := granted(&a.Grant)
		return phrase.Join(phrase.Plain(text), terms), err
	case *article.GrantEnd:
		if len(a.Next) > 0 {
			text, terms, err := granted(&a.Next[0])
			return phrase.Join(phrase.Plain(text), terms), err
		}
		r, err := article.ParseRange(a.Range)
		return phrase.New("item.no_grant", "%s: nobody", r), err
	}
	return phrase.Plain(kind.String()), nil
}

func plain(format string, args ...any) phrase.Phrase {
	return phrase.Plain(fmt.Sprintf(format, args...))
}

func member(m *article.Member) phrase.Phrase {
	return phrase.New("item.member", "%s (%s), roles %s", m.ID, m.Name, roles(m.Roles))
}

// granted returns the range and who has it, and who else has to do with it.
func granted(g *article.Grant) (text string, terms phrase.Phrase, err error) {
	r, err := article.ParseRange(g.Range)
	if g.ResoldTo != "" {
		terms = phrase.New("change.resold", "resold to %s", g.ResoldTo)
	}
	if g.HostedBy != "" {
		terms = phrase.Join(terms, phrase.New("change.hosted", "hosted by %s", g.HostedBy))
	}
	return r.String() + ": " + g.Allocatee, terms, err
}

// EntryOf tells an entry of the certified ledger, whose votes were verified when it was
// followed.
func EntryOf(s *charter.State, data, opening []byte) (e api.LedgerEntry, err error) {
	entry, err := motion.OpenEntry(data, s.Federation())
	if err != nil {
		return e, err
	}
	switch one := entry.(type) {
	case motion.GenesisEntry:
		e.Type, e.Motion = "genesis", one.Charter.String()
	case motion.MotionEntry:
		m := &one.Motion
		e = api.LedgerEntry{Type: "motion", Motion: m.ID.String(), Kind: m.Kind.String(), Items: m.Count, Time: Clock(m.Time), Reason: m.Reason}
		if m.Until != taxonomy.NeverDay {
			until := phrase.New("item.until", "until %s", m.Until)
			e.Says = &until
		}
		for _, v := range one.Votes {
			e.Votes = append(e.Votes, voter(s, v.By))
		}
	case motion.ItemEntry:
		e.Type, e.Motion, e.Kind = "item", one.Motion.String(), one.Kind.String()
		if len(opening) > 0 {
			o, err := motion.OpenOpening(opening)
			if err != nil {
				return e, err
			}
			if said := Says(s.Federation(), one.Kind, o.Item); !said.IsZero() {
				e.Says = &said
			}
		}
	case motion.Tick:
		e.Type = "tick"
		for _, t := range one.Times {
			e.Votes = append(e.Votes, MemberOf(s, t.By))
			e.Time = max(e.Time, Clock(t.Unix))
		}
	case motion.Settlement:
		e.Type = "settlement"
	}
	return e, nil
}

// Clock tells Unix seconds as RFC 3339 has them.
func Clock(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// MemberOf returns the member that a key speaks for, "" if it speaks for nobody now.
func MemberOf(s *charter.State, key keys.Public) string {
	if seat, ok := s.Regulator(key); ok {
		return seat.Member
	}
	if info, ok := s.Issuer(key); ok {
		return s.Member(info.Member).ID
	}
	for _, m := range s.Members() {
		if m.Recovery == key {
			return m.ID
		}
	}
	return ""
}

// Voter returns whose vote carried the motion in a ledger entry: as the regulators were then.
func Voter(s *charter.State, entry uint64, key keys.Public) string {
	if then, ok := s.At(entry); ok {
		s = then
	}
	return voter(s, key)
}

func voter(s *charter.State, key keys.Public) string {
	if member := MemberOf(s, key); member != "" {
		return member
	}
	return key.Short()
}

// Told words a refusal: its code has words in other languages, in which the English
// stands for what it is about.
func Told(r *enact.Refusal) phrase.Phrase {
	return phrase.Coded("ballot."+r.Code.String(), r.Words, r.Words)
}

// Refused is Told as an error.
func Refused(r *enact.Refusal) error { return api.Tell(api.Refused, Told(r)) }

// NoRegulator is why a node does not vote.
func NoRegulator() error {
	return api.Tell(api.Refused, phrase.New("council.no_regulator", "this node is no regulator's, or its keys are locked: a regulator votes on its own node, where its voting key is"))
}

// NoAnchor is why a node proposes no anchor.
func NoAnchor() error {
	return api.Tell(api.Refused, phrase.New("council.anchor_seat", "this node is no regulator's, or its keys are locked: a regulator proposes an anchor on its own node, which came to the list that it names"))
}

// NoPromise is why a node promises nothing.
func NoPromise() error {
	return api.Tell(api.Refused, phrase.New("council.no_seat", "this node is no regulator's, or its keys are locked: a regulator promises itself on its own node"))
}
