// Package certify is a regulator's part in certifying the ledger: it applies the rule
// of consensus/cosign to what it hears from the others, keeps what it is about to say
// before it says it, and makes checkpoints of cosignatures.
//
// Regulators say words to each other: that they report a tree, lock it, cosign it.
// A word carries its signature and can be passed on by anybody, so it does not matter
// which way it came, or how often. Nobody waits for an answer: words are lost, and are
// said again (Again) until the tree is certified. Who missed that as well is told by a
// certified checkpoint, whichever way it comes (Learn).
//
// What the rule forbids is forbidden by consensus/cosign. This package sees to the
// rest: that nothing leaves before it is durable, that what others say is verified and
// bounded, that two stories under one signature are kept as evidence, and that a
// regulator which is shown a word of its own that it does not remember says nothing
// any more: its disk is not what it was.
//
// Floor 8, a room of consensus/quorum. It has no network and no disk; both come in as
// functions, and so does the time.
package certify
