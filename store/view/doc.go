// Package view follows the feeds and keeps the harmonised list.
//
// The list is a function of what was accepted: a ledger prefix, the batches up
// to a frontier, and a day. The view is the machine that keeps the function's
// value at hand. It judges each statement once by what the charter says of its
// issuer (a statement that breaks a rule is void with its reason, and is kept,
// so that it can be explained), files it under the key it is about, recomputes
// the entries of the keys that were touched, and publishes the result as a new
// List. Applying a batch costs in proportion to the batch, a new day in
// proportion to the entries that differ on it.
//
// Readers hold a List, an immutable value behind one atomic pointer: they
// never wait for the writer and never see half a batch. Everything here can be
// thrown away: replaying the same records in any order that keeps each feed's
// own gives the same list, byte for byte. A snapshot only saves the time.
//
// One view follows all that a node holds. Another can stand exactly at named
// heads and a named day (see Config.Heads), which is how the ledger anchors a
// list root.
//
// Until the ledger is followed, the genesis charter stands for it: size 1, no
// anchors. What starts or is met only by an anchor (an open contest, a held
// retraction) therefore does not happen yet, and the code says so where it
// would.
//
// Floor 5. It has no clock, no network and no files of its own; it reads
// batches through Source and writes snapshots to a Writer.
package view
