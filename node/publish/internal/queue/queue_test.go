package queue

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// drafts returns so many, of rising numbers.
func drafts(t *testing.T, n int) []Draft {
	t.Helper()
	var all []Draft
	first, err := number.Parse("+12022000000")
	must(t, err)
	for i := range n {
		n, err := number.FromUint64(first.Uint64() + uint64(i))
		must(t, err)
		all = append(all, Draft{Number: n, Category: taxonomy.Untyped, Label: "word\xff", Reports: uint32(i), FirstSeen: 1795176000, LastSeen: 1795348800})
	}
	return all
}

// write writes drafts under an ID, without an entry.
func write(t *testing.T, l Line, id publication.ID, all []Draft) Entry {
	t.Helper()
	to := l.Write(id)
	for i := range all {
		must(t, to.Draft(&all[i]))
	}
	e, err := to.Finish()
	must(t, err)
	return e
}

func join(t *testing.T, l Line, e Entry) {
	t.Helper()
	must(t, l.Join(&e))
}

func order(t *testing.T, l Line) []byte {
	t.Helper()
	all, err := l.All()
	must(t, err)
	var ids []byte
	for i := range all {
		ids = append(ids, all[i].ID[0])
	}
	return ids
}

func read(t *testing.T, l Line, e *Entry) []Draft {
	t.Helper()
	var all []Draft
	for d, err := range l.Drafts(e) {
		must(t, err)
		all = append(all, d)
	}
	return all
}

// left counts what a space of the store holds.
func left(t *testing.T, v Values, space string) int {
	t.Helper()
	n := 0
	must(t, v.List(space, func(string, []byte) error { n++; return nil }))
	return n
}

// What comes first goes first, also over a restart, past the tenth, and when
// something has left in between; an ID joins once.
func TestTheLineKeepsItsOrder(t *testing.T) {
	values := memory.New()
	var want []byte
	for i := byte(1); i <= 12; i++ {
		l := Line{values} // made anew, as after a restart
		e := write(t, l, publication.ID{i}, drafts(t, 1))
		join(t, l, e)
		join(t, l, e)
		want = append(want, i)
	}
	l := Line{values}
	if got := order(t, l); !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	all, err := l.All()
	must(t, err)
	must(t, l.Leave(&all[4]))
	join(t, l, write(t, l, publication.ID{5}, drafts(t, 1))) // has left, so it comes last
	if got := order(t, l); !slices.Equal(got, append(slices.Delete(want, 4, 5), 5)) {
		t.Errorf("after the fifth left and came again: %v", got)
	}
}

// A large file waits in several parts, comes back as it went in, and leaves nothing.
func TestALargeFileWaitsInParts(t *testing.T) {
	values := memory.New()
	l := Line{values}
	want := drafts(t, 8000)
	e := write(t, l, publication.ID{1}, want)
	if left(t, values, spaceLine) != 0 || len(order(t, l)) != 0 {
		t.Error("it waits before it has joined")
	}
	e.Refused, e.File = 3, &File{Name: "f.csv", Mapping: "m", Digest: [32]byte{7}, Adds: true, Medium: assertion.Voice}
	join(t, l, e)
	must(t, values.List(spaceParts, func(key string, value []byte) error {
		if len(value) > 1<<20 {
			t.Errorf("part %s has %d bytes", key, len(value))
		}
		return nil
	}))
	all, err := Line{values}.All()
	must(t, err)
	if len(all) != 1 || all[0].Parts < 2 || left(t, values, spaceParts) != all[0].Parts || all[0].Drafts != len(want) || all[0].Refused != 3 || *all[0].File != *e.File {
		t.Fatalf("%+v", all)
	}
	if !slices.Equal(read(t, l, &all[0]), want) {
		t.Error("other drafts come back")
	}
	must(t, l.Leave(&all[0]))
	if n := left(t, values, spaceLine) + left(t, values, spaceParts); n != 0 {
		t.Errorf("%d values are left", n)
	}
}

func TestNothingWaits(t *testing.T) {
	l := Line{memory.New()}
	if e := write(t, l, publication.ID{1}, nil); e.Drafts != 0 || e.Parts != 0 {
		t.Errorf("%+v", e)
	}
}

