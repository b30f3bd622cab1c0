// Package assertion holds what issuers say: statements, the batches that carry
// them under one signature, and the one canonical encoding of both.
//
// A statement is said once and read for years by nodes that do not trust each
// other, so its bytes are its identity: dag-cbor as fixed arrays with a leading
// version, decoded, encoded again and compared before anything else looks at
// it. A body slot commits to its statement by salted hashes, so that a single
// statement can be proved alone and erased alone while the batch's signature
// and root stay valid.
//
// Floor 1. It judges form, never authority: who may say what is the charter's
// to know, and what counts is the view's.
package assertion
