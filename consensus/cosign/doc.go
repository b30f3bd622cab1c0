// Package cosign is the rule by which regulators certify the ledger: when one of
// them may report what it applied, lock it, cosign it, and begin anew. It is one
// pure state machine; a State is all that a regulator must never forget.
//
// Raft orders the ledger and is not trusted: a leader may tell two stories, and an
// admitted peer may rewrite what others applied. So a tree is certified as PBFT
// certifies a request, with Raft as the proposer. A regulator reports a tree that
// it applied itself, once a size (prepare); holding q equal reports it locks the
// tree (commit); holding q equal locks it gives its public cosignature, and q of
// these are what the world believes. Two quorums share an honest regulator, so no
// two trees of one size are ever certified by one generation.
//
// When a quorum is stuck, by a liar or by a rewritten log, it realigns (PBFT's
// change of view): each promises to report and lock no more in earlier generations
// and shows its highest lock; q promises are a record, which names the next
// generation and where it starts. Whatever may have been certified was locked by q,
// one of whom is honest and among the promisers, so the start extends it. All that
// was applied beyond the start is dropped: it was never authoritative.
//
// The test of this package does not argue, it looks: it drives this very code
// through every state that four regulators, one of them a liar, can reach, and
// finds neither two certified trees that contradict each other, nor an honest
// regulator that is asked to cosign both, nor a state from which the honest cannot
// go on once the liar is silent. Each part of the rule is then taken away, and the
// search must find what goes wrong without it.
//
// Floor 7. It has no clock, no network and no disk. A State believes what it is
// given: the words of others are verified where they are read, by Phase, Agreement
// and Judge. Its caller keeps the State before anything that came of it leaves.
package cosign
