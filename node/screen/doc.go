// Package screen decides what happens to one call: let it through, label it,
// or block it.
//
// It is the last link of the chain and the one that a person feels, so it is
// pure. A verdict is a function of the list's snapshot, the Screener's
// configuration and the call, and of nothing else: no clock, no disk, no
// network, no lock. Decide takes well under a microsecond and allocates
// nothing, so a switch may ask before every call. Scores, references and
// proofs are not part of the verdict; whoever wants to know why asks for them
// afterwards, with the key and the list serial that the verdict names.
//
// The rules decide in a fixed order:
//
//	callee.emergency       calls to emergency numbers always pass
//	bypass                 screening is switched off for a while
//	cli.irregular          the caller ID is no number
//	cli.foreign_domestic   a domestic number arrives from abroad
//	cli.unallocated        the number was never allotted to anyone
//	local.*                this node's own rules, allow before block
//	list.ratified          an entry of the ledger
//	list.label             evidence of the federation's publishers
//
// The first rule that blocks or allows ends it. A cli rule that only labels is
// held: a later rule may still block, but no allow takes the label away. What a
// number is reputed to be never excuses how a call arrives: a protected number
// presented by a foreign trunk is a spoof, and an allow of this node excuses a
// failed cli rule only when it names that rule.
//
// A rule in shadow decides nothing; the verdict tells what it would have done.
// A face in shadow answers allow and tells the would-be verdict in the same
// place. Package enforce below keeps the switches, package local the node's own
// rules, package record what is kept of a verdict.
//
// Floor 9. It does not parse SIP, read files or log: faces build the Call,
// configuration reads the files, the node keeps the records.
package screen
