// Package table cuts a file of text into records, in constant memory and in
// the face of whatever calls itself a table.
//
// encoding/csv reads a line of any length into memory, gives up on a whole
// file for one stray quotation mark, and lets bytes through that are no text.
// Publishers' files have millions of lines and are opened in spreadsheets on
// the way. So here a line has a bound, a stray mark costs its own line and no
// other, and a file that is not UTF-8 text is refused with the name of what it
// is. Where encoding/csv reads a file without complaint, this package reads the
// same records; a fuzz test holds the two together.
//
// Floor 10, a room of node/source. It knows nothing of numbers or columns.
package table
