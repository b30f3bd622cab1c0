package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"ringfence/node/screen"
	"ringfence/node/screen/record"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

func num(t testing.TB, s string) number.Caller {
	t.Helper()
	n, err := number.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return number.CallerOf(n)
}

func testKey() record.Key {
	var secret [record.KeySize]byte
	for i := range secret {
		secret[i] = byte(i)
	}
	return record.NewKey(secret)
}

// refusal is a blocked call and its verdict.
func refusal(t testing.TB) (*screen.Call, *screen.Verdict) {
	call := &screen.Call{
		Asserted: number.ReadingsOf(num(t, "+861062301234")), Called: number.ReadingsOf(num(t, "+8613900139000")),
		Redirecting: num(t, "+12025550123"),
		Ingress:     screen.Ingress{Trunk: "hk-1", Class: screen.International},
		Time:        time.Date(2026, 11, 24, 20, 0, 0, 0, time.FixedZone("CST", 8*3600)),
	}
	v := &screen.Verdict{
		Action: taxonomy.Block, Treatment: screen.Reject, Rule: screen.CLIForeignDomestic, Basis: screen.BasisCall,
		Caller: call.Asserted.First(), Identity: screen.Asserted,
		List: screen.Stamp{Root: [32]byte{0xab}, Session: 5, Serial: 7, LedgerSize: 3}, Age: 90 * time.Second,
	}
	return call, v
}

func TestTags(t *testing.T) {
	k := testKey()
	// The vector fixes how callers are tagged: records outlive versions.
	if got, want := k.Tag(num(t, "+86!95588")).String(), "33bbd1b4008a4ee65c28f60a73c6e6e0"; got != want {
		t.Errorf("tag %s, want %s", got, want)
	}
	tags := map[record.Tag]string{}
	for name, c := range map[string]number.Caller{
		"anonymous": {},
		"number":    num(t, "+8613800138000"),
		"another":   num(t, "+8613800138001"),
		"text":      number.IrregularCaller("+8613800138000", number.NotInPlan),
		"code":      number.SMSCaller("+8613800138000"),
	} {
		tag := k.Tag(c)
		if first, twice := tags[tag]; twice {
			t.Errorf("%s has the tag of %s", name, first)
		}
		tags[tag] = name
		if (tag == record.Tag{}) != (name == "anonymous") {
			t.Errorf("%s: tag %q", name, tag)
		}
		var back record.Tag
		if text, err := tag.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != tag {
			t.Errorf("%s: tag %q reads back as %q", name, text, back)
		}
	}
	other := record.NewKey([record.KeySize]byte{1})
	if other.Tag(num(t, "+8613800138000")) == k.Tag(num(t, "+8613800138000")) {
		t.Error("two nodes' keys give one tag")
	}
	for _, bad := range []string{"ab", strings.Repeat("x", 32), strings.Repeat("0", 34)} {
		tag := record.Tag{9}
		if err := tag.UnmarshalText([]byte(bad)); err == nil || tag != (record.Tag{9}) {
			t.Errorf("%q reads as %q, %v", bad, tag, err)
		}
	}
}

func TestKeyPrintsRedacted(t *testing.T) {
	k := record.NewKey([record.KeySize]byte([]byte("secretsecretsecretsecretsecretse")))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", k)
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%+v %#v %x %s", k, k, k, &k), log.String()} {
		if strings.Contains(text, "secret") || strings.Contains(text, "736563") || !strings.Contains(text, "[record key]") {
			t.Errorf("a key prints as %s", text)
		}
	}
	if _, err := json.Marshal(k); err == nil {
		t.Error("a key is written as JSON")
	}
}

// TestRecord holds the JSON form of a record, which files and tools read.
func TestRecord(t *testing.T) {
	call, v := refusal(t)
	got, err := json.MarshalIndent(record.New(testKey(), call, v, [32]byte{0xcd}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/refusal.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("testdata/refusal.json should hold:\n%s", got)
	}
	var back record.Decision
	if err := json.Unmarshal(got, &back); err != nil || back != record.New(testKey(), call, v, [32]byte{0xcd}) {
		t.Errorf("the record reads back as %+v, %v", back, err)
	}
}

// TestRecordNamesNobody: no form of a record holds a number in full.
func TestRecordNamesNobody(t *testing.T) {
	call, v := refusal(t)
	d := record.New(testKey(), call, v, [32]byte{})
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("refused", "decision", d)
	for _, form := range []string{string(text), log.String()} {
		for _, secret := range []string{"1062301234", "62301234", "13900139000", "2025550123"} {
			if strings.Contains(form, secret) {
				t.Errorf("the record holds %s:\n%s", secret, form)
			}
		}
		if !strings.Contains(form, "cli.foreign_domestic") || !strings.Contains(form, d.Caller.Tag.String()) {
			t.Errorf("the record lacks its rule or tag:\n%s", form)
		}
	}
}

func TestWhoseRecord(t *testing.T) {
	call, v := refusal(t)
	v.Identity, v.Caller = screen.NoIdentity, number.Caller{}
	if d := record.New(testKey(), call, v, [32]byte{}); d.Caller.Tag != testKey().Tag(call.Asserted.First()) {
		t.Error("a verdict about no caller is recorded without the asserted one")
	}
	call.Presented, call.Asserted = call.Asserted, number.Readings{}
	if d := record.New(testKey(), call, v, [32]byte{}); d.Caller.Tag != testKey().Tag(call.Presented.First()) {
		t.Error("nor with the presented one when nobody is asserted")
	}
}

func TestKept(t *testing.T) {
	would := func(a taxonomy.Action) screen.Would { return screen.Would{Action: a, Rule: screen.ListRatified} }
	for _, tc := range []struct {
		name string
		v    screen.Verdict
		want bool
	}{
		{"allow", screen.Verdict{}, false},
		{"label", screen.Verdict{Action: taxonomy.Label, Rule: screen.ListLabel}, false},
		{"block", screen.Verdict{Action: taxonomy.Block, Rule: screen.ListRatified}, true},
		{"would label", screen.Verdict{Shadow: would(taxonomy.Label)}, false},
		{"would block", screen.Verdict{Shadow: would(taxonomy.Block)}, true},
	} {
		if got := record.Kept(&tc.v); got != tc.want {
			t.Errorf("%s: kept %v", tc.name, got)
		}
	}
}

// TestLogLeavesOutWhatIsEmpty keeps log lines short.
func TestLogLeavesOutWhatIsEmpty(t *testing.T) {
	call, v := refusal(t)
	group := func(v *screen.Verdict) string {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "d", record.New(testKey(), call, v, [32]byte{}))
		return log.String()
	}
	if line := group(v); strings.Contains(line, "shadow") || strings.Contains(line, "excused") || !strings.Contains(line, "d.trunk=hk-1") {
		t.Errorf("log line %s", line)
	}
	shadowed := v.Shadowed()
	if line := group(&shadowed); !strings.Contains(line, "d.shadow=cli.foreign_domestic d.would_be=block") {
		t.Errorf("log line %s", line)
	}
}
