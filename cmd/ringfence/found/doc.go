// Package found makes what a node and a federation begin with: a member's data
// directory with its keys and card, and the genesis charter that the founder
// seals.
//
// Both happen once, by hand, and cannot be taken back: a card's keys are handed
// to others, and a charter's CID is the federation's name for ever. So what is
// given is checked as a whole before the first key is made, nothing that exists
// is overwritten, and what an error leaves half made is removed.
//
// Floor 15, a room of cmd/ringfence. It prints nothing and asks nobody.
package found
