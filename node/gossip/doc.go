// Package gossip pushes what is new to every node of the federation: batches,
// fork proofs and checkpoints of the ledger, by GossipSub over the overlay's host.
//
// Push is for speed and pull is for certainty. A message that is lost, that came
// too early, or that a full queue dropped comes again by package reconcile, so
// nothing here is kept, asked for again or acknowledged. What is here is the
// judgement on the way: the callbacks run inside the validator, and their
// verdict decides whether a message goes on to others and what its sender is
// thought of. Reject is only for what every honest node would reject at any
// time, for it soon costs a peer its voice; everything else that is of no use is
// Ignore, which costs nothing.
//
// Callbacks are called one at a time and in the order in which messages came.
// A thousand batches of one feed, announced at once, so arrive each after its
// parent. Several workers would verify faster and hand the second before the
// first; one verifies some ten thousand signatures a second. A callback that
// waits holds all messages up: verify in it, and write elsewhere.
//
// What was thought of and left out. Delivery rates are not scored (P3): in a
// federation that is silent for an hour they punish the honest. Peers at one
// address are not punished (P6): members share a NAT, and who is a member stands
// in the charter. The library's peer gater keeps its statistics by address, so
// neighbours at one would pay for each other; instead each peer has a budget of
// messages. Peers are not exchanged: the overlay knows the hosts. Messages carry
// no author, number or signature of libp2p's, which would tell who said
// something first and can be replayed; batches, proofs and checkpoints are signed
// by themselves. The topic of checkpoints is joined by who judges them, since a
// mesh costs each node. A checkpoint that a node cannot use, such as one that is
// no newer than its own or of cosigners that it does not know yet, is ignored: what
// is wrong with it depends on what the node has followed so far.
//
// Floor 10. It reads no store, no charter and no clock.
package gossip
