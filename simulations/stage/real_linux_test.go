//go:build real

package stage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringfence/node"
	"ringfence/node/api"
)

// federate founds a federation of three members on machines of their own, by the
// commands that people type, and lets the first one's node run. It returns the
// federation's ID, and what stands after the address of the first in its peers'
// configuration.
func federate(t testing.TB, all []*machine, args ...string) (federation, identity string) {
	t.Helper()
	founder := all[0]
	founder.say("init", "--member", "ministry", "--name", "Ministry", "--role", "regulator,operator", "--founder")
	sealing := []string{"new", "--seal", "--name", "Example"}
	for _, m := range all[1:] {
		m.say("init", "--member", m.name, "--name", m.name, "--role", "operator")
		sealing = append(sealing, "--card", filepath.Join(m.dir, "card.yaml"))
	}
	founder.say("federation", sealing...)
	founder.run(args...)
	for _, a := range founder.peers().Addresses {
		if at := strings.Index(a, "/p2p/"); at > 0 {
			identity = a[at:]
		}
	}
	return founder.status().Federation, identity
}

// meet waits until each machine is connected to both others.
func meet(t testing.TB, all []*machine) {
	t.Helper()
	took := within(t, patience, "all are connected", func() bool {
		for _, m := range all {
			if m.status().Peers.Connected != len(all)-1 {
				return false
			}
		}
		return true
	})
	t.Logf("connected after %v", took)
}

// agree waits until all have one list of so many statements, and returns how long
// that took; then, until they have told each other so and have no problem.
func agree(t testing.TB, limit time.Duration, all []*machine, statements int) time.Duration {
	t.Helper()
	var seen []string
	defer func() {
		if t.Failed() {
			t.Logf("last seen: %s", strings.Join(seen, "; "))
		}
	}()
	everywhere := func(good func(api.Status) bool) func() bool {
		return func() bool {
			seen = seen[:0]
			bad, roots := 0, make(map[string]bool)
			for _, m := range all {
				s := m.status()
				if roots[s.List.Root] = true; !good(s) {
					bad++
				}
				seen = append(seen, fmt.Sprintf("%s: root %.12s, %d statements, %+v, %v", m.name, s.List.Root, s.Statements, *s.Peers, s.Problems))
			}
			return bad == 0 && len(roots) == 1
		}
	}
	took := within(t, limit, fmt.Sprintf("all have one list of %d statements", statements), everywhere(func(s api.Status) bool {
		return s.Statements == statements
	}))
	within(t, patience, "all say that they agree, and have no problem", everywhere(func(s api.Status) bool {
		return s.Peers.Agreeing == len(all)-1 && len(s.Problems) == 0
	}))
	return took
}

// Three nodes on three machines, by real packets: founded and joined by the
// command line, they come to one list; a machine whose cable was pulled, and one
// at the end of a thin wire, too.
func TestRealHosts(t *testing.T) {
	w := layWires(t)
	all := []*machine{w.machine("a", "10.77.0.1/24"), w.machine("b", "10.77.0.2/24"), w.machine("c", "10.77.0.3/24")}
	federation, identity := federate(t, all)
	for _, m := range all[1:] {
		m.say("join", federation, "--peer", "/ip4/10.77.0.1/tcp/7400"+identity)
		m.run()
	}
	meet(t, all)
	all[0].flag(0, 1)
	t.Logf("a flag is everywhere after %v", agree(t, 10*time.Second, all, 1))

	c := all[2]
	c.set("down")
	alone := func(m *machine, connected int) func() bool {
		return func() bool { return m.status().Peers.Connected == connected }
	}
	t.Logf("c is missed after %v", within(t, patience, "c is missed", alone(all[0], 1)))
	t.Logf("c knows that it is alone after another %v", within(t, patience, "c is alone", alone(c, 0)))
	all[0].flag(100, 5)
	all[1].flag(200, 5)
	c.flag(300, 5)
	within(t, 10*time.Second, "the two that are left have what they said", func() bool {
		return all[0].status().Statements == 11 && all[1].status().Statements == 11
	})
	if s := c.status(); s.Statements != 6 || s.List.Root == all[0].status().List.Root {
		t.Fatalf("c has %d statements and the root %s: its link is not down", s.Statements, s.List.Root)
	}
	c.set("up")
	t.Logf("one list %v after the link is up", agree(t, 10*time.Second, all, 16))

	c.narrow("1mbit")
	var numbers strings.Builder
	const many = 3000
	for i := range many {
		fmt.Fprintf(&numbers, "1390001%04d\n", i)
	}
	name := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, name, []byte(numbers.String()))
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	all[0].say("publish", name, "--mapping", "plain-list", "--country", "86", "--as-of", yesterday)
	t.Logf("%d more are everywhere after %v, over a link of 1 Mb/s", many, agree(t, patience, all, 16+many))
	if c.throttled() == 0 {
		t.Error("nothing had to wait for the thin wire")
	}
}

// A node that is reached only through an address that is not its own, over a bad
// line: as its operator announced it, the others find it there, and hear from it.
func TestRealHostsOverABadLine(t *testing.T) {
	w := layWires(t)
	all := []*machine{w.machine("a", "10.77.0.1/24"), w.machine("b", "10.77.0.2/24"), w.apart("c", "10.78.0.3/24", "10.78.0.254/24")}
	bad := line{delay: 150 * time.Millisecond, jitter: 100 * time.Millisecond, loss: 0.05}
	towards := newRelay(t, w.bridge, "10.77.0.254:7400", "10.78.0.3:7400", bad)
	away := newRelay(t, w.bridge, "10.78.0.254:7400", "10.77.0.1:7400", bad)
	federation, identity := federate(t, all)
	all[1].say("join", federation, "--peer", "/ip4/10.77.0.1/tcp/7400"+identity)
	all[1].run()
	all[2].say("join", federation, "--peer", "/ip4/10.78.0.254/tcp/7400"+identity)
	all[2].run("--peers-announce", "10.77.0.254:7400")
	meet(t, all)
	for _, p := range all[1].peers().Peers { // c knows no way to b
		if p.Member == "c" && !strings.HasPrefix(p.Address, "10.77.0.254:7400 ") {
			t.Errorf("b reaches c by %s; want the address that it announced", p.Address)
		}
	}
	for i, m := range all {
		m.flag(100*i, 3)
	}
	t.Logf("one list %v after the last word", agree(t, 30*time.Second, all, 9))
	if towards.passed.Load() == 0 || away.passed.Load() == 0 || towards.lost.Load()+away.lost.Load() == 0 {
		t.Errorf("%d and %d bytes passed, %d and %d datagrams or parts were lost: the line was not bad",
			towards.passed.Load(), away.passed.Load(), towards.lost.Load(), away.lost.Load())
	}
}

// Nodes on one local network need no address of each other: mDNS tells them.
func TestRealHostsOnALocalNetwork(t *testing.T) {
	w := layWires(t)
	all := []*machine{w.machine("a", "10.77.0.1/24"), w.machine("b", "10.77.0.2/24"), w.machine("c", "10.77.0.3/24")}
	federate(t, all, "--peers-lan")
	sealed, err := os.ReadFile(filepath.Join(all[0].dir, node.GenesisFile))
	must(t, err)
	for _, m := range all[1:] {
		write(t, filepath.Join(m.dir, node.GenesisFile), sealed)
		m.run("--peers-lan")
	}
	meet(t, all)
	all[2].flag(0, 1)
	agree(t, 10*time.Second, all, 1)
}
