// Package gate decides who may connect, and how much everybody may use.
//
// The federation is closed, but its desk is for everybody, so strangers are let in:
// a few at once, a few from one address, for a minute. Members are let in always;
// they are many, may all live behind one address (a NAT), and must not be kept out
// by strangers, so addresses where members are known to be have half-open
// connections of their own (Trust).
//
// Gate judges by identity, once it is proven; NewResources bounds what comes before
// and after it. What streams carry is not its business.
package gate
