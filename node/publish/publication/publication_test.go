package publication

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"ringfence/store/assertion"
	"ringfence/store/memory"
)

func TestIDs(t *testing.T) {
	id := ID{0xAB, 15: 0xCD}
	got, err := ParseID(id.String())
	if err != nil || got != id {
		t.Errorf("%s, %v", got, err)
	}
	for _, s := range []string{"", "ab", id.String() + "00", strings.Repeat("x", 32), strings.Repeat("g", 4000)} {
		if _, err := ParseID(s); err == nil || len(err.Error()) > 200 {
			t.Errorf("ParseID(%.20q): %v", s, err)
		}
	}
	var back struct{ ID ID }
	text, err := json.Marshal(struct{ ID ID }{id})
	if err != nil || json.Unmarshal(text, &back) != nil || back.ID != id {
		t.Errorf("%s reads back as %s", text, back.ID)
	}
	if json.Unmarshal([]byte(`{"ID": "nonsense"}`), &back) == nil {
		t.Error("nonsense was read")
	}
	drawn, err := NewID(strings.NewReader("0123456789abcdefg"))
	if err != nil || drawn != ID([]byte("0123456789abcdef")) {
		t.Errorf("drawn: %s, %v", drawn, err)
	}
	if _, err := NewID(iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Error("an ID was drawn from nothing")
	}
}

var begun = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// with returns a book of records, each begun a second after the next one.
func with(t *testing.T, records ...Record) Book {
	t.Helper()
	b := Book{memory.New()}
	for i := range records {
		records[i].ID, records[i].Begun = ID{byte(i + 1)}, begun.Add(-time.Duration(i)*time.Second)
		if err := b.Keep(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// A member sees its own publications, oldest first.
func TestRecordsAreOfTheirMember(t *testing.T) {
	b := with(t, Record{Member: "desk", File: "second"}, Record{Member: "other"}, Record{Member: "desk", File: "first"})
	all, err := b.Of("desk")
	if err != nil || len(all) != 2 || all[0].File != "first" || all[1].File != "second" {
		t.Errorf("%+v, %v", all, err)
	}
	if one, err := b.Get("desk", ID{1}); err != nil || one.File != "second" || !one.Begun.Equal(begun) {
		t.Errorf("%+v, %v", one, err)
	}
	for _, id := range []ID{{2}, {9}} {
		if _, err := b.Get("desk", id); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), id.String()) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// A content is found again unless it was given up or undone, and while one file is
// unfinished no other is begun.
func TestContentIsFoundAgain(t *testing.T) {
	content := [32]byte{0xAB}
	digest := "ab" + strings.Repeat("0", 62)
	one := Record{ID: ID{1}}
	for state, found := range map[State]Known{
		Queued: {Unfinished: one}, Open: {Unfinished: one}, Complete: {Complete: one, Earlier: []assertion.PublicationID{{1}}}, Closed: {}, Retracted: {Earlier: []assertion.PublicationID{{1}}},
	} {
		b := with(t, Record{Member: "desk", Digest: digest, State: state})
		known, err := b.Find("desk", content)
		if err != nil || known.Unfinished.ID != found.Unfinished.ID || known.Complete.ID != found.Complete.ID || !slices.Equal(known.Earlier, found.Earlier) {
			t.Errorf("%s: %+v, %v", state, known, err)
		}
		if known, err := b.Find("other", content); err != nil || !reflect.ValueOf(known).IsZero() {
			t.Errorf("%s: another member finds %+v, %v", state, known, err)
		}
		known, err = b.Find("desk", [32]byte{1})
		if !reflect.ValueOf(known).IsZero() || errors.Is(err, ErrUnfinished) != (state == Open) {
			t.Errorf("%s: another content: %+v, %v", state, known, err)
		}
	}
}

// What was said again of a content is found beside what was said first: each begun a
// second after the next.
func TestAllThatAContentWasPublishedAs(t *testing.T) {
	content, digest := [32]byte{0xAB}, "ab"+strings.Repeat("0", 62)
	of := func(s State) Record { return Record{Member: "desk", Digest: digest, State: s} }
	known, err := with(t, of(Open), of(Complete), of(Closed), of(Complete), of(Retracted)).Find("desk", content)
	if err != nil || known.Unfinished.ID != (ID{1}) || known.Complete.ID != (ID{2}) || !slices.Equal(known.Earlier, []assertion.PublicationID{{5}, {4}, {2}}) {
		t.Errorf("%+v, %v", known, err)
	}
}

// How a record is written is a format: nodes of later releases read it.
func TestFormat(t *testing.T) {
	values := memory.New()
	one := Record{ID: ID{1}, Member: "desk", Issuer: "key", State: Open, File: "f.csv", Mapping: "m", Digest: "ab", Statements: 1, Unchanged: 2, Refused: 3, Begun: begun}
	if err := (Book{values}).Keep(&one); err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"01000000000000000000000000000000","member":"desk","issuer":"key","state":"open","file":"f.csv","mapping":"m","digest":"ab","statements":1,"unchanged":2,"refused":3,"begun":"2026-11-24T12:00:00Z"}`
	if got, _, err := values.Get("publication", "01000000000000000000000000000000"); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestDamagedRecord(t *testing.T) {
	values := memory.New()
	if err := values.Put("publication", ID{1}.String(), []byte("{")); err != nil {
		t.Fatal(err)
	}
	b := Book{values}
	if _, err := b.Of("desk"); err == nil || !strings.Contains(err.Error(), ID{1}.String()) {
		t.Errorf("listed: %v", err)
	}
	if _, err := b.Get("desk", ID{1}); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("got: %v", err)
	}
	if _, err := b.Find("desk", [32]byte{}); err == nil {
		t.Error("searched without an error")
	}
}
