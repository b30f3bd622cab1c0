// Package conduct is how a neighbour behaves when it is asked, and what that costs
// it.
//
// A lie and a trickle are proved by what came, and end the matter. An answer that is
// broken off, or that does not come, may be the line's fault: it costs a pause, and
// several in a row the connection. Several in a row are counted by what was asked:
// whoever answers beacons gladly and requests for batches never does so on purpose.
// But a line that carries nothing at all is dead, not guilty.
//
// Who parts and comes back does not begin anew: for how long it was waited for in vain,
// how often it broke off or was silent, and how much it told are kept for an hour.
//
// A room of package reconcile, floor 10. It drops nobody; it says why somebody
// should be.
package conduct
