// Package enact judges what the ledger may hold: which motions the votes in them carry,
// which times make a tick, and why everything else has no place there.
//
// A Past is what folds from the ledger alone: the constitution, the ledger's time, which
// motions are in it, which entries are ratified, revoked and stayed, what is anchored.
// Past.Enter takes the next decision, a motion with its items or a tick, and says what it
// makes of the ledger or why no valid ledger goes on like this. Followers need nothing
// else; package ballot makes entries and has them judged by the same code.
//
// The ledger begins with a tick: before it there is no time by which anything could be
// judged. The constitution judges itself (charter.State.Enact); here is who may propose,
// how many votes it takes and of whom, and what ledger and policy allow today.
//
// It is a room of package ballot, on floor 7. It is pure, and what it refuses leaves a
// Past as it was.
package enact
