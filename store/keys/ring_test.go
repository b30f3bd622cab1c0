package keys_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"ringfence/store/keys"
)

// stream is random that repeats: SHA-256 of a name and a counter.
type stream struct {
	name string
	n    int
	rest []byte
}

func (s *stream) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", s.name, s.n))
		s.n, s.rest = s.n+1, sum[:]
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func random(name string) io.Reader { return &stream{name: name} }

func passphrase(p string) keys.Unlock {
	return keys.Passphrase(func() (string, error) { return p, nil }).WithWorkFactor(2)
}

func keyFile(t testing.TB) keys.Unlock {
	t.Helper()
	path := filepath.Join(t.TempDir(), "unlock.txt")
	if err := keys.CreateKeyFile(path, random("key file")); err != nil {
		t.Fatal(err)
	}
	return keys.KeyFile(path)
}

// ring makes a directory with keys of some purposes.
func ring(t testing.TB, u keys.Unlock, purposes ...keys.Purpose) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	for _, p := range purposes {
		if _, err := keys.Create(dir, p, u, random(string(p))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestRingKeepsEveryPurpose(t *testing.T) {
	for name, u := range map[string]keys.Unlock{"passphrase": passphrase("correct horse"), "key file": keyFile(t)} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			halves := make(map[keys.Purpose]keys.Half)
			for _, p := range keys.Purposes() {
				h, err := keys.Create(dir, p, u, random(string(p)))
				if err != nil {
					t.Fatal(err)
				}
				halves[p] = h
			}
			list, err := keys.List(dir)
			if err != nil || len(list) != len(keys.Purposes()) {
				t.Fatalf("%d public halves, %v", len(list), err)
			}
			for _, h := range list {
				if h != halves[h.Purpose] {
					t.Errorf("%s is listed as %s", h.Purpose, h.Text())
				}
			}
			r, err := keys.Open(dir, u)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range list {
				checkKey(t, r, h)
			}
		})
	}
}

func checkKey(t *testing.T, r *keys.Ring, h keys.Half) {
	t.Helper()
	if h.Purpose == keys.PurposeAudience {
		a, err := r.Audience()
		if err != nil || a.Recipient() != h.Recipient || !opens(t, a) {
			t.Errorf("audience key: %v", err)
		}
		if _, err := r.Private(h.Purpose); err == nil {
			t.Error("the audience key signs")
		}
		return
	}
	key, err := r.Private(h.Purpose)
	if err != nil || key.Public() != h.Public {
		t.Errorf("%s key: %v", h.Purpose, err)
	}
}

