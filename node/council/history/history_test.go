package history

import (
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/charter"
	"ringfence/store/motion"
)

// A motion is found by its ID, or by as much of it as tells it from others.
func TestBegins(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	var h History
	var ids []string
	for i, number := range []string{"+8613800138000", "+8613800138001"} {
		m := f.Motion(motion.Ratify, ballottest.Label(t, number), nil).Signed
		h.Add([]charter.Enacted{{First: uint64(10 + i), Motion: &motion.MotionEntry{Motion: m}}})
		ids = append(ids, m.ID.String())
	}
	other := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138002"), nil).ID
	for id, want := range map[string]uint64{ids[0]: 10, ids[1]: 11, ids[1][:len(ids[1])-1]: 11, "bafy": 0, other.String(): 0, cid.Undef.String(): 0} {
		if first, ok := h.Begins(id); ok != (want > 0) || ok && first != want {
			t.Errorf("%s lies at %d (%t), want %d", id, first, ok, want)
		}
	}
}
