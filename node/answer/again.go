package answer

import (
	"sync/atomic"
	"weak"

	"ringfence/store/charter"
	"ringfence/store/view"
)

// Again finds whether a member has anything to say again after a fork of a key of it,
// once for a list: where nothing is left, all that is suspended has to be read. The
// zero Again is ready, for one member. It is safe for concurrent use.
type Again struct{ last atomic.Pointer[left] }

type left struct {
	of  weak.Pointer[view.List] // or an old list would be kept
	any bool
}

// Left reports whether the list leaves the member anything to say again.
func (a *Again) Left(l *view.List, member charter.MemberIndex) bool {
	of := weak.Make(l)
	if known := a.last.Load(); known != nil && known.of == of {
		return known.any
	}
	some, _ := view.ToSayAgain(l, member, 1)
	a.last.Store(&left{of, len(some) > 0})
	return len(some) > 0
}
