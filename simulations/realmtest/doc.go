// Package realmtest is a federation of whole nodes in one process, on loopback, with
// regulators that keep a ledger: for tests of what the ledger decides about keys, seats
// and feeds, seen to take effect on every node.
//
// Its nodes are those of a daemon, with stores, keys at rest and sockets in directories of
// their own, so a test can stop one, change what lies in its directory with the verbs'
// own code, and start it again.
//
// Floor 14, a room of simulations. It is for tests: whatever fails ends the test.
package realmtest
