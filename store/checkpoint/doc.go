// Package checkpoint says how large the ledger is and what it holds, in three
// lines that anybody's tools read: origin, size, Merkle root.
//
// The formats are those of the C2SP: a checkpoint (tlog-checkpoint) is signed by
// the log's key as a note (signed-note), and each regulator adds its cosignature
// with the time at which it gave it (tlog-cosignature, version 1). The log's key
// is held by every regulator and proves nothing but which log is meant. Authority
// is in the cosignatures, and only in q of them: Quorum says how many that are,
// and a Set counts them, by distinct regulators whose keys are checked one by one.
// A line of nonsense under one regulator's name spoils that regulator's signature
// and nobody else's, and two lines under one name count once.
//
// Cosignatures are made and checked by the keys of this project; notes are read
// and written by golang.org/x/mod/sumdb/note. What comes out is compared with
// transparency-dev/formats by test, with whose tools strangers will read it.
//
// Floor 1. It knows no charter: who the regulators are comes in as a Set. It
// refuses checkpoints that are not in their one canonical form, such as a size
// with a leading zero or lines beyond the third.
package checkpoint
