// Package inbox is what waits for the one goroutine that plans the pulling: what has
// happened, in order, and which batches a neighbour should have, coalesced.
//
// Whoever puts something in never waits. The planner empties it with every turn.
//
// A room of package reconcile, floor 10.
package inbox
