package follow_test

import (
	"errors"
	"testing"

	"ringfence/consensus/follow"
)

// Regulators that are in office no more certify another past with the keys that they
// gave up, on from the genesis. Somebody who knows the genesis alone believes them; with
// one checkpoint pinned nobody does, and he follows the ledger that there is.
func TestRetiredKeysForgeNothingAgainstAPin(t *testing.T) {
	s := serve(t, 1)
	forged := serve(t, 1)
	forged.label("+8613900139000")
	forged.label("+8613900139001")
	forged.label("+8613900139002")
	forgery := forged.note("reg")

	s.admit("op")
	s.label("+8613800138000")
	pin := s.tree.Head()
	s.label("+8613800138001")
	now := s.note("reg", "op")

	naive := s.follower(t, func(c *follow.Config) { c.From = forged.store })
	if err := naive.offer(forgery); err != nil {
		t.Fatalf("without a pin the test shows nothing: %v", err)
	}
	careful := s.follower(t, func(c *follow.Config) { c.From, c.Pin = forged.store, pin })
	if err := careful.offer(forgery); !errors.Is(err, follow.ErrPin) || careful.Standing().Trouble != nil || careful.Standing().Size() != 1 || len(careful.enacted) > 1 {
		t.Errorf("%v, %+v", err, careful.Standing())
	}
	careful.config.From = s.store
	careful.open()
	careful.must(now)
	if careful.Past().Digest() != s.Follow().Digest() {
		t.Error("it followed something else")
	}
	careful.open() // what it holds is the pinned ledger
	s.label("+8613800138002")
	careful.must(s.note("reg", "op"))

	naive.config.From, naive.config.Pin = s.store, pin
	if _, err := follow.Open(t.Context(), naive.config); !errors.Is(err, follow.ErrPin) {
		t.Errorf("the ledger that is held is a forged one, and nobody says so: %v", err)
	}
}

// What is smaller than the pin cannot be compared with it yet, and waits.
func TestWhatIsBelowThePinWaits(t *testing.T) {
	s := serve(t, 1)
	s.label("+8613800138000")
	below := s.note("reg")
	s.label("+8613800138001")
	pin := s.tree.Head()
	f := s.follower(t, func(c *follow.Config) { c.Pin = pin })
	if err := f.offer(below); !errors.Is(err, follow.ErrPin) {
		t.Errorf("%v", err)
	}
	f.must(s.note("reg"))
}
