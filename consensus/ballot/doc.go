// Package ballot is what the regulators' Raft drives: it takes the commands that they
// submit, counts their votes, and makes the entries by which a motion enters the ledger.
//
// A State is an enact.Past and what is open: motions before the regulators and their
// votes. State.Apply takes one command. When votes suffice it passes the motion through
// the Past as every follower will, so there is one judge: what a regulator applies,
// everybody accepts.
//
// Commands are signed by whom they speak for, so it does not matter who submits them,
// how often, or in which order. A command takes effect or leaves everything as it was;
// what is refused is recorded with a code and words, alike on every replica. What is
// refused only for the time being (enact.Code.Passing) is for the submitter to submit
// again, so nothing waits here to be tried later.
//
// Floor 7. It is pure: no clock but the ledger's, no randomness, no I/O. It refuses
// everything that it cannot read, and no bytes make it panic.
package ballot
