package view

import (
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/view/internal/anchors"
	"ringfence/store/view/internal/list"
	"ringfence/store/view/internal/port"
	"ringfence/store/view/internal/table"
	"ringfence/store/view/internal/undo"
)

// judge rules on the statements of one batch: which count, which are void and
// why, what they undo. It changes nothing of the view; the writer commits what
// it found. What it finds depends on the charter, on the issuer's own feed up
// to here, and on statements that name each other, never on the order in which
// the batches of different issuers came.
type judge struct {
	w       *writer
	ordinal uint32 // that the batch has or would have
	batch   list.Batch
	place   FeedEpoch
	timed   []number.Range
	day     taxonomy.Day // of the batch
	member  charter.MemberIndex
	state   *charter.State // by which the batch is judged
	inForce bool
	policy  *charter.Policy
	slots   []assertion.Slot

	edits        []table.Edit
	ownKeys      []number.Range
	contested    []number.Range
	undoings     []undo.Undoing
	retracts     map[string]undo.Said // by target
	targets      [][]taxonomy.Ref
	ports        []port.Terms
	answers      []answerTo
	ends         map[taxonomy.Day]int // of the issuer's live flags: how many more end when
	undoneOwn    int                  // of them by this batch
	undoneHere   map[undo.Span]struct{}
	here         map[undo.By]struct{} // targets that are retracted in this batch
	dead         map[undo.Key]undo.By
	named        map[undo.Name]undo.By
	lives        map[undo.By]undo.Lives // to add to those of targets
	publications []delivered
	spent        map[spendKey]spent
	said         map[saidKey]struct{}
	voids        []VoidAt
	erased       int
}

// delivered is a run of statements of one publication.
type delivered struct {
	id assertion.PublicationID
	undo.Span
}

type saidKey struct {
	kind assertion.Kind
	key  number.Range
}

func (w *writer) newJudge(issuer keys.Public, tip feed.Tip, slots []assertion.Slot) *judge {
	j := &judge{
		w:       w,
		ordinal: uint32(len(w.list.Batches)),
		batch:   list.Batch{CID: tip.CID, Speaker: list.Nobody, Epoch: tip.Epoch, Sequence: tip.Sequence, Time: tip.Time, Count: int32(len(slots))},
		place:   FeedEpoch{Issuer: issuer, Epoch: tip.Epoch},
		day:     taxonomy.DayOf(tip.Time),
		slots:   slots,
		edits:   make([]table.Edit, 0, len(slots)),
		spent:   make(map[spendKey]spent),
		said:    make(map[saidKey]struct{}),
		ends:    make(map[taxonomy.Day]int),

		undoneHere: make(map[undo.Span]struct{}), retracts: make(map[string]undo.Said), here: make(map[undo.By]struct{}),
		dead: make(map[undo.Key]undo.By), named: make(map[undo.Name]undo.By), lives: make(map[undo.By]undo.Lives),
	}
	if r, ok := w.list.Charter.Record(issuer); ok {
		j.batch.Speaker, j.member = r.Index, r.Member
		j.batch.Cover = w.ledger.Anchors.Cover(anchors.Place{Issuer: r.Index, Epoch: tip.Epoch}, tip.Sequence)
	}
	j.state = w.list.StateOf(&j.batch)
	j.policy = j.state.Policy()
	j.inForce = j.batch.Speaker != list.Nobody && w.list.InForce(&j.batch)
	return j
}

// judge rules on all statements: retractions first, so that a publication that
// is retracted and delivered in one batch is dead at once.
func (j *judge) judge() {
	for i := range j.slots {
		if s := j.slots[i].Statement(); s != nil && s.Kind == assertion.KindRetract {
			j.retract(i, s)
		}
	}
	for i := range j.slots {
		slot := &j.slots[i]
		j.delivered(i, slot.Publication())
		switch s := slot.Statement(); {
		case s == nil:
			j.erased++
			if until := slot.Expiry(); until != taxonomy.NeverDay { // else it was a retraction
				j.liveUnder(j.undoneBy(i), until)
			}
		case s.Kind != assertion.KindRetract:
			j.file(i, s)
		}
	}
}

