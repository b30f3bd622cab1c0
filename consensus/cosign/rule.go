package cosign

import (
	"slices"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// Generation is a stretch of certifying between two realignments, with a Raft of
// its own. The first has number 0 and no record.
type Generation struct {
	Number uint64
	Record merkle.Hash // of the promises that began it
}

// Signer is a regulator, by its cosigning key, and its signature.
type Signer = keys.Endorsement

// Agreement is several regulators' equal word on a tree in a generation: reports,
// or locks.
type Agreement struct {
	Generation Generation
	Tree       checkpoint.Tree
	Signers    []Signer
}

// IsZero reports whether it is none.
func (a *Agreement) IsZero() bool { return len(a.Signers) == 0 }

// Quorum reports whether those regulators decide what a ledger of that size holds:
// q of the set in force there, and where the set changes q of the old and of the
// new. A key that is listed twice counts once.
type Quorum func(size uint64, by []Signer) bool

// Log is what a regulator applied itself in its generation.
type Log interface {
	// Root returns the root of the first size entries, if so many were applied.
	Root(size uint64) (merkle.Hash, bool)
}

// has reports whether the log begins with t. Every log begins with nothing.
func has(l Log, t checkpoint.Tree) bool {
	root, ok := l.Root(t.Size)
	return ok && root == t.Root || t == checkpoint.Tree{}
}

// contradicts reports whether the log is as long as t and does not begin with it.
func contradicts(l Log, t checkpoint.Tree) bool {
	_, ok := l.Root(t.Size)
	return ok && !has(l, t)
}

// State is what a regulator must never forget. The zero State is that of generation
// 0, of a ledger that begins with nothing. A State is never changed: what it says
// next comes with the State that follows.
type State struct {
	Generation Generation
	Start      checkpoint.Tree // of the generation

	// Settled is the largest tree that it knows to be certified since its generation
	// started; zero for none.
	Settled checkpoint.Tree

	// Promised is the generation to which it promised itself, or its own: in
	// earlier ones it neither reports nor locks.
	Promised uint64

	// Reported is what it reported in its generation above what it locked there and
	// knew to be certified, ascending, at most MaxPending.
	Reported []checkpoint.Tree

	// Locked is its lock of the highest generation and there of the largest size,
	// with the reports behind it.
	Locked Agreement

	// Cosigned is the largest tree that it cosigned, in whatever generation.
	Cosigned checkpoint.Tree
}

// MaxPending is how many sizes a regulator reports before it has locked the first.
const MaxPending = 64

// Refusal is why a regulator does not say something.
type Refusal uint8

// The refusals. None means that it is said.
const (
	None       Refusal = iota
	Promised           // to a later generation
	NotApplied         // the log does not reach so far
	Passed             // a larger size was reported or locked, or the generation starts above
	Pending            // too many sizes wait to be locked
	Rewritten          // the log contradicts what was said before: silent until the next realignment
	Elsewhere          // of another generation
	Unreported         // it did not report that tree itself
	TooFew             // no quorum
	Conflict           // a quorum stands behind what contradicts what it cosigned: someone lies beyond what is survived
)

var refusals = [...]string{
	None: "", Promised: "promised to a later generation", NotApplied: "not applied so far", Passed: "passed", Pending: "too many sizes wait",
	Rewritten: "the log was rewritten", Elsewhere: "of another generation", Unreported: "not reported", TooFew: "no quorum", Conflict: "conflict",
}

// String returns the reason in words.
func (r Refusal) String() string { return refusals[r] }

// Report says what the log holds at a size. Saying it again changes nothing.
func (s State) Report(size uint64, l Log) (State, checkpoint.Tree, Refusal) {
	root, ok := l.Root(size)
	tree := checkpoint.Tree{Size: size, Root: root}
	switch {
	case s.Promised > s.Generation.Number:
		return s, tree, Promised
	case !ok:
		return s, tree, NotApplied
	case !s.agrees(l):
		return s, tree, Rewritten
	}
	s.Reported = s.above(s.Settled.Size) // the log agrees with the rest through Settled
	switch {
	case slices.Contains(s.Reported, tree):
		return s, tree, None
	case size < s.highest():
		return s, tree, Passed
	case len(s.Reported) == MaxPending:
		return s, tree, Pending
	}
	s.Reported = append(slices.Clip(s.Reported), tree)
	return s, tree, None
}

// agrees reports whether the log is what it was when something was said of it.
func (s *State) agrees(l Log) bool {
	if !has(l, s.Start) || !has(l, s.Settled) || contradicts(l, s.Cosigned) {
		return false
	}
	for _, t := range s.Reported {
		if !has(l, t) {
			return false
		}
	}
	return s.Locked.Generation != s.Generation || s.Locked.IsZero() || has(l, s.Locked.Tree)
}

// above returns what was reported above a size.
func (s *State) above(size uint64) []checkpoint.Tree {
	for i, t := range s.Reported {
		if t.Size > size {
			return s.Reported[i:]
		}
	}
	return nil
}

// highest is the size below which nothing is reported any more.
func (s *State) highest() uint64 {
	size := max(s.Start.Size, s.Settled.Size)
	if s.Locked.Generation == s.Generation && !s.Locked.IsZero() {
		size = s.Locked.Tree.Size + 1
	}
	if n := len(s.Reported); n > 0 {
		size = s.Reported[n-1].Size + 1
	}
	return size
}

// Settle takes note of what the quorum certified, whether it took part or not: it
// says nothing more of smaller sizes, and nothing at all in this generation when its
// log contradicts it.
func (s State) Settle(certified checkpoint.Tree, l Log) (State, Refusal) {
	switch {
	case certified.Size == s.Cosigned.Size && certified != s.Cosigned:
		return s, Conflict
	case contradicts(l, certified):
		s.Promised = max(s.Promised, s.Generation.Number+1)
		return s, Rewritten
	case certified.Size <= max(s.Start.Size, s.Settled.Size):
		return s, Passed
	}
	s.Settled = certified
	return s, None
}

// Lock commits the regulator to a tree of which it holds a quorum's equal reports,
// its own among them.
func (s State) Lock(reports Agreement, q Quorum, l Log) (State, Refusal) {
	switch at := slices.Index(s.Reported, reports.Tree); {
	case s.Promised > s.Generation.Number:
		return s, Promised
	case reports.Generation != s.Generation:
		return s, Elsewhere
	case at < 0:
		return s, Unreported
	case !q(reports.Tree.Size, reports.Signers):
		return s, TooFew
	case !s.agrees(l):
		return s, Rewritten
	default:
		s.Reported = slices.Clone(s.Reported[at+1:])
	}
	s.Locked = reports
	return s, None
}

// Cosign decides whether a tree may be cosigned of which a quorum's equal locks of
// one generation, whichever, are in hand. Its log must hold the tree: it cosigns
// what it knows.
func (s State) Cosign(locks Agreement, q Quorum, l Log) (State, Refusal) {
	tree, before := locks.Tree, s.Cosigned
	switch {
	case !q(tree.Size, locks.Signers):
		return s, TooFew
	case tree == before:
		return s, None
	case tree.Size == before.Size && before != checkpoint.Tree{}, has(l, tree) && contradicts(l, before) && tree.Size > before.Size,
		has(l, before) && contradicts(l, tree) && tree.Size < before.Size:
		return s, Conflict
	case tree.Size < before.Size:
		return s, Passed
	case contradicts(l, tree):
		return s, Rewritten
	case !has(l, tree):
		return s, NotApplied
	}
	s.Cosigned = tree
	return s, None
}
