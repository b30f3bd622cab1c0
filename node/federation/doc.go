// Package federation is a node's life among the others: what is pushed to it and
// what it pulls go through the one door, what it publishes is announced, and it
// knows at any time whether it holds what its peers hold, whether they have the
// same list, and whether it may sign.
//
// Gossip is quick and forgets; reconcile is slower and misses nothing. So a batch
// that gossip brings is only looked at by itself before it is passed on (what
// every honest node would refuse is refused, all else is nobody's fault), and
// whatever gossip loses, reconcile finds. Both end in intake.Door.
//
// Three things keep a node from signing. Its clock may be more than ten minutes
// from its peers'. Its store may have been restored: then it signs again once
// every peer that it reaches was asked, at least two ready ones of different
// members among them, and none told of a later head of its feed than its own. Or a
// batch may have come in under its own key that it did not sign: then somebody
// else has the key, and only a person can help.
//
// Nodes tell each other what their lists are made of and what came out. Equal
// inputs with unequal lists are a fault or an attack: both sides look for the
// first block that differs, raise an alarm and keep what they saw.
//
// Floor 11. It puts node/overlay, node/gossip and node/reconcile together and
// knows no libp2p itself.
package federation
