// Package book is what a node knows of where the others are.
//
// Each host signs a record of its own addresses (a libp2p signed peer record,
// RFC 0003 of libp2p/specs), and members hand each other's on. A record is worth
// what its signature is: who passes it on can neither change it nor make an older
// one count again, because each has a number and only a higher one replaces what
// is known. The number follows the clock of the host that signs; one that hears
// of a record of its own from a life whose clock was ahead numbers above it.
//
// Beside the records the book has what the configuration gave and what the local
// network said. The first two may be trusted to be the host's, the third is what
// anybody can say; Trusted and Addresses tell them apart.
//
// It dials nobody and knows no connection. Records name no federation: a host key
// belongs to one node, and who is no member is not written down.
package book
