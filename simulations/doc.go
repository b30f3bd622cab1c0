// Package simulations runs whole federations on one machine: today the demo,
// which newcomers see first.
//
// What a federation does to a number cannot be seen in any one package: it
// takes several publishers with files of their own, a charter that says who
// counts for how much, and a list that follows. The demo founds such a
// federation and feeds it public files (see package data), through the very
// node that an operator runs. What it says about independence is a fiction of
// its charter, and it says so: three of its five evidence publishers are one
// agency's complaints, split by where the complaint came from.
//
// Package bench below measures the same paths, each beside a baseline.
//
// Floor 14. It decides nothing about numbers, and no number that it prints is
// whole unless it is an organisation's published service number.
package simulations
