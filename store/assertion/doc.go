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
// Three layers are judged apart, because they change at different speeds. The
// envelope (shape, fixed bounds) never changes: a batch that breaks it is
// refused by every node for ever, here. The body's rules belong to a kind and
// version: a statement that breaks them is void, with a Reason, and its batch
// stands; Check says so. Who may say what, and the bounds that a charter sets,
// are not judged here at all. Codes and kinds that this release does not know
// pass the envelope, so that a newer release can add some without splitting
// the federation.
//
// Encode, Decode and CID are the general codec, for everything signed or
// hashed in the floors above. The few formats that are decoded by the thousand
// (statements, slots, flags) are read by hand, at a tenth of the cost; the
// fuzz tests hold both ways to the same answers.
//
// Considered and not chosen: maps with field names (larger, and their order is
// one more thing that decoders get wrong), protocol buffers (no canonical
// form), tags for CIDs (generic tools would follow them; here a CID is a byte
// string), one signature a statement (some forty times the time to verify, and
// 65 bytes more).
//
// Floor 1. It judges form, never authority: who may say what is the charter's
// to know, and what counts is the view's.
package assertion
