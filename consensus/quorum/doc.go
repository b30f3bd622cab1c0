// Package quorum is a regulator at work: what it takes for a few organisations to keep
// one ledger.
//
// Its parts are elsewhere, and each is tested alone. Raft brings signed commands into
// one order (group). consensus/ballot decides what each of them does. What it makes
// enters the tail: the entries that this regulator applied and nobody has certified.
// The regulators certify it among themselves (certify); what q of them cosigned is taken
// in by this regulator as by any stranger (consensus/follow), and only then is anything
// enacted. So a regulator holds nothing that others would have to believe it.
//
// A Regulator puts these together and does what falls to somebody: it marks sizes to be
// certified, collects the times of a tick, shows the checkpoint of a set change, and
// moves Raft's voters after the charter. The leader does that at once and the others
// when it does not.
//
// Floor 9, above consensus/follow: regulators follow their own ledger as everybody does.
// The network comes in as two functions: streams for Raft, and messages that may be lost
// for everything else.
package quorum
