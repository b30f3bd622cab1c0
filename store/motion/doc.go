// Package motion holds what is put to the regulators, their votes on it, and the
// ledger entries that come of both, as data.
//
// A motion is a signed header over its items. The header says who proposes what kind
// of change, until when it may be voted on, until when what it enters lasts, on which
// ledger size it builds, and commits to the items by a Merkle root of salted
// commitments. A vote signs the header's CID and so all of it. In the ledger a motion
// is one entry, header and votes, followed by one entry an item that holds only the
// item's commitment; the item itself, its opening, lies beside the ledger and can be
// erased when it is dead without touching a proof.
//
// A tick, the ledger's clock, is an entry of its own: a quorum's signed times. The
// first entry of a ledger names the genesis charter.
//
// What an item says depends on the motion's kind. Ratifying, revoking, staying and
// anchoring are here; what changes the charter is store/charter's.
//
// Floor 1. It decodes strictly, bounds before it allocates, and verifies signatures.
// Whether a motion may be put, how many votes it needs and what it does is decided
// above.
package motion
