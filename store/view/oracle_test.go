package view

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/harmonise"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// oracle computes the list by the obvious way: for each key it reads every
// statement of every record again and asks of each, in words close to the
// design's, whether it counts.
type oracle struct {
	t       *testing.T
	state   *charter.State
	records records
	day     taxonomy.Day
}

type said struct {
	assertion.Statement
	ref    taxonomy.Ref
	pub    assertion.PublicationID
	member charter.MemberIndex
	rank   uint32
	record *feed.Record
}

func (o *oracle) all() []said {
	var all []said
	for i := range o.records {
		r := &o.records[i]
		slots, err := assertion.DecodeSlots(r.Body)
		must(o.t, err)
		info, _ := o.state.Issuer(r.Issuer)
		for k := range slots {
			all = append(all, said{
				Statement: *slots[k].Statement(), ref: taxonomy.Ref{Batch: r.Tip.CID, Index: uint16(k)},
				pub: slots[k].Publication(), member: info.Member, rank: info.Rank, record: r,
			})
		}
	}
	return all
}

// retracted reports whether any retract of the same member names s.
func retracted(all []said, s *said) bool {
	for i := range all {
		body, reason := all[i].Check()
		r, ok := body.(assertion.Retract)
		if !ok || reason != assertion.Sound || all[i].member != s.member {
			continue
		}
		switch r.Kind {
		case assertion.TargetStatement:
			if bytes.Equal(r.Target, s.ref.Bytes()) {
				return true
			}
		case assertion.TargetBatch:
			if bytes.Equal(r.Target, s.ref.Batch.Bytes()) {
				return true
			}
		case assertion.TargetPublication:
			if bytes.Equal(r.Target, s.pub[:]) {
				return true
			}
		}
	}
	return false
}

// handed returns when key changed hands by valid reassigns (of a holder, not in
// the batch's future, the issuer's first of that number in 90 days), each with
// the day up to which it decides about what is said.
func (o *oracle) handed(all []said, key number.Range) map[taxonomy.Day]taxonomy.Day {
	last := make(map[taxonomy.Day]taxonomy.Day)
	valid := make(map[uint32][]taxonomy.Day) // by issuer: days of its valid ones
	for i := range all {
		s := &all[i]
		body, _ := s.Check()
		r, ok := body.(assertion.Reassign)
		k, _ := s.Key()
		day, date := taxonomy.DayOf(s.record.Tip.Time), taxonomy.DayOf(r.Date)
		if !ok || k != key || !o.state.SpeaksFor(s.member, key) || date > day || taxonomy.DayOf(s.Expires) < day+3650 {
			continue
		}
		if slices.ContainsFunc(valid[s.rank], func(d taxonomy.Day) bool { return day < d+90 }) {
			continue
		}
		valid[s.rank] = append(valid[s.rank], day)
		if !retracted(all, s) {
			last[date] = max(last[date], day+3650-365-90)
		}
	}
	return last
}

func seenBefore(handed map[taxonomy.Day]taxonomy.Day, since, said taxonomy.Day) bool {
	for date, limit := range handed {
		if since < date && said < limit {
			return true
		}
	}
	return false
}

func (o *oracle) evidence(all []said, key number.Range) []harmonise.Evidence {
	handed := o.handed(all, key)
	var live []harmonise.Evidence
	for i := range all {
		s := &all[i]
		k, ok := s.Key()
		if !ok || !slices.Contains(slices.Collect(k.Keys()), key) {
			continue
		}
		body, reason := s.Check()
		flag, ok := body.(assertion.Flag)
		batchDay := taxonomy.DayOf(s.record.Tip.Time)
		switch {
		case !ok, reason != assertion.Sound, s.Basis.Kind == assertion.BasisDerived,
			!o.state.May(s.member, assertion.KindFlag),
			k.Free() > int(o.state.Policy().MaxFreeDigits.Flag),
			taxonomy.DayOf(s.Expires) > batchDay+365,
			flag.Category.Class().Nuisance() && o.state.Protected(k),
			seenBefore(handed, taxonomy.DayOf(s.ObservedFrom), batchDay),
			retracted(all, s):
			continue
		}
		live = append(live, harmonise.Evidence{
			Group: o.state.Group(s.member), Weight: o.state.Weight(s.member),
			Category: flag.Category, Confidence: flag.Confidence,
			LastSeen: min(s.ObservedTo, s.record.Tip.Time), BatchTime: s.record.Tip.Time,
			From: taxonomy.DayOf(s.Effective), Until: taxonomy.DayOf(s.Expires),
			IssuerRank: s.rank, Epoch: s.record.Tip.Epoch, Sequence: s.record.Tip.Sequence, Index: s.ref.Index,
		})
	}
	return live
}

