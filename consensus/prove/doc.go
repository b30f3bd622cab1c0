// Package prove makes and verifies files by which a stranger knows what the ledger
// says, without a node and without a network.
//
// Who verifies holds one thing that he trusts, the federation's genesis. From it he
// knows the regulators that began; a set-chain file shows him each change of them since,
// each certified by q of the set before it and q of the set after it. So he knows whose
// cosignatures count at which size of the ledger, and a proof needs to bring nothing of
// that: a checkpoint with q cosignatures, the way from it to one entry, and what the
// entry hides. An entry proof is a tlog-proof of the C2SP, which others read; a list
// proof goes on from an anchor down into the harmonised list. The formats are in
// docs/formats.md.
//
// What the genesis cannot tell for ever is that its regulators are still in office:
// keys that were retired could certify another story. Two things help. A checkpoint of
// a size at which others were in office than are known to be now is not believed,
// however well it is signed. And a checkpoint that the verifier pinned, because a
// release or two members told it, must have been certified by the very regulators that
// a chain shows at its size: whoever made that chain had to bring over those in office.
//
// Nothing in a file is trusted. What is not hashed or signed is checked to have one form
// and no meaning of its own.
//
// Floor 8. It has no network, no clock and no store: what it reads comes in.
package prove
