// Package config turns what an operator wrote (a file, the environment, the
// command line, in rising order) into one validated value.
//
// A setting that is misspelt and therefore ignored is the worst kind of
// mistake: the node runs, and not as it was told. So a key that no setting has
// is an error that names it, its line and the nearest one that exists, in the
// environment as in the file; a duration needs its unit; and every complaint
// says where the value came from. All complaints come at once. After Load
// nobody asks a library for settings: there is one Config and it does not
// change.
//
// Paths in a file are relative to the file, so that a directory can be moved;
// paths in the environment and on the command line are relative to where the
// command runs. Settings of call screening are lists or fixed words, never maps
// under names that people choose: viper lower-cases keys and splits them at
// dots.
//
// Floor 12. The only package that knows viper. It opens nothing but the files
// that it checks, and starts nothing.
package config
