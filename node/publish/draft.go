package publish

import (
	"fmt"
	"iter"
	"math"

	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Draft is what a file says of one number in one category.
type Draft struct {
	Number    number.Number
	Category  taxonomy.Category
	Label     string // the publisher's own word, at most 128 bytes
	Reports   uint32 // 0: not counted
	FirstSeen int64  // Unix seconds
	LastSeen  int64
	Lines     iter.Seq[int] // of the file, for receipts; may be nil
}

// Delivery is one file, read.
type Delivery struct {
	File    string // as it is called, for the record
	Mapping string // by which it was read; 1 to 64 bytes
	// Digest identifies the content: the same digest is the same delivery,
	// and adds nothing when it comes again but what was retracted since.
	Digest [32]byte
	// Adds tells reports from a snapshot: counts add to what stood before the
	// publication, or replace it.
	Adds   bool
	Medium assertion.Medium
	// Drafts yields the drafts, best by rising number: neighbours in the list
	// then stand in one batch, and each batch touches few blocks of the list's
	// tree. It is run through once or twice and must yield the same each time.
	Drafts iter.Seq[Draft]

	said map[flagged]bool // what it flagged in an earlier run, standing or not
}

// flagged is what one flag is about.
type flagged struct {
	key      number.Range
	category taxonomy.Category
}

// verdict is what is to be done about a draft.
type verdict uint8

const (
	say       verdict = iota // a statement is to be made
	sayAgain                 // the same, of what this content said before and what does not hold since
	unchanged                // what stands says the same, or this content said it before
	over                     // this content said it before, and its time is over
	resumed                  // this publication said it in a run that was cut off
)

// says reports whether a statement is to be made.
func (v verdict) says() bool { return v == say || v == sayAgain }

// drafter turns drafts into statements, by what stood when it was made.
type drafter struct {
	speaker
	delivery    *Delivery
	publication publication.ID // the zero ID: none is begun

	before *view.Excerpt // what the content said earlier; nil: nothing
	whole  bool          // it was said whole earlier, and not all taken back by its ID
}

// decide says what is to be done about a draft: the statement to make, or the
// one that stands, or why neither.
func (t *drafter) decide(d *Draft) (verdict, assertion.Statement, view.Standing, error) {
	standing, stands := t.list.Standing(t.member, d.Number.Range(), d.Category)
	if stands && standing.Issuer.IsZero() {
		return 0, assertion.Statement{}, standing, fmt.Errorf("%w: batch %s, which says what stood about %s; run scrub, put it back, then publish the file again", ErrDamaged, standing.Ref.Batch, d.Number.Masked())
	}
	if stands && publication.ID(standing.Publication) == t.publication || t.delivery.said[flagged{d.Number.Range(), d.Category}] {
		return resumed, assertion.Statement{}, standing, nil
	}
	var said, upheld bool
	if t.before != nil {
		said, upheld = t.before.Flagged(d.Number.Range(), d.Category)
	}
	if stands && (upheld || t.whole && !said) {
		return unchanged, assertion.Statement{}, standing, nil
	}
	flag, from, to := t.total(d, standing, stands)
	s, err := t.statement(d, flag, from, to)
	if err != nil {
		return 0, s, standing, err
	}
	if upheld {
		if why, _ := t.refuse(&s); why == "" {
			return over, s, standing, nil
		}
	}
	if stands && standing.Flag == flag && standing.Statement.ObservedFrom == from && standing.Statement.ObservedTo == to &&
		standing.Statement.Expires == s.Expires && standing.Statement.Medium == s.Medium {
		return unchanged, s, standing, nil
	}
	if said {
		return sayAgain, s, standing, nil
	}
	return say, s, standing, nil
}

// total returns the member's view of number and category with the draft: its
// flag and the span of its observations.
func (t *drafter) total(d *Draft, standing view.Standing, stands bool) (flag assertion.Flag, from, to int64) {
	flag = assertion.Flag{Category: d.Category, Label: d.Label, Reports: d.Reports}
	from, to = d.FirstSeen, d.LastSeen
	rules := t.list.Rules()
	if !stands || !t.delivery.Adds {
		flag.Confidence = rules.Confidence(flag.Reports)
		return flag, from, to
	}
	was := &standing.Flag
	flag.Reports = uint32(min(uint64(was.Reports)+uint64(d.Reports), math.MaxUint32))
	from, to = min(from, standing.Statement.ObservedFrom), max(to, standing.Statement.ObservedTo)
	flag.Confidence = rules.Confidence(flag.Reports)
	if flag.Label == "" {
		flag.Label = was.Label
	}
	if was.Reports == 0 {
		// What was known without counting, as by a person's judgement, is not
		// known less because somebody reports it.
		flag.Confidence = max(flag.Confidence, was.Confidence)
	}
	return flag, from, to
}

// statement makes the flag's envelope. It expires by the policy's default from
// the last observation, but never later than policy allows.
func (t *drafter) statement(d *Draft, flag assertion.Flag, from, to int64) (assertion.Statement, error) {
	s := assertion.Statement{
		Subject:      hand.Subject(d.Number.Range()),
		Medium:       t.delivery.Medium,
		ObservedFrom: from,
		ObservedTo:   to,
		Effective:    t.terms().Effective(),
		Expires:      t.terms().FlagExpiry(d.Category.Class(), to),
	}
	if flag.Reports > 0 {
		s.Basis = assertion.Basis{Kind: assertion.BasisReports, Count: flag.Reports}
	} else {
		s.Basis = assertion.Basis{Kind: assertion.BasisImport, Name: t.delivery.Mapping}
	}
	if err := s.SetBody(flag); err != nil {
		return s, fmt.Errorf("publish: flag of %s: %w", d.Number.Masked(), err)
	}
	return s, nil
}

// aheadSeconds is how far an observation may lie ahead of the clock: a day, for
// dates without a time in zones ahead of UTC.
const aheadSeconds = hand.SecondsPerDay

// refuse says why a flag would be void, or would be dead when it is born; ""
// if neither. What nodes count as void is the view's judgement, asked before
// anything is signed.
func (t *drafter) refuse(s *assertion.Statement) (reason, detail string) {
	seen, expires := taxonomy.DayOf(s.ObservedTo), taxonomy.DayOf(s.Expires)
	switch {
	case s.ObservedTo > t.now+aheadSeconds:
		return "last seen lies ahead", fmt.Sprintf("%s; check the mapping's layouts and zone", seen)
	case expires <= taxonomy.DayOf(t.now):
		return view.ReasonOld.String(), fmt.Sprintf("last seen %s: by the policy's default it has expired on %s", seen, expires)
	}
	void := t.list.Judge(s, t.now)
	if void == view.ReasonOld {
		detail = "last seen " + seen.String()
	}
	return void.String(), detail
}
