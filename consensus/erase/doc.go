// Package erase finds which openings of the ledger that is held are dead for long enough,
// and erases them.
//
// An opening says what an entry of the ledger hides: a number, and what was decided of it.
// Nobody needs it once that is over, and who runs a node may not keep it for ever. No hash
// covers openings, so the tree, every proof of inclusion, the votes and the list stay what
// they are; what becomes unknown is only what was said, and with it the list as it was
// while that counted.
//
// What is dead is judged by enact.Past.IsAlive, the rule by which followers tell which
// openings whoever serves a ledger may lack, so a newcomer can follow from a node that
// erased. It is asked of the ledger as it was at the last tick that lies 7 days or more
// before the newest certified one: no clock is looked at, so a ledger that stands still
// erases nothing, and whoever is a little behind still finds what it takes. Items of other
// motions than those that ratify, revoke or stay are never erased.
//
// To erase is done in steps, each durable by itself. Whoever is stopped between two of
// them has erased less, and goes on where it ended the next time.
//
// Floor 9, beside package audit.
package erase
