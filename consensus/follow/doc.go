// Package follow is everyone's way to the ledger: regulators, members and strangers
// take it in through the same door.
//
// Somebody offers a checkpoint. If q of the regulators in force cosigned it, and it
// extends what is held, the follower reads what is new from whoever serves it, tile by
// tile, each checked against the checkpoint's root; folds it decision by decision, so
// that the votes of each motion and the items behind its root are checked once more by
// the code that let them in; keeps it, and tells it on. Where the regulators changed
// since, the chain of sets is in the ledger itself: each change is followed by its
// checkpoint, which q of the old and q of the new set cosigned.
//
// A follower's ledger is only ever extended. A certified checkpoint that contradicts
// what is held, a quorum that goes back, an entry in a certified tree that no valid
// ledger has, or one that this release does not know: it stops there, says so (Trouble)
// and keeps the evidence. What it held before goes on standing.
//
// Floor 8. It has no network and no clock; what it reads from and keeps in comes in.
package follow
