package authority

import (
	"errors"
	"path/filepath"

	"ringfence/consensus/quorum/group"
	"ringfence/store/charter"
	"ringfence/store/disk/certification"
	"ringfence/store/keys"
)

// Seat is what a regulator's node has besides.
type Seat struct {
	Host   keys.Public // of this node
	Vote   keys.Private
	Cosign keys.Private
	Log    keys.Private
	Dir    string // of Raft
	Keeper *Keeper
	Room   func() error // says why nothing may be written there, or nil
	Timing group.Timing // zero: for regulators far from each other
}

// RaftDir is where a regulator's Raft lies in a data directory.
const RaftDir = "raft"

// Take returns the seat of the node that holds the keys in ring, in a data directory
// whose store lies in store. It is nil for a node that lacks one of the keys that a seat
// takes, or whose log key is not that of the ledger that founded begins.
//
// Whether the ledger gives these keys a seat is not asked: it changes while the node
// runs. A newcomer takes part, without a voice, from when a motion would give it a seat,
// since that is enacted only once it does; who waits for one follows the ledger as
// everybody does.
func Take(founded *charter.State, ring *keys.Ring, dir, store string) (*Seat, error) {
	s := Seat{Dir: filepath.Join(dir, RaftDir)}
	var host keys.Private
	for purpose, key := range map[keys.Purpose]*keys.Private{
		keys.PurposeHost: &host, keys.PurposeVote: &s.Vote, keys.PurposeCosign: &s.Cosign, keys.PurposeLog: &s.Log,
	} {
		var err error
		if *key, err = ring.Private(purpose); err != nil {
			return nil, nil
		}
	}
	s.Host = host.Public()
	cosign := s.Cosign.Public()
	if s.Log.Public() != founded.LogKey() {
		return nil, nil
	}
	file, err := certification.Open(store, cosign)
	if err != nil {
		return nil, err
	}
	if s.Keeper, err = NewKeeper(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &s, nil
}
