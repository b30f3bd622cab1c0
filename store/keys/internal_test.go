package keys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Points of X25519 to which every secret is zero (RFC 7748, section 6.1): 0,
// 1, p−1, p, p+1 and the two of order 8, as age would write them.
func TestCheckRecipientRefusesSmallOrder(t *testing.T) {
	points := [][32]byte{
		{},
		{1},
		{0xec, 31: 0x7f},
		{0xed, 31: 0x7f},
		{0xee, 31: 0x7f},
		{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
		{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
	}
	for i := range points[2:5] {
		for j := 1; j < 31; j++ {
			points[2+i][j] = 0xff
		}
	}
	for _, p := range points {
		err := CheckRecipient(bech32("age", p[:]))
		if err == nil || !strings.Contains(err.Error(), "nothing can be sealed") {
			t.Errorf("point %x: error %v", p, err)
		}
	}
}

// The valid strings of BIP 173 whose data is whole bytes. Elsewhere age's own
// reader checks the rest.
func TestBech32(t *testing.T) {
	if got := bech32("a", nil); got != "a12uel5l" {
		t.Errorf("empty data: %s", got)
	}
}

func TestParseHalfRoundTrip(t *testing.T) {
	for _, p := range Purposes() {
		_, h, err := generate(p, strings.NewReader(strings.Repeat("k", SeedSize)))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := writeHalf(dir, h); err != nil {
			t.Fatal(err)
		}
		got, err := readHalf(dir, p)
		if err != nil || got != h {
			t.Errorf("%s: %v, %v", p, got, err)
		}
	}
}

func TestWriteNewRemovesNothingOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeNew(path, []byte("ours")); err == nil {
		t.Fatal("an existing file is written")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "theirs" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func FuzzHalf(f *testing.F) {
	f.Add("issuer", "ringfence-public/v1 issuer 01d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n")
	f.Add("audience", "ringfence-public/v1 audience age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm\n")
	f.Add("vote", "")
	f.Fuzz(func(t *testing.T, purpose, line string) {
		h, err := parseHalf(Purpose(purpose), line)
		if err != nil {
			return
		}
		if want := publicFormat + " " + purpose + " " + h.Text() + "\n"; !strings.EqualFold(want, line) {
			t.Errorf("%q parses as %q", line, want)
		}
	})
}

func FuzzKeyFile(f *testing.F) {
	f.Add("issuer", "ringfence-private/v1 issuer "+strings.Repeat("5a", SeedSize)+"\n")
	f.Add("audience", "ringfence-private/v1 audience AGE-SECRET-KEY-1\n")
	f.Add("vote", "\n")
	f.Fuzz(func(t *testing.T, purpose, text string) {
		r := &Ring{private: make(map[Purpose]Private)}
		h, err := r.add(Purpose(purpose), text)
		if err != nil {
			return
		}
		if h.Text() == "" || h.Purpose != Purpose(purpose) {
			t.Errorf("a key without a public half: %q", text)
		}
	})
}