// delivered notes that the statement at i belongs to a member's publication.
func (j *judge) delivered(i int, id assertion.PublicationID) {
	if j.batch.Speaker == list.Nobody {
		return
	}
	if n := len(j.publications); n > 0 && j.publications[n-1].id == id {
		j.publications[n-1].Last = uint16(i)
		return
	}
	j.publications = append(j.publications, delivered{id, undo.Span{Batch: j.ordinal, First: uint16(i), Last: uint16(i)}})
}

// file adds the row of a statement about a key under each key that it is
// about. Statements about other subjects have no place in the list.
func (j *judge) file(i int, s *assertion.Statement) {
	key, ok := s.Key()
	if s.Kind == assertion.KindAnswer {
		j.answer(i, s)
		return
	}
	if !ok {
		if reason := j.w.list.JudgeOther(&j.batch, s); reason != NotVoid {
			j.refuse(i, reason)
		}
		return
	}
	r := j.row(i, s, key)
	if r.Void() {
		j.refuse(i, r.Reason)
	} else if list.Shared(&r) {
		if j.liveUnder(r.UndoneBy, r.Until); !j.undoneAtHome(r.UndoneBy) {
			j.ends[r.Until]++
		}
	}
	for one := range key.Keys() {
		j.edits = append(j.edits, table.Edit{Key: one, Row: r, Op: table.Add})
		switch s.Kind {
		case assertion.KindReassign, assertion.KindContest, assertion.KindPort, assertion.KindResource:
			j.timed = append(j.timed, one)
		}
		if s.Kind == assertion.KindContest {
			j.answered(uint16(i), one)
			if !r.Void() {
				j.contested = append(j.contested, one)
			}
		}
		if r.Own && !r.Void() {
			j.noteOwn(one)
		}
	}
}

// undoneAtHome reports whether a statement of the batch was retracted by its issuer's feed
// already.
func (j *judge) undoneAtHome(by undo.By) bool {
	for one := range j.w.list.Undo.Targets(by) {
		if _, here := j.here[one]; here || j.w.list.Undo.By(one, j.batch.Speaker) {
			return true
		}
	}
	return false
}

// liveUnder counts a flag of the batch among those of the targets that it is of. What has
// no opening counts as a flag, which most are: then a repeated retraction counts the same
// with or without it.
func (j *judge) liveUnder(by undo.By, until taxonomy.Day) {
	for one := range j.w.list.Undo.Targets(by) {
		j.live(one, j.batch.Speaker, until)
	}
}

// noteOwn lists a key once among those with blocks of scope own.
func (j *judge) noteOwn(key number.Range) {
	again := saidKey{assertion.KindBlock, key}
	if _, ok := j.said[again]; ok {
		return
	}
	j.said[again] = struct{}{}
	_, rows := j.w.list.Table.Find(key)
	if !slices.ContainsFunc(rows, func(r table.Row) bool { return r.Own && !r.Void() }) {
		j.ownKeys = append(j.ownKeys, key)
	}
}

func (j *judge) refuse(i int, reason Reason) { j.voids = append(j.voids, VoidAt{i, reason}) }

func (j *judge) row(i int, s *assertion.Statement, key number.Range) table.Row {
	r := j.w.list.RowOf(s, j.batch.Time)
	r.Batch, r.Index, r.UndoneBy = j.ordinal, uint16(i), j.undoneBy(i)
	if !r.Void() || j.w.list.IsFrozen(&j.batch) { // then that is the reason, whatever else is wrong
		r.Reason = j.reason(s, key, &r)
	}
	switch s.Kind {
	case assertion.KindContest:
		j.contestTargets(s, &r)
	case assertion.KindPort:
		j.port(s, &r)
	}
	return r
}

// undoneBy returns what retracts the statement at i, as far as it is here.
func (j *judge) undoneBy(i int) undo.By {
	if j.batch.Speaker == list.Nobody {
		return 0
	}
	return j.undoing(j.batch.CID, uint16(i), undo.Key{Member: j.member, Publication: j.slots[i].Publication()})
}

