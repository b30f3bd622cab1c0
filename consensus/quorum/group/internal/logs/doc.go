// Package logs keeps what Raft must not forget: its log and its vote (raft-wal, in
// Store) and its snapshots (Snapshots), in one directory a generation.
//
// It stands between hashicorp/raft and the disk, because Raft ends the process when
// a disk fails it and asks no question when a peer makes it forget. A Store times
// what it does, so that a disk that hangs is noticed by somebody who does not wait
// for it; puts a checksum on each entry, which raft-wal does not verify on reading;
// reports the first failure and from then on writes nothing; and refuses to delete
// what is committed, which Raft does when an admitted peer says so.
//
// It belongs to consensus/quorum/group, on floor 8.
package logs
