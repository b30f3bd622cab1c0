package plan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"ringfence/store/plan"
)

func TestPlansSurviveTheirEncoding(t *testing.T) {
	plans := append(shipped(t).Plans(),
		importFile(t, "lpn_34_extract.csv", plan.LibphonenumberRanges, spain),
		importFile(t, "cn_ranges_made_up.csv", plan.CNRanges, china))
	for _, p := range plans {
		data := p.Encode()
		back, err := plan.Decode(data)
		if err != nil {
			t.Fatalf("country %s: %v", p.Meta().Country, err)
		}
		if back.Meta() != p.Meta() || back.Ranges() != p.Ranges() || !bytes.Equal(back.Encode(), data) {
			t.Errorf("country %s comes back with %+v and %d ranges", p.Meta().Country, back.Meta(), back.Ranges())
		}
		a, b := set(t, p), set(t, back)
		for _, s := range []string{"+8613800138000", "+8619200001234", "+86!110", "+861062301234", "+34600123456", "+34771234567", "+12136986000"} {
			if n := parse(t, s); a.Lookup(n) != b.Lookup(n) {
				t.Errorf("%s: before %+v, after %+v", s, a.Lookup(n), b.Lookup(n))
			}
		}
	}
}

// TestEncodingIsFixed holds the bytes: nodes keep plans for years.
func TestEncodingIsFixed(t *testing.T) {
	p := text(t, "2026-01-01", "licence;CC0-1.0", "scope;1;4", "range;12;4;mobile;A;Leeds", "range;123;4;voip;B", "code;112;3;emergency;C;public")
	want, err := os.ReadFile("testdata/encoded.hex")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(p.Encode()); got != strings.TrimSpace(string(want)) {
		t.Errorf("encoded as\n%s\nwant\n%s", got, want)
	}
}

func TestEqualPlansAreEqualBytes(t *testing.T) {
	lines := []string{"range;12;4;mobile;A", "range;13;4;mobile;A", "range;3;4;voip;B", "range;5;4;pager;C"}
	a := text(t, "2026-01-01", lines...)
	b := text(t, "2026-01-01", lines[3], lines[2], lines[1], lines[0])
	c := text(t, "2026-01-01", "range;1[23];4;mobile;A", lines[2], lines[3])
	if !bytes.Equal(a.Encode(), b.Encode()) || !bytes.Equal(a.Encode(), c.Encode()) {
		t.Error("one plan, written in three ways, has several encodings")
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := text(t, "2026-01-01", "scope;1;4", "range;12;4;mobile;A;Leeds", "range;123;4;voip;B", "range;3;4;voip;B").Encode()
	body := good[:len(good)-sha256.Size]
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if _, err := plan.Decode(bad); err == nil {
			t.Fatalf("a flipped bit in byte %d of %d went unseen", i, len(good))
		} else if i >= 17 && !errors.Is(err, plan.ErrCorrupt) {
			t.Errorf("byte %d: %v, want ErrCorrupt", i, err)
		}
	}
	for n := range good {
		if _, err := plan.Decode(good[:n]); err == nil {
			t.Fatalf("the first %d bytes of %d are a plan", n, len(good))
		}
	}
	// With a right checksum, every other change must still be refused or be
	// the encoding of another plan.
	for i := range body {
		for _, with := range []byte{0, 1, 0x7F, 0x80, 0xFF} {
			bad := bytes.Clone(body)
			bad[i] = with
			checkDecode(t, seal(bad))
		}
	}
	for _, bad := range [][]byte{
		append(bytes.Clone(body), 0),                        // a byte too many
		bytes.Replace(body, []byte{44}, []byte{0xAC, 0}, 1), // a padded varint
	} {
		if _, err := plan.Decode(seal(bad)); err == nil {
			t.Errorf("%x is a plan", bad)
		}
	}
}

func seal(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(body, sum[:]...)
}

// checkDecode requires that what decodes encodes to the same bytes and can be
// asked.
func checkDecode(t *testing.T, data []byte) {
	t.Helper()
	p, err := plan.Decode(data)
	if err != nil {
		return
	}
	if !bytes.Equal(p.Encode(), data) {
		t.Errorf("%x is a plan with another encoding", data)
	}
	s, err := plan.NewSet([]*plan.Plan{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Planned(parse(t, "+441234"))
}

func FuzzDecode(f *testing.F) {
	for _, p := range []*plan.Plan{
		text(f, "2026-01-01", "scope;1;4", "range;12;4;mobile;A;Leeds", "code;112;3;emergency;C;public"),
		importFile(f, "cn_ranges_made_up.csv", plan.CNRanges, china),
	} {
		data := p.Encode()
		f.Add(data[:len(data)-sha256.Size])
	}
	f.Fuzz(func(t *testing.T, body []byte) { checkDecode(t, seal(body)) })
}
