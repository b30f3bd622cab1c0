package keyring

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/simulations/realmtest"
	"ringfence/store/disk"
)

// A backup that is restored onto a regulator's node does not have what the regulator
// signed. It signs nothing more with that key, whatever the others show it, also after a
// restart, and says so with what to do; the others go on. With another cosigning key it
// takes part again.
func TestARestoredRegulatorIsSilentUntilItHasAnotherKey(t *testing.T) {
	r := realmtest.Found(t, []string{"east: regulator", "south: regulator", "west: regulator"})
	r.Ticked()
	d := settled(r, "west")
	r.Until("it cosigns", func() bool { return r.Sits("west") })
	ratify := func(number string, voters ...string) {
		t.Helper()
		r.Enact(api.Proposal{Kind: "ratify", Action: "label", Category: "crm.spoof", Grounds: "decision", Reason: "a test", Items: []api.ProposedItem{{Number: number}}}, "reg", voters...)
	}
	var backup bytes.Buffer
	r.Must(d.at.Node.Backup(context.Background(), &backup))
	ratify("+8613800138000", "east", "west")
	federation := d.at.Node.State().Federation()
	d.at.Stop()
	store := filepath.Join(d.at.Dir, node.StoreDir)
	r.Must(os.RemoveAll(store))
	r.Must(disk.Restore(&backup, disk.Config{Dir: store, FreeFloor: 1, Federation: federation}))

	for _, number := range []string{"+8613800138001", "+8613800138002"} { // started, and started again
		d.at.Start()
		r.Until("it says that it is silent", func() bool {
			s, err := d.at.Node.Status(context.Background())
			return err == nil && slices.ContainsFunc(s.Problems, func(p phrase.Phrase) bool { return p.Code == "problem.lost" })
		})
		ratify(number, "east", "south") // without it
		r.Everywhere("it follows what the others decide", func(n *node.Node) bool {
			return n.Ledger().Follower().Standing().Size() == r.Of("reg").Node.Ledger().Follower().Standing().Size()
		})
		if cosigned(r, "west") {
			t.Fatal("it cosigns with a key of which it does not know what that signed")
		}
		if _, err := d.at.Node.RealignQuorum(context.Background(), false); api.KindOf(err) != api.Refused {
			t.Errorf("it promises with that key: %v", err)
		}
		d.at.Stop()
	}
	d.at.Start()

	rekeyed := filepath.Join(t.TempDir(), "rekey.yaml")
	d.must("keys", "seat", "--out", rekeyed)
	text, err := os.ReadFile(rekeyed)
	r.Must(err)
	r.Enact(api.Proposal{File: string(text), FileName: rekeyed}, "reg", "east", "south")
	d.at.Stop()
	d.at.Start()
	r.Of("south").Stop()
	ratify("+8613800138003", "east", "west") // which takes all three that are left
}

// cosigned reports whether a member's cosignature is under the newest checkpoint that the
// first regulator has.
func cosigned(r *realmtest.Realm, member string) bool {
	r.Helper()
	s, err := r.Of("reg").Node.LedgerState(context.Background())
	r.Must(err)
	return slices.ContainsFunc(s.Cosigners, func(c api.Cosigner) bool { return c.Member == member && c.Cosigned != "" })
}
