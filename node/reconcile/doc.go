// Package reconcile pulls from the neighbours what a node lacks, and answers
// neighbours that pull.
//
// Gossip is quick and promises nothing: a node was away, a message was lost, a
// body was too large to travel. So every two neighbours compare what they hold,
// when they meet and at intervals, and each fetches what the other has more of.
// A feed is free of gaps, so what a node holds of it is one line, its head; a
// vector of heads says all, and after the first time only the lines that
// changed since are told. Who asks also tells, so one of two neighbours asks for
// both; when nothing new was heard of for a minute they compare more rarely, and
// anything new ends that rest. What is missing is asked for in ranges, from several
// peers at once, and taken in the order of each feed through the one door that
// everything else takes too. Nothing is kept of how far a pull has come: it
// begins at the own tip, so an interrupted one resumes by itself.
//
// A peer may lie, and it may be slow. What it says is a claim until the door has
// admitted the record. Who sends what is wrong on every node is dropped, and so
// is who trickles; who claims a batch and does not give it is not asked for it
// again until it claims something else or time has passed, and others are asked.
// What nobody gives is told in Standing, and the feed does not move past it. What
// one peer gives decides nothing about a feed unless its issuer's signature shows it:
// what only a newer release could read may be forged, so others are asked first. A
// link that has gone dead looks like a silent peer, so silence alone costs a peer
// nothing but a pause, and the node is ready without it; so it is without a peer that
// comes and goes and lets itself be waited for. Heads are asked for less often of
// whoever tells of very many, and those of feeds that are not open here are passed over.
//
// Contradictions are followed up: a head, or a record's parent, that is not what
// is held at its place means that an issuer told two stories, or that the peer
// lies. The peer's header for the place decides which.
//
// One conversation is one stream: requests by one side, one answer each by the
// other, in frames of package overlay, in canonical CBOR; caps.go holds the caps.
// Considered and not chosen: set reconciliation, which solves a harder problem
// than sequences pose; keeping a stream open for each peer, whose half-dead state
// somebody would have to clean up; a subscription to heads, since gossip is one.
//
// Floor 10. It sees peers only as streams and keeps nothing on disk. Deadlines
// and pauses run on the machine's clock, since the node's own may be set wrong.
// The node's is asked for what is told to people, for what waits for its time, and
// for how long a dropped peer is refused, which the overlay counts.
package reconcile
