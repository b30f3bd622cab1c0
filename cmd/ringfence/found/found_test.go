package found_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"ringfence/cmd/ringfence/found"
	"ringfence/node"
	"ringfence/node/config"
	"ringfence/store/charter"
	"ringfence/store/disk"
	"ringfence/store/keys"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// member returns a member with a directory that does not exist and a key file
// that does.
func member(t *testing.T, id string, roles ...charter.Role) found.Member {
	t.Helper()
	base := t.TempDir()
	m := found.Member{Dir: filepath.Join(base, "data"), ID: id, Name: "Name of " + id, Roles: roles, KeyFile: filepath.Join(base, "key"), Random: rand.Reader}
	if err := keys.CreateKeyFile(m.KeyFile, rand.Reader); err != nil {
		t.Fatal(err)
	}
	m.Unlock = keys.KeyFile(m.KeyFile)
	return m
}

func founder(t *testing.T) found.Member {
	m := member(t, "reg", charter.Regulator)
	m.Founder = true
	return m
}

func makeMember(t *testing.T, m found.Member) found.Made {
	t.Helper()
	made, err := found.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func purposes(made found.Made) string {
	var all []string
	for _, h := range made.Keys {
		all = append(all, string(h.Purpose))
	}
	return strings.Join(all, " ")
}

func TestInitMakesWhatTheRoleNeeds(t *testing.T) {
	plain := makeMember(t, member(t, "acme", charter.Vendor))
	if got := purposes(plain); got != "issuer host audience recovery" {
		t.Errorf("a vendor has the keys %s", got)
	}
	m := founder(t)
	made := makeMember(t, m)
	if got := purposes(made); got != "issuer host audience recovery vote cosign founder log" {
		t.Errorf("a founding regulator has the keys %s", got)
	}
	if c := made.Card; c.Group != "reg" || c.Contact != m.Name || c.Jurisdiction != "CN" || c.CosignName != "reg/cosign" || c.Founder.IsZero() {
		t.Errorf("card %+v", c)
	}
	// The card in the directory is the same, and every key opens.
	f, err := os.Open(filepath.Join(m.Dir, found.CardFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	card, err := charter.ReadCard(f)
	if err != nil || card.Vote != made.Card.Vote || card.Audience != made.Card.Audience {
		t.Errorf("the file holds %+v, %v", card, err)
	}
	ring, err := keys.Open(filepath.Join(m.Dir, found.KeysDir), m.Unlock)
	if err != nil {
		t.Fatal(err)
	}
	if issuer, err := ring.Private(keys.PurposeIssuer); err != nil || issuer.Public() != card.Issuers[0] {
		t.Errorf("the issuer's key is not the card's: %v", err)
	}
}

// What init writes is a configuration that says what it was told.
func TestInitWritesAConfiguration(t *testing.T) {
	m := member(t, "acme", charter.Vendor)
	makeMember(t, m)
	cfg, err := config.Load(config.Options{File: filepath.Join(m.Dir, config.FileName)})
	if err != nil || cfg.KeyFile != m.KeyFile || cfg.Home != 86 {
		t.Errorf("%+v, %v", cfg, err)
	}
	// One that the operator has put there stays.
	m = member(t, "acme", charter.Vendor)
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(m.Dir, config.FileName)
	if err := os.WriteFile(own, []byte("home: 34\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made := makeMember(t, m)
	if text, err := os.ReadFile(own); err != nil || string(text) != "home: 34\n" || len(made.Files) != 1 {
		t.Errorf("the operator's configuration is now %q, %v", text, err)
	}
}

func TestInitRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*found.Member)
		want   string
	}{
		{"no ID", func(m *found.Member) { m.ID = "" }, "id:"},
		{"spaces in the ID", func(m *found.Member) { m.ID = "a b" }, "id:"},
		{"no name", func(m *found.Member) { m.Name = "" }, "name:"},
		{"no role", func(m *found.Member) { m.Roles = nil }, "roles:"},
		{"role twice", func(m *found.Member) { m.Roles = append(m.Roles, charter.Vendor) }, "stands twice"},
		{"jurisdiction", func(m *found.Member) { m.Roles, m.Jurisdiction = []charter.Role{charter.Regulator}, "china" }, "jurisdiction"},
		{"nothing to unlock", func(m *found.Member) { m.Unlock = keys.Unlock{} }, "neither a passphrase nor a key file"},
		{"no randomness", func(m *found.Member) { m.Random = iotest.ErrReader(errors.New("dry")) }, "dry"},
		{"too little randomness", func(m *found.Member) { m.Random = io.LimitReader(rand.Reader, 5*keys.SeedSize) }, "random bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := member(t, "acme", charter.Vendor)
			c.change(&m)
			_, err := found.Init(m)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if left, _ := os.ReadDir(m.Dir); len(left) > 0 {
				t.Errorf("%s is left behind", left[0].Name())
			}
		})
	}
}

// A store that somebody uses is not this command's to prepare: it makes nothing,
// and takes nothing of it away.
func TestInitWhileTheStoreIsInUse(t *testing.T) {
	m := member(t, "acme", charter.Vendor)
	reads, err := disk.Open(disk.Config{Dir: filepath.Join(m.Dir, node.StoreDir), FreeFloor: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := found.Init(m); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(m.Dir); err != nil || len(left) != 1 || left[0].Name() != node.StoreDir {
		t.Errorf("the directory holds %v, %v", left, err)
	}
	if err := reads.Close(); err != nil {
		t.Fatal(err)
	}
	makeMember(t, m)
}

// Keys that exist are never replaced, whatever else was removed.
func TestInitLeavesWhatExists(t *testing.T) {
	m := member(t, "acme", charter.Vendor)
	made := makeMember(t, m)
	for _, remove := range []string{"", found.CardFile} {
		if remove != "" {
			if err := os.Remove(filepath.Join(m.Dir, remove)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := found.Init(m); err == nil || !strings.Contains(err.Error(), "has been initialised") {
			t.Errorf("without %q: %v", remove, err)
		}
		halves, err := keys.List(filepath.Join(m.Dir, found.KeysDir))
		if err != nil || len(halves) != len(made.Keys) || halves[0] != made.Keys[0] {
			t.Errorf("the keys are now %v, %v", halves, err)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSeal(t *testing.T) {
	reg, acme, tel := founder(t), member(t, "acme", charter.Vendor), member(t, "tel", charter.Operator)
	for _, m := range []found.Member{reg, acme, tel} {
		makeMember(t, m)
	}
	card := func(m found.Member) string { return filepath.Join(m.Dir, found.CardFile) }
	// The card of the file is relative to it, that of acme comes twice.
	file := write(t, filepath.Join(tel.Dir, "founding.yaml"), `name: From the file
cards: [card.yaml, `+card(acme)+`]
grants:
  - {range: "+8613800*/13", allocatee: tel, hosted_by: tel}
protected: ["+86!12321", "+86!110"]
trusted: [acme]
policy: {label_permille: 300}
`)
	g, err := found.Seal(found.Founding{Dir: reg.Dir, File: file, Cards: []string{card(acme)}, Name: "Test", Now: now, Unlock: reg.Unlock})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(reg.Dir, found.GenesisFile)
	if err := found.Write(path, g); err != nil {
		t.Fatal(err)
	}
	back, c, err := found.Read(path)
	if err != nil || back.CharterCID() != g.CharterCID() {
		t.Fatalf("read back: %v", err)
	}
	if c.Name != "Test" || c.Created != now.Unix() || len(c.Members) != 3 || len(c.Grants) != 1 || len(c.Protected) != 10 { // 12321 and nine of emergency, one of them named in the file too
		t.Errorf("charter %+v", c)
	}
	if c.Policy.LabelPermille != 300 || c.Policy.SinglePermille != 430 || len(c.Policy.MemberWeights) != 1 {
		t.Errorf("policy %+v", c.Policy)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Write(path, g); err == nil || !strings.Contains(err.Error(), "never overwritten") {
		t.Errorf("a second charter over the first: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the charter changed: %v", err)
	}
}

func TestSealRefuses(t *testing.T) {
	reg, acme := founder(t), member(t, "acme", charter.Vendor)
	second := founder(t)
	second.ID = "two"
	for _, m := range []found.Member{reg, acme, second} {
		makeMember(t, m)
	}
	card := func(m found.Member) string { return filepath.Join(m.Dir, found.CardFile) }
	file := func(text string) string { return write(t, filepath.Join(t.TempDir(), "founding.yaml"), text) }
	for _, c := range []struct {
		name   string
		change func(*found.Founding)
		want   string
	}{
		{"no name", func(f *found.Founding) { f.Name = "" }, "name"},
		{"no founder's key", func(f *found.Founding) { f.Dir, f.Unlock = acme.Dir, acme.Unlock }, "ringfence init --founder makes one"},
		{"wrong key file", func(f *found.Founding) { f.Unlock = acme.Unlock }, "does not open with this"},
		{"no card", func(f *found.Founding) { f.Cards = []string{"/nowhere/card.yaml"} }, "ringfence init makes the card"},
		{"two founders", func(f *found.Founding) { f.Cards = []string{card(second)} }, "the cards name 2 founders, and each signs on its own machine"},
		{"unknown key", func(f *found.Founding) { f.File = file("protectd: []\n") }, `"protectd" is no key of a founding file`},
		{"unknown figure", func(f *found.Founding) { f.File = file("policy: {lable_permille: 3}\n") }, "lable_permille"},
		{"figure out of range", func(f *found.Founding) { f.File = file("policy: {label_permille: 5000}\n") }, "label_permille"},
		{"range", func(f *found.Founding) { f.File = file("protected: [12321]\n") }, "does not begin with +"},
		{"stranger", func(f *found.Founding) { f.File = file("trusted: [stranger]\n") }, "stranger"},
		{"no file", func(f *found.Founding) { f.File = "/nowhere/founding.yaml" }, "read founding file"},
		{"card that is none", func(f *found.Founding) { f.Cards = []string{file("name: x\n")} }, "card: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := found.Founding{Dir: reg.Dir, Name: "Test", Now: now, Unlock: reg.Unlock}
			c.change(&f)
			if _, err := found.Seal(f); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestReadRefusesWhatIsNoCharter(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := found.Read(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "federation new") {
		t.Errorf("missing: %v", err)
	}
	path := write(t, filepath.Join(dir, found.GenesisFile), "not a charter")
	if _, _, err := found.Read(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("no charter: %v", err)
	}
}
