package evidence_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/evidence"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/show/showtest"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/prove/provetest"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

var errNo = errors.New("the answer is no")

// desk is somebody with files and the verb.
type desk struct {
	t    *testing.T
	dir  string
	now  time.Time
	last *proofs.Proof
	text map[string]string // by language
}

func (d *desk) keep(name string, b []byte) string {
	d.t.Helper()
	name = filepath.Join(d.dir, name)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		d.t.Fatal(err)
	}
	return name
}

// verify runs the verb.
func (d *desk) verify(args ...string) error {
	d.t.Helper()
	d.last, d.text = nil, make(map[string]string)
	cmd := evidence.Verify(evidence.App{
		Now: func() time.Time { return d.now }, No: errNo,
		Genesis: func(_ *cobra.Command, named string) (string, error) {
			if named == "" {
				named = filepath.Join(d.dir, "genesis.cbor")
			}
			return named, nil
		},
		Answer: func(_ *cobra.Command, p *proofs.Proof) error {
			d.last = p
			for _, lang := range []string{"en", "zh"} {
				var b bytes.Buffer
				proofs.Verified(show.NewPage(&b, locale.New().Match(lang), false), p)
				d.text[lang] = b.String()
			}
			return nil
		},
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	return cmd.Execute()
}

// says compares what was said, in any language.
func (d *desk) says(lang string, words ...string) {
	d.t.Helper()
	showtest.Says(d.t, d.text[lang], words...)
}

func isInput(err error) bool {
	var e *api.Error
	return errors.As(err, &e) && e.Kind == api.BadInput
}

func TestVerify(t *testing.T) {
	w := provetest.Begun(t, 1)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	until := taxonomy.DayOf(w.Now) + 30
	d := &desk{t: t, dir: t.TempDir(), now: time.Unix(w.Now+60, 0)}
	genesis, err := w.Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d.keep("genesis.cbor", genesis)
	file := d.keep("entry.tlog-proof", w.Entry(at+1))
	if err := d.verify(file); err != nil {
		t.Fatal(err)
	}
	d.says("en", "Proved: the regulators ratified +8613800138000: label", "reg (1 of 1 suffice)", until.String(), "a test", "may have been revoked or stayed since it was ratified, also before the checkpoint", "the regulators of the genesis were still in office", "(1 min before)")
	d.says("zh", "已证明：监管机构核准了 +8613800138000", "核准之后可能已被撤销或暂停，即使在该检查点之前", "须有 1 方")
	if b, err := json.Marshal(d.last); err != nil || !strings.Contains(string(b), `"action":"label"`) || !strings.Contains(string(b), `"in_force":true`) || d.last.Index != at+1 {
		t.Errorf("%s, %v", b, err)
	}
	for asked, want := range map[string]error{(until - 1).String(): nil, until.String(): errNo, "2020-01-01": errNo, "2020-01-01T00:00:00Z": errNo} {
		if err := d.verify(file, "--at", asked); !errors.Is(err, want) || !d.last.Proved || d.last.InForce != (want == nil) {
			t.Errorf("asked about %s: %v, %+v", asked, err, d.last)
		}
	}
	d.now = d.now.AddDate(1, 0, 0).Add(2 * time.Hour)
	if err := d.verify(file); err != nil || d.last.InForce {
		t.Errorf("a year later: %v, %+v", err, d.last)
	}
	d.says("en", "NOT in force", "(365 days 2 h before)")
	d.says("zh", "此前 365 天 2 小时")
	full := d.keep("full.tlog-proof", w.Must(w.Maker().Full(t.Context(), at+1)))
	if err := d.verify(full); err != nil || len(d.last.Votes) != 1 || d.last.Held == "" {
		t.Errorf("%v, %+v", err, d.last)
	}
	d.says("en", "voted for by", "in the ledger by")
}

// Whoever lacks a file is told which one, what it is, and where it comes from.
func TestVerifySaysWhatIsMissing(t *testing.T) {
	w := provetest.Begun(t, 1)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	d := &desk{t: t, dir: t.TempDir(), now: time.Unix(w.Now, 0)}
	file := d.keep("some.tlog-proof", w.Entry(at+1))
	says := func(want string, args ...string) {
		t.Helper()
		err := d.verify(args...)
		if p := phrase.From(err); err == nil || p.Code == "" || !strings.Contains(p.Text, want) || strings.Contains(p.Text, "no such file") {
			t.Errorf("%v: %v", args, err)
		}
	}
	says("--genesis: there is no file "+filepath.Join(d.dir, "genesis.cbor")+"; name the federation's genesis charter", file)
	says("--genesis: there is no file elsewhere", file, "--genesis", "elsewhere")
	genesis, err := w.Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d.keep("genesis.cbor", genesis)
	says("there is no file lost.proof; name the proof", "lost.proof")
	says("--sets: there is no file lost.sets", file, "--sets", "lost.sets")
	says("--pin: there is no file lost.pin", file, "--pin", "lost.pin")
}

func TestVerifyAcrossChanges(t *testing.T) {
	w := provetest.Begun(t, 1)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	old := w.Entry(at + 1)
	w.Seat("op")
	genesis, err := w.Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, dir: t.TempDir(), now: time.Unix(w.Now, 0)}
	d.keep("genesis.cbor", genesis)
	fresh, before := d.keep("new", w.Entry(at+1)), d.keep("old", old)
	sets, pinned := d.keep("sets", w.Sets(false)), d.keep("pinned", w.Sets(true))
	note := d.keep("checkpoint", w.Note(w.Seats()...).Bytes())
	alone := d.keep("alone", w.Note("vendor").Bytes())

	if err := d.verify(fresh, "--sets", sets); err != nil {
		t.Fatal(err)
	}
	d.says("en", "followed from the genesis: 1", "--pin")
	if err := d.verify(fresh, "--sets", sets, "--pin", note); err != nil || d.last.Pinned != w.Tree.Size() {
		t.Fatalf("%v, %+v", err, d.last)
	}
	d.says("en", "to the pinned checkpoint")
	d.says("zh", "所固定的账本长度")
	if err := d.verify(fresh, "--sets", pinned, "--pin", pinned); err != nil || d.last.Pinned != w.Tree.Size() {
		t.Errorf("one file as chain and pin: %v, %+v", err, d.last)
	}
	for name, c := range map[string]struct{ code, words string }{
		before: {"proof.retired", "have been replaced since"},
		fresh:  {"", ""},
	} {
		err := d.verify(name, "--sets", pinned)
		if (c.code != "") != errors.Is(err, errNo) || c.code != "" && (d.last.Reason.Code != c.code || !strings.Contains(d.text["en"], c.words)) {
			t.Errorf("%s: %v, %+v", name, err, d.last)
		}
	}
	if err := d.verify(before, "--pin", note); !errors.Is(err, errNo) || d.last.Reason.Code != "proof.pin" {
		t.Errorf("a pin that the genesis does not lead to: %v, %+v", err, d.last)
	}
	d.says("zh", "未获证明", "有人伪造")
	if err := d.verify(sets, "--pin", note); err != nil || len(d.last.Chain) != 2 {
		t.Errorf("%v, %+v", err, d.last)
	}
	d.says("en", "who the regulators were", "op, reg")
	for name, args := range map[string][]string{
		"no argument": nil, "no such file": {"nowhere"}, "no proof": {d.keep("text", []byte("hello"))}, "the genesis as a proof": {filepath.Join(d.dir, "genesis.cbor")},
		"no genesis": {fresh, "--genesis", note}, "no chain": {fresh, "--sets", note}, "a pin that nobody certified": {fresh, "--sets", sets, "--pin", alone}, "no time": {fresh, "--at", "noon"},
	} {
		if err := d.verify(args...); !isInput(err) || d.last != nil {
			t.Errorf("%s: %v, %+v", name, err, d.last)
		}
	}
}

func TestVerifyAList(t *testing.T) {
	w := provetest.Begun(t, 1)
	key, err := number.ParseRange("+86138001*/13")
	if err != nil {
		t.Fatal(err)
	}
	label := taxonomy.Entry{Action: taxonomy.Label, Class: taxonomy.Unk, Category: taxonomy.Untyped}
	list := merkle.Build([]merkle.Entry{merkle.NewEntry(merkle.Key{First: key.First().Uint64(), Free: uint8(key.Free())}, label.Bytes())})
	anchor := w.Anchor(list)
	genesis, err := w.Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, dir: t.TempDir(), now: time.Unix(w.Now, 0)}
	d.keep("genesis.cbor", genesis)
	for text, want := range map[string]struct{ what, en, zh string }{
		"+8613800138000": {"listed", "Proved: +8613800138000 was on the list: label", "已证明：+8613800138000 当时在名单上"},
		"+8613900138000": {"absent", "Proved: neither +8613900138000 nor any range around it", "均不在名单上"},
	} {
		n, err := number.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.verify(d.keep(want.what, w.Must(w.Maker().Listed(t.Context(), n, anchor, list)))); err != nil || d.last.What != want.what {
			t.Fatalf("%v, %+v", err, d.last)
		}
		d.says("en", want.en, "may have changed since")
		d.says("zh", want.zh)
		if want.what == "listed" {
			d.says("en", "the range +86138001*/13")
		}
	}
}
