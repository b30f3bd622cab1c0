package calls_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"ringfence/cmd/ringfence/calls"
	"ringfence/node/api"
)

func TestReadTheSameCallsFromBothForms(t *testing.T) {
	want := []api.Call{
		{Caller: "95588", Called: "110", Ingress: "international", Roaming: "unknown"},
		{Called: "10086", At: "2026-11-24T10:30:00+08:00"},
	}
	for name, text := range map[string]string{
		"csv":            "caller,called,ingress,roaming,at\n95588,110,international,unknown,\n,10086,,,2026-11-24T10:30:00+08:00\n",
		"csv, spaces":    "\n  caller , called, ingress, roaming, at\r\n95588 , 110 , international , unknown,\r\n , 10086,,,2026-11-24T10:30:00+08:00\r\n",
		"csv, order":     "at,roaming,ingress,called,caller\n,unknown,international,110,95588\n2026-11-24T10:30:00+08:00,,,10086,\n",
		"json":           `{"caller":"95588","called":"110","ingress":"international","roaming":"unknown"}` + "\n" + `{"caller":"","called":"10086","at":"2026-11-24T10:30:00+08:00"}`,
		"json, one line": " \n" + `{"caller":"95588","called":"110","ingress":"international","roaming":"unknown"}{"called":"10086","at":"2026-11-24T10:30:00+08:00"}`,
	} {
		got, err := calls.Read(strings.NewReader(text), "file")
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestReadNothing(t *testing.T) {
	for _, text := range []string{"", "\n \n", "caller,called\n"} {
		if got, err := calls.Read(strings.NewReader(text), "file"); err != nil || got == nil || len(got) != 0 {
			t.Errorf("%q: %v, %v; want no calls, and a list", text, got, err)
		}
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"far from any column", "caller,called,zip\n", `no column of calls is named "zip"; want caller, called, asserted, `},
		{"unknown column", "caller,caled\n", `no column of calls is named "caled"; the nearest is "called"`},
		{"column in capitals", "Caller,called\n", `named "Caller"`},
		{"long column", strings.Repeat("x", 200) + "\n", `named "xxxx`},
		{"row too short", "caller,called\n95588\n", "line 2"},
		{"open quote", "caller,called\n\"95588,110\n", "file: "},
		{"unknown field", `{"called":"110"}{"from":"1"}`, `file: call 2: json: unknown field "from"`},
		{"no object", `{"called":"110"} 5`, "file: call 2: "},
		{"cut off", `{"called":`, "file: call 1: "},
	} {
		_, err := calls.Read(strings.NewReader(c.text), "file")
		if err == nil || !strings.Contains(err.Error(), c.want) || api.KindOf(err) != api.BadInput {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	broken := errors.New("the disk is gone")
	for _, begin := range []string{"", "{", "caller,called\n"} {
		r := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(begin + "95588")))
		if begin == "" {
			r = iotest.ErrReader(broken)
		}
		if _, err := calls.Read(r, "file"); err == nil {
			t.Errorf("after %q a broken file is read as a whole one", begin)
		}
	}
}

// Each field stands in a place of its own, and has words of help.
func TestFields(t *testing.T) {
	var c api.Call
	for _, f := range calls.Fields() {
		*f.Of(&c) = f.Name
		if strings.Count(f.About, "`") != 2 {
			t.Errorf("%s: %q does not mark its value", f.Name, f.About)
		}
	}
	for _, f := range calls.Fields() {
		if got := *f.Of(&c); got != f.Name {
			t.Errorf("%s stands where %s does", f.Name, got)
		}
	}
	// What a call has beside them is the language of the answer.
	if got, want := len(calls.Fields()), reflect.TypeFor[api.Call]().NumField()-1; got != want {
		t.Errorf("%d fields, a call has %d", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("caller,called,ingress\n95588,110,international\n"))
	f.Add([]byte(`{"caller":"95588","called":"110"}`))
	f.Add([]byte("caller\n\"\n"))
	f.Add([]byte(" {"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := calls.Read(strings.NewReader(string(text)), "file")
		switch {
		case err != nil && api.KindOf(err) != api.BadInput:
			t.Errorf("an error that is not the input's: %v", err)
		case err == nil && all == nil:
			t.Error("no calls, and no list")
		}
	})
}
