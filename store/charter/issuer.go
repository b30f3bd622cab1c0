package charter

import (
	"ringfence/store/charter/article"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// IssuerInfo is what the roster knows of a feed-signing key in force.
type IssuerInfo struct {
	Member MemberIndex
	// Rank is the place of the key among all issuers that are or were, by their
	// bytes. Ranks of one State compare as the keys do; those of different States
	// do not mix.
	Rank uint32
	// Index is the place of the key in the roster, in the order of admission. It never
	// changes in the life of a federation; the issuers of the genesis charter come first,
	// member by member.
	Index uint32
}

// IssuerRecord is what the roster keeps of a feed-signing key for ever.
type IssuerRecord struct {
	Key    keys.Public
	Index  uint32      // place in the roster, by which anchored heads name it; never changes
	Member MemberIndex // whose it is
	// Since is the index of the ledger entry that admitted it; 0 is the genesis.
	Since uint64
	// Epochs are those that the ledger opened, by rising number, from 0 without a gap.
	// The last one is open unless the issuer ended.
	Epochs []Epoch
	// End is nil while the issuer is in force.
	End *IssuerEnd
}

// Epoch is a stretch of an issuer's feed that the ledger opened.
type Epoch struct {
	Number uint64
	// Since is the index of the ledger entry that opened it.
	Since uint64
	// BuildsOn is the ledger size at which the authority of what the base anchors is
	// judged; 0 for the first epoch.
	BuildsOn uint64
	// Base is the head of the epoch before, where that was closed and on which this one
	// goes on; nil for the first, and where nothing before counts.
	Base *motion.AnchoredHead
}

// IssuerEnd is how an issuer's authority ended.
type IssuerEnd struct {
	Since     uint64 // index of the ledger entry that ended it
	BuildsOn  uint64 // ledger size at which the authority of what the head anchors is judged
	How       article.Manner
	Successor keys.Public // after a rotation
	// Head is the last batch of the open epoch that counted, as the motion names it; nil
	// if it names none. What was anchored since BuildsOn counts instead.
	Head *motion.AnchoredHead
}

// MemberEnd is how a member left.
type MemberEnd struct {
	Since uint64 // index of the ledger entry that removed it
	How   article.Manner
}

// open returns the last epoch, which is open while the issuer is in force.
func (r *IssuerRecord) open() *Epoch { return &r.Epochs[len(r.Epochs)-1] }

// Issuer looks up a feed-signing key; false when it is none at this size, or no longer.
func (s *State) Issuer(k keys.Public) (IssuerInfo, bool) {
	r, ok := s.Record(k)
	if !ok || r.End != nil {
		return IssuerInfo{}, false
	}
	return IssuerInfo{Member: r.Member, Rank: uint32(s.issuers.Rank(k)), Index: r.Index}, true
}

// Issuers returns the feed-signing keys that are or were, by rising rank. It is made
// anew each time.
func (s *State) Issuers() []keys.Public {
	all := make([]keys.Public, 0, s.issuers.Len())
	for k := range s.issuers.All() {
		all = append(all, k)
	}
	return all
}

// EverAdmitted reports whether k is or was a feed-signing key at this size or
// any before. A key that was never admitted may belong to a member that this
// node has not heard of yet.
func (s *State) EverAdmitted(k keys.Public) bool {
	_, ok := s.issuers.Get(k)
	return ok
}

// Record returns what the roster knows of a feed-signing key that is or was admitted.
func (c *constitution) Record(k keys.Public) (*IssuerRecord, bool) {
	index, ok := c.issuers.Get(k)
	if !ok {
		return nil, false
	}
	return c.roster.Get(index)
}

// RecordAt returns the record at a place in the roster; false above the last.
func (s *State) RecordAt(index uint32) (*IssuerRecord, bool) { return s.roster.Get(index) }

// Admitted returns how many issuers were ever admitted: indexes are below it.
func (s *State) Admitted() uint32 { return uint32(s.roster.Len()) }

// OpenEpoch returns the epoch that the ledger opened last of an issuer; the first of a key
// that was never admitted.
func (s *State) OpenEpoch(k keys.Public) feed.Epoch {
	r, ok := s.Record(k)
	if !ok {
		return feed.Epoch{}
	}
	return r.open().feed()
}

// EpochOf returns an epoch of an issuer; false when the ledger has not opened it.
func (s *State) EpochOf(k keys.Public, number uint64) (feed.Epoch, bool) {
	r, ok := s.Record(k)
	if !ok || number > r.open().Number {
		return feed.Epoch{}, false
	}
	return r.Epochs[number].feed(), true
}

func (e *Epoch) feed() feed.Epoch {
	f := feed.Epoch{Number: e.Number}
	if e.Base != nil {
		f.Base = feed.Tip{Epoch: e.Base.Epoch, Sequence: e.Base.Sequence, CID: e.Base.CID()}
	}
	return f
}

// Opened reports whether the ledger has opened that epoch of an issuer, whether or not
// it has closed it since.
func (s *State) Opened(k keys.Public, epoch uint64) bool {
	r, ok := s.Record(k)
	return ok && epoch <= r.open().Number
}
