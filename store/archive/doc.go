// Package archive is the stream in which a store is backed up: what was
// accepted, what was promised, small named values, and the ledger as far as it is
// certified, as the federation's own bytes and not as some database lays them out.
//
// A backup is read years later, by another version, perhaps into another kind
// of store, on the day when everything else is gone. So the stream has a name
// and a version in its first line, entries in a fixed order of kinds, bounded
// frames that are read one at a time, and at its end a count and a SHA-256 of
// all that came before: a stream that was cut short, even between two entries,
// is told from a whole one. What never goes back, the highest place that an
// issuer of this node reserved, is carried so that a restored node knows what
// it might have signed since and stays silent until somebody tells it.
//
// The form: the line "ringfence/backup/v1\n", then frames of
//
//	kind (1 byte) ‖ length (4 bytes, big-endian) ‖ payload
//
// each payload canonical CBOR (store/assertion), the last frame kind 0 with
// the number of frames before it (8 bytes) and the SHA-256 of every byte
// before the hash itself.
//
// Floor 5. It knows no database and no directory; it judges form, never
// whether a batch deserves its place, and it holds no keys and no state of
// certification, which backups must not bring back.
package archive
