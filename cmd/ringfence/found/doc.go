// Package found makes what a node and a federation begin with: a member's data
// directory with its keys and card, the genesis charter that the founders sign
// and seal, and a node's place in the federation that names it.
//
// All of it happens once, by hand, and cannot be taken back: a card's keys are handed
// to others, and a charter's CID is the federation's name for ever. Founders sign
// each on its own machine, where the key is, and what they pass round is the draft
// itself with the signatures so far: nobody has to be trusted to carry it. So what
// is given is checked as a whole before the first key is made, nothing that exists
// is overwritten, and what an error leaves half made is removed.
//
// Floor 15, a room of cmd/ringfence. It prints nothing and asks nobody.
package found
