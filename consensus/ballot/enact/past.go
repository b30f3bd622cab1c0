package enact

import (
	"maps"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Past is what folds from the ledger alone, as it stands at one size. It keeps no
// entry: ten million ratified ones cost what the motions cost that ratified them.
//
// It is not safe for concurrent use. Two that entered the same entries are equal and
// have the same Digest, whatever was refused in between.
type Past struct {
	state   *charter.State
	created int64 // by the genesis, Unix seconds: no tick is worth less

	first   uint64   // index of the first tick; 0 before it
	last    uint64   // index of the last tick; 0 before the first
	now     int64    // what the last tick is worth, Unix seconds
	borders []border // from that at the size of the last anchor on, rising

	enacted map[cid.Cid]int64 // motions in the ledger that could still be voted on, and until when

	ratified []run                   // in force, rising
	revoked  map[uint64]struct{}     // entries of runs
	stayed   map[uint64][]string     // entries of runs, and the members that stayed them
	blocked  map[number.Range]uint64 // numbers blocked on the day of now, by range

	anchorSize uint64              // that the last anchor names; 0 before the first
	anchored   map[uint32]anchored // by index in the roster
	forks      map[fork]struct{}   // noted

	change  *SetChange // the last one
	settled bool       // its settlement is in the ledger, or there was no change
}

// border is where a decision ends and the next begins.
type border struct {
	size uint64
	now  int64 // of the ledger there; 0 before the first tick
}

// run is where the entries of a ratify motion lie.
type run struct {
	first uint64
	count uint32
	until taxonomy.Day
}

type anchored struct {
	at   uint64 // index of the last motion that fixed something of the issuer
	head motion.AnchoredHead
	none bool // nothing counts in the epoch that ended there: head is none
}

type fork struct {
	issuer keys.Public
	epoch  uint64
}

// SetChange is a decision that changed the regulators or their keys. Its checkpoint
// takes q cosignatures of the set before it and q of the set after it.
type SetChange struct {
	Kind   motion.Kind
	Member string // whose seat was given, taken or re-keyed
	Size   uint64 // of the ledger with it
}

// Begin returns the Past of a ledger that holds nothing but its genesis, and entry 0.
func Begin(g *charter.Genesis) (*Past, ledger.Entry, error) {
	state, err := charter.At(g)
	if err != nil {
		return nil, ledger.Entry{}, err
	}
	e := motion.GenesisEntry{Charter: g.CharterCID(), Signatures: g.Signatures}
	p := &Past{
		state: state, created: state.Charter().Created, borders: []border{{size: state.Size()}}, enacted: make(map[cid.Cid]int64),
		revoked: make(map[uint64]struct{}), stayed: make(map[uint64][]string), blocked: make(map[number.Range]uint64),
		anchored: make(map[uint32]anchored), forks: make(map[fork]struct{}), settled: true,
	}
	return p, ledger.Entry{Data: e.Bytes()}, nil
}

// Clone returns a Past that goes its own way from here.
func (p *Past) Clone() *Past {
	c := *p
	c.borders, c.ratified = slices.Clone(p.borders), slices.Clone(p.ratified)
	c.enacted, c.revoked, c.blocked = maps.Clone(p.enacted), maps.Clone(p.revoked), maps.Clone(p.blocked)
	c.anchored, c.forks = maps.Clone(p.anchored), maps.Clone(p.forks)
	c.stayed = make(map[uint64][]string, len(p.stayed))
	for at, by := range p.stayed {
		c.stayed[at] = slices.Clone(by)
	}
	return &c
}

// State returns the constitution.
func (p *Past) State() *charter.State { return p.state }

// Size returns the ledger's size.
func (p *Past) Size() uint64 { return p.state.Size() }

// LastTick returns the index of the last tick and what it is worth in Unix seconds; 0
// and 0 before the first. A regulator's time names the index.
func (p *Past) LastTick() (index uint64, unix int64) { return p.last, p.now }

// TimeAt returns what the last tick at or below a border of the ledger is worth, in
// Unix seconds: the day of an anchor of that size follows from it. It is false for sizes
// that lie inside a decision, before the last anchor, or beyond Size.
func (p *Past) TimeAt(size uint64) (int64, bool) {
	i, ok := slices.BinarySearchFunc(p.borders, size, compareBorder)
	if !ok {
		return 0, false
	}
	return p.borders[i].now, true
}

func compareBorder(b border, size uint64) int {
	switch {
	case b.size < size:
		return -1
	case b.size > size:
		return 1
	}
	return 0
}

// HasEnacted reports whether a motion is in the ledger. Of motions that can no longer be
// voted on it does not know.
func (p *Past) HasEnacted(id cid.Cid) bool {
	_, ok := p.enacted[id]
	return ok
}

// Ratified reports whether an entry is a ratified one that is not over, and until which
// day it lasts.
func (p *Past) Ratified(index uint64) (until taxonomy.Day, ok bool) {
	i, found := slices.BinarySearchFunc(p.ratified, index, func(r run, index uint64) int {
		switch {
		case r.first+uint64(r.count) <= index:
			return -1
		case r.first > index:
			return 1
		}
		return 0
	})
	if !found {
		return 0, false
	}
	return p.ratified[i].until, true
}

// IsRevoked reports whether a ratified entry that is not over is revoked.
func (p *Past) IsRevoked(index uint64) bool {
	_, ok := p.revoked[index]
	return ok
}

// StayedBy returns the members whose regulators stayed a ratified entry that is not
// over, each of which did so once, in the order in which they did.
func (p *Past) StayedBy(index uint64) []string { return slices.Clone(p.stayed[index]) }

// LastAnchor returns the size that the last anchor names; 0 before the first.
func (p *Past) LastAnchor() uint64 { return p.anchorSize }

// AnchoredHead returns the last head of an issuer, by its index in the roster, that the
// ledger fixed, and the index of the entry that did. It is false when none was.
func (p *Past) AnchoredHead(issuer uint32) (head motion.AnchoredHead, at uint64, ok bool) {
	a, ok := p.anchored[issuer]
	return a.head, a.at, ok && !a.none
}

// LastChange returns the last set change; false before the first.
func (p *Past) LastChange() (SetChange, bool) {
	if p.change == nil {
		return SetChange{}, false
	}
	return *p.change, true
}

// Unsettled returns the set change whose certified checkpoint must be the next entry; nil
// for none.
func (p *Past) Unsettled() *SetChange {
	if p.settled {
		return nil
	}
	change := *p.change
	return &change
}

// Paused says that a set change waits for its checkpoint; nil if something can enter.
func (p *Past) Paused() *Refusal {
	if p.settled {
		return nil
	}
	return Refuse(Paused, "nothing enters the ledger until the change of the regulators at %d entries is certified by the old and the new ones: submit it again then", p.change.Size)
}

// Certified opens a checkpoint of this ledger, of a size up to Size, and verifies that q
// regulators of the set in force cosigned it, and where the set changed q of the one
// before as well. Whether its root is that of the entries is for the caller to compare.
func (p *Past) Certified(note []byte) (checkpoint.Tree, error) {
	origin := checkpoint.Origin(p.state.Federation())
	n, err := checkpoint.Open(note, checkpoint.Log(origin, p.state.LogKey()))
	if err != nil {
		return checkpoint.Tree{}, err
	}
	after, ok := p.state.At(n.Size)
	switch {
	case n.Origin != origin:
		return checkpoint.Tree{}, Refuse(BadCheckpoint, "the checkpoint is of the ledger %.80q, not of %q", n.Origin, origin)
	case !ok:
		return checkpoint.Tree{}, Refuse(BadCheckpoint, "the checkpoint is of %d entries; %d are known here", n.Size, p.Size())
	}
	sets := []checkpoint.Set{after.Cosigners()}
	if before, ok := p.state.At(n.Size - 1); ok && before.Standing() != after.Standing() {
		sets = append(sets, before.Cosigners())
	}
	for _, set := range sets {
		if _, ok := set.Certified(n); !ok {
			return checkpoint.Tree{}, Refuse(BadCheckpoint, "the checkpoint of %d entries lacks cosignatures of %d of %d regulators", n.Size, set.Quorum(), len(set))
		}
	}
	return n.Tree, nil
}

// day is that of the ledger.
func (p *Past) day() taxonomy.Day { return taxonomy.DayOf(p.now) }
