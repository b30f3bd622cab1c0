// Package overlay is a node's place on the network: its libp2p host, whom it
// knows, whom it is connected to, and who may say what to it.
//
// The federation is closed: who is a member stands in the charter, with the host
// keys of its nodes. But its ledger and its charter are for everybody. So it is
// streams that are gated, not connections: a member's host may open every
// protocol of the federation, anybody else only the desk, which is small,
// rate-limited and tells him what he needs to join or to understand why he
// cannot.
//
// A peer is named by its host key, a keys.Public; its libp2p peer ID is the same
// key in another dress. Only Ed25519 identities exist.
//
// Addresses come from the configuration, from signed peer records that members
// hand each other, and on a local network from mDNS. They are kept over restarts,
// and members that are not connected are dialled again for ever, at most five
// seconds apart: after a partition nobody else does it. Two members have met when
// they have exchanged records; Changed and Neighbours speak of nothing less, so
// nobody counts whose federation, charter or release is another one. Who was met
// and falls silent is asked whether it is there, and dialled anew if not.
//
// What can be told apart has a room of its own: desk speaks to strangers,
// internal/book knows addresses, internal/gate decides who may connect and what he
// may use, internal/hosts and internal/address say what hosts and addresses are
// called, internal/frame cuts streams into messages. All names, caps and timeouts
// of the wire stand in internal/layout. What is left here is the life of
// connections: dialling, meeting, noticing silence, parting.
//
// Floor 9. It moves streams and knows nothing of what is said on them.
package overlay
