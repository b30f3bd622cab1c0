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
)

// judge rules on the statements of one batch: which count, which are void and
// why, what they undo. It changes nothing of the view; the writer commits what
// it found. What it finds depends on the charter, on the issuer's own feed up
// to here, and on statements that name each other, never on the order in which
// the batches of different issuers came.
type judge struct {
	w       *writer
	ordinal uint32 // that the batch has or would have
	batch   batch
	day     taxonomy.Day // of the batch
	member  charter.MemberIndex
	policy  *charter.Policy
	slots   []assertion.Slot

	edits            []edit
	ownKeys          []number.Range
	undoings         []undoing
	undone           []undoneIn
	undoneDeliveries []undoneDelivery
	publications     []delivered
	spent            map[spendKey]spent
	said             map[saidKey]struct{}
	voids            []VoidAt
	erased           int
}

// delivered is a run of statements of one publication.
type delivered struct {
	id assertion.PublicationID
	span
}

type undoneIn struct {
	batch cid.Cid
	undo
}

type undoneDelivery struct {
	key      deliveryKey
	undoneBy uint32
}

type saidKey struct {
	kind assertion.Kind
	key  number.Range
}

func (w *writer) newJudge(issuer keys.Public, tip feed.Tip, slots []assertion.Slot) *judge {
	j := &judge{
		w:       w,
		ordinal: uint32(len(w.list.batches)),
		batch:   batch{cid: tip.CID, speaker: nobody, epoch: tip.Epoch, sequence: tip.Sequence, time: tip.Time, count: int32(len(slots))},
		day:     taxonomy.DayOf(tip.Time),
		policy:  w.list.state.Policy(),
		slots:   slots,
		edits:   make([]edit, 0, len(slots)),
		spent:   make(map[spendKey]spent),
		said:    make(map[saidKey]struct{}),
	}
	if info, ok := w.list.state.Issuer(issuer); ok {
		j.batch.speaker, j.member = info.Rank, info.Member
	}
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
		case s.Kind != assertion.KindRetract:
			j.file(i, s)
		}
	}
}

// delivered notes that the statement at i belongs to a member's publication.
func (j *judge) delivered(i int, id assertion.PublicationID) {
	if j.batch.speaker == nobody {
		return
	}
	if n := len(j.publications); n > 0 && j.publications[n-1].id == id {
		j.publications[n-1].last = uint16(i)
		return
	}
	j.publications = append(j.publications, delivered{id, span{j.ordinal, uint16(i), uint16(i)}})
}

// file adds the row of a statement about a key under each key that it is
// about. Statements about other subjects have no place in the list.
func (j *judge) file(i int, s *assertion.Statement) {
	key, ok := s.Key()
	if !ok {
		if reason := j.w.list.judgeOther(&j.batch, s); reason != NotVoid {
			j.refuse(i, reason)
		}
		return
	}
	r := j.row(i, s, key)
	if r.void() {
		j.refuse(i, r.reason)
	}
	for one := range key.Keys() {
		j.edits = append(j.edits, edit{key: one, row: r, op: opAdd})
		if r.own && !r.void() {
			j.noteOwn(one)
		}
	}
}

// noteOwn lists a key once among those with blocks of scope own.
func (j *judge) noteOwn(key number.Range) {
	again := saidKey{assertion.KindBlock, key}
	if _, ok := j.said[again]; ok {
		return
	}
	j.said[again] = struct{}{}
	_, rows := j.w.list.table.find(key)
	if !slices.ContainsFunc(rows, func(r row) bool { return r.own && !r.void() }) {
		j.ownKeys = append(j.ownKeys, key)
	}
}

// take counts what a judge has ruled on.
func (c *Counts) take(j *judge) {
	if j.w.list.isFrozen(&j.batch) {
		c.Suspended += len(j.slots)
		return
	}
	c.Batches++
	c.Statements += len(j.slots)
	c.Erased += j.erased
	c.Void += len(j.voids)
}

func (j *judge) refuse(i int, reason Reason) { j.voids = append(j.voids, VoidAt{i, reason}) }

func (j *judge) row(i int, s *assertion.Statement, key number.Range) row {
	r := j.w.list.rowOf(s, j.batch.time)
	r.batch, r.index, r.undoneBy = j.ordinal, uint16(i), j.undoneBy(i)
	if !r.void() || j.w.list.isFrozen(&j.batch) { // then that is the reason, whatever else is wrong
		r.reason = j.reason(s, key, &r)
	}
	return r
}

