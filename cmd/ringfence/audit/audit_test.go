package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	verb "ringfence/cmd/ringfence/audit"
	"ringfence/cmd/ringfence/held/heldtest"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/show/showtest"
	"ringfence/consensus/audit"
	"ringfence/consensus/audit/audittest"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/auditor"
	"ringfence/node/config"
	"ringfence/node/locale"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

var errNo = errors.New("the answer is no")

// desk is somebody with a data directory and the verb.
type desk struct {
	t    *testing.T
	dir  string
	runs bool
	bar  []api.Progress
	last *api.Audit
	text map[string]string // by language
}

func (d *desk) audit() error {
	d.t.Helper()
	d.last, d.text, d.bar = nil, make(map[string]string), nil
	cmd := verb.Command(verb.App{
		Settings: func(*cobra.Command) (config.Config, error) {
			return config.Config{Dir: d.dir, Socket: "node.sock"}, nil
		},
		Runs: func(string) bool { return d.runs },
		Progress: func() (func(api.Progress), func() error) {
			return func(p api.Progress) { d.bar = append(d.bar, p) }, func() error { return nil }
		},
		Answer: func(_ *cobra.Command, r *api.Audit) error {
			d.last = r
			for _, lang := range []string{"en", "zh"} {
				var b bytes.Buffer
				proofs.Audited(show.NewPage(&b, locale.New().Match(lang), false), r)
				d.text[lang] = b.String()
			}
			return nil
		},
		No: errNo,
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(nil)
	return cmd.Execute()
}

func (d *desk) says(lang string, words ...string) {
	d.t.Helper()
	showtest.Says(d.t, d.text[lang], words...)
}

// directory is a data directory that holds a world.
func directory(t *testing.T, w *audittest.World, change func([]ledger.Entry)) *desk {
	t.Helper()
	return &desk{t: t, dir: heldtest.Directory(t, w, change)}
}

func world(t *testing.T) (w *audittest.World, at uint64) {
	w = audittest.Begun(t, 4)
	w.Say("op", nil, w.Flag("+8613900139000", 20))
	at = w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	w.Anchor(nil, "op")
	return w, at
}

func TestAuditOfWhatIsSound(t *testing.T) {
	w, _ := world(t)
	d := directory(t, w, nil)
	if err := d.audit(); err != nil {
		t.Fatal(err)
	}
	d.says("en", "All that is held follows from the genesis", "1 of 1 computed anew and equal, 0 not recomputable", "1, with 1 batches and 1 statements", "reg, reg2, reg3 (3 of 4 suffice)")
	d.says("zh", "所持有的一切均由创始章程", "1 个中 1 个重新计算后相同")
	b, err := json.Marshal(d.last)
	if err != nil || !strings.Contains(string(b), `"ok":true`) || !strings.Contains(string(b), `"findings":[]`) || !strings.Contains(string(b), `"not_recomputable":[]`) {
		t.Errorf("%s, %v", b, err)
	}
	if len(d.bar) == 0 || d.bar[0].Total == 0 {
		t.Errorf("the bar is %+v", d.bar)
	}
}

func TestAuditOfWhatIsWrong(t *testing.T) {
	w, at := world(t)
	w.Anchor(func(p *motion.AnchorPoint) { p.ListRoot[0] ^= 1 })
	d := directory(t, w, nil)
	if err := d.audit(); !errors.Is(err, errNo) {
		t.Fatal(err)
	}
	d.says("en", "1. the list root of the anchor in ledger entry", "what was signed gives", "audit another node", "NOT CLEAN, findings: 1")
	d.says("zh", "第 1 项：账本条目", "不能由已签署的内容得出", "请保留本目录的副本作为证据", "有问题：1 项发现")
	if f := d.last.Findings[0]; f.Code != "wrong_list_root" || f.What.Code != "audit.wrong_list_root" || f.Do.Code != "audit.do_evidence" || d.last.OK {
		t.Errorf("%+v", f)
	}

	d = directory(t, w, func(entries []ledger.Entry) { entries[at].Data = bytes.Clone(entries[at].Data[:20]) })
	if err := d.audit(); !errors.Is(err, errNo) || d.last.Judged != at || d.last.Findings[0].Where != fmt.Sprint(at) {
		t.Fatalf("%v, %+v", err, d.last)
	}
	d.says("en", "has no place in a valid ledger", "not judged", fmt.Sprintf("%d of %d entries judged", at, d.last.LedgerSize))
}

func TestAuditOfErasedMoments(t *testing.T) {
	w, at := world(t)
	w.Later(40 * 86400)
	d := directory(t, w, nil)
	s := w.Keep(filepath.Join(d.dir, "again"), nil)
	if err := errors.Join(s.Ledger().Erase(at+1), s.Close(), os.RemoveAll(filepath.Join(d.dir, node.StoreDir)), os.Rename(filepath.Join(d.dir, "again"), filepath.Join(d.dir, node.StoreDir))); err != nil {
		t.Fatal(err)
	}
	if err := d.audit(); err != nil || len(d.last.NotRecomputable) != 1 || d.last.NotRecomputable[0].Size != at+3 {
		t.Fatalf("%v, %+v", err, d.last)
	}
	d.says("en", "Not recomputable: the list at ledger size")
	d.says("zh", "无法重新计算：")
}

func TestAuditRefuses(t *testing.T) {
	kind := func(err error) api.Kind {
		var e *api.Error
		if !errors.As(err, &e) {
			t.Errorf("%v is no answer", err)
			return ""
		}
		return e.Kind
	}
	w, _ := world(t)
	d := directory(t, w, nil)
	d.runs = true
	if err := d.audit(); kind(err) != api.Refused {
		t.Error(err)
	}
	d.runs = false
	other, err := audittest.Begun(t, 1).Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.audit(); err != nil { // the store is bound now
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, node.GenesisFile), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.audit(); kind(err) != api.Refused {
		t.Error(err)
	}
	if err := os.RemoveAll(filepath.Join(d.dir, node.StoreDir)); err != nil {
		t.Fatal(err)
	}
	if err := d.audit(); kind(err) != api.BadInput {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(d.dir, node.StoreDir)); err == nil {
		t.Error("it made a store")
	}
	if err := os.Remove(filepath.Join(d.dir, node.GenesisFile)); err != nil {
		t.Fatal(err)
	}
	if err := d.audit(); kind(err) != api.BadInput {
		t.Error(err)
	}
}

// Every finding has words, and says what to do.
func TestEveryFindingHasWords(t *testing.T) {
	n := 0
	for c := audit.BadCheckpoint; !strings.HasPrefix(c.String(), "code("); c++ {
		n++
		f := auditor.Told(audit.Finding{Code: c, Where: "5", Why: "so"})
		if f.What.Code != "audit."+c.String() || f.Do.Code == "" || f.Detail != "so" {
			t.Errorf("%s: %+v", c, f)
		}
	}
	if n < 20 {
		t.Errorf("%d codes", n)
	}
}
