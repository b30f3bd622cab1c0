// Package intake is the one door through which batches enter feeds: what a
// node publishes itself, what is pushed to it and what it pulls all take the
// same steps in the same order.
//
// Nodes agree only if they hold the same feeds, and they hear of batches in
// different orders and with different knowledge. So the door refuses only what
// every honest node refuses at any time: bytes that are not canonical, another
// federation, a wrong signature, a body that is not the header's, a feed that
// runs backwards. Whatever a node merely cannot judge yet (a key that it does
// not know, a missing parent, a time that has not come, a body whose openings
// were withheld) is early: not kept, no fault of who gave it, welcome again.
// What a statement says and whether its issuer may say it is never asked here.
//
// An outcome is a value; an error is this node's own trouble, and then nothing
// that was offered counts as admitted.
//
// Floor 4. It has no clock (now is an argument), no network and no disk: the
// store is an interface, and what is admitted is durable there before Admit
// returns.
package intake
