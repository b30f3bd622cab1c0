// Package bench measures what the project promises about speed and size, each
// figure beside a baseline in the same run.
//
// A figure alone says more of the machine than of the program: on a shared two
// cores it swings by half. So wherever somebody else's work can do the same
// job, it does so in the same run, on the same bytes, and the ratio is what
// counts. A case that has no such peer says so with null.
//
// The cases run on the packages that a node is made of (see package stage),
// with real durability: what is measured as published is on the disk.
//
// A room of package simulations, floor 14. It is the one place outside
// store/disk that knows the storage engine, for its baseline.
package bench
