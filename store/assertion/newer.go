package assertion

import "ringfence/store/wire"

// ErrNewer marks what is written in a version that this release does not know; see
// wire.ErrNewer.
var ErrNewer = wire.ErrNewer

func newer(what string, b []byte, known uint64) error {
	return wire.Newer("assertion: "+what, b, known)
}
