// Package show turns answers into what a person reads on a terminal: facts one
// a line, tables, a sentence of what to do next, in English or Chinese.
//
// Machines get the same answers as JSON, so nothing here has to be parsed and
// everything may be arranged for the eye: digits in groups, hashes cut to what
// one compares at a glance, whole where one copies them. What an answer leaves
// empty is left out. Colour is for terminals and never the only sign.
//
// Floor 15, a room of cmd/ringfence. It asks nothing and decides nothing.
package show