// list returns the entries by key.
func (o *oracle) list() map[number.Range]taxonomy.Entry {
	rules, err := harmonise.NewRules(*o.state.Policy())
	must(o.t, err)
	all := o.all()
	keys := make(map[number.Range]bool)
	for i := range all {
		if k, ok := all[i].Key(); ok {
			for one := range k.Keys() {
				keys[one] = true
			}
		}
	}
	list := make(map[number.Range]taxonomy.Entry)
	for key := range keys {
		if r := rules.Harmonise(o.evidence(all, key), o.day, false); r.Listed {
			list[key] = r.Entry
		}
	}
	return list
}

// babble makes members say random things about few subjects, so that they
// meet often.
func babble(t *testing.T, rnd *rand.Rand, batches int) *world {
	w := newWorld(t, func(c *charter.FoundingConfig) {
		c.Grants = append(c.Grants, chartertest.Grant(t, "+86138*/13", "mno", "mv", ""))
		c.Protected = append(c.Protected, chartertest.Range(t, "+8613800138003"))
	}, "a: vendor", "b: vendor; group a", "c: vendor; trusted", "mno: operator", "mv: mvno")
	members := []string{"a", "b", "c", "mno", "mv"}
	subjects := []string{"+8613800138000", "+8613800138001", "+8613800138002", "+8613800138003", "+86138001380*/13", "+861380013800*/13", "+86!95588", "+8613800138*/13"}
	categories := []string{"mkt.retail", "mkt.hr", "crm.extortion", "har.silent", "oth.survey", "unk.untyped", "id.courier", "ok.legitimate"}
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	var refs []taxonomy.Ref
	pubs := []assertion.PublicationID{w.publication(), w.publication(), w.publication()}
	for i := range batches {
		var say []assertion.Statement
		for range 1 + rnd.IntN(4) {
			to := -rnd.IntN(80)
			s := flagged(t, pick(subjects), pick(categories), uint32(rnd.IntN(30)), to-rnd.IntN(60), to)
			switch kind := rnd.IntN(12); {
			case kind == 0 && len(refs) > 0:
				s = retraction(t, assertion.TargetStatement, refs[rnd.IntN(len(refs))].Bytes())
			case kind == 1 && len(refs) > 0:
				s = retraction(t, assertion.TargetBatch, refs[rnd.IntN(len(refs))].Batch.Bytes())
			case kind == 2 && i > batches/2:
				p := pubs[rnd.IntN(len(pubs))]
				s = retraction(t, assertion.TargetPublication, p[:])
			case kind == 3:
				s = reassigned(t, pick(subjects[:4]), -rnd.IntN(100))
				if rnd.IntN(3) == 0 {
					s.Expires = at(rnd.IntN(3000)) // too soon: void
				}
			case kind == 4:
				s.Basis = assertion.Basis{Kind: assertion.BasisDerived, Sources: [][]byte{[]byte("a")}}
			case kind == 5:
				s.Effective, s.Expires = at(to+rnd.IntN(40)), at(to+300)
			}
			say = append(say, s)
		}
		refs = append(refs, w.say(pick(members), at(-100+i), pubs[rnd.IntN(len(pubs))], say...)...)
	}
	return w
}

// shuffle returns the records in another order that keeps each feed's own.
func shuffle(rnd *rand.Rand, in records) records {
	feeds := make(map[string]records)
	for _, r := range in {
		feeds[r.Issuer.String()] = append(feeds[r.Issuer.String()], r)
	}
	names := slices.Sorted(maps.Keys(feeds))
	var out records
	for len(out) < len(in) {
		if name := names[rnd.IntN(len(names))]; len(feeds[name]) > 0 {
			out, feeds[name] = append(out, feeds[name][0]), feeds[name][1:]
		}
	}
	return out
}