// How the line is written is a format: a node finds what an earlier release queued.
// These are values that one wrote.
func TestFormat(t *testing.T) {
	const (
		hand = "6ae6783f4fbde91b6eb88b73a48ed247"
		file = "dbe5882e2579683432c1bfc525454add"
	)
	written := map[[2]string]string{
		{"queue", "00000000000000000001"}: `{"id":"` + hand + `","parts":1,"drafts":1,"note":"by hand"}`,
		{"queue", "00000000000000000002"}: `{"id":"` + file + `","parts":1,"drafts":2,"refused":1,"file":{"name":"file","mapping":"test","digest":[102` + strings.Repeat(",0", 31) + `],"adds":true,"medium":"voice"}}`,
		{"queued", hand + "/00000000"}:    `["jAEBAYIASAA0B9WOf1URAAAaawQqwBprBCrAGmsEKsAaa/F4wIUACWBAgEmEGQMBYBkCtAk="]`,
		{"queued", file + "/00000000"}:    `[{"n":12384910997268864,"c":"unk.untyped","l":"d29yZA==","r":1,"f":1795176000,"t":1795348800},{"n":12384910997268865,"c":"unk.untyped","l":"d29yZA==","r":2,"f":1795176000,"t":1795262400}]`,
	}
	old := memory.New()
	for at, value := range written {
		must(t, old.Put(at[0], at[1], []byte(value)))
	}
	was, again := Line{old}, memory.New()
	all, err := was.All()
	must(t, err)
	for i := range all {
		e := &all[i]
		to := Line{again}.Write(e.ID)
		if e.File == nil {
			said, err := was.Statements(e)
			must(t, err)
			if len(said) != 1 || said[0].Kind != assertion.KindFlag {
				t.Fatalf("by hand: %+v", said)
			}
			must(t, to.Statement(&said[0]))
		} else {
			for _, d := range read(t, was, e) {
				must(t, to.Draft(&d))
			}
		}
		next, err := to.Finish()
		must(t, err)
		next.Refused, next.Note, next.File = e.Refused, e.Note, e.File
		join(t, Line{again}, next)
	}
	for at, value := range written {
		if got, _, err := again.Get(at[0], at[1]); err != nil || string(got) != value {
			t.Errorf("%s: %s, %v\nwant %s", at, got, err, value)
		}
	}
}

// What is damaged or gone is an error that names it, and never a shorter file.
func TestDamageIsAnError(t *testing.T) {
	id := publication.ID{1}
	values := memory.New()
	l := Line{values}
	e := write(t, l, id, drafts(t, 8000))
	last := partKey(id, e.Parts-1)
	for name, value := range map[string]string{
		"gone": "", "cut off": "[{", "no number": `[{"n":1}]`,
	} {
		must(t, values.Delete(spaceParts, last))
		if value != "" {
			must(t, values.Put(spaceParts, last, []byte(value)))
		}
		var failed error
		for _, err := range l.Drafts(&e) {
			if failed != nil {
				t.Errorf("%s: it goes on after %v", name, failed)
			}
			failed = err
		}
		if failed == nil {
			t.Errorf("%s: the file is shorter", name)
		}
	}
	must(t, values.Put(spaceParts, last, []byte(`["AA=="]`)))
	if _, err := l.Statements(&Entry{ID: id, Parts: e.Parts}); err == nil || !strings.Contains(err.Error(), hex.EncodeToString(id[:])) {
		t.Errorf("statements: %v", err)
	}
	must(t, values.Put(spaceLine, "00000000000000000007", []byte("{")))
	if _, err := l.All(); err == nil || !strings.Contains(err.Error(), "00000000000000000007") {
		t.Errorf("a damaged entry: %v", err)
	}
	if err := l.Join(&e); err == nil {
		t.Error("joined a line that cannot be read")
	}
}

// Who joins again, with what is left of the file by then, keeps the place and waits
// with that alone.
func TestJoiningAgainReplaces(t *testing.T) {
	values := memory.New()
	l := Line{values}
	all := drafts(t, 8000)
	join(t, l, write(t, l, publication.ID{1}, all))
	join(t, l, write(t, l, publication.ID{2}, all[:1]))
	e := write(t, l, publication.ID{1}, all[7000:])
	e.Refused = 7000
	join(t, l, e)
	if got := order(t, l); !slices.Equal(got, []byte{1, 2}) {
		t.Errorf("the order: %v", got)
	}
	now, err := l.All()
	must(t, err)
	if now[0].Drafts != 1000 || now[0].Refused != 7000 || !slices.Equal(read(t, l, &now[0]), all[7000:]) {
		t.Errorf("%+v waits", now[0])
	}
	if n := left(t, values, spaceParts); n != now[0].Parts+now[1].Parts {
		t.Errorf("%d parts are kept, %d wait", n, now[0].Parts+now[1].Parts)
	}
}
