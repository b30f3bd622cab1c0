package stage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ringfence/node/publish"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/disk"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// childDir names the directory that this process, started by a test, is to
// publish in until somebody kills it.
const childDir = "RINGFENCE_STAGE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// child publishes dir/file into dir/store, and writes a line for each line of
// the file that is durably stated.
func child(dir string) int {
	if err := publishIn(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func publishIn(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "file"))
	if err != nil {
		return err
	}
	state, err := readGenesis(filepath.Join(dir, "genesis.cbor"))
	if err != nil {
		return err
	}
	store, err := disk.Open(disk.Config{Dir: filepath.Join(dir, "store"), FreeFloor: 1})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	s, err := New(config(state, store))
	if err != nil {
		return err
	}
	_, err = deliver(s, text, publish.Options{Receipt: func(r publish.Receipt) error {
		_, err := fmt.Println(r.Number, r.Category, r.Statement)
		return err
	}})
	return err
}

func readGenesis(path string) (*charter.State, error) {
	sealed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	g, err := charter.DecodeGenesis(sealed)
	if err != nil {
		return nil, err
	}
	return charter.At(g)
}

// furnish makes the directory of a child.
func furnish(t testing.TB, text []byte) string {
	t.Helper()
	sealed, err := chartertest.Seal(t, founding(t)).Encode()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "genesis.cbor"), sealed)
	write(t, filepath.Join(dir, "file"), text)
	return dir
}

// receipt is what a child acknowledged.
type receipt struct {
	number   number.Number
	category taxonomy.Category
	ref      taxonomy.Ref
}

func parseReceipt(line string) (r receipt, err error) {
	var n, category, ref string
	if _, err = fmt.Sscan(line, &n, &category, &ref); err != nil {
		return r, err
	}
	if r.number, err = number.Parse(n); err != nil {
		return r, err
	}
	if r.category, err = taxonomy.ParseCategory(category); err != nil {
		return r, err
	}
	r.ref, err = taxonomy.ParseRef(ref)
	return r, err
}

// instant is when a child is killed: after a time, or after so many lines that
// it acknowledged; the zero instant is never.
type instant struct {
	after time.Duration
	lines int
}

// draw draws an instant of a run that takes a time and acknowledges lines.
func draw(random *rand.Rand, takes time.Duration, lines int) instant {
	if random.IntN(2) == 0 {
		return instant{after: 1 + time.Duration(random.Int64N(int64(takes)))}
	}
	return instant{lines: 1 + random.IntN(lines)}
}

// run runs a child and kills it at an instant. It returns what was acknowledged
// and whether the child came to its end before.
func run(t testing.TB, dir string, kill instant) ([]receipt, bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // exec kills by SIGKILL
	if kill.after > 0 {
		ctx, cancel = context.WithTimeout(ctx, kill.after)
	}
	defer cancel()
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []receipt
	for in := bufio.NewScanner(out); in.Scan(); {
		r, err := parseReceipt(in.Text())
		if err != nil {
			break // the kill cut the line off
		}
		if all = append(all, r); len(all) == kill.lines {
			cancel()
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case cmd.ProcessState.Success(): // perhaps with the kill just behind it
		return all, true
	case ctx.Err() != nil && errors.As(err, &exit) && exit.ExitCode() == -1:
		return all, false
	}
	t.Fatalf("the child ended by itself: %v", err)
	return nil, false
}

// Killed at any instant of a publication: what was acknowledged is there, a
// rerun completes it, nothing is said twice, and the list is that of a run that
// nobody disturbed.
func TestSoakKilledWhilePublishing(t *testing.T) {
	text := lines(t, 0, 20_000)
	want := undisturbed(t, text)
	whole := furnish(t, text)
	began := time.Now()
	all, done := run(t, whole, instant{})
	takes := time.Since(began)
	if !done || len(all) == 0 {
		t.Fatalf("an undisturbed child acknowledges %d lines and ends: %t", len(all), done)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d; a run takes %v", seed, takes)
	random := rand.New(rand.NewPCG(seed, 1))
	kills, midway := 0, 0
	for round := 0; round < rounds && !t.Failed(); {
		dir := furnish(t, text)
		killed, after := suffer(t, dir, want, func() instant { return draw(random, takes, len(all)) })
		if kills, midway = kills+killed, midway+after; killed > 0 {
			round++ // else the child was too fast: this was no round
		}
		_ = os.RemoveAll(dir)
	}
	t.Logf("%d kills in %d rounds, %d of them after something was acknowledged", kills, rounds, midway)
}

// suffer starts a child again and again until it comes to its end, kills it up
// to twice, and checks after each kill and at the end.
func suffer(t testing.TB, dir string, want ideal, next func() instant) (kills, midway int) {
	t.Helper()
	var acknowledged []receipt
	for done := false; !done; {
		kill := next()
		if kills == 2 {
			kill = instant{} // it has suffered enough
		}
		var got []receipt
		if got, done = run(t, dir, kill); done {
			acknowledged = append(acknowledged, got...)
			break
		}
		kills++
		if len(got) > 0 {
			midway++
		}
		there(t, dir, got)
		acknowledged = append(acknowledged, got...)
	}
	want.check(t, there(t, dir, acknowledged))
	return kills, midway
}

// there opens a store as a node does after a crash, and looks for everything
// that was acknowledged.
func there(t testing.TB, dir string, acknowledged []receipt) *Stage {
	t.Helper()
	store, err := disk.Open(disk.Config{Dir: filepath.Join(dir, "store"), FreeFloor: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	s, err := New(config(found(t), store))
	if err != nil {
		t.Fatal(err)
	}
	l := s.View.List()
	who, _ := l.State().MemberByID(member)
	held := make(map[string]bool)
	for i, r := range acknowledged {
		batch := r.ref.Batch.KeyString()
		if !held[batch] {
			if ok, err := store.Has(r.ref.Batch); err != nil || !ok {
				t.Fatalf("batch %s was acknowledged and is not there: %v", r.ref.Batch, err)
			}
			held[batch] = true
		}
		if i%997 != 0 { // an explanation reads a batch each time
			continue
		}
		standing, ok := l.Standing(who, r.number.Range(), r.category)
		if !ok || standing.Ref != r.ref || standing.Issuer != chartertest.Issuer(member).Public() {
			t.Fatalf("what was acknowledged of %s does not stand: %+v, %t", r.number.Masked(), standing.Ref, ok)
		}
	}
	return s
}
