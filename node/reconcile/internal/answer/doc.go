// Package answer is the answering end of a conversation between neighbours.
//
// It shows what the store holds and serves, as much as each neighbour's share of
// streams and bytes allows. What a neighbour knows already it tells itself, by a
// cursor, so that nothing is kept here about anybody: the vector of heads is
// compared with that of a moment ago, and every line that changed gets the next
// version.
//
// A room of package reconcile, floor 10. It never waits for the pulling end.
package answer
