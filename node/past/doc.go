// Package past answers what the ledger and the list said at a moment that is over, and
// proves it to strangers.
//
// Nothing of the past is kept beside the feeds and the ledger: what the list was is
// computed anew, by a view of its own, from the ledger as it was and the feeds up to the
// heads that its last anchor names. Whether that came out right the anchor itself tells,
// for it names the root of the list. Openings that were erased since may be what it
// lacks; then the moment is said to be not recomputable, and nothing is guessed. What the
// regulators ratified follows from the ledger alone, at any size.
//
// That is work, as much as starting a node without its snapshot: one list is computed at a
// time, the last is kept for a while, and whoever asks may go away.
//
// Proofs are made by package consensus/prove and checked here as a stranger would before
// anybody gets one.
//
// Floor 12. It has no network; whatever it reads comes in.
package past
