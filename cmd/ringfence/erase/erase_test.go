package erase_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	verb "ringfence/cmd/ringfence/erase"
	"ringfence/cmd/ringfence/held/heldtest"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/proofs"
	"ringfence/cmd/ringfence/show/showtest"
	"ringfence/consensus/audit/audittest"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/authority"
	"ringfence/node/config"
	"ringfence/node/locale"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// desk is somebody with a data directory and the verb.
type desk struct {
	t    *testing.T
	dir  string
	runs bool
	bar  []api.Progress
	last *proofs.Erased
	text map[string]string // by language
}

func (d *desk) erase(args ...string) error {
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
		Answer: func(_ *cobra.Command, e *proofs.Erased) error {
			d.last = e
			for _, lang := range []string{"en", "zh"} {
				var b bytes.Buffer
				proofs.Erase(show.NewPage(&b, locale.New().Match(lang), false), e)
				d.text[lang] = b.String()
			}
			return nil
		},
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	return cmd.Execute()
}

// directory is a data directory that holds a world.
func directory(t *testing.T, w *audittest.World, change func([]ledger.Entry), members ...string) *desk {
	t.Helper()
	return &desk{t: t, dir: heldtest.Directory(t, w, change, members...)}
}

func aged(t *testing.T) (w *audittest.World, at uint64) {
	w = audittest.Begun(t, 4)
	at = w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"))
	w.Later(40 * 86400) // it lasts 30 days
	return w, at
}

func TestErase(t *testing.T) {
	w, at := aged(t)
	d := directory(t, w, nil)
	if err := d.erase("--preview"); err != nil {
		t.Fatal(err)
	}
	showtest.Says(t, d.text["en"], "Openings that would be erased: 2, of motions: 1. Nothing is changed", "2026-12-11T01:00:00Z", "2026-12-04T01:00:00Z")
	showtest.Says(t, d.text["zh"], "将清除的原文：2 条，涉及议案 1 项", "核准")
	if m := d.last.Motions; !d.last.Preview || len(m) != 1 || m[0].Index != at || m[0].Openings != 2 || m[0].Kind != "ratify" || d.last.Before != 0 {
		t.Errorf("%+v", d.last)
	}
	if err := d.erase(); err != nil || d.last.Preview || d.last.Openings != 2 || d.last.Before != 0 {
		t.Fatalf("%+v, %v", d.last, err)
	}
	showtest.Says(t, d.text["en"], "Openings erased: 2, of motions: 1")
	showtest.Says(t, d.text["zh"], "已清除原文：2 条")
	if last := d.bar[len(d.bar)-1]; last.Phase != "openings" || last.Done != 2 || last.Total != 2 {
		t.Errorf("the bar ends with %+v", last)
	}
	if err := d.erase(); err != nil || d.last.Openings != 0 || d.last.Before != 2 {
		t.Fatalf("again: %+v, %v", d.last, err)
	}
	b, err := json.Marshal(d.last)
	if err != nil || !strings.Contains(string(b), `"motions":[]`) || !strings.Contains(string(b), `"openings_erased_before":2`) {
		t.Errorf("%s, %v", b, err)
	}
}

// A regulator's directory keeps what it needs to judge its commands anew.
func TestARegulatorKeepsWhatJudges(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"))
	w.Enact(motion.Revoke, ballottest.Reverse(at+1))
	w.Later(40 * 86400)
	d := directory(t, w, nil)
	if err := d.erase("--preview"); err != nil || d.last.Openings != 3 || d.last.Judging != 0 {
		t.Fatalf("%+v, %v", d.last, err)
	}
	if err := os.Mkdir(filepath.Join(d.dir, authority.RaftDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.erase(); err != nil || d.last.Openings != 2 || d.last.Judging != 1 {
		t.Fatalf("%+v, %v", d.last, err)
	}
	showtest.Says(t, d.text["en"], "keeps to judge what it replays  1")
	showtest.Says(t, d.text["zh"], "监管机构为重新判定")
}

func TestEraseRefuses(t *testing.T) {
	refused := func(err error, kind api.Kind, code string) {
		t.Helper()
		var told *api.Error
		if !errors.As(err, &told) || told.Kind != kind || code != "" && told.Code != code {
			t.Errorf("%v; want %s %s", err, kind, code)
		}
	}
	w, at := aged(t)
	d := directory(t, w, nil)
	d.runs = true
	refused(d.erase(), api.Refused, "erase.node_runs")
	refused(directory(t, w, nil, "reg", "reg2").erase(), api.Refused, "erase.unsound")
	broken := func(e []ledger.Entry) { e[at].Data = e[at].Data[:20] }
	refused(directory(t, w, broken).erase("--preview"), api.Refused, "erase.unsound")
	slipped := func(e []ledger.Entry) { e[at+1].Opening = []byte("x") }
	refused(directory(t, w, slipped).erase(), api.Refused, "erase.unsound")

	d.runs = false
	if err := d.erase("--preview"); err != nil { // the store is bound now
		t.Fatal(err)
	}
	other, err := audittest.Begun(t, 1).Genesis.Encode()
	if err == nil {
		err = os.WriteFile(filepath.Join(d.dir, node.GenesisFile), other, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	refused(d.erase(), api.Refused, "")
	if err := os.RemoveAll(filepath.Join(d.dir, node.StoreDir)); err != nil {
		t.Fatal(err)
	}
	refused(d.erase(), api.BadInput, "erase.no_store")
	if _, err := os.Stat(filepath.Join(d.dir, node.StoreDir)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it made a store")
	}
}
