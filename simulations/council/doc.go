// Package council is four regulators at work in one process, as `ringfence bench`
// measures them: each with a store, a certification file and a Raft log of its own on
// the disk, and all on loopback. Beside them stands a follower, who is no regulator.
//
// What is left out of a node is what has nothing to do with deciding: feeds, the list,
// and libp2p, in whose place here are plain TCP streams.
//
// Floor 14, a room of simulations. It is for benchmarks: its keys follow from names, and
// whatever fails ends the test.
package council
