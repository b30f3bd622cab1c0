// Package desk is where a federation speaks to strangers: one question, one answer.
//
// Everything else is for members, so somebody who wants to join, or a member whom
// nobody understands any more (another federation, another release, a key that the
// charter does not name), would meet silence. The desk tells him which federation
// this is, which versions are spoken, whether he is known, what time it is here,
// and hands out the genesis. It is told to everybody, so it holds no secret, and it
// is asked by everybody, so it is small: bounds on each question, one at a time on
// a connection, a rate for each address and one for all.
//
// Ask is the other half. It also serves the overlay to find out what stands
// between two members that cannot talk.
package desk