// rowOf is what the view keeps of a statement that is said at a time, void as
// far as that needs neither charter nor feed.
func (l *List) rowOf(s *assertion.Statement, said int64) row {
	r := row{
		kind:     s.Kind,
		lastSeen: min(s.ObservedTo, said),
		from:     taxonomy.DayOf(s.Effective),
		until:    taxonomy.DayOf(s.Expires),
		since:    taxonomy.DayOf(s.ObservedFrom),
		derived:  s.Basis.Kind == assertion.BasisDerived,
	}
	body, reason := s.Check()
	switch b := body.(type) {
	case assertion.Flag:
		r.category, r.confidence = b.Category, b.Confidence
	case assertion.Block:
		r.category, r.confidence = b.Category, l.state.Policy().Confidence.Ask
		r.own = b.Scope == assertion.ScopeOwn
	case assertion.Reassign:
		r.since = taxonomy.DayOf(b.Date)
	}
	r.reason = Reason(reason)
	return r
}

// Judge tells why a flag or block would be void if one who may say it said it
// at a time, in Unix seconds; NotVoid if it would count.
func (l *List) Judge(s *assertion.Statement, said int64) Reason {
	key, _ := s.Key()
	r := l.rowOf(s, said)
	if r.void() {
		return r.reason
	}
	return l.evidence(key, &r, taxonomy.DayOf(said))
}

// undoneBy returns what retracts the statement at i, if anything does yet.
func (j *judge) undoneBy(i int) uint32 {
	if j.batch.speaker == nobody {
		return 0
	}
	key := deliveryKey{j.member, j.slots[i].Publication()}
	for _, u := range j.undoneDeliveries {
		if u.key == key {
			return u.undoneBy
		}
	}
	if d := j.w.deliveries[key]; d != nil && d.undoneBy != 0 {
		return d.undoneBy
	}
	for _, u := range j.w.undone[j.batch.cid] {
		if u.member == j.member && (u.index == wholeBatch || u.index == int32(i)) {
			return u.undoneBy
		}
	}
	return 0
}

// reason judges a sound statement by the charter and by the issuer's own feed.
func (j *judge) reason(s *assertion.Statement, key number.Range, r *row) Reason {
	switch {
	case j.batch.speaker == nobody:
		return ReasonNotIssuer
	case j.w.list.isFrozen(&j.batch):
		return ReasonFrozen
	case !j.w.list.state.May(j.member, s.Kind):
		return ReasonRole
	case s.Audience != assertion.All:
		return ReasonAudience
	}
	switch s.Kind {
	case assertion.KindFlag, assertion.KindBlock:
		return j.w.list.evidence(key, r, j.day)
	case assertion.KindReassign:
		return j.reassign(key, r)
	case assertion.KindContest:
		return j.contest(key, r)
	case assertion.KindResource:
		return j.holds(key)
	}
	return NotVoid
}

// evidence judges a flag or block that is said on a day by the policy's bounds.
func (l *List) evidence(key number.Range, r *row, day taxonomy.Day) Reason {
	p := l.state.Policy()
	most, life := int(p.MaxFreeDigits.Flag), p.ExpiryMaxDays.Flag
	if r.kind == assertion.KindBlock {
		most, life = int(p.MaxFreeDigits.Block), p.ExpiryMaxDays.Block
	}
	seen := taxonomy.DayOf(r.lastSeen)
	switch {
	case key.Free() > most:
		return ReasonBroad
	case r.until > day+taxonomy.Day(life):
		return ReasonLongLived
	case day > seen+taxonomy.Day(p.FlagMaxAgeDays):
		return ReasonOld
	case !r.own && r.category.Class().Nuisance() && l.state.Protected(key):
		return ReasonProtected
	}
	return NotVoid
}

func (j *judge) reassign(key number.Range, r *row) Reason {
	if reason := j.holds(key); reason != NotVoid {
		return reason
	}
	switch {
	case r.since > j.day:
		return ReasonFuture
	case r.until < j.day+taxonomy.Day(j.policy.ExpiryDays.Reassign):
		return ReasonShortLived // see handovers
	}
	return j.bounded(key, r.kind, j.policy.Quotas.Reassign)
}

func (j *judge) contest(key number.Range, r *row) Reason {
	if reason := j.holds(key); reason != NotVoid {
		return reason
	}
	return j.bounded(key, r.kind, j.policy.Quotas.Contest)
}

// holds asks that the member may act for the users of the key's numbers.
func (j *judge) holds(key number.Range) Reason {
	if !j.w.list.state.SpeaksFor(j.member, key) {
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
	_, rows := j.w.list.table.find(key)
	for i := range rows {
		b := &j.w.list.batches[rows[i].batch]
		if rows[i].kind == kind && !rows[i].void() && b.speaker == j.batch.speaker && j.day < taxonomy.DayOf(b.time)+policy.RepeatDays {
			return ReasonRepeated
		}
	}
	spend := spendKey{j.batch.speaker, kind}
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
