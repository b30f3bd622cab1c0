package follow_test

import (
	"context"
	"errors"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/follow"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
)

// beside serves a ledger with something else for an opening.
type beside struct {
	ledger.Source
	change func(index uint64, opening []byte) []byte
}

func (b beside) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	row, err := b.Source.Read(ctx, t)
	if err != nil || t.Kind != ledger.Openings {
		return row, err
	}
	openings, err := ledger.ParseBundle(row, t.Width)
	if err != nil {
		return nil, err
	}
	var changed []byte
	for i, o := range openings {
		o = b.change(t.Index*ledger.Full+uint64(i), o)
		changed = append(append(changed, byte(len(o)>>8), byte(len(o))), o...)
	}
	return changed, nil
}

// No hash of the ledger covers openings. A peer that strips them or makes some up keeps
// nothing from anybody, and stops nothing: the next peer is asked.
func TestAPeerThatLiesAboutOpenings(t *testing.T) {
	s := serve(t, 4)
	at := s.label("+8613800138000")
	revoked := s.Carry(s.Motion(motion.Revoke, ballottest.Reverse(at+1), nil))
	later := s.label("+8613800138001")
	anchor := s.Carry(s.Motion(motion.Anchor, [][]byte{(&motion.AnchorPoint{Size: s.tree.Size(), Day: taxonomy.DayOf(s.Now)}).Encode()}, func(h *motion.Header) { h.BuildsOn = s.tree.Size() }))
	s.Tick()
	s.grow()
	note := s.note(s.Quorum()...)
	without := func(gone uint64) func(uint64, []byte) []byte {
		return func(index uint64, o []byte) []byte {
			if index == gone {
				return nil
			}
			return o
		}
	}
	slipped := func(in uint64) func(uint64, []byte) []byte {
		return func(index uint64, o []byte) []byte {
			if index == in {
				return []byte("x")
			}
			return o
		}
	}
	for name, change := range map[string]func(uint64, []byte) []byte{
		"all are stripped":     func(uint64, []byte) []byte { return nil },
		"one of what is alive": without(later + 1),
		"that of what revokes": without(revoked + 1),
		"that of an anchor":    without(anchor + 1),
		"nonsense":             func(_ uint64, o []byte) []byte { return o[:len(o)/2] },
		"one beside a motion":  slipped(at),
		"one beside a tick":    slipped(1),
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			f := s.follower(t, func(c *follow.Config) {
				from := &beside{s.store, change}
				c.From = from
				c.Blame = func(err error) bool {
					var d *ledger.DamagedError
					if !errors.As(err, &d) || len(d.Tiles) != 1 || d.Tiles[0].Kind != ledger.Openings {
						t.Fatalf("blamed for %v", err)
					}
					if asked++; asked > 1 {
						from.change = func(_ uint64, o []byte) []byte { return o } // of somebody honest
					}
					return true
				}
			})
			f.must(note)
			if asked != 2 || f.Standing().Note.Tree != s.tree.Head() || f.Past().Digest() != s.Follow().Digest() {
				t.Errorf("%d were blamed; it stands at %v", asked, f.Standing().Note.Tree)
			}
			for _, d := range f.enacted {
				for i, o := range d.Items {
					if len(o.Item) == 0 {
						t.Errorf("item %d of the decision at %d is told without its opening", i, d.First)
					}
				}
			}
		})
	}
}

// What is over at the checkpoint that is followed may have been erased by everybody: what
// ran out, what was revoked, and what revoked it.
func TestErasedOpeningsAreFollowed(t *testing.T) {
	s := serve(t, 4)
	short := s.label("+8613800138000")
	long := s.Carry(s.Motion(motion.Ratify, ballottest.Label(s, "+8613800138001"), func(h *motion.Header) { h.Until += 60 }))
	revoke := s.Carry(s.Motion(motion.Revoke, ballottest.Reverse(long+1), nil))
	s.grow()
	early := s.note(s.Quorum()...)
	s.Later(32 * 86400)
	s.grow()
	erased := map[uint64]bool{short + 1: true, long + 1: true}
	gone := func(index uint64, o []byte) []byte {
		if erased[index] {
			return nil
		}
		return o
	}
	f := s.follower(t, func(c *follow.Config) { c.From = beside{s.store, gone} })
	f.must(s.note(s.Quorum()...))
	if f.Past().Digest() != s.Follow().Digest() {
		t.Error("it folded something else")
	}
	if err := s.follower(t, func(c *follow.Config) { c.From = beside{s.store, gone} }).offer(early); err == nil {
		t.Error("the earlier checkpoint, where they were alive, is followed without them")
	}
	erased[revoke+1] = true
	if err := s.follower(t, func(c *follow.Config) { c.From = beside{s.store, gone} }).offer(s.note(s.Quorum()...)); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("what revokes an entry that would still stand is not there: %v", err)
	}
	s.Later(60 * 86400)
	s.grow()
	f = s.follower(t, func(c *follow.Config) { c.From = beside{s.store, gone} })
	f.must(s.note(s.Quorum()...))
	if f.Past().Digest() != s.Follow().Digest() {
		t.Error("without what revoked it folded something else")
	}
}

// A regulator that begins a generation takes entries above the certified ledger from
// another one: with their openings, or not at all.
func TestHoldTakesEntriesWithTheirOpenings(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	f.must(s.note(s.Quorum()...))
	from := s.tree.Size()
	s.label("+8613800138000")
	entries := append([]ledger.Entry(nil), s.Entries[from-1:]...)
	opening := entries[1].Opening
	for name, wrong := range map[string][]byte{"stripped": nil, "made up": []byte("x")} {
		entries[1].Opening = wrong
		if err := f.Hold(from, entries, s.tree.Head()); err == nil {
			t.Errorf("%s: it is held", name)
		}
	}
	entries[1].Opening = opening
	if err := f.Hold(from, entries, s.tree.Head()); err != nil {
		t.Error(err)
	}
}
