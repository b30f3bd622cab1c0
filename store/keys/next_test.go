package keys_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"ringfence/store/keys"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A key that waits takes the place of another when it is told to, and not before; however
// far that had come when it was cut short, it ends with the same.
func TestAKeyTakesThePlaceOfAnother(t *testing.T) {
	for _, cut := range []string{"nowhere", "before it began", "after the old one was set aside", "while the new one was put in its place", "after the new one was in its place", "while what is left was removed"} {
		t.Run(cut, func(t *testing.T) {
			base := t.TempDir()
			unlock := keys.KeyFile(filepath.Join(base, "key"))
			must(t, keys.CreateKeyFile(filepath.Join(base, "key"), rand.Reader))
			dir := filepath.Join(base, "keys")
			old, err := keys.Create(dir, keys.PurposeIssuer, unlock, rand.Reader)
			must(t, err)
			host, err := keys.Create(dir, keys.PurposeHost, unlock, rand.Reader)
			must(t, err)
			if _, waits, err := keys.Next(dir, keys.PurposeIssuer); waits || err != nil {
				t.Fatalf("a key waits: %v", err)
			}
			next, err := keys.CreateNext(dir, keys.PurposeIssuer, unlock, rand.Reader)
			must(t, err)
			if again, err := keys.CreateNext(dir, keys.PurposeIssuer, unlock, rand.Reader); err != nil || again.Public() != next.Public() {
				t.Errorf("it is made twice: %v", err)
			}
			if waits, _, err := keys.Next(dir, keys.PurposeIssuer); err != nil || waits != next.Public() {
				t.Errorf("%s waits, %v", waits.Short(), err)
			}
			ring, err := keys.Open(dir, unlock)
			must(t, err)
			if key, err := ring.Private(keys.PurposeIssuer); err != nil || key.Public() != old.Public {
				t.Errorf("before: %v", err)
			}
			aside := func() {
				for _, suffix := range []string{".key.age", ".pub"} {
					must(t, os.Rename(filepath.Join(dir, "issuer"+suffix), filepath.Join(base, "issuer"+suffix)))
				}
			}
			switch cut {
			case "after the old one was set aside":
				aside()
			case "while the new one was put in its place", "after the new one was in its place", "while what is left was removed":
				aside()
				_, err := keys.Import(dir, keys.PurposeIssuer, next, unlock, rand.Reader)
				must(t, err)
				switch cut {
				case "while the new one was put in its place":
					must(t, os.Remove(filepath.Join(dir, "issuer.pub")))
				case "while what is left was removed":
					must(t, os.Remove(filepath.Join(dir, "next", "issuer.key.age")))
				}
			}
			must(t, keys.Promote(dir, keys.PurposeIssuer, unlock, rand.Reader))
			ring, err = keys.Open(dir, unlock)
			must(t, err)
			for p, want := range map[keys.Purpose]keys.Public{keys.PurposeIssuer: next.Public(), keys.PurposeHost: host.Public} {
				if key, err := ring.Private(p); err != nil || key.Public() != want {
					t.Errorf("%s: %v", p, err)
				}
			}
			if _, waits, err := keys.Next(dir, keys.PurposeIssuer); waits || err != nil {
				t.Errorf("it waits still: %v", err)
			}
			if another, err := keys.CreateNext(dir, keys.PurposeIssuer, unlock, rand.Reader); err != nil || another.Public() == next.Public() {
				t.Errorf("the next one is the same: %v", err)
			}
			if kept, err := filepath.Glob(filepath.Join(dir, "ended", old.Public.Short()+"-issuer.*")); err != nil || len(kept) != 2 == (cut == "nowhere" || cut == "before it began") {
				t.Errorf("of the old one is kept %v, %v", kept, err)
			}
		})
	}
}
