package follow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"ringfence/consensus/follow"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
)

// One regulator holds the log's key and can sign what it likes. A tree that it makes up and
// never quite serves keeps nobody from following what a quorum certified.
func TestADoubtfulCheckpointGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, 4)
		madeUp := checkpoint.Tree{Size: 1 << 20, Root: merkle.Hash{1}}
		begun := make(chan struct{})
		f := s.follower(t, func(c *follow.Config) {
			c.Open = func(ctx context.Context, head checkpoint.Tree) (ledger.Tree, error) {
				if head == madeUp {
					close(begun)
					<-ctx.Done()
					return ledger.Tree{}, ctx.Err()
				}
				return ledger.Open(ctx, s.store, head)
			}
		})
		f.must(s.note(s.Quorum()...))
		failed := make(chan error)
		go func() { failed <- f.offer(s.noteOf(madeUp, s.Now, "reg4")) }()
		<-begun
		if held := f.Standing().Note; f.Newer(held) { // anybody may send it again
			t.Error("what is held would end what is tried")
		}
		f.must(s.noteOf(s.tree.Head(), s.Now+60, s.Quorum()...))
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("what was made up: %v", err)
		}
		s.label("+8613800138000")
		f.must(s.note(s.Quorum()...))
	})
}
