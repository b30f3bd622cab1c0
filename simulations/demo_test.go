package simulations

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/simulations/story"
)

// at returns a demo of a moment that ends after its summary.
func at(when time.Time, dir string, out io.Writer) DemoConfig {
	began := time.Now()
	return DemoConfig{Dir: dir, Once: true, Out: out, FreeFloor: 1 << 20, Now: func() time.Time { return when.Add(time.Since(began)) }}
}

// The whole demo, told to people and serving; then again at another hour of
// the day, with other keys, as one object, and some of what was ratified taken back.
func TestDemo(t *testing.T) {
	told, s := demoThatStays(t)
	checkStory(t, told)
	if s.Statements != 240286 || s.Numbers != 239457 || s.Labelled != 21109 || s.Contested != 17 || s.Void != 0 || s.Protected != 517 || s.Ratified != 2050 || s.Cosigners < 3 || s.ProofBytes > 4<<10 || !s.Equal {
		t.Errorf("summary %+v", s)
	}
	rejected := 0
	for _, n := range s.RejectedBy {
		rejected += n
	}
	if s.Rejected != rejected || s.Rejected != 2943 {
		t.Errorf("%d rows rejected, by reason %d", s.Rejected, rejected)
	}

	var out bytes.Buffer
	cfg := at(noon.Add(11*time.Hour), t.TempDir(), &out)
	cfg.JSON = true
	undone, err := Undo(context.Background(), cfg, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(undone.Stays) != 3 || len(undone.Revocations) != 3 {
		t.Errorf("taken back: %+v", undone)
	}
	t.Logf("in force nowhere any more: stays after %v, revocations after %v", undone.Stays, undone.Revocations)
	var object map[string]any
	if err := json.Unmarshal(out.Bytes(), &object); err != nil {
		t.Fatalf("not one object: %v\n%s", err, out.String())
	}
	for _, field := range []string{"statements", "numbers", "labelled", "contested", "rejected", "list_root", "list_roots_equal", "ratified", "ledger_size", "cosigners", "proof_bytes", "seconds", "examples", "fiction"} {
		if _, ok := object[field]; !ok {
			t.Errorf("no field %s", field)
		}
	}
	if object["list_root"] != s.ListRoot {
		t.Errorf("two runs on one day give the roots %s and %s", s.ListRoot, object["list_root"])
	}
	if whole.Match(out.Bytes()) {
		t.Errorf("a person's number is shown whole: %s", whole.Find(out.Bytes()))
	}
}

// whole matches a number of the demo's evidence that is not masked.
var whole = regexp.MustCompile(`\+(1\d{10}|34\d{9})\b`)

// demoThatStays runs a demo until it says that it stays up, asks its API, and
// ends it.
func demoThatStays(t *testing.T) (string, story.Summary) {
	t.Helper()
	read, write := io.Pipe()
	cfg := at(noon, t.TempDir(), write)
	typed, hands := io.Pipe()
	defer func() { _ = hands.Close() }()
	cfg.Once, cfg.Listen, cfg.In = false, "127.0.0.1:0", typed
	stopped, heard := false, chan<- string(nil)
	seen := make(map[string]bool)
	cfg.Progress = func(member string, _ api.Progress) { seen[member] = true }
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type end struct {
		summary story.Summary
		err     error
	}
	ended := make(chan end, 1)
	go func() {
		s, err := Demo(ctx, cfg)
		_ = write.Close()
		ended <- end{s, err}
	}()
	var told strings.Builder
	address := regexp.MustCompile(`API at (\S+)`)
	url := ""
	for lines := bufio.NewScanner(read); lines.Scan(); {
		told.WriteString(lines.Text() + "\n")
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			url = m[1]
		}
		if heard != nil {
			heard <- lines.Text()
			continue
		}
		switch line := lines.Text(); {
		case strings.Contains(line, "stay up"):
			go typeIn(t, hands, "nodes", "stop nobody", "stop es-list")
		case strings.Contains(line, "es-list is stopped; the others go on"):
			stopped = true
			go typeIn(t, hands, "stop es-list", "start es-list")
		case stopped && strings.Contains(line, "all 12 running nodes have the list"):
			ask(t, url)
			told := make(chan string, 1000)
			heard = told
			go func() {
				defer cancel()
				u := sitBefore(t, cfg.Dir, url, hands, told)
				defer u.close()
				u.stopsRegulators()
			}()
		}
	}
	got := <-ended
	if got.err != nil {
		t.Fatalf("%v\n%s", got.err, told.String())
	}
	for _, in := range inputs() {
		if !seen[in.member] {
			t.Errorf("no progress of %s", in.member)
		}
	}
	return told.String(), got.summary
}

// typeIn types lines into a running demo.
func typeIn(t *testing.T, hands io.Writer, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if _, err := io.WriteString(hands, line+"\n"); err != nil {
			t.Error(err)
		}
	}
}

// ask looks a number up over the API.
func ask(t *testing.T, url string) {
	t.Helper()
	answer, err := http.Get(url + "/v1/numbers/95588")
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	var got api.Lookup
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || got.Number != "+86!95588" || !got.Protected {
		t.Errorf("%s: %+v, %v", answer.Status, got, err)
	}
}

// What is told names the fiction, the moved dates, every reason, and shows one
// example of each rule that it announces.
func checkStory(t *testing.T, told string) {
	t.Helper()
	for _, want := range []string{
		"fiction", "2,050  ratified by the regulators", "all 12 running nodes have the list 3a40c816daca", "Ratified by the regulators in ledger entry", "all 11 running nodes have the list 21f7df1edc83", "cn-reseller runs again", `there is no node "nobody"`, "es-list is stopped already", "of yesterday, 2026-11-19", "dates moved by 582 days", "has no dates, counts as seen yesterday",
		"239,764 rows", "21,109  labelled", "17  contested", "2,943  rows rejected", "17    spreadsheet notation",
		"desk-south: \"Other\", 3 reports", "block, cli.foreign_domestic", "label, list.label", "on its list", "中国工商银行",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("the story lacks %q", want)
		}
	}
	if got := strings.Count(told, "***"); got < 5 {
		t.Errorf("%d masked numbers", got)
	}
	if found := whole.FindString(told); found != "" {
		t.Errorf("a person's number is shown whole: %s", found)
	}
	if t.Failed() {
		t.Log("\n" + told)
	}
}

func TestDemoWantsAnEmptyDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Demo(context.Background(), at(noon, dir, io.Discard))
	if api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

// A demo that is ended early leaves nothing behind in the directory for
// temporary files.
func TestDemoEndedEarlyCleansUp(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg := at(noon, "", io.Discard)
	cfg.Progress = func(string, api.Progress) { cancel() }
	if _, err := Demo(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("%d files left, %v", len(left), err)
	}
}

func TestMovedDays(t *testing.T) {
	for _, c := range []struct {
		newest, to string
		want       int
	}{{"2025-04-16", "2025-04-17", 1}, {"2025-04-16", "2026-11-19", 582}, {"", "2026-11-19", 0}} {
		if got := movedDays(c.newest, c.to); got != c.want {
			t.Errorf("from %q to %s: %d, want %d", c.newest, c.to, got, c.want)
		}
	}
}
