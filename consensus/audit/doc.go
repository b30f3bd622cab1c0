// Package audit goes through everything that a node holds, from the genesis, and believes
// nothing of it.
//
// A node checks whatever comes in, once, at its door. An auditor asks later, and asks of
// what lies on the disk now: was a bit turned since, a vote taken out, a checkpoint let in
// that too few cosigned, a list root anchored that does not follow from what was signed?
// So the ledger is read against its certified root and judged decision by decision by the
// judge that followers have (follow.Decisions); every batch is verified as a stranger's,
// and the chains that they make; and a second view is brought from anchor to anchor, so
// that each list root that the regulators signed is computed anew.
//
// A root that comes out is right. One that does not is a finding, but for one case: where
// an opening that may have counted on that day was erased since, nobody can compute it
// any more. Such a moment is called not recomputable, never guessed.
//
// Feeds and ledger are gone through at once, on all processors; what is kept of them is a
// line a batch and a line a decision, so that memory does not grow with what they say.
// The view of the list is what takes most.
//
// Floor 9. It has no clock and no files; it changes nothing but what reading does: a
// store puts aside what it finds broken.
package audit
