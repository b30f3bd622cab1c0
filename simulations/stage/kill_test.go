package stage

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/node/publish"
	"ringfence/simulations/data"
)

// instant is when a process is killed: after a time, or after so many drafts
// that it acknowledged; the zero instant is never.
type instant struct {
	after  time.Duration
	drafts int
}

// process is the ringfence command, to be killed.
type process struct {
	*exec.Cmd
	said   *bufio.Scanner // its standard output, line by line
	errors strings.Builder
}

// start starts a verb on a home's directory.
func start(t testing.TB, binary string, h *home, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(binary, append(args, "--dir", h.dir)...)}
	p.Env = append(os.Environ(), "LANG=C")
	p.Stderr = &p.errors
	out, err := p.StdoutPipe()
	must(t, err)
	must(t, p.Start())
	p.said = bufio.NewScanner(out)
	return p
}

// end waits for the process, and tells whether it came to its end before it was
// killed.
func (p *process) end(t testing.TB) bool {
	t.Helper()
	for p.said.Scan() { // else it may wait for a reader
	}
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == -1) {
		t.Fatalf("the process ended by itself: %v: %s", err, p.errors.String())
	}
	return err == nil
}

// attempt is a publication by the command itself or through a node that runs, to
// be killed at an instant. It returns what was acknowledged before, and whether
// it came to its end.
type attempt func(t testing.TB, h *home, text []byte, kill instant) (acknowledged int, done bool)

// alone publishes by the command, which opens the directory itself and
// acknowledges with its end.
func alone(binary string) attempt {
	return func(t testing.TB, h *home, text []byte, kill instant) (int, bool) {
		t.Helper()
		name := filepath.Join(h.dir, data.FTC90Days)
		write(t, name, text)
		p := start(t, binary, h, "publish", name, "--mapping", "ftc-90days", "--newest-on", h.newestOn())
		if kill.after > 0 {
			defer time.AfterFunc(kill.after, func() { _ = p.Process.Kill() }).Stop()
		}
		return 0, p.end(t)
	}
}

// throughNode publishes over the socket of a node that runs, and kills that.
func throughNode(binary string) attempt {
	return func(t testing.TB, h *home, text []byte, kill instant) (acknowledged int, done bool) {
		t.Helper()
		p := start(t, binary, h, "run")
		defer p.end(t)
		defer func() { _ = p.Process.Kill() }()
		if !p.said.Scan() {
			t.Fatalf("the node does not run: %s", p.errors.String())
		}
		c := h.client()
		defer func() { _ = c.Close() }()
		if kill.after > 0 {
			defer time.AfterFunc(kill.after, func() { _ = p.Process.Kill() }).Stop()
		}
		_, err := h.publish(c, text, func(at api.Progress) {
			if at.Phase != "publishing" {
				return
			}
			if acknowledged = int(at.Done); kill.drafts > 0 && acknowledged >= kill.drafts {
				_ = p.Process.Kill()
			}
		})
		if known := new(api.Error); err != nil && kill == (instant{}) || errors.As(err, &known) && known.Kind != api.Unavailable {
			t.Fatalf("the publication ended by itself: %v", err)
		}
		return acknowledged, err == nil
	}
}

// Killed at any instant of a publication, with the binary that people run: what
// was acknowledged is there, a rerun completes it, nothing is said twice, and
// the list is that of a run that nobody disturbed.
func TestSoakKilledWhilePublishing(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "ringfence")
	if out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "ringfence/cmd/ringfence").CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v: %s", err, out)
	}
	text := lines(t, 0, 20_000)
	for name, publishes := range map[string]attempt{"alone": alone(binary), "through a node": throughNode(binary)} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, t.TempDir(), time.Now())
			began := time.Now()
			if _, done := publishes(t, h, text, instant{}); !done {
				t.Fatal("an undisturbed run does not end")
			}
			s := siege{publishes: publishes, text: text, drafts: h.drafts(text), takes: time.Since(began), now: h.now}
			n := h.open(floorOfHome, nil)
			s.want = ideal{n.View().List().Stamp().Root, len(s.drafts)}
			s.want.checkNode(t, n)
			if n.View().List().Counts().Labelled == 0 {
				t.Fatal("nothing is labelled: the root would tell little")
			}
			must(t, n.Close())
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d; a run takes %v", seed, s.takes)
			s.random = rand.New(rand.NewPCG(seed, 1))
			for s.rounds < rounds && !t.Failed() {
				s.round(t)
			}
			t.Logf("%d kills in %d rounds, %d of them with something said and not all", s.kills, s.rounds, s.midway)
		})
	}
}

// siege is many rounds of one kind of attempt.
type siege struct {
	publishes attempt
	text      []byte
	drafts    []publish.Draft // what the text says
	want      ideal
	takes     time.Duration // an undisturbed attempt
	now       time.Time
	random    *rand.Rand

	rounds, kills, midway int
}

// round attempts a publication again and again until it comes to its end, kills
// it up to twice, and checks after each kill and at the end. An attempt that is
// faster than its killer is no round.
func (s *siege) round(t *testing.T) {
	h := newHome(t, t.TempDir(), s.now)
	defer func() { _ = os.RemoveAll(h.dir) }()
	most, held, before := 0, 0, s.kills
	for done := false; !done; {
		half := s.takes / 2 // the first goes by before anything is signed
		kill := instant{after: 1 + time.Duration(s.random.Int64N(int64(half)))}
		switch {
		case s.kills == before+2:
			kill = instant{} // it has suffered enough
		case s.random.IntN(4) > 0:
			kill = instant{after: kill.after + half, drafts: 1 + s.random.IntN(len(s.drafts))}
		}
		var acknowledged int
		acknowledged, done = s.publishes(t, h, s.text, kill)
		if most = max(most, acknowledged); done {
			most = len(s.drafts)
		} else {
			s.kills++
		}
		n := h.open(floorOfHome, nil)
		stand(t, n, s.drafts[:most])
		now := n.View().List().Counts().Statements
		if now < held {
			t.Errorf("%d flags are there after a kill, there were %d", now, held)
		}
		if held = now; !done && held > 0 && held < len(s.drafts) {
			s.midway++
		}
		if done {
			s.want.checkNode(t, n)
		}
		must(t, n.Close())
	}
	if s.kills > before {
		s.rounds++
	}
}
