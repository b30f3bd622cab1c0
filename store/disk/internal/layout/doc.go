// Package layout is how a store lies in its database: the whole key space, and
// the fixed-size encodings of what stands under each key.
//
// A directory outlives the program that made it, so its layout is one place to
// read and to compare with the next version's; whoever changes a byte here
// raises the version of the directory and writes a migration.
//
// Floor 6, a room of store/disk. It knows no database: it turns values into
// bytes and back, and refuses what is not whole.
package layout
