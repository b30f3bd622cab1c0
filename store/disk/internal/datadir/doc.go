// Package datadir is a store's directory as such: who owns it, which version
// made it, and how much room its file system has.
//
// Floor 6, a room of store/disk. It knows nothing of what the store keeps; it
// refuses a directory that another process owns, that a newer version made, or
// that holds something else.
package datadir
