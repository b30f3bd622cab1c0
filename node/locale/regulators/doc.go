// Package regulators is what people read about the regulators, their ledger and who comes
// and goes: the part of node/locale that would be half of it.
//
// Floor 9, a room of node/locale, which checks the texts with its own.
package regulators

import "slices"

// Message is a text in both languages: its key, the English and the Chinese.
type Message [3]string

// Said is a phrase in Chinese, by its code; its English stands where it is said.
type Said [2]string

// Phrases returns what is told of motions, the ledger, the quorum and members, and why
// something does not enter the ledger.
func Phrases() []Said {
	return slices.Concat(motions(), ended(), does(), quorum(), BallotCodes(), membership(), proposals(), seats())
}
