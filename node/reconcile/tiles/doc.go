// Package tiles serves the ledger to peers, and fetches it from them or from a web
// server.
//
// What is served is the same three things everywhere, under the paths of C2SP
// tlog-tiles: the newest checkpoint, the tiles and bundles that it certifies, and the
// genesis charter. None of it is secret and none of it is trusted: a Server gives it
// to whoever asks, and whoever asked checks it against cosignatures of regulators
// (store/ledger). So here nothing is verified but shape and size. What is here is how
// to get true bytes from peers of whom some lie, some are slow and some are gone.
//
// A Source asks the peer that seems best, and another one as soon as that fails or
// takes long; the first answer of the right shape counts. If it turns out not to fit
// the certified tree, its reader says so (Blame), and the peer that gave it is asked
// for that tile no more, and for others last. It is not dropped: it may be somebody
// whose disk is damaged and who does not know yet. Whoever is slow or broken is asked
// last for a while. As long as one peer gives what is true, reading comes to its end.
//
// On a stream requests are paths, each a frame, and answers come in their order, each
// a frame that begins with a byte: given, or not here. Many may be asked for at once.
// Room is made as bytes come, at most maxSmall of them at any time and beside them one
// answer that is large, whoever announces what; and bytes must come at a pace.
//
// Web is a Source too, of a base URL: for auditors, who need no node.
//
// Floor 10, a room of node/reconcile. It sees peers as streams only, keeps nothing on
// disk, and knows no charter. Its deadlines run on the machine's clock.
package tiles
