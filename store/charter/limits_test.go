package charter_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

func TestAMemberHas64Issuers(t *testing.T) {
	s := chartertest.State(t, sample(t))
	admission := func(i int) *article.IssuerAdmission {
		k := chartertest.Key("issuer", fmt.Sprint("ven-a#", i))
		return chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "ven-a", Key: k.Public()}, k)
	}
	var items []article.Item
	for i := range article.MaxKeys - 1 {
		items = append(items, admission(i))
	}
	s = chartertest.Enact(t, s, items...)
	refused(t, s, []article.Item{admission(99)}, "64 issuers", "end one first")
	if err := s.Charter().Validate(); err != nil {
		t.Error(err)
	}
}

// large is a federation of 2,000 members with a feed each.
func large(t testing.TB) *charter.State {
	t.Helper()
	var members []string
	for i := range 1999 {
		members = append(members, fmt.Sprintf("m%04d: vendor; group g%d", i, i%700))
	}
	cfg := chartertest.Config(t, members...)
	for i := range cfg.Cards {
		cfg.Cards[i].Audience = "" // checking these is slow, and not what is looked at
	}
	return chartertest.State(t, cfg)
}

// A version costs what changed: 5,000 admissions, one a motion, onto 2,000 issuers of
// 2,000 members fold in seconds, and all 5,000 versions are held at once.
func TestVersionsCostWhatChanged(t *testing.T) {
	s := large(t)
	const admissions, wantBytes = 5000, 300 << 20
	type step struct {
		item article.Item
		key  keys.Public
	}
	steps := make([]step, admissions)
	for i := range steps {
		k := chartertest.Key("issuer", fmt.Sprint("more#", i))
		id := fmt.Sprintf("m%04d", i*7%1999)
		steps[i] = step{chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: id, Key: k.Public()}, k), k.Public()}
	}
	before := heap()
	start := time.Now()
	for _, step := range steps {
		s = chartertest.Enact(t, s, step.item)
	}
	t.Logf("%d admissions in %v, all versions in %d MiB", admissions, time.Since(start), (heap()-before)>>20)
	if used := heap() - before; used > wantBytes {
		t.Errorf("%d versions take %d MiB; at most %d", admissions, used>>20, wantBytes>>20)
	}
	for i, step := range steps {
		at, ok := s.At(uint64(1 + 2*i))
		if !ok || at.EverAdmitted(step.key) || at.Admitted() != uint32(2000+i) {
			t.Fatalf("before admission %d the ledger knows %d issuers", i, at.Admitted())
		}
		if at, _ = s.At(uint64(3 + 2*i)); !at.EverAdmitted(step.key) {
			t.Fatalf("admission %d is not known after it", i)
		}
	}
	runtime.KeepAlive(s)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkEnactIssuer(b *testing.B) {
	s := large(b)
	i := 0
	for b.Loop() {
		b.StopTimer()
		k := chartertest.Key("issuer", fmt.Sprint("more#", i))
		m, items := chartertest.Motion(b, s, chartertest.Endorsed(b, s, &article.IssuerAdmission{Member: fmt.Sprintf("m%04d", i%1999), Key: k.Public()}, k))
		b.StartTimer()
		next, err := s.Enact(m, s.Size(), items)
		if err != nil {
			b.Fatal(err)
		}
		s, i = next, i+1
	}
}

// fill enacts items in as many motions as they need.
func fill(t testing.TB, s *charter.State, items []article.Item) *charter.State {
	t.Helper()
	for len(items) > 0 {
		n := min(1500, len(items))
		s = chartertest.Enact(t, s, items[:n]...)
		items = items[n:]
	}
	return s
}

// What ended makes room: bounds are of what is in force.
func TestBoundsAreOfWhatIsInForce(t *testing.T) {
	s := chartertest.State(t, sample(t))
	granting := func(i int) *article.Granting {
		return chartertest.Granting(t, fmt.Sprintf("+86!96%05d", i), "op-a", "", "")
	}
	admission := func(i int) *article.MemberAdmission {
		id := fmt.Sprint("x", i)
		return &article.MemberAdmission{Member: charter.Member{ID: id, Name: id, Group: "g", Contact: id, Roles: []charter.Role{charter.Vendor}}}
	}
	var grants, members []article.Item
	for i := range article.MaxGrants - 7 {
		grants = append(grants, granting(i))
	}
	for i := range article.MaxMembers - 9 {
		members = append(members, admission(i))
	}
	s = fill(t, fill(t, s, grants), members)
	refused(t, s, []article.Item{granting(9000)}, "4096 ranges are granted")
	refused(t, s, []article.Item{admission(9000)}, "4096 members")
	s = chartertest.Enact(t, s, &article.GrantEnd{Range: chartertest.RangeBytes(chartertest.Range(t, "+86!9600000"))})
	s = chartertest.Enact(t, s, &article.MemberRemoval{Member: "x0", How: article.Leave})
	s = chartertest.Enact(t, chartertest.Enact(t, s, granting(9000)), admission(9000))
	if c := s.Charter(); len(c.Grants) != article.MaxGrants || len(c.Members) != article.MaxMembers {
		t.Errorf("%d grants and %d members", len(c.Grants), len(c.Members))
	}
}
