// Package publish says things in a member's name: it turns drafts into
// statements, signs them in batches, puts them through the one door into the
// feed, and lets the view list them.
//
// A signature cannot be taken back, so everything that can go wrong goes wrong
// before it. What every node would count as void (a protected number, an
// observation that is too old, a role that may not say this) is refused with
// its reason and never signed. A place in the feed is reserved durably before
// a signature for it leaves, and what was reserved and not admitted is signed
// again, byte for byte, when the node comes back; so no crash makes an issuer
// tell two stories. A node whose store may be older than what it once signed is
// barred until somebody names its last published head.
//
// A file becomes one publication, under one random ID, so that it can be undone
// in one step. It is known again by its content: delivered twice it adds
// nothing but what was retracted since, under a new ID, and cut off in the middle it is finished under the same ID by
// delivering it again, with the same outcome as if nothing had happened. Every
// statement says the publisher's whole view of a number and category: reports
// add to what stood before the publication, a snapshot replaces it, and what
// stands already as the file says is not said again.
//
// What it does not do itself stands in its rooms: hand drafts what people say, pen
// signs and guards the places of the feed, publication remembers what was published,
// and internal/queue keeps in line what may not be signed yet.
//
// Floor 10. It does not know how drafts were read (a Delivery is a value, and
// node/source makes what goes into it), it decides nothing about
// authority or evidence, which are the charter's and the view's, and it has
// neither clock nor randomness of its own.
package publish