func TestListEqualsTheObviousOneInEveryOrderOfArrival(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		w := babble(t, rnd, 12+rnd.IntN(30))
		// Begin early and turn day by day, so that next changes are used.
		for round := range 3 {
			v, err := New(Config{State: w.state, Source: shuffle(rnd, w.records), Day: today - 10, Session: 1})
			must(t, err)
			_, err = v.Follow()
			must(t, err)
			for day := v.List().Stamp().Day; day < today+100; day += taxonomy.Day(1 + rnd.IntN(40)) {
				v.TurnTo(day)
				o := oracle{t, w.state, w.records, day}
				want, got := o.list(), maps.Collect(v.List().All())
				if !maps.Equal(want, got) {
					t.Fatalf("seed %d round %d day %v:\n got %s\nwant %s", seed, round, day, show(got), show(want))
				}
			}
		}
	}
}

func show(list map[number.Range]taxonomy.Entry) string {
	var out string
	for _, k := range slices.SortedFunc(maps.Keys(list), number.Range.Compare) {
		out += fmt.Sprintf("\n  %s %v", k, list[k])
	}
	return out
}

// A node that holds every opening and one whose openings were erased as soon as
// the door lets them be have the same list on every day.
func TestErasingWhatIsDeadChangesNothing(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		w := babble(t, rnd, 30)
		for _, day := range []taxonomy.Day{today, today + 40, today + 150, today + 290, today + 3600, today + 4100} {
			erased, gone := erase(t, w.records, day)
			if day > today+3000 && gone == 0 {
				t.Fatal("nothing was erased")
			}
			held, bare := w.view(day), w.viewOf(Config{State: w.state, Source: erased, Day: day, Session: 1})
			sameList(t, fmt.Sprintf("seed %d, %v, %d erased", seed, day, gone), bare.List(), held.List())
			for later := day + 1; later < day+60; later += 7 {
				held.TurnTo(later)
				bare.TurnTo(later)
				sameList(t, fmt.Sprintf("seed %d, %v, turned to %v", seed, day, later), bare.List(), held.List())
			}
		}
	}
}

// Replaying from nothing, loading a snapshot and going on, and following live
// give the same list; the tree built at once has the root of the tree grown.
func TestSnapshotAndReplayGiveTheSameList(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		w := babble(t, rnd, 40)
		half := Config{State: w.state, Source: w.records[:20], Day: today - 5, Session: 7}
		v := w.viewOf(half)
		var file bytes.Buffer
		must(t, v.Save(&file))
		whole := half
		whole.Source = w.records
		loaded, err := Load(whole, file.Bytes())
		must(t, err)
		sameList(t, "loaded", loaded.List(), v.List())
		if loaded.List().Stamp() != v.List().Stamp() || loaded.List().Counts() != v.List().Counts() {
			t.Fatalf("loaded %+v %+v, saved %+v %+v", loaded.List().Stamp(), loaded.List().Counts(), v.List().Stamp(), v.List().Counts())
		}
		_, err = loaded.Follow()
		must(t, err)
		loaded.TurnTo(today + 3)
		fresh := w.view(today - 5)
		fresh.TurnTo(today + 3)
		sameList(t, "snapshot and replay", loaded.List(), fresh.List())
		direct := w.view(today + 3)
		sameList(t, "day by day and at once", direct.List(), fresh.List())
	}
}

func TestDamagedSnapshotsAreRefused(t *testing.T) {
	w := babble(t, rand.New(rand.NewPCG(9, 9)), 10)
	cfg := Config{State: w.state, Source: w.records, Day: today, Session: 1}
	var file bytes.Buffer
	must(t, w.viewOf(cfg).Save(&file))
	good := file.Bytes()
	for i := range good {
		bad := slices.Clone(good)
		bad[i] ^= 1
		if _, err := Load(cfg, bad); err == nil {
			t.Fatalf("a bit flipped at byte %d of %d passes", i, len(good))
		}
		if _, err := Load(cfg, good[:i]); err == nil {
			t.Fatalf("a snapshot cut at byte %d passes", i)
		}
	}
	other := newWorld(t, nil, "x: vendor")
	if _, err := Load(Config{State: other.state, Source: w.records}, good); err == nil {
		t.Error("a snapshot of another charter passes")
	}
}

// erase returns records without the openings that the door lets be erased by a day, and
// how many these are.
func erase(t testing.TB, from records, day taxonomy.Day) (records, int) {
	t.Helper()
	erased, gone := slices.Clone(from), 0
	for i := range erased {
		slots, err := assertion.DecodeSlots(erased[i].Body)
		must(t, err)
		for k := range slots {
			if day > slots[k].Expiry() {
				slots[k] = slots[k].Erase()
				gone++
			}
		}
		erased[i].Body, err = assertion.EncodeSlots(slots)
		must(t, err)
	}
	return erased, gone
}
