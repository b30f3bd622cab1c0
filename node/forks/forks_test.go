package forks

import (
	"slices"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/node/reconcile"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

func key(letter string) keys.Public { return feedtest.Key(letter).Public() }

// home is the member "own" with the keys A and B; C is another's.
func home(t *testing.T) *Forks {
	t.Helper()
	cfg := chartertest.Config(t, "own: vendor", "other: vendor")
	for i := range cfg.Cards {
		switch c := &cfg.Cards[i]; c.ID {
		case "own":
			c.Issuers = []keys.Public{key("A"), key("B")}
		case "other":
			c.Issuers = []keys.Public{key("C")}
		}
	}
	f := &Forks{State: chartertest.State(t, cfg), Store: memory.New()}
	info, _ := f.State.Issuer(key("A"))
	f.Member = &info.Member
	return f
}

// hold lets the store hold batches, and proofs that pairs of others make.
func (f *Forks) hold(t *testing.T, d *feedtest.Drawing, batches string, proofs ...[2]string) *view.List {
	t.Helper()
	store := f.Store.(*memory.Store)
	cfg := view.Config{State: f.State, Source: store, Day: taxonomy.DayOf(feedtest.Start), Session: 1}
	for name := range strings.FieldsSeq(batches) {
		must(t, store.Append([]feed.Record{d.Batch(name).Record()}))
	}
	for _, two := range proofs {
		p, err := feed.NewForkProof(d.Verified(two[0]), d.Verified(two[1]))
		must(t, err)
		must(t, store.PutFork(p))
		cfg.Frozen = append(cfg.Frozen, view.FeedEpoch{Issuer: p.Issuer(), Epoch: p.Epoch()})
	}
	v, err := view.New(cfg)
	must(t, err)
	_, err = v.Follow()
	must(t, err)
	return v.List()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Every fork that is known has a frozen row, whoever's it is and whether or not
// anything of the feed is held.
func TestEveryForkIsShown(t *testing.T) {
	f := home(t)
	d := feedtest.Draw(t, "A0; A0'; B0 <- B1; B0 <- B1'; C0; C0'")
	l := f.hold(t, d, "B0 B1", [2]string{"A0", "A0'"}, [2]string{"C0", "C0'"})
	want := map[string]api.Feed{
		key("A").String(): {Member: "own", Frozen: true},
		key("B").String(): {Member: "own", Sequence: 1, Head: d.Batch("B1").CID.String()},
		key("C").String(): {Member: "other", Frozen: true},
	}
	rows := f.Feeds(l)
	for _, row := range rows {
		w := want[row.Issuer]
		if row.Member != w.Member || row.Frozen != w.Frozen || row.Sequence != w.Sequence || row.Head != w.Head || (row.Said == "") != w.Frozen {
			t.Errorf("%+v", row)
		}
	}
	if len(rows) != 3 || !slices.IsSortedFunc(rows, func(a, b api.Feed) int { return strings.Compare(a.Issuer, b.Issuer) }) {
		t.Errorf("%d rows: %+v", len(rows), rows)
	}
	l = f.hold(t, d, "", [2]string{"B1", "B1'"})
	if rows = f.Feeds(l); len(rows) != 3 || slices.ContainsFunc(rows, func(r api.Feed) bool { return !r.Frozen }) {
		t.Errorf("with a fork of what is held: %+v", rows)
	}
	if all, err := f.Evidence(l); err != nil || len(all) != 3 {
		t.Errorf("%d proofs, %v", len(all), err)
	}
}

// A member is told what it does not know of its own frozen feeds and who does; of
// others' it is told nothing.
func TestWhatIsLackingIsTold(t *testing.T) {
	f := home(t)
	d := feedtest.Draw(t, "A0; A0'; B0 <- B1; B0 <- B1'; C0; C0'")
	told := func(statements int) string { return f.Problem(statements).Text }
	f.hold(t, d, "", [2]string{"C0", "C0'"})
	if lacks, err := f.Lacking(); err != nil || len(lacks) != 0 || told(0) != "" {
		t.Errorf("of another's fork is told %+v, %v, %q", lacks, err, told(0))
	}
	f.hold(t, d, "B0 B1", [2]string{"A0", "A0'"}, [2]string{"B1", "B1'"})
	lacks, err := f.Lacking()
	if must(t, err); len(lacks) != 1 || lacks[0].Issuer != key("A").String() || lacks[0].Held != 0 || lacks[0].Missing != 0 || len(lacks[0].Holders) != 0 {
		t.Errorf("with nobody near: %+v", lacks)
	}
	if text := told(0); !strings.Contains(text, "nothing of that is held here") || strings.Contains(text, "0 statements") {
		t.Errorf("with nothing held: %q", text)
	}
	if text := told(2); !strings.Contains(text, "2 statements of this member count for nothing") || !strings.Contains(text, "another key that the charter names") {
		t.Errorf("with something held: %q", text)
	}
	other := chartertest.Key("host", "other").Public()
	f.Claimed = func() []reconcile.FeedStanding {
		return []reconcile.FeedStanding{
			{Issuer: key("A"), Claimed: 3, State: reconcile.Frozen, Asked: []keys.Public{other}},
			{Issuer: key("B"), Claimed: 1, State: reconcile.Frozen, Asked: []keys.Public{other}},
		}
	}
	lacks, err = f.Lacking()
	must(t, err)
	slices.SortFunc(lacks, func(a, b api.Lacking) int { return int(a.Held) - int(b.Held) })
	if len(lacks) != 2 || lacks[0].Missing != 3 || lacks[1].Missing != 1 || lacks[1].Held != 2 || !slices.Equal(lacks[0].Holders, []string{"other " + other.String()}) {
		t.Errorf("with somebody near: %+v", lacks)
	}
	var nobody *charter.MemberIndex
	if f.Member = nobody; told(0) != "" || f.Spare() {
		t.Errorf("who is nobody's is told %q", told(0))
	}
}
