// Package engine is Badger made to keep a store's promises: one transaction at
// a time is written and made durable by a barrier of its own, every value
// carries a checksum, every table is verified before Badger trusts it, nothing
// is written below a floor of free space, and nothing at all once a write could
// not be made durable.
//
// Why Badger's own means are not enough is told in the comment of store/disk.
//
// Floor 6, a room of store/disk, and the only one that knows Badger.
package engine
