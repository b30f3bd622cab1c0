// Package parts keeps account of one feed that is being pulled: which of its places
// are asked for and of whom, which are here, and which are to be asked for again.
//
// A feed is taken in its order and fetched from several peers at once, in any order.
// So what is under way is cut into parts, which stay a chain without holes from the
// next place on whatever answers come, stay away or come short. How much memory the
// records take is told with every change, since the window over all feeds is the
// caller's.
//
// A room of package reconcile, floor 10. It is not safe for concurrent use, and
// knows neither peers nor the store.
package parts
