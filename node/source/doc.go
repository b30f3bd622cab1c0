// Package source reads what publishers have, files of their own making, and
// gives what they mean: drafts of flags, one for each number and category.
//
// Every publisher keeps its numbers in another form. Nothing of that may reach
// a statement unexamined, and no publisher will rewrite its database for us; so
// a mapping (see package mapping), a small file that people can read and argue
// with, says how one kind of file is to be read. Read puts a file and a mapping
// together into a Delivery: the rows that could be used, ordered, with a digest
// by which the same delivery is known again, and an account of every row that
// could not, with its line, field and reason.
//
// A row that cannot be used costs that row. A file that cannot be trusted as a
// whole (cut off, binary, in another encoding, another publisher's columns)
// yields an error and no drafts at all: nothing half-read is ever published.
// A number is never guessed: what a spreadsheet rounded is lost, and said so.
//
// Floor 10. It knows no policy, no store and no clock: confidence, expiry and
// what stood before are for node/publish. How digits become a number is told
// by the caller (a Dialler), so that no numbering plan is bound here.
package source
