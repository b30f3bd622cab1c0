//go:build real

package stage

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringfence/node/api"
)

// patience is how long a command, or what a test waits for, may take at most.
const patience = 60 * time.Second

// wires are a bridge in a network namespace of its own, and namespaces whose
// links end there. All of them go with the test, however it ends.
type wires struct {
	t      testing.TB
	prefix string // of the namespaces, unique to the process
	bridge string // the namespace of the bridge
	binary string
}

func layWires(t testing.TB) *wires {
	t.Helper()
	w := &wires{t: t, prefix: fmt.Sprintf("rf%d-", os.Getpid()), binary: filepath.Join(t.TempDir(), "ringfence")}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", w.binary, "ringfence/cmd/ringfence").CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v: %s", err, out)
	}
	w.bridge = w.namespace("net")
	w.ip("-n", w.bridge, "link", "add", "br0", "type", "bridge")
	w.ip("-n", w.bridge, "addr", "add", "10.77.0.254/24", "dev", "br0")
	w.ip("-n", w.bridge, "link", "set", "br0", "up")
	must(t, inside(w.bridge, func() error { // whatever it would inherit
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("0"), 0)
	}))
	return w
}

// ip runs iproute2's ip. A host without it, or one that allows no namespaces,
// fails the test.
func (w *wires) ip(args ...string) {
	w.t.Helper()
	if out, err := exec.CommandContext(context.Background(), "ip", args...).CombinedOutput(); err != nil {
		w.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (w *wires) namespace(name string) string {
	w.t.Helper()
	name = w.prefix + name
	w.ip("netns", "add", name)
	w.t.Cleanup(func() {
		if out, err := exec.CommandContext(context.Background(), "ip", "netns", "delete", name).CombinedOutput(); err != nil {
			w.t.Errorf("ip netns delete %s: %v: %s", name, err, out)
		}
	})
	w.ip("-n", name, "link", "set", "lo", "up")
	return name
}

// inside runs f in a network namespace: the sockets that it opens stay there.
func inside(namespace string, f func() error) error {
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked, so that the thread ends with this
		ns, err := os.Open(filepath.Join("/run/netns", namespace))
		if err != nil {
			ended <- err
			return
		}
		if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err == nil {
			err = f()
		}
		ended <- errors.Join(err, ns.Close())
	}()
	return <-ended
}

// machine is a namespace with one link, and a node's directory.
type machine struct {
	*wires
	name, ns string
	port     string // the other end of the link, in the bridge's namespace
	dir      string
}

// machine returns one whose address is on the bridge.
func (w *wires) machine(name, address string) *machine {
	w.t.Helper()
	m := w.link(name, address)
	w.ip("-n", w.bridge, "link", "set", m.port, "master", "br0")
	return m
}

// apart returns a machine that is not on the bridge: only what runs in the
// bridge's namespace reaches it, at gateway.
func (w *wires) apart(name, address, gateway string) *machine {
	w.t.Helper()
	m := w.link(name, address)
	w.ip("-n", w.bridge, "addr", "add", gateway, "dev", m.port)
	return m
}

func (w *wires) link(name, address string) *machine {
	w.t.Helper()
	m := &machine{wires: w, name: name, ns: w.namespace(name), port: "to-" + name, dir: filepath.Join(w.t.TempDir(), name)}
	w.ip("link", "add", "eth0", "netns", m.ns, "type", "veth", "peer", "name", m.port, "netns", w.bridge)
	w.ip("-n", m.ns, "addr", "add", address, "dev", "eth0")
	w.ip("-n", m.ns, "link", "set", "eth0", "up")
	w.ip("-n", w.bridge, "link", "set", m.port, "up")
	return m
}

// set takes the machine's link "down" or "up".
func (m *machine) set(to string) {
	m.t.Helper()
	m.ip("-n", m.ns, "link", "set", "eth0", to)
}

// narrow lets the link carry only so much each way, in the words of tc.
func (m *machine) narrow(rate string) {
	m.t.Helper()
	for ns, device := range map[string]string{m.ns: "eth0", m.bridge: m.port} {
		m.tc(ns, "qdisc", "replace", "dev", device, "root", "tbf", "rate", rate, "burst", "16kbit", "latency", "400ms")
	}
}

// throttled returns how often a packet to the machine had to wait for its link.
func (m *machine) throttled() int {
	m.t.Helper()
	var disciplines []struct{ Overlimits int }
	must(m.t, json.Unmarshal(m.tc(m.bridge, "-json", "-statistics", "qdisc", "show", "dev", m.port), &disciplines))
	all := 0
	for _, d := range disciplines {
		all += d.Overlimits
	}
	return all
}

func (m *machine) tc(ns string, args ...string) []byte {
	m.t.Helper()
	out, err := exec.CommandContext(context.Background(), "tc", append([]string{"-n", ns}, args...)...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("tc %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

func (m *machine) command(ctx context.Context, verb string, args ...string) *exec.Cmd {
	all := append([]string{"netns", "exec", m.ns, m.binary, verb}, args...)
	cmd := exec.CommandContext(ctx, "ip", append(all, "--dir", m.dir)...)
	cmd.Env = append(os.Environ(), "LANG=C")
	return cmd
}

// say runs a verb with the machine's keys, and returns what it answers.
func (m *machine) say(verb string, args ...string) []byte {
	m.t.Helper()
	return m.ask(verb, append(args, "--key-file", m.dir+".key")...)
}

// ask runs a verb that needs no keys.
func (m *machine) ask(verb string, args ...string) []byte {
	m.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	out, err := m.command(ctx, verb, args...).Output()
	if err != nil {
		told := ""
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			told = string(exit.Stderr)
		}
		m.t.Fatalf("%s: ringfence %s: %v: %s", m.name, verb, err, told)
	}
	return out
}

// run runs the node until the test ends, and returns once it listens.
func (m *machine) run(args ...string) {
	m.t.Helper()
	cmd := m.command(context.Background(), "run", append(args, "--key-file", m.dir+".key", "--listen", "none", "--peers-listen", "0.0.0.0:7400")...)
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	must(m.t, err)
	must(m.t, cmd.Start())
	said := bufio.NewScanner(out)
	m.t.Cleanup(func() {
		kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		must(m.t, cmd.Process.Signal(os.Interrupt))
		for said.Scan() { // else it may wait for a reader
		}
		if err := cmd.Wait(); err != nil {
			m.t.Errorf("%s ends with %v", m.name, err)
		}
		if m.t.Failed() {
			m.t.Logf("the log of %s:\n%s", m.name, log.String())
		}
	})
	if !said.Scan() {
		m.t.Fatalf("%s does not run", m.name)
	}
}

func (m *machine) status() api.Status {
	m.t.Helper()
	var s api.Status
	must(m.t, json.Unmarshal(m.ask("status", "--json"), &s))
	if s.Peers == nil {
		m.t.Fatalf("%s has no place among the others: %v", m.name, s.Problems)
	}
	return s
}

func (m *machine) peers() api.Peers {
	m.t.Helper()
	var p api.Peers
	must(m.t, json.Unmarshal(m.ask("peers", "--json"), &p))
	return p
}

// flag flags so many numbers from a first one on, one batch each.
func (m *machine) flag(first, count int) {
	m.t.Helper()
	for i := range count {
		m.say("flag", fmt.Sprintf("+861380013%04d", first+i), "--category", "mkt.finance.loan")
	}
}

// within waits until something holds, and returns how long it took.
func within(t testing.TB, limit time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Since(began) > limit {
			t.Fatalf("after %v it does not hold that %s", limit, what)
		}
		<-tick.C
	}
	return time.Since(began)
}
