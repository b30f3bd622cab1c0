// Package rest is the node's HTTP face: the questions of node/api under /v1,
// described by /openapi.json and a page of documentation that needs no network.
//
// A face adds nothing to what the node knows. It decides who may ask, how much
// at a time, and in which words; each operation hands the rest to an
// api.Service. New makes the handler, Server holds the listeners.
//
// Who may do what is written beside each operation, in the OpenAPI document too
// (x-ringfence-role, x-ringfence-loopback), and decided in one place:
//
//   - Whoever can open the node's unix socket is its owner and may do
//     everything: the file's mode is the lock.
//
//   - A bearer token carries a role: reader, publisher, admin, each including
//     the ones before it. A token that was presented decides alone, wherever it
//     came in; an unknown one is refused and never taken for none.
//
//   - Without a token, reading is open on loopback: both ends of the connection
//     are loopback, no proxy says that it forwards for somebody, and the Host
//     is loopback's own name, so that a page in a browser cannot get in by a
//     name of its own. Everything else needs a token.
//
//   - The ledger is everybody's: below /ledger/, in the layout of C2SP tlog-tiles, no
//     token is needed, from anywhere. It has places of its own among the requests
//     under way. It is not compressed here, where everybody could make the node do it;
//     a proxy with a cache does it once.
//
// In shadow this face answers allow to a call and tells the would-be verdict in
// fields and headers. The verdict itself (?verdict=true) is for the owner and
// for tokens. Paths hold people's numbers, so logs and metrics name the route
// and never the path.
//
// It refuses what is too much before it costs anything: long headers, large or
// slow bodies, too many connections or requests, a client that asks too often.
// There is no TLS here; a node that serves other machines stands behind a proxy
// that has it.
//
// Floor 11. It knows no store, no clock of the list and no configuration file.
package rest
