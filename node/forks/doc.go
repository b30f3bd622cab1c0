// Package forks is what a node tells of proved forks: which there are, what they froze,
// and what its own member lost by one.
//
// Floor 11.
package forks
