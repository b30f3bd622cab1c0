package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ringfence/consensus/audit/audittest"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// aged makes DIR what a node leaves behind that followed a ledger of forty days: entries
// 3 and 4 ran out after twenty, 7 was revoked in the beginning, 8 is in force.
//
//	aged DIR
func aged(t *testing.T) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: aged DIR")
		}
		w := audittest.Begun(t, 4)
		ratify := func(days taxonomy.Day, numbers ...string) uint64 {
			at := w.Carry(w.Motion(motion.Ratify, ballottest.Label(t, numbers...), func(h *motion.Header) { h.Until = taxonomy.DayOf(w.Now) + days }))
			w.Tick()
			return at
		}
		ratify(20, "+8613800138000", "+8613800138001")
		at := ratify(300, "+8613800138002", "+8613800138003")
		w.Anchor(nil)
		w.Enact(motion.Revoke, ballottest.Reverse(at+1))
		w.Later(40 * 86400)
		w.Anchor(nil)
		genesis, err := w.Genesis.Encode()
		ts.Check(err)
		dir := ts.MkAbs(args[0])
		ts.Check(os.MkdirAll(dir, 0o700))
		ts.Check(os.WriteFile(filepath.Join(dir, node.GenesisFile), genesis, 0o600))
		ts.Check(w.Keep(filepath.Join(dir, node.StoreDir), nil).Close())
	}
}