// opens reports whether a opens what is sealed to its recipient.
func opens(t *testing.T, a keys.Audience) bool {
	t.Helper()
	to, err := age.ParseX25519Recipient(a.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "body"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(&sealed, a.Identity())
	if err != nil {
		return false
	}
	got, err := io.ReadAll(r)
	return err == nil && string(got) == "body"
}

// A passphrase is asked once however many keys there are, because stretching
// it takes a second.
func TestOpenAsksOnce(t *testing.T) {
	asked := 0
	u := keys.Passphrase(func() (string, error) { asked++; return "p", nil }).WithWorkFactor(2)
	dir := ring(t, u, keys.PurposeIssuer, keys.PurposeHost, keys.PurposeVote)
	asked = 0
	if _, err := keys.Open(dir, u); err != nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

// The files are ordinary age files: an owner gets at the keys without us.
func TestAgeToolOpensTheFiles(t *testing.T) {
	dir := ring(t, passphrase("p"), keys.PurposeIssuer)
	outer, err := age.NewScryptIdentity("p")
	if err != nil {
		t.Fatal(err)
	}
	inner, err := age.ParseX25519Identity(strings.TrimSpace(decrypt(t, filepath.Join(dir, "lock.age"), outer)))
	if err != nil {
		t.Fatal(err)
	}
	text := decrypt(t, filepath.Join(dir, "issuer.key.age"), inner)
	secret, ok := strings.CutPrefix(text, "ringfence-private/v1 issuer ")
	if !ok || len(secret) != 65 {
		t.Fatalf("the key's file holds %d bytes of another form", len(text))
	}
	key := keys.FromSeed([keys.SeedSize]byte(unhex(t, strings.TrimSpace(secret))))
	public, err := os.ReadFile(filepath.Join(dir, "issuer.pub"))
	if err != nil || string(public) != "ringfence-public/v1 issuer "+key.Public().String()+"\n" {
		t.Errorf("public half %q, %v", public, err)
	}
}

func decrypt(t *testing.T, path string, id age.Identity) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := age.Decrypt(f, id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCreateNeverOverwrites(t *testing.T) {
	u := passphrase("p")
	dir := ring(t, u, keys.PurposeIssuer)
	path := filepath.Join(dir, "issuer.key.age")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = keys.Create(dir, keys.PurposeIssuer, u, random("other"))
	if !errors.Is(err, keys.ErrExists) {
		t.Errorf("error %v, want ErrExists", err)
	}
	wantError(t, err, path)
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Error("the key's file has changed")
	}
	// A public half left behind belongs to a key that may still be in use.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err = keys.Create(dir, keys.PurposeIssuer, u, random("other")); !errors.Is(err, keys.ErrExists) {
		t.Errorf("error %v beside a public half, want ErrExists", err)
	}
	if err := keys.CreateKeyFile(path, random("a")); err != nil {
		t.Fatal(err)
	}
	if err := keys.CreateKeyFile(path, random("a")); !errors.Is(err, keys.ErrExists) {
		t.Errorf("error %v, want ErrExists", err)
	}
}

func TestCreateMakesPrivateFiles(t *testing.T) {
	dir := ring(t, passphrase("p"), keys.PurposeIssuer, keys.PurposeAudience)
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 {
		t.Fatalf("%d files, want a lock and two for each key; %v", len(entries), err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestRefusesWhatOthersCanReach(t *testing.T) {
	for _, c := range []struct {
		file  string // "" for the directory
		mode  fs.FileMode
		parts []string
	}{
		{"", 0o750, []string{"0750", "chmod 700"}},
		{"", 0o701, []string{"0701", "chmod 700"}},
		{"issuer.key.age", 0o640, []string{"issuer.key.age", "0640", "chmod 600"}},
		{"issuer.key.age", 0o604, []string{"issuer.key.age", "0604", "chmod 600"}},
		{"issuer.key.age", 0o620, []string{"issuer.key.age", "0620"}},
		{"lock.age", 0o644, []string{"lock.age", "0644", "chmod 600"}},
		{"issuer.pub", 0o646, []string{"issuer.pub", "0646", "chmod go-w"}},
	} {
		t.Run(fmt.Sprintf("%s %04o", c.file, c.mode), func(t *testing.T) {
			dir := ring(t, passphrase("p"), keys.PurposeIssuer)
			if err := os.Chmod(filepath.Join(dir, c.file), c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := keys.Open(dir, passphrase("p"))
			wantError(t, err, c.parts...)
			if c.file != "" {
				return
			}
			_, err = keys.List(dir)
			wantError(t, err, c.parts...)
			_, err = keys.Create(dir, keys.PurposeHost, passphrase("p"), random("h"))
			wantError(t, err, c.parts...)
		})
	}
	t.Run("key file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "unlock.txt")
		if err := keys.CreateKeyFile(path, random("f")); err != nil {
			t.Fatal(err)
		}
		dir := ring(t, keys.KeyFile(path), keys.PurposeIssuer)
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		_, err := keys.Open(dir, keys.KeyFile(path))
		wantError(t, err, path, "0640")
	})
}

// A public half may be read by anyone: others compare it.
func TestPublicHalfMayBeShown(t *testing.T) {
	dir := ring(t, passphrase("p"), keys.PurposeIssuer)
	if err := os.Chmod(filepath.Join(dir, "issuer.pub"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(dir, passphrase("p")); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	other := ring(t, passphrase("p"), keys.PurposeHost, keys.PurposeIssuer)
	write := func(file, content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	move := func(from, file string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			b, err := os.ReadFile(filepath.Join(from, file))
			if err != nil {
				t.Fatal(err)
			}
			write(file, string(b))(t, dir)
		}
	}
	stranger := keys.FromSeed(seedOf(1)).Public().String()
	for _, c := range []struct {
		name   string
		unlock keys.Unlock
		change func(*testing.T, string)
		parts  []string
	}{
		{"wrong passphrase", passphrase("q"), nil, []string{"lock.age", "does not open with this passphrase"}},
		{"key file for a passphrase", keyFile(t), nil, []string{"lock.age", "does not open"}},
		{"nothing to unlock with", keys.Unlock{}, nil, []string{"neither a passphrase nor a key file"}},
		{"empty passphrase", passphrase(""), nil, []string{"passphrase is empty"}},
		{"key file that is not there", keys.KeyFile("/nonexistent/unlock"), nil, []string{"/nonexistent/unlock"}},
		{"truncated key", passphrase("p"), write("issuer.key.age", "age-encryption.org/v1\n"), []string{"issuer.key.age", "cut short"}},
		{"binary key", passphrase("p"), write("issuer.key.age", "\x00\xff"), []string{"issuer.key.age"}},
		{"huge key", passphrase("p"), write("issuer.key.age", strings.Repeat("x", 5000)), []string{"issuer.key.age", "larger than 4096"}},
		{"key of another ring", passphrase("p"), move(other, "issuer.key.age"), []string{"issuer.key.age", "does not open"}},
		{"lock of another ring", passphrase("p"), move(other, "lock.age"), []string{"issuer.key.age", "does not open"}},
		{"public half of another key", passphrase("p"), write("issuer.pub", "ringfence-public/v1 issuer "+stranger+"\n"), []string{"issuer.pub", "not the public half"}},
		{"public half of another purpose", passphrase("p"), write("issuer.pub", "ringfence-public/v1 host "+stranger+"\n"), []string{"issuer.pub", "public half of the issuer key"}},
		{"public half with more lines", passphrase("p"), write("issuer.pub", "ringfence-public/v1 issuer "+stranger+"\n\n"), []string{"issuer.pub"}},
		{"empty public half", passphrase("p"), write("issuer.pub", ""), []string{"issuer.pub", "can be removed"}},
		{"key renamed to another purpose", passphrase("p"), func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, "issuer.key.age"), filepath.Join(dir, "host.key.age")); err != nil {
				t.Fatal(err)
			}
		}, []string{"host.key.age", "host key"}},
		{"directory in place of a key", passphrase("p"), func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, "vote.key.age"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, []string{"vote.key.age", "no regular file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := ring(t, passphrase("p"), keys.PurposeIssuer)
			if c.change != nil {
				c.change(t, dir)
			}
			_, err := keys.Open(dir, c.unlock)
			wantError(t, err, c.parts...)
		})
	}
}

func TestOpenRefusesWhatIsNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := keys.Open(file, passphrase("p"))
	wantError(t, err, "no directory")
	_, err = keys.Open(file+"-missing", passphrase("p"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one that is fs.ErrNotExist", err)
	}
	_, err = keys.Create(filepath.Join(file+"-missing", "keys"), keys.PurposeIssuer, passphrase("p"), random("r"))
	wantError(t, err, "make the directory of keys")
}

func TestCreateRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	_, err := keys.Create(dir, "batch", passphrase("p"), random("r"))
	wantError(t, err, `"batch" is no purpose`)
	for _, factor := range []int{0, 23} {
		_, err = keys.Create(dir, keys.PurposeIssuer, passphrase("p").WithWorkFactor(factor), random("r"))
		wantError(t, err, "work factor", "1 to 22")
	}
	_, err = keys.Create(dir, keys.PurposeIssuer, passphrase("p"), strings.NewReader("short"))
	wantError(t, err, "random bytes")
	asking := errors.New("no terminal")
	_, err = keys.Create(dir, keys.PurposeIssuer, keys.Passphrase(func() (string, error) { return "", asking }), random("r"))
	if !errors.Is(err, asking) {
		t.Errorf("error %v, want the one of asking", err)
	}
}

// Without its lock a ring must not get a new one, which would open none of
// the keys that are there.
func TestCreateRefusesALostLock(t *testing.T) {
	dir := ring(t, passphrase("p"), keys.PurposeIssuer)
	if err := os.Remove(filepath.Join(dir, "lock.age")); err != nil {
		t.Fatal(err)
	}
	_, err := keys.Create(dir, keys.PurposeHost, passphrase("p"), random("r"))
	wantError(t, err, "lost its lock.age", "backup")
}

// A key file that is not there is told as that, not as a ring without a lock.
func TestCreateNeedsItsKeyFile(t *testing.T) {
	dir := ring(t, passphrase("p"), keys.PurposeIssuer)
	_, err := keys.Create(dir, keys.PurposeHost, keys.KeyFile("/nonexistent/unlock"), random("r"))
	wantError(t, err, "/nonexistent/unlock")
}

func TestOpenRestoresAMissingPublicHalf(t *testing.T) {
	dir := ring(t, passphrase("p"), keys.PurposeIssuer)
	before, err := keys.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "issuer.pub")); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(dir, passphrase("p")); err != nil {
		t.Fatal(err)
	}
	after, err := keys.List(dir)
	if err != nil || len(after) != 1 || after[0] != before[0] {
		t.Errorf("public halves %v, %v", after, err)
	}
}

