// Package membership is the life of members as their nodes live it: real nodes on the
// loopback network, four of them regulators', of which three decide. Members propose,
// strangers ask to be admitted and speak, members leave.
//
// It holds tests alone. A room of package simulations, floor 14.
package membership
