// Package council is how people use the regulators' ledger on their own node: what they
// put to the regulators, how a regulator votes, and how ledger and quorum stand, in the
// shapes and words of node/api.
//
// It decides nothing. What enters the ledger consensus/ballot judges, on every node
// alike; here proposals are written and signed, votes are cast with the regulator's key
// that this node holds, and what became of them is found by looking. Only what the
// followed ledger holds is told as enacted; what Raft's order made of a command is told
// as provisional.
//
// Floor 12, above node/authority, whose regulator and follower it is handed.
package council
