// Command ringfence runs and asks one node of the federation.
//
// One binary holds every verb, one file each. A verb reads what the person
// wants, asks an api.Service, and shows the answer to a person or, with --json,
// to a machine. It never knows who answers: the running node over its unix
// socket, or the data directory, which it opens itself when no node runs. What
// a verb decides by itself is wording and exit codes, nothing about numbers.
//
// Floor 15.
package main

import "os"

func main() {
	os.Exit(newApp(os.Stdin, os.Stdout, os.Stderr).execute(os.Args[1:]))
}
