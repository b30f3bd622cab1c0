// Package disk keeps feeds, reservations, the ledger and small named values in one
// directory of one process, in Badger, so that what was acknowledged is there
// after kill -9 and after a power cut, and so that what the disk has changed is
// never taken for what was accepted.
//
// Badger is fast and survives crashes, but it was read to its ground before it
// was trusted, and five habits decide the shape of this package:
//
//   - It answers "not found" for a key whose block fails its checksum, and an
//     empty value for one whose value fails. So every value carries a checksum
//     of ours, batches are numbered without gaps in their order of arrival, and
//     what must never be silently absent (the heads of feeds, quarantine) is
//     read once at Open, after every table was verified, and kept in memory.
//   - Its Sync covers only the files that are being written at that moment, and
//     with SyncWrites it only logs when the value log cannot be synced. So a
//     commit ends with a barrier of ours: every file that may hold something
//     new is synced, and the directory with it, once for all batches of a call.
//   - It replays its logs up to the first entry that is damaged and drops the
//     rest. So the highest arrival that was acknowledged, the highest place
//     that each issuer of this node reserved, and who is barred from signing
//     stand in a file of their own, the promises, in two slots; if the database
//     has less than was promised, the loss is logged and those issuers are
//     barred, because a feed that forgot what it signed would fork itself.
//   - It maps files that the file system has not yet given room, so a full disk
//     is a SIGBUS. So nothing is written below a floor of free space; look-ups
//     go on, and writes too once there is room again.
//   - Its compactors wake forty times a second whether anything was written or
//     not, which is most of what a resting node would cost. So a compactor of
//     ours wakes with the writes, and sleeps while there are none; a large tree
//     is left to Badger's.
//
// Bodies lie in Badger's value log, one value each, written once and never
// moved by compaction; the tree holds what is small. A bit that flips in a body
// is thus found in that body alone: it is named, quarantined, no longer served,
// and replaced when the batch is fetched and appended anew.
//
// The ledger lies in the same database, in runs of slots (internal/tiles). It is
// public and certified by others, so where it is damaged it is fetched again; what is
// never taken back is the size of the newest checkpoint.
//
// A directory has the files FORMAT (version), lock (owner), promises and the
// directory badger; a regulator's also what certification keeps. internal/layout is
// the whole key space.
//
// Floor 6. It knows no charter: who may append is decided by store/intake, the
// one door. It refuses a directory that another process owns or that a newer
// version made, writes below the floor, a batch that is not the next of its
// feed, reservations of a barred issuer or of a place reserved before, and,
// once a write could not be made durable, every further write: after a failed
// sync nobody knows what the disk holds, and only opening it again tells.
package disk
