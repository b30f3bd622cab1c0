// Package group is one Raft of regulators: it puts signed commands in one order and
// drives a Machine with them, on every regulator alike.
//
// The order is all that it gives. Raft survives crashes and silence, not lies: a
// leader may tell two stories, and an admitted peer may overwrite what others have
// applied. Authority is in the signatures on the commands and in the certification
// of what the Machine made of them (consensus/cosign). So a group has two duties.
// While all are honest it is available: it elects a leader within seconds, lets
// followers forward to him, moves its voters as the charter says, one at a time.
// When somebody lies it does no harm: nothing from a peer ends the process, changes
// what was applied or makes the disk forget it; what cannot be gone on from ends Run
// with an error that says so, and at worst the quorum stops and realigns.
//
// A group lives for one generation, in a directory of its own. What a realignment
// leaves behind is removed only when asked (Remove): it is evidence.
//
// hashicorp/raft is shut in here: internal/rpc is its transport, which knows who
// speaks and refuses what Raft would not survive, and internal/logs its disk, which
// notices when that hangs or fails. Run ends then, and its caller makes a new Group
// on the same directory; the process goes on. Rejected: Raft's own network transport
// (it takes a caller's word for who he is, adopts any term, allocates by lengths it
// is told, and hands Raft what makes it panic); transferring leadership (its state
// can stick); pipelined appends (commands are few and large).
//
// Floor 8. It knows no motion, no vote and no libp2p.
package group
