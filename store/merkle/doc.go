// Package merkle turns sets into one hash and proves membership against it.
//
// Two trees live here, because two things must be provable with nothing but a
// 32-byte root in hand. A batch of statements is a sequence that never changes:
// it gets the tree of RFC 6962, whose proofs every transparency tool can check.
// The harmonised list is a sorted map that changes all day: it gets a radix
// tree over its keys, Tree, whose shape depends on the key set alone, so that
// two nodes which hold the same list have the same root whatever the order in
// which they learnt it, and two which do not can walk down to the difference.
//
// The list tree is persistent: Apply returns a new Tree that shares with the
// old one all that did not change. A snapshot is therefore a pointer, readers
// never wait, and an old root stays provable for as long as somebody holds its
// Tree. Hashes are computed only for what changed, and only when asked for.
//
// Look-ups do not walk the tree, where each step waits for memory: a hash table
// beside it, as persistent as the tree, answers them with one access. Searching
// the blocks instead took twice as long.
//
// Considered and not chosen: a sparse Merkle tree of fixed depth 256 (64 hashes
// an update and a proof, where a path of this one has about ten), a B-tree (its
// shape depends on the order of arrival), and a skip list with hashed towers
// (an attacker who chooses keys chooses the shape).
//
// Floor 0. It knows bytes, never what a key or a value means; it refuses every
// proof that is not in its one canonical form.
package merkle
