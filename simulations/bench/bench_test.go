package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets a case run its other processes: here they are this test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ChildVerb {
		Child(os.Args[2:])
	}
	os.Exit(m.Run())
}

// Each case runs at a hundredth of its size; the object has the fields that
// the design names, null where there is no baseline.
func TestCasesGiveTheNamedObject(t *testing.T) {
	// Nobody else does the same, or is not built: see TestTheBaselinesProgram.
	alone := map[string]bool{"screen": true, "spread": true, "idle": true, "ledger": true, "enact": true, "failover": true, "follow": true, "audit": true, "verify": true, "quorum-idle": true}
	binary := filepath.Join(t.TempDir(), "ringfence")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "ringfence/cmd/ringfence").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var all []Result
	for _, c := range Cases() {
		if c.Name == "undo" { // the whole demo, which has no small form: simulations.TestDemo runs it
			continue
		}
		dir := t.TempDir()
		r, err := Run(context.Background(), c.Name, Options{Runs: 1, Dir: dir, Small: true, Told: t.Logf, Binary: binary})
		if err != nil {
			t.Fatal(err)
		}
		if r.Case != c.Name || r.Value <= 0 || r.Unit == "" || r.Goal == "" || r.Runs != 1 {
			t.Errorf("%+v", r)
		}
		if r.Allocations != nil && int(*r.Allocations) != 0 {
			t.Errorf("%s allocates %.2f times", c.Name, *r.Allocations)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"case", "value", "unit", "baseline", "baseline_value", "ratio", "goal", "runs"} {
			if value, there := got[field]; !there || (value == nil) != (alone[c.Name] && (strings.HasPrefix(field, "baseline") || field == "ratio")) {
				t.Errorf("%s: field %s is %v, there %t", c.Name, field, value, there)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("%s leaves %d files behind, %v", c.Name, len(left), err)
		}
		all = append(all, r)
	}
	var table strings.Builder
	if err := Table(&table, all); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(table.String(), "\n"); lines != 1+len(all) {
		t.Errorf("the table has %d lines:\n%s", lines, table.String())
	}
}

// A baseline is a program that prints the object of a case; one that fails leaves the
// case without.
func TestTheBaselinesProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "baselines")
	script := `#!/bin/sh
[ "$1" = tessera ] || { echo no etcd here >&2; exit 1; }
[ -d "$2" ] && echo '{"case":"tessera","value":0.5,"unit":"entries/s","runs":1}'
`
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	o := Options{Runs: 1, Dir: t.TempDir(), Small: true, Baselines: program, Told: func(f string, a ...any) { fmt.Fprintf(&said, f+"\n", a...) }}
	r, err := Run(t.Context(), "ledger", o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Baseline == nil || *r.BaselineValue != 0.5 || *r.Ratio != r.Value/0.5 || r.Met {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(said.String(), "no etcd here") {
		t.Errorf("it said %q", said.String())
	}
}

func TestRunNamesTheCases(t *testing.T) {
	_, err := Run(context.Background(), "everything", Options{Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "publish, lookup, screen, restart, spread, catchup, idle, ledger, enact, undo, failover, follow, audit, verify, quorum-idle") {
		t.Errorf("got %v", err)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{7}, 7}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1}, 1}} {
		if got := median(c.values); got != c.want {
			t.Errorf("of %v: %v, want %v", c.values, got, c.want)
		}
	}
}