// undoing returns what retracts a statement of a publication, this batch included.
func (j *judge) undoing(batch cid.Cid, index uint16, key undo.Key) undo.By {
	all, part := &j.w.list.Undo, undo.Part{Member: key.Member, Index: int32(index)}
	by := j.w.targets.By(undo.Name{Batch: batch, Part: part}, key.Publication, all)
	by = all.Join(by, j.dead[key])
	if len(j.named) > 0 {
		by = all.Join(by, j.named[undo.Name{Batch: batch, Part: part}])
		part.Index = undo.WholeBatch
		by = all.Join(by, j.named[undo.Name{Batch: batch, Part: part}])
	}
	return by
}

// reason judges a sound statement by the charter and by the issuer's own feed.
func (j *judge) reason(s *assertion.Statement, key number.Range, r *table.Row) Reason {
	switch {
	case j.batch.Speaker == list.Nobody:
		return ReasonNotIssuer
	case j.w.list.IsFrozen(&j.batch):
		return ReasonFrozen
	case !j.inForce:
		return ReasonNotIssuer
	case j.w.list.Speakers[j.batch.Speaker].Expelled && list.Asserts(s.Kind):
		return ReasonExpelled
	case !j.state.May(j.member, s.Kind):
		return ReasonRole
	case s.Audience != assertion.All:
		return ReasonAudience
	}
	switch s.Kind {
	case assertion.KindFlag, assertion.KindBlock:
		return j.w.list.Evidence(key, r, j.day, j.policy)
	case assertion.KindReassign:
		return j.reassign(key, r)
	case assertion.KindContest:
		return j.contest(s, key, r)
	case assertion.KindResource:
		return j.holds(key)
	}
	return NotVoid
}

func (j *judge) reassign(key number.Range, r *table.Row) Reason {
	if reason := j.holds(key); reason != NotVoid {
		return reason
	}
	switch {
	case r.Since > j.day:
		return ReasonFuture
	case r.Until < j.day+taxonomy.Day(j.policy.ExpiryDays.Reassign):
		return ReasonShortLived // see handovers
	}
	return j.bounded(key, r.Kind, j.policy.Quotas.Reassign)
}

func (j *judge) contest(s *assertion.Statement, key number.Range, r *table.Row) Reason {
	if reason := j.holds(key); reason != NotVoid {
		return reason
	}
	if j.w.list.Fleeting(&j.batch, s) {
		return ReasonShortLived
	}
	return j.bounded(key, r.Kind, j.policy.Quotas.Contest)
}

// holds asks that the member may act for the users of the key's numbers.
func (j *judge) holds(key number.Range) Reason {
	ports := j.w.list
	if j.w.before != nil {
		ports = j.w.before
	}
	_, rows := ports.Table.Find(key)
	if !j.w.list.SpeaksFor(&j.batch, key, ports.PortsOf(rows)) {
		return ReasonNotHolder
	}
	return NotVoid
}

// bounded judges by the issuer's own feed and the days of its own batches: one
// such statement a number in 90 days, and the daily quota.
func (j *judge) bounded(key number.Range, kind assertion.Kind, quota uint32) Reason {
	if _, again := j.said[saidKey{kind, key}]; again {
		return ReasonRepeated
	}
	_, rows := j.w.list.Table.Find(key)
	for i := range rows {
		b := &j.w.list.Batches[rows[i].Batch]
		if rows[i].Kind == kind && !rows[i].Void() && b.Speaker == j.batch.Speaker && j.day < taxonomy.DayOf(b.Time)+policy.RepeatDays {
			return ReasonRepeated
		}
	}
	spend := spendKey{j.batch.Speaker, kind}
	s, ok := j.spent[spend]
	if !ok {
		s = j.w.spent[spend]
	}
	if s.day != j.day {
		s = spent{day: j.day}
	}
	if s.count >= quota {
		return ReasonQuota
	}
	s.count++
	j.spent[spend] = s
	j.said[saidKey{kind, key}] = struct{}{}
	return NotVoid
}

// count adds what the judge has ruled on.
func (j *judge) count(c *Counts) {
	if j.w.list.IsFrozen(&j.batch) {
		c.Suspended += len(j.slots)
		return
	}
	c.Batches++
	c.Statements += len(j.slots)
	c.Erased += j.erased
	for _, v := range j.voids {
		if v.Reason != ReasonForeign { // which is seen only where the other's batch came first
			c.Void++
		}
	}
}
