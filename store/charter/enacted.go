package charter

import (
	"ringfence/store/checkpoint"
	"ringfence/store/motion"
)

// Enacted is what one decision made of the ledger: a motion with its items, a tick, or
// the settlement of a change of the regulators. The genesis, which is nobody's motion, is At. Whoever follows the ledger
// folds these one by one and in order.
type Enacted struct {
	First uint64 // index of its first entry
	Size  uint64 // of the ledger with all of it

	// Motion is nil for the others. Its items are the entries behind it, in order.
	Motion *motion.MotionEntry
	Items  []motion.Opening // one an item; without bytes where it was erased

	Tick  int64  // Unix seconds that a tick is worth; 0 for the others
	Below uint64 // what a tick starts and meets lies below this index: the smallest size that it names

	// Settled is the checkpoint of a settlement, which the old and the new regulators
	// cosigned: the ledger with the change and nothing beyond. Whether its root is that
	// of the ledger is for those to compare who hold it.
	Settled checkpoint.Tree

	State *State // the constitution from Size on
}
