// Package pace is how far two exchanges between neighbours lie apart: less far while
// there is anything new than while the federation rests.
//
// A room of package reconcile, floor 10.
package pace
