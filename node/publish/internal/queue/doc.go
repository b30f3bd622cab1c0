// Package queue is the durable line of what a publisher accepted and may not sign
// yet.
//
// While a restored node waits until its peers have confirmed where its feed ends,
// what it is told to say waits too (DESIGN.md section 5). It must not be lost when
// the node stops, it must be said in the order in which it came, since a retraction
// may stand behind what it undoes, and it must be said once.
//
// So what waits is written in two steps. First its drafts, in parts that a store
// takes; then one entry, which puts it in the line: before that, nothing waits. The
// entry goes first when it leaves. A stop between the steps leaves parts that nobody
// reads, and never an entry without its parts. An ID stands in the line once, at
// its first place, however often it joins. That it is said once, also when a stop
// comes between saying it and leaving the line, or a backup with the line in it is
// restored, is the publisher's part, and he knows it by the same ID.
//
// Floor 10, a room of node/publish. It does not know why anything waits or when it
// may go, judges no draft and signs nothing.
package queue
