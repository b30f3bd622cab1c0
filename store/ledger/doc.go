// Package ledger is the append-only Merkle tree of the ledger's entries: how it
// grows, how it is cut into files that anybody can serve, and how whoever holds
// a certified root knows that what it was served is true.
//
// The tree is that of RFC 6962, and it is kept as the C2SP's tlog-tiles keeps it:
// rows of 256 hashes ("tiles") and, for each row of leaves, the 256 entries
// themselves ("bundles"). Beside the bundles lie, packed alike, the openings of
// commitments in the entries; no hash covers them directly, so they can be erased.
// A tile says everything about the 256 subtrees below it, so a root, a proof, or
// the check of a bundle costs a handful of tiles at any size, and files never
// change once they are full. All names are in layout.go.
//
// A Tree is a value: the size and, for each level, the tile that is not full yet,
// 64 KiB at most. Append returns another Tree and the Additions that make a Store
// hold it; the old Tree stays what it was. So a provisional tail costs nothing to
// drop: go on from the Tree that was certified. What the tail left in a Store is
// beyond the certified size, where nobody reads, and is overwritten from there.
//
// Two doors, and nothing comes in beside them. Open takes the unfinished tiles of
// a certified tree from a Source and refuses them unless they hash to its root. A
// Reader starts from such a Tree and takes every further tile and bundle only when
// it hashes to what a tile that was already checked says. It does not matter who
// served it: one flipped bit on our own disk and a peer that lies are the same
// thing, ErrDamaged.
//
// Considered and not chosen: golang.org/x/mod/sumdb/tlog, which counts in int64
// with a storage of single hashes, fetches its proofs by lists of indexes, and has
// no bundles; it reads our tiles in the tests, as a stranger. The places of proof
// hashes and the checks of proofs are transparency-dev/merkle's, as in
// store/merkle. Storing partial tiles as files of their own (what tlog-tiles says
// of names) was not chosen either: a partial tile is the beginning of the full
// one, so Stores keep the longest and Cut it.
//
// Floor 2. It knows bytes, never what an entry means or who may certify a root; it
// reads no disk, no network and no clock.
package ledger
