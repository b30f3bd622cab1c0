package charter

import "ringfence/store/motion"

// Enacted is what one decision made of the ledger: a motion with its items, or a
// tick. The genesis, which is nobody's motion, is At. Whoever follows the ledger
// folds these one by one and in order.
type Enacted struct {
	First uint64 // index of its first entry
	Size  uint64 // of the ledger with all of it

	// Motion is nil for a tick. Its items are the entries behind it, in order.
	Motion *motion.MotionEntry
	Items  []motion.Opening // one an item; without bytes where it was erased

	Tick  int64  // Unix seconds that a tick is worth; 0 for a motion
	State *State // the constitution from Size on
}
