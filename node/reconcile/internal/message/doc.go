// Package message is what neighbours say when they reconcile: the frames, their
// canonical encodings, and the caps and timeouts of the conversation.
//
// Every frame is an array with the format's version, a kind and the fields of
// that kind, and is decoded in one pass by package wire, with bounds before
// anything is allocated. One package has all of it, so that both ends read one
// text; caps.go has every bound of a message.
//
// A room of package reconcile, floor 10. It moves nothing.
package message
