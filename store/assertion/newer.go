package assertion

import "ringfence/store/wire"

// ErrNewer marks what is written in a version that this release does not know; see
// wire.ErrNewer.
var ErrNewer = wire.ErrNewer

// Newer looks at the version that leads an array; see wire.Newer.
func Newer(what string, b []byte, known uint64) error {
	return wire.Newer("assertion: "+what, b, known)
}
