package charter

import (
	"ringfence/store/charter/article"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

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
	// if it names none. What an anchor fixed above it in the meantime counts too.
	Head *motion.AnchoredHead
}

// MemberEnd is how a member left.
type MemberEnd struct {
	Since uint64 // index of the ledger entry that removed it
	How   article.Manner
}

// Record returns what the roster knows of a feed-signing key that is or was admitted.
func (s *State) Record(k keys.Public) (*IssuerRecord, bool) { panic("to come") }

// RecordAt returns the record at a place in the roster; false above the last.
func (s *State) RecordAt(index uint32) (*IssuerRecord, bool) { panic("to come") }

// Admitted returns how many issuers were ever admitted: indexes are below it.
func (s *State) Admitted() uint32 { panic("to come") }

// Opened reports whether the ledger has opened that epoch of an issuer, whether or not
// it has closed it since.
func (s *State) Opened(k keys.Public, epoch uint64) bool { panic("to come") }

// End returns how a member left; false when it has not, or never was one.
func (s *State) End(m MemberIndex) (MemberEnd, bool) { panic("to come") }

// IsMember reports whether m is a member at this size.
func (s *State) IsMember(m MemberIndex) bool { panic("to come") }

// Regulators returns the regulators in force, ascending by member.
func (s *State) Regulators() []RegulatorSeat { panic("to come") }

// Regulator returns the seat in force of a voting key.
func (s *State) Regulator(vote keys.Public) (RegulatorSeat, bool) { panic("to come") }

// Cosigners returns the cosigners of the regulators in force, in their order.
func (s *State) Cosigners() checkpoint.Set { panic("to come") }

// Standing is a digest of the regulators, the policy and what else a SetPolicy motion
// sets (docs/formats.md). A motion that changes any of that names it.
func (s *State) Standing() merkle.Hash { panic("to come") }

// Name returns the federation's name.
func (s *State) Name() string { return s.charter.Name }

// LogKey returns the key of the ledger's own signature.
func (s *State) LogKey() keys.Public { return s.charter.LogKey }

// Taxonomy returns the version of the category table in force.
func (s *State) Taxonomy() uint16 { return s.charter.Taxonomy }

// At returns the constitution at a ledger size from 1 to that of s: s knows its own
// history. False for other sizes.
func (s *State) At(size uint64) (*State, bool) { panic("to come") }

// Grown returns the same constitution at a larger ledger size.
func (s *State) Grown(size uint64) *State { panic("to come") }

// Enact returns the constitution after an enacted motion whose entry has index first,
// at least the size of s. The error is why the motion has no place here, in words for
// who proposed it; it wraps wire.ErrNewer when this release does not know what the
// motion says, so that it cannot judge it. Of kinds that do not change the constitution
// the items are not looked at, and may be erased.
//
// Enact judges what the constitution is to be, and who must agree with a key of its
// own. Who may propose, how many votes it takes, whether the motion is still open and
// what anchors say of the heads that it names is the ballot's.
func (s *State) Enact(m motion.Signed, first uint64, items []motion.Opening) (*State, error) {
	panic("to come")
}
