// Package kills is the life of regulators whose processes are killed: each is a process
// of its own with a node's directory, on loopback, and kill -9 takes it at any instant.
//
// The test binary is started anew as each of them. It holds tests alone. A room of
// package simulations, floor 14.
package kills
