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
// One view follows all that a node holds. Another stands exactly at the heads that
// the ledger anchored (see Config.Anchored and BringTo), which is how the ledger
// anchors a list root.
//
// Enact takes the ledger, piece by piece. Who might say something is judged at the
// ledger size that the first anchor over its batch names, or as things stand while there
// is none; what waits, and what is late, goes by the tick of that anchor. So a batch
// means the same whenever it comes. What a piece of the ledger changes is recomputed
// where it changes; where it may change how statements are judged that are here already,
// everything is judged anew.
//
// The rooms below hold what the ledger alone says (enacted, and in it the clock, the
// ratified entries and the anchors), which branch of a feed counts (line), and the rules of
// one matter each (contest, undo).
//
// Floor 5. It has no clock, no network and no files of its own; it reads
// batches through Source and writes snapshots to a Writer.
package view
