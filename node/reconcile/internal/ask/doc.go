// Package ask is the asking end of a conversation between neighbours.
//
// It trusts nothing that comes: a frame that cannot be read, a record of another
// place, more than was asked for end the conversation. When one fails, what is
// told is whose fault it was: of a peer that lies, of one that trickles, of one
// that breaks off, or of a line that may be dead.
//
// A room of package reconcile, floor 10. It decides nothing about a peer and
// keeps no state beyond one stream.
package ask
