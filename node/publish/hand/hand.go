// Package hand drafts what people say one at a time: a flag, a block, an undoing,
// a change of hands, a contest and its answer, a holding.
//
// Who says a thing by hand names what it is about and why; the rest (how sure
// one is, how long it lasts, on what it rests) has defaults, and those are the
// federation's policy, not the tool's. So the command line, the console and the
// interface for programs all draft alike. Only what cannot be meant is refused
// here, such as a sighting of tomorrow: a draft that breaks a rule is refused by
// publish.Publisher.Say, by the same judgement that every node will apply.
//
// Floor 10, a room of node/publish. It signs nothing and has no clock.
package hand

import (
	"encoding/binary"

	"github.com/ipfs/go-cid"

	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/harmonise"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// SecondsPerDay converts the policy's days.
const SecondsPerDay = 86400

// Terms are what drafts are made under: who speaks, when, and the policy.
type Terms struct {
	Member string // member ID
	Policy *charter.Policy
	Rules  *harmonise.Rules // of that policy
	Now    int64            // Unix seconds
	Day    taxonomy.Day     // of the list
}

// Effective is from when a draft counts: from now on, or from the list's day on where
// that is behind. Days are the ledger's: while no quorum says that it is tomorrow, what
// counts from tomorrow on would count for nothing.
func (t Terms) Effective() int64 { return min(t.Now, t.Day.Start()+SecondsPerDay-1) }

// Flag is a flag said by hand. What is zero is filled in.
type Flag struct {
	Key        number.Range
	Category   taxonomy.Category
	Label      string
	Confidence *uint16 // permille; nil: by the count, or without one the policy's for a person's judgement
	Reports    uint32  // 0: none counted
	SeenFrom   int64   // Unix seconds; 0: as SeenTo
	SeenTo     int64   // 0: now
	Expires    int64   // 0: the policy's default from SeenTo
	Medium     assertion.Medium
}

// Block is a block said by hand.
type Block struct {
	Key      number.Range
	Category taxonomy.Category
	Reason   string
	Scope    assertion.Scope
	Expires  int64 // 0: the policy's default for the scope
}

// Target is what a retraction undoes. The zero Target is none.
type Target struct {
	kind    assertion.TargetKind
	subject assertion.Subject // of a statement; else it is the member
	value   []byte
}

// Statement is one statement as a target.
func Statement(ref taxonomy.Ref) Target {
	b := ref.Bytes()
	return Target{assertion.TargetStatement, assertion.Subject{Kind: assertion.SubjectStatement, Value: b}, b}
}

// Batch is every statement of a batch as a target.
func Batch(batch cid.Cid) Target { return Target{kind: assertion.TargetBatch, value: batch.Bytes()} }

// Publication is a whole publication as a target. Once it is retracted its ID
// is dead for ever.
func Publication(id assertion.PublicationID) Target {
	return Target{kind: assertion.TargetPublication, value: id[:]}
}

// FlagExpiry returns when a flag of class c that was last seen at a time
// expires by default: by the policy's days from then, but never later than the
// policy allows a flag of now.
func (t Terms) FlagExpiry(c taxonomy.Class, lastSeen int64) int64 {
	latest := t.Latest(assertion.KindFlag).Start()
	return min(lastSeen+int64(t.Rules.ExpiryDays(c))*SecondsPerDay, latest, taxonomy.MaxTime)
}

// Latest returns the last day on which a flag or block of now may expire.
func (t Terms) Latest(kind assertion.Kind) taxonomy.Day {
	days := t.Policy.ExpiryMaxDays.Flag
	if kind == assertion.KindBlock {
		days = t.Policy.ExpiryMaxDays.Block
	}
	return taxonomy.DayOf(t.Now) + taxonomy.Day(days)
}

// Flag drafts a flag.
func (t Terms) Flag(f Flag) (assertion.Statement, error) {
	to := or(f.SeenTo, t.Now)
	switch from := or(f.SeenFrom, to); {
	case to > t.Now:
		return assertion.Statement{}, phrase.New("say.seen_ahead", "last seen %s: that lies ahead of now, and a flag tells what has been seen", taxonomy.DayOf(to))
	case from > to:
		return assertion.Statement{}, phrase.New("say.seen_order", "first seen %s is later than last seen %s", taxonomy.DayOf(from), taxonomy.DayOf(to))
	}
	s := assertion.Statement{
		Subject: Subject(f.Key), Medium: f.Medium, ObservedFrom: or(f.SeenFrom, to), ObservedTo: to, Effective: t.Effective(),
		Expires: or(f.Expires, t.FlagExpiry(f.Category.Class(), to)),
		Basis:   assertion.Basis{Kind: assertion.BasisInvestigation},
	}
	confidence := t.Rules.HandConfidence()
	if f.Reports > 0 {
		s.Basis = assertion.Basis{Kind: assertion.BasisReports, Count: f.Reports}
		confidence = t.Rules.Confidence(f.Reports)
	}
	if f.Confidence != nil {
		confidence = *f.Confidence
	}
	return s, s.SetBody(assertion.Flag{Category: f.Category, Label: f.Label, Confidence: confidence, Reports: f.Reports})
}

// Block drafts a block.
func (t Terms) Block(b Block) (assertion.Statement, error) {
	days := t.Policy.ExpiryDays.BlockAsk
	if b.Scope == assertion.ScopeOwn {
		days = t.Policy.ExpiryDays.BlockOwn
	}
	s := t.envelope(Subject(b.Key), assertion.BasisInvestigation, days)
	s.Expires = or(b.Expires, s.Expires)
	return s, s.SetBody(assertion.Block{Category: b.Category, Reason: b.Reason, Scope: b.Scope})
}

// Reassign drafts that a number has a new user since a date, in Unix seconds;
// it counts as its UTC day.
func (t Terms) Reassign(n number.Number, date int64) (assertion.Statement, error) {
	// One day more than the least that counts: the batch may be of tomorrow.
	s := t.envelope(Subject(n.Range()), assertion.BasisAllocatee, t.Policy.ExpiryDays.Reassign+1)
	return s, s.SetBody(assertion.Reassign{Date: date})
}

// Contest drafts that the user of a number disputes what is said of it; no
// targets means all of it.
func (t Terms) Contest(key number.Range, grounds string, targets ...taxonomy.Ref) (assertion.Statement, error) {
	s, body := t.envelope(Subject(key), assertion.BasisAllocatee, t.decision(t.Policy.ExpiryDays.Contest)), assertion.Contest{Grounds: grounds}
	for _, target := range targets {
		body.Targets = append(body.Targets, target.Bytes())
	}
	return s, s.SetBody(body)
}

// Answer drafts the answer to a contest: what was said is upheld, or withdrawn.
func (t Terms) Answer(contest taxonomy.Ref, upheld bool, reason string) (assertion.Statement, error) {
	subject := assertion.Subject{Kind: assertion.SubjectStatement, Value: contest.Bytes()}
	s := t.envelope(subject, assertion.BasisInvestigation, t.decision(t.Policy.ExpiryDays.Answer))
	return s, s.SetBody(assertion.Answer{Upheld: upheld, Reason: reason})
}

// Resource drafts who holds and uses a number or range.
func (t Terms) Resource(key number.Range, r assertion.Resource) (assertion.Statement, error) {
	s := t.envelope(Subject(key), assertion.BasisAllocatee, t.Policy.ExpiryDays.Resource)
	return s, s.SetBody(r)
}

// Retract drafts an undoing. It never expires: what is undone stays undone.
func (t Terms) Retract(target Target, reason string) (assertion.Statement, error) {
	subject := target.subject
	if subject.Value == nil {
		subject = assertion.Subject{Kind: assertion.SubjectMember, Value: []byte(t.Member)}
	}
	s := t.envelope(subject, assertion.BasisInvestigation, 0)
	s.Expires = taxonomy.Never
	return s, s.SetBody(assertion.Retract{Kind: target.kind, Target: target.value, Reason: reason})
}

// decision returns how many days a contest or an answer lasts: as the policy says, and
// one more than the least that counts at least, for the batch may be of tomorrow.
func (t Terms) decision(days uint16) uint16 { return max(days, t.Policy.DecisionDays()+1) }

// envelope is that of a statement of now that lives for some days.
func (t Terms) envelope(subject assertion.Subject, basis assertion.BasisKind, days uint16) assertion.Statement {
	return assertion.Statement{
		Subject: subject, ObservedFrom: t.Now, ObservedTo: t.Now, Effective: t.Effective(),
		Expires: t.Now + int64(days)*SecondsPerDay,
		Basis:   assertion.Basis{Kind: basis},
	}
}

// Subject returns a number or range as a statement's subject.
func Subject(key number.Range) assertion.Subject {
	if n, ok := key.Number(); ok {
		return assertion.Subject{Kind: assertion.SubjectNumber, Value: binary.BigEndian.AppendUint64(make([]byte, 0, 8), n.Uint64())}
	}
	b := key.Bytes()
	return assertion.Subject{Kind: assertion.SubjectRange, Value: b[:]}
}

func or(given, otherwise int64) int64 {
	if given != 0 {
		return given
	}
	return otherwise
}
