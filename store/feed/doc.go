// Package feed knows the chain that each issuer signs: which header follows
// which, what a gap is, and what proves that an issuer told two stories.
//
// A feed is one issuer's batches, linked by the CIDs of their unsigned headers
// and free of gaps, in epochs. Whoever holds a feed's head can name everything
// before it, so two nodes compare feeds by one line each, and a batch cannot be
// left out or slipped in later. Two signed headers at one place are a fork
// proof: self-contained, the same for everybody who holds it, and enough to
// freeze the epoch at the last head that the ledger anchored.
//
// Floor 2. It works on values and reads no disk, no clock and no charter: who
// may own a feed, and what was anchored, the caller knows. Only Verify makes a
// Verified, and only two of those make a ForkProof.
package feed
