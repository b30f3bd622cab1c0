//go:build race

package crowd

// raced says that the race detector looks on.
const raced = true