func TestRingSaysWhatItLacks(t *testing.T) {
	dir := ring(t, passphrase("p"), keys.PurposeIssuer)
	r, err := keys.Open(dir, passphrase("p"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Private(keys.PurposeVote)
	wantError(t, err, dir, "vote key")
	_, err = r.Audience()
	wantError(t, err, dir, "audience key")
	key, err := r.Private(keys.PurposeIssuer)
	if err != nil {
		t.Fatal(err)
	}
	seed := key.Seed()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if text := fmt.Sprintf(verb, r); text != "[keys in "+dir+"]" || strings.Contains(text, fmt.Sprintf("%x", seed[:4])) {
			t.Errorf("%s prints %q", verb, text)
		}
	}
}

func TestKeyFileIsReadStrictly(t *testing.T) {
	u := keyFile(t)
	dir := ring(t, u, keys.PurposeIssuer)
	path := filepath.Join(t.TempDir(), "unlock.txt")
	for name, content := range map[string]string{
		"empty":         "",
		"comments only": "# nothing\n\n",
		"two":           "AGE-SECRET-KEY-1\nAGE-SECRET-KEY-1\n",
		"recipient":     "age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm\n",
		"rubbish":       "\x00\x01\n",
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := keys.Open(dir, keys.KeyFile(path))
			wantError(t, err, path, "AGE-SECRET-KEY-1")
		})
	}
}

