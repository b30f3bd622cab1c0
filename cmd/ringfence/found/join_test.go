package found_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringfence/cmd/ringfence/found"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

func hostKey(t *testing.T, m found.Member) keys.Private {
	t.Helper()
	ring, err := keys.Open(filepath.Join(m.Dir, found.KeysDir), m.Unlock)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ring.Private(keys.PurposeHost)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// serving starts a node's overlay for a sealed federation.
func serving(t *testing.T, m found.Member, g *charter.Genesis, clock time.Time) *overlay.Overlay {
	t.Helper()
	state, err := charter.At(g)
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var hosts []keys.Public
	for _, member := range state.Members() {
		hosts = append(hosts, member.Hosts...)
	}
	o, _ := overlaytest.Start(t, overlay.Config{
		Key: hostKey(t, m), Federation: state.Federation(), Roster: state, Hosts: func() []keys.Public { return hosts },
		Listen: []string{"127.0.0.1:0"}, Genesis: func() []byte { return b }, Name: state.Charter().Name,
		Now: func() time.Time { return clock }, Version: "test",
	})
	return o
}

func address(t *testing.T, o *overlay.Overlay) string {
	t.Helper()
	for _, a := range o.Addresses() {
		if strings.Contains(a, "/tcp/") {
			return a
		}
	}
	t.Fatalf("no address over TCP among %v", o.Addresses())
	return ""
}

func TestJoin(t *testing.T) {
	reg, acme, odd := founder(t), member(t, "acme", charter.Vendor), member(t, "odd", charter.Vendor)
	for _, m := range []found.Member{reg, acme, odd} {
		makeMember(t, m)
	}
	seal := func(name string, cards ...string) *charter.Genesis {
		g, err := found.Seal(found.Founding{Dir: reg.Dir, Name: name, Cards: cards, Now: now, Unlock: reg.Unlock})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g, another := seal("Test", card(acme)), seal("Another", card(acme))
	at := address(t, serving(t, reg, g, now.Add(-time.Hour)))
	joining := func(m found.Member) found.Joining {
		return found.Joining{
			Dir: m.Dir, Config: filepath.Join(m.Dir, config.FileName), Federation: g.CharterCID(), Peer: at,
			Host: hostKey(t, m), Version: "test", Now: func() time.Time { return now },
		}
	}
	refused := func(name string, j found.Joining, exit int, want ...string) {
		t.Helper()
		before, err := os.ReadFile(j.Config)
		if err != nil {
			t.Fatal(err)
		}
		_, err = found.Join(t.Context(), j)
		var typed *api.Error
		if !errors.As(err, &typed) || typed.Kind.Exit() != exit {
			t.Errorf("%s: %v, want exit code %d", name, err, exit)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %s", name, err, w)
			}
		}
		if after, err := os.ReadFile(j.Config); err != nil || string(after) != string(before) {
			t.Errorf("%s: the configuration changed: %v", name, err)
		}
	}
	// A stranger learns that it is one, and may follow the ledger until it is admitted.
	if joined, err := found.Join(t.Context(), joining(odd)); err != nil || !joined.Stranger || joined.Member != "odd" {
		t.Errorf("a stranger: %+v, %v", joined, err)
	}
	j := joining(acme)
	j.Federation = another.CharterCID()
	refused("another federation", j, api.ExitRefused, "is of another federation", g.CharterCID().String(), "(Test)")
	j = joining(acme)
	j.Peer = strings.Replace(at, "/tcp/", "/tcp/1", 1)[:strings.Index(at, "/tcp/")] + "/tcp/1" + at[strings.Index(at, "/p2p/"):]
	refused("nobody there", j, api.ExitNobody, "no node answers at")
	j = joining(acme)
	j.Peer = at[:strings.Index(at, "/p2p/")]
	refused("no identity", j, api.ExitUsage, "end it with /p2p/")
	j.Peer = at[:strings.Index(at, "/p2p/")] + "/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
	refused("another identity", j, api.ExitNobody, "another identity answers at")

	for range 2 { // the second time changes nothing
		joined, err := found.Join(t.Context(), joining(acme))
		if err != nil || joined.Stranger || joined.Member != "acme" || joined.State.Charter().Name != "Test" {
			t.Fatalf("joined as %q: %v", joined.Member, err)
		}
		if off := joined.Ahead - time.Hour; off.Abs() > 2*time.Second {
			t.Errorf("the clock is said to be %v ahead", joined.Ahead)
		}
		if back, _, err := found.Read(filepath.Join(acme.Dir, found.GenesisFile)); err != nil || back.CharterCID() != g.CharterCID() {
			t.Errorf("the genesis: %v", err)
		}
		cfg, err := config.Load(config.Options{File: filepath.Join(acme.Dir, config.FileName)})
		if err != nil || len(cfg.Peers.Bootstrap) != 1 || cfg.Peers.Bootstrap[0] != at {
			t.Errorf("the node begins with %v: %v", cfg.Peers.Bootstrap, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(acme.Dir, config.FileName))
	if err != nil || !strings.Contains(string(text), "# Unlocks the keys without a person.") {
		t.Errorf("comments are gone: %v\n%s", err, text)
	}
	// The genesis may come by file; a directory stays with its federation.
	if err := os.Remove(filepath.Join(acme.Dir, found.GenesisFile)); err != nil {
		t.Fatal(err)
	}
	j = joining(acme)
	j.Genesis = g
	if _, err := found.Join(t.Context(), j); err != nil {
		t.Errorf("with a genesis file: %v", err)
	}
	elsewhere := address(t, serving(t, reg, another, now))
	j = joining(acme)
	j.Peer, j.Federation = elsewhere, another.CharterCID()
	refused("a directory of another federation", j, api.ExitRefused, "is the charter of federation "+g.CharterCID().String(), "a directory belongs to one", "make another directory with ringfence init")
	// Nobody is asked for it, and nothing needs to be there any more but the store.
	j.Peer = at[:strings.Index(at, "/tcp/")] + "/tcp/1" + at[strings.Index(at, "/p2p/"):]
	refused("and nobody there", j, api.ExitRefused, "a directory belongs to one")
	speaks(t, acme, "13800138000")
	if err := os.Remove(filepath.Join(acme.Dir, found.GenesisFile)); err != nil {
		t.Fatal(err)
	}
	refused("the store of another federation", j, api.ExitRefused, "holds what was said in federation "+g.CharterCID().String(), "a directory belongs to one")
	if _, err := os.Stat(filepath.Join(acme.Dir, found.GenesisFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a genesis charter was put there: %v", err)
	}
	j.Federation, j.Peer = g.CharterCID(), at
	if _, err := found.Join(t.Context(), j); err != nil {
		t.Errorf("back into its own federation: %v", err)
	}
}

// speaks lets a member's node say something.
func speaks(t *testing.T, m found.Member, number string) {
	t.Helper()
	n, err := node.Open(node.Config{Dir: m.Dir, Unlock: m.Unlock, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Say(t.Context(), api.Say{Kind: "flag", Subject: number, Category: "mkt.retail", Reports: 10}); err != nil {
		t.Error(err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}
