// Package applied is what a regulator made of Raft's log: the ballot with all that was
// applied, the tail of the ledger that comes of it and is not certified, and who the
// regulators are in its light.
//
// All of it is provisional. What is certified comes in through consensus/follow; where
// both know the regulators of a size, what is followed counts.
//
// A room of consensus/quorum.
package applied
