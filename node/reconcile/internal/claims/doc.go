// Package claims is what neighbours say they hold of one feed, and why some of them
// are not asked for it any more.
//
// A claim is believed until whoever makes it has been asked. What comes then can be
// bad in ways that say little about the feed: a batch that is withheld here may be
// given there, and what cannot be read may be of a newer release or forged. So a
// feed rests only when all who claim its next place have been found wanting, and
// what it rests as is decided by all of them together.
//
// A room of package reconcile, floor 10. It is not safe for concurrent use, and asks
// nobody.
package claims
