package node

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/node/bound"
	"ringfence/store/charter/chartertest"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// otherCharter puts the genesis charter of another federation in the place of that
// of the home, and returns its name and how to put the right one back.
func (h *home) otherCharter() (federation string, back func()) {
	h.t.Helper()
	path := filepath.Join(h.cfg.Dir, GenesisFile)
	right, err := os.ReadFile(path)
	must(h.t, err)
	found := chartertest.Config(h.t, "stranger: vendor")
	wrong, err := chartertest.Seal(h.t, found).Encode()
	must(h.t, err)
	must(h.t, os.WriteFile(path, wrong, 0o600))
	return chartertest.State(h.t, found).Federation().String(), func() { must(h.t, os.WriteFile(path, right, 0o600)) }
}

// refused opens the directory, which must be refused with what to do about it.
func (h *home) refused(of, charter string) {
	h.t.Helper()
	n, err := Open(h.cfg)
	if err == nil {
		_ = n.Close()
		h.t.Fatal("a store of another federation is opened")
	}
	for _, want := range []string{h.cfg.Dir, "federation " + of, "federation " + charter, "put the genesis charter of " + of + " back", "a directory of its own"} {
		if !strings.Contains(err.Error(), want) {
			h.t.Errorf("%v: does not say %q", err, want)
		}
	}
	if api.KindOf(err) != api.Refused {
		h.t.Errorf("%v is of kind %v", err, api.KindOf(err))
	}
}

// forget removes what binds the store, as if a version before it had made it.
func (h *home) forget() {
	h.t.Helper()
	s, err := disk.Open(disk.Config{Dir: filepath.Join(h.cfg.Dir, StoreDir), FreeFloor: 1})
	must(h.t, err)
	must(h.t, s.Delete(spaceNode, bound.Key))
	must(h.t, s.Close())
}

// flag says something by hand and returns its reference.
func (h *home) flag(number string) string {
	h.t.Helper()
	said, err := h.node.Say(context.Background(), api.Say{Kind: "flag", Subject: number, Category: "mkt.retail", Reports: 10})
	must(h.t, err)
	return said.Statements[0]
}

// A store goes with one federation: another genesis charter is refused, also
// for reading alone and by an old store, and nothing is changed by the attempt.
func TestAStoreGoesWithOneFederation(t *testing.T) {
	for name, old := range map[string]bool{"bound": false, "old": true} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			ours := h.node.State().Federation().String()
			h.flag("13900139000")
			must(t, h.node.Close())
			if old {
				h.forget()
			}
			theirs, back := h.otherCharter()
			h.refused(ours, theirs)
			unlock := h.cfg.Unlock
			h.cfg.Unlock = keys.Unlock{}
			h.refused(ours, theirs)
			h.cfg.Unlock = unlock
			back()
			h.open()
			if h.lookup("13900139000").Action != "label" {
				t.Error("the list is lost")
			}
			h.flag("13900139001")
			if of, err := h.node.bound().Bound(); err != nil || of.String() != ours {
				t.Errorf("bound to %v, %v", of, err)
			}
		})
	}
}

// A version that did not bind may have taken in or signed what is of another
// federation; the store keeps its own as long as any feed began in it.
func TestAStoreWithForeignBatchesKeepsItsFederation(t *testing.T) {
	h := newHome(t)
	drawing := feedtest.Draw(t, "A0; B0; C0; D0; E0; F0") // before and after ours in the order of keys
	for _, b := range drawing.All() {
		must(t, h.node.store.Append([]feed.Record{b.Record()}))
	}
	must(t, h.node.store.Delete(spaceNode, bound.Key))
	if err := h.node.bind(); err == nil || !strings.Contains(err.Error(), "put the genesis charter of "+feedtest.Federation().String()+" back") {
		t.Errorf("with foreign feeds alone: %v", err)
	}
	h.flag("13900139000")
	must(t, h.node.bind())
	if of, err := h.node.bound().Bound(); err != nil || !of.Equals(h.node.State().Federation()) {
		t.Errorf("bound to %v, %v", of, err)
	}
}

// An empty store is bound at its first opening, though nothing is said yet; a
// charter that was put there by mistake may be replaced until something is.
func TestAnEmptyStoreIsBound(t *testing.T) {
	h := newHome(t)
	ours := h.node.State().Federation().String()
	if of, err := h.node.bound().Bound(); err != nil || of.String() != ours {
		t.Fatalf("bound to %v, %v", of, err)
	}
	must(t, h.node.Close())
	theirs, back := h.otherCharter()
	h.open()
	if of, err := h.node.bound().Bound(); err != nil || of.String() != theirs {
		t.Errorf("while nothing was said: bound to %v, %v", of, err)
	}
	must(t, h.node.Close())
	back()
	h.open()
	h.flag("13900139000")
	must(t, h.node.Close())
	h.otherCharter()
	h.refused(ours, theirs)
}

// A backup takes along of which federation it is.
func TestARestoredStoreGoesWithItsFederation(t *testing.T) {
	h := newHome(t)
	ours := h.node.State().Federation().String()
	h.flag("13900139000")
	var backup bytes.Buffer
	must(t, h.node.Backup(context.Background(), &backup))
	must(t, h.node.Close())
	must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, StoreDir)))
	must(t, disk.Restore(&backup, disk.Config{Dir: filepath.Join(h.cfg.Dir, StoreDir), FreeFloor: 1}))
	theirs, back := h.otherCharter()
	h.refused(ours, theirs)
	h.forget()
	h.refused(ours, theirs)
	back()
	h.open()
}
