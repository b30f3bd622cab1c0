// Package rpc carries Raft's calls between regulators over streams that know who is
// at their other end, and lets nothing through that would harm the receiver.
//
// hashicorp/raft trusts its peers: it takes the caller's word for who he is, adopts
// any term it hears, panics on a configuration that it cannot read or an entry of a
// kind that it does not know, and loses its place when entries leave a gap. A
// regulator may lie. So what comes in is decoded here by hand, within bounds, under
// the name that the stream proved; every call and every answer is checked (check.go)
// before Raft sees it. Leadership is never transferred: the call that asks for it
// does not exist here.
//
// A stream begins with the generation, so that groups of two generations have
// nothing to say to each other. Then calls and answers alternate, one at a time; a
// caller keeps a few idle streams a peer. There is no pipelining: commands are few
// and large, and one append a round trip fills a link with half a megabyte each.
//
// It belongs to consensus/quorum/group, on floor 8.
package rpc
