// Package ringfence is the root of a peer-to-peer federated telephone blocklist
// node.
//
// Operators, resale operators and number-flagging companies each run a node.
// Nodes sign what they say about numbers; every node computes the same
// harmonised list from the same signed statements and screens calls with it;
// regulators ratify what is to bind everyone.
//
// The code lies in floors, and a package imports only from floors below its
// own: store is what is known and provable, without network or clock;
// consensus is who decides together; node is how one peer lives among others;
// simulations and cmd stand on top. The law of the floors is arch_test.go,
// their map docs/architecture.md. This package itself holds only the tests
// that keep the house in order.
package ringfence