func TestAudienceFromSeed(t *testing.T) {
	for i := range 64 {
		a, err := keys.AudienceFromSeed(sha256.Sum256([]byte{byte(i)}))
		if err != nil {
			t.Fatal(err)
		}
		if err := keys.CheckRecipient(a.Recipient()); err != nil {
			t.Errorf("seed %d: %v", i, err)
		}
	}
	// Alice's private key of RFC 7748, section 6.1, and her public one as age
	// writes it.
	alice, err := keys.AudienceFromSeed([32]byte(unhex(t, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")))
	if err != nil || !opens(t, alice) {
		t.Errorf("a key of a given scalar does not open: %v", err)
	}
	if want := keys.RecipientText(unhex(t, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")); alice.Recipient() != want {
		t.Errorf("recipient %s, want %s", alice.Recipient(), want)
	}
	if (keys.Audience{}).Recipient() != "" || (keys.Audience{}).Identity() != nil {
		t.Error("no key has halves")
	}
}

func TestCheckRecipient(t *testing.T) {
	a, err := keys.AudienceFromSeed(seedOf(4))
	if err != nil {
		t.Fatal(err)
	}
	good := a.Recipient()
	if err := keys.CheckRecipient(good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":       "",
		"upper case":  strings.ToUpper(good),
		"short":       good[:61],
		"long":        good + "q",
		"checksum":    good[:61] + map[bool]string{true: "p", false: "q"}[good[61] == 'q'],
		"plugin":      "age1yubikey1" + good[12:],
		"private key": "AGE-SECRET-KEY-1" + strings.Repeat("Q", 46),
		"space":       " " + good[:61],
	} {
		t.Run(name, func(t *testing.T) {
			if err := keys.CheckRecipient(bad); err == nil {
				t.Errorf("%q is accepted", bad)
			}
		})
	}
}

// A bit that rots or a write that was cut short never gives another key: the
// ring opens as it was or says which file is wrong.
func TestDamagedFilesAreRefused(t *testing.T) {
	u := keyFile(t)
	dir := ring(t, u, keys.PurposeIssuer)
	want, err := keys.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"lock.age", "issuer.key.age", "issuer.pub"} {
		path := filepath.Join(dir, file)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damage := func(how string, b []byte) {
			t.Helper()
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := keys.Open(dir, u)
			if err != nil {
				// A wrong lock opens no key, so the key's file may be the one named.
				if !strings.Contains(err.Error(), dir) {
					t.Errorf("%s, %s: error %q names no file", file, how, err)
				}
				return
			}
			if key, err := r.Private(keys.PurposeIssuer); err != nil || key.Public() != want[0].Public || bytes.Equal(b, whole) {
				t.Errorf("%s, %s: opens with another key, %v", file, how, err)
			}
		}
		for i := range whole {
			flipped := bytes.Clone(whole)
			flipped[i] ^= 1 << (i % 8)
			damage(fmt.Sprintf("bit %d of byte %d", i%8, i), flipped)
			if i%4 == 0 {
				damage(fmt.Sprintf("cut to %d bytes", i), whole[:i])
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keys.Open(dir, u); err != nil {
		t.Errorf("restored files do not open: %v", err)
	}
}

// A key that was made elsewhere is held as one that was made here.
func TestImport(t *testing.T) {
	dir, made := filepath.Join(t.TempDir(), "keys"), keys.FromSeed([keys.SeedSize]byte{7})
	half, err := keys.Import(dir, keys.PurposeLog, made, passphrase("p"), random("r"))
	if err != nil || half.Public != made.Public() {
		t.Fatal(half, err)
	}
	ring, err := keys.Open(dir, passphrase("p"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Private(keys.PurposeLog); err != nil || got.Public() != made.Public() {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := keys.Import(dir, keys.PurposeLog, made, passphrase("p"), random("r")); !errors.Is(err, fs.ErrExist) && err == nil {
		t.Errorf("over another: %v", err)
	}
	if _, err := keys.Import(dir, keys.PurposeVote, keys.Private{}, passphrase("p"), random("r")); err == nil {
		t.Error("no key is imported")
	}
}
