package token

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"ringfence/node/api"
	"ringfence/store/memory"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// full is a store on a full disk.
type full struct{ *memory.Store }

var errFull = errors.New("no space")

func (full) Put(string, string, []byte) error { return errFull }

func (full) Delete(string, string) error { return errFull }

func open(t *testing.T, v Values) *Ring {
	t.Helper()
	r, err := Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func dice(b byte) *bytes.Reader { return bytes.NewReader(bytes.Repeat([]byte{b}, 32)) }

// What a node keeps of a token is a format, and its secret is not in it. This is what
// an earlier release wrote.
func TestFormat(t *testing.T) {
	values := memory.New()
	made, err := open(t, values).Make(api.TokenRequest{Name: "desk", Role: api.RolePublisher}, dice(7), noon)
	if err != nil || made.Secret != strings.Repeat("07", 32) || made.Made != "2026-11-24T12:00:00Z" {
		t.Fatalf("%+v, %v", made, err)
	}
	const want = `{"name":"desk","role":"publisher","sha256":"1967c0fdaed0b8f2618d3b1f4a9f8541ed315505acc26f5a41f382da8bdd9954","made":"2026-11-24T12:00:00Z"}`
	if got, _, err := values.Get("token", "desk"); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	if role, ok := open(t, values).Authenticate(made.Secret); !ok || role != api.RolePublisher {
		t.Errorf("read again: %q, %v", role, ok)
	}
}

// A secret opens what its own role may, and nothing once it is revoked.
func TestEachSecretHasItsRole(t *testing.T) {
	values := memory.New()
	r := open(t, values)
	for i, role := range []api.Role{api.RoleReader, api.RolePublisher, api.RoleAdmin} {
		if _, err := r.Make(api.TokenRequest{Name: string(role), Role: role}, dice(byte(i)), noon); err != nil {
			t.Fatal(err)
		}
	}
	publisher := strings.Repeat("01", 32)
	if role, ok := r.Authenticate(publisher); !ok || role != api.RolePublisher {
		t.Errorf("%q, %v", role, ok)
	}
	for _, secret := range []string{"", publisher[1:], publisher + "0", strings.Repeat("09", 32), hashed(publisher)} {
		if role, ok := r.Authenticate(secret); ok || role != "" {
			t.Errorf("%.10q opens as %q", secret, role)
		}
	}
	if err := r.Revoke("publisher"); err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Authenticate(publisher); ok {
		t.Error("a revoked token passes")
	}
	if err := r.Revoke("publisher"); api.KindOf(err) != api.NotFound {
		t.Errorf("revoked twice: %v", err)
	}
	all := open(t, values).All()
	if len(all) != 2 || all[0].Secret+all[1].Secret != "" {
		t.Errorf("%+v", all)
	}
}

func TestWhatIsNoToken(t *testing.T) {
	r := open(t, memory.New())
	if _, err := r.Make(api.TokenRequest{Name: "desk", Role: api.RoleReader}, dice(1), noon); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		role api.Role
		want api.Kind
	}{
		{"", api.RoleReader, api.BadInput},
		{"a b", api.RoleReader, api.BadInput},
		{"a\x7F", api.RoleReader, api.BadInput},
		{strings.Repeat("n", longestName+1), api.RoleReader, api.BadInput},
		{"new", "owner", api.BadInput},
		{"desk", api.RoleAdmin, api.Refused},
	} {
		if _, err := r.Make(api.TokenRequest{Name: c.name, Role: c.role}, dice(2), noon); api.KindOf(err) != c.want {
			t.Errorf("%q, %q: %v", c.name, c.role, err)
		}
	}
	if _, err := r.Make(api.TokenRequest{Name: strings.Repeat("n", longestName), Role: api.RoleReader}, dice(2), noon); err != nil {
		t.Errorf("the longest name: %v", err)
	}
	if _, err := r.Make(api.TokenRequest{Name: "poor", Role: api.RoleReader}, iotest.ErrReader(errFull), noon); !errors.Is(err, errFull) {
		t.Errorf("without randomness: %v", err)
	}
	if all := r.All(); len(all) != 2 {
		t.Errorf("%+v", all)
	}
}

// What the store does not take is not so: neither a new token nor an end of one.
func TestAFullDiskChangesNothing(t *testing.T) {
	values := memory.New()
	made, err := open(t, values).Make(api.TokenRequest{Name: "desk", Role: api.RoleReader}, dice(1), noon)
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, full{values})
	if _, err := r.Make(api.TokenRequest{Name: "new", Role: api.RoleReader}, dice(2), noon); !errors.Is(err, errFull) {
		t.Errorf("made: %v", err)
	}
	if err := r.Revoke("desk"); !errors.Is(err, errFull) {
		t.Errorf("revoked: %v", err)
	}
	if _, ok := r.Authenticate(made.Secret); !ok || len(r.All()) != 1 {
		t.Errorf("%+v", r.All())
	}
	if err := values.Put("token", "bad", []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(values); err == nil || !strings.Contains(err.Error(), `"bad"`) {
		t.Errorf("a damaged token: %v", err)
	}
}
