// Package hosts says what a libp2p host of this federation is made of, and what it
// means when one cannot be dialled.
//
// A host is named by its key; its peer ID is the same key in libp2p's dress. Only
// Ed25519 identities exist: BareKey refuses the others, Key also the few points of
// the curve that are no sound key.
//
// Options is what every host here has, also one that only asks at a desk.
package hosts
