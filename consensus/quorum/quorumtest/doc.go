// Package quorumtest is what tests of a quorum need: a network in memory whose links
// can be slow, clogged, one-way or broken (Network), a disk in memory that survives
// its process and can hang or fail (Disk), a certification state in memory (Keeper), a
// machine that remembers what it was told (Machine), and regulators that are started,
// killed and started again on them (Cluster). All of it lives in bubbles of
// testing/synctest.
//
// For tests alone.
package quorumtest
