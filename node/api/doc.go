// Package api holds what a node and its callers say to each other: the JSON
// shapes, the errors, and the interface that both ends implement.
//
// The command line, the REST face and the console ask the same questions. A
// Service answers them: the node itself, or the Client of node/api/client that carries them over
// HTTP to a running node. A verb works with either and does not see the
// difference. Shapes are JSON objects in snake_case with units in the names;
// numbers stand in canonical text. A shape only gains fields.
//
// Floor 9. It knows no server and no store; it speaks of the list in the
// vocabulary of the lower floors.
package api
