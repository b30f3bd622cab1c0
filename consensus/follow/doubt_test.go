package follow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ringfence/consensus/follow"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// madeUp is a tree that a single regulator made up.
var madeUp = checkpoint.Tree{Size: 1 << 20, Root: merkle.Hash{1}}

// errPatience ends what should have given way long before.
var errPatience = errors.New("it gave way to nothing")

// follows is a follower to which nobody ever quite serves what is made up; begun tells that
// it tries that.
func follows(t *testing.T, s *served) (f *follower, begun chan struct{}) {
	begun = make(chan struct{}, 8)
	f = s.follower(t, func(c *follow.Config) {
		c.Open = func(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error) {
			if head != madeUp {
				return ledger.Open(ctx, s.store, head)
			}
			begun <- struct{}{}
			select {
			case <-ctx.Done():
				return ledger.Tree{}, ctx.Err()
			case <-time.After(30 * time.Second):
				return ledger.Tree{}, errPatience
			}
		}
	})
	f.must(s.note(s.Quorum()...))
	return f, begun
}

// One regulator holds the log's key and can sign what it likes. A tree that it makes up and
// never quite serves keeps nobody from following what a quorum certified, nor what more
// cosigned than may lie, and no regulator from beginning a generation.
func TestADoubtfulCheckpointGivesWay(t *testing.T) {
	s := serve(t, 4)
	f, begun := follows(t, s)
	if held := f.Standing().Note; f.Newer(held) || f.Vouched(held) { // anybody may send it again
		t.Error("what is held would end what is tried")
	}
	for name, next := range map[string]func() error{
		"what was certified anew": func() error { return f.offer(s.noteOf(s.tree.Head(), s.Now+60, s.Quorum()...)) },
		"what more cosigned than may lie": func() error {
			s.label("+8613800138000")
			if err := f.offer(s.note("reg", "reg2")); !errors.Is(err, follow.ErrUncertified) {
				t.Errorf("by two of four: %v", err)
			}
			return nil
		},
		"entries that begin a generation": func() error {
			from := f.Standing().Size()
			return f.Hold(from, s.Entries[from-1:], s.tree.Head())
		},
		"where a generation begins": func() error { _, _, err := f.At(t.Context(), f.Standing().Note.Tree); return err },
	} {
		failed := make(chan error)
		go func() { failed <- f.offer(s.noteOf(madeUp, s.Now, "reg4")) }()
		<-begun
		if err := next(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: what was made up: %v", name, err)
		}
	}
	s.label("+8613800138001")
	f.must(s.note(s.Quorum()...))
}

// Whoever reads what is held does not wait for what is in doubt, and does not end it.
func TestADoubtfulCheckpointHoldsUpNoReader(t *testing.T) {
	s := serve(t, 4)
	f, begun := follows(t, s)
	failed := make(chan error, 1)
	go func() { failed <- f.offer(s.noteOf(madeUp, s.Now, "reg4")) }()
	<-begun
	if f.Past().Size() != s.tree.Size() || f.Tree().Head() != s.tree.Head() {
		t.Errorf("it has %d entries, and %v", f.Past().Size(), f.Tree().Head())
	}
	select {
	case err := <-failed:
		t.Errorf("what was made up: %v", err)
	default:
		f.must(s.noteOf(s.tree.Head(), s.Now+60, s.Quorum()...))
	}
}

// Who waits already when what is in doubt has its turn waits no longer.
func TestADoubtfulCheckpointComesToNoTurn(t *testing.T) {
	s := serve(t, 4)
	f, _ := follows(t, s)
	f.Wait(1)
	if err := f.offer(s.noteOf(madeUp, s.Now, "reg4")); !errors.Is(err, context.Canceled) {
		t.Errorf("what was made up: %v", err)
	}
	f.Wait(-1)
}

// What is vouched for is no more than that: it gives way to what a quorum certified.
func TestAVouchedCheckpointGivesWay(t *testing.T) {
	s := serve(t, 4)
	tree := s.tree.Head()
	f, begun := follows(t, s)
	vouched := s.noteOf(madeUp, s.Now, "reg3", "reg4")
	failed := make(chan error)
	go func() { failed <- f.offer(vouched) }()
	<-begun
	f.must(s.noteOf(tree, s.Now+60, s.Quorum()...))
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("what two of four cosigned: %v", err)
	}
}

// One of four may lie, and of fewer none, but one alone vouches for nothing.
func TestWhatIsVouchedFor(t *testing.T) {
	for regulators, least := range map[int]int{1: 2, 2: 2, 3: 2, 4: 2, 7: 3, 10: 4} {
		s := serve(t, regulators)
		f := s.follower(t, nil)
		f.must(s.note(s.Quorum()...))
		for n := range regulators + 1 {
			for _, c := range []struct {
				tree checkpoint.Tree
				want bool
			}{{madeUp, n >= least}, {s.tree.Head(), false}, {checkpoint.Tree{Size: 1}, false}} {
				note, err := checkpoint.Open(s.noteOf(c.tree, s.Now, s.Seats()[:n]...), s.log())
				if err != nil {
					t.Fatal(err)
				}
				if got := f.Vouched(note); got != c.want {
					t.Errorf("%d of %d vouch for %v: %t", n, regulators, c.tree, got)
				}
			}
		}
	}
}
