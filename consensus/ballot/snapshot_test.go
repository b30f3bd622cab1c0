package ballot_test

import (
	"bytes"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// restore makes a State of a snapshot, on the Past that a follower of the first entries
// has, up to a ledger size.
func restore(f *ballottest.Federation, size uint64, snapshot []byte) (*ballot.State, error) {
	f.Helper()
	past := follow(f, f.Entries[:size-1])
	s, err := ballot.Restore(past, snapshot)
	if err == nil && s.Size() == 0 {
		f.Fatal("restored to nothing")
	}
	return s, err
}

func follow(f *ballottest.Federation, entries []ledger.Entry) *enact.Past {
	f.Helper()
	short := *f
	short.Entries = entries
	return short.Follow()
}

// busy is a federation with something of everything a snapshot tells: decisions above
// the certified size, a set change with its checkpoint, motions with votes, a withdrawal.
func busy(t *testing.T) (f *ballottest.Federation, note []byte, size uint64) {
	f = begun(t, 4, nil)
	first := f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"), nil))
	note, size = f.Certify(f.Quorum()...), f.State.Size()
	outcome(t, f.Apply(f.Propose(f.Motion(motion.Stay, ballottest.Reverse(first+1), nil), "reg2")), ballot.Entered)
	f.Carry(f.Admit("op"))
	outcome(t, settle(f, "op", "reg", "reg2", "reg3"), ballot.Entered) // just enough of both sets
	f.State.Carried(f.Seats())
	f.Later(3600)
	open := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138003"), nil)
	outcome(t, f.Try(open, "reg", "reg3"), ballot.Taken)
	outcome(t, f.Apply(vote(f.Vote(open, "reg4", func(v *motion.Vote) { v.For, v.Counter = false, 4 }))), ballot.Taken)
	outcome(t, f.Apply(f.Propose(f.Motion(motion.SetPolicy, policyItems(f, 7), nil), "reg2")), ballot.Taken)
	gone := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138004"), nil)
	outcome(t, f.Apply(f.Propose(gone, "reg")), ballot.Taken)
	op := chartertest.Issuer("op")
	w, err := motion.Withdrawal{Federation: gone.Federation, Motion: gone.ID, By: op.Public(), Time: f.Now}.Sign(op)
	if err != nil {
		t.Fatal(err)
	}
	outcome(t, f.Apply(withdraw(w)), ballot.Taken)
	return f, note, size
}

func TestSnapshot(t *testing.T) {
	f, note, size := busy(t)
	snapshot, err := f.State.Snapshot(note)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ballot.SnapshotNote(snapshot); err != nil || !bytes.Equal(got, note) {
		t.Errorf("the snapshot begins with %.40q: %v", got, err)
	}
	s, err := restore(f, size, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	s.Carried(f.Seats())
	if s.Digest() != f.State.Digest() {
		t.Error("what was restored is not what was")
	}
	again, err := s.Snapshot(note)
	if err != nil || !bytes.Equal(again, snapshot) {
		t.Errorf("its snapshot is another: %v", err)
	}
	// From the genesis, where nothing is certified yet.
	whole, err := f.State.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = restore(f, 1, whole); err != nil {
		t.Fatal(err)
	}
	s.Carried(f.Seats())
	if s.Digest() != f.State.Digest() {
		t.Error("what was restored from the genesis is not what was")
	}
	// And both go on alike.
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138005"), nil)
	for _, m := range f.Quorum() {
		command := f.Propose(p, m)
		if a, b := f.Apply(command), s.Apply(command); a.Outcome != b.Outcome {
			t.Errorf("%s and %s %v", a.Outcome, b.Outcome, b.Refusal)
		}
	}
	if s.Digest() != f.State.Digest() {
		t.Error("they went on differently")
	}
}

// TestEnactedOnce tries to enter a motion a second time: by the same commands, after a
// restore, in a generation that begins where it lies in the ledger, and after it expired.
func TestEnactedOnce(t *testing.T) {
	f := begun(t, 4, nil)
	p := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	first := f.Carry(p)
	again := func(s *ballot.State, want ballot.Outcome, code enact.Code) {
		t.Helper()
		for _, m := range f.Seats() {
			for _, command := range [][]byte{f.Propose(p, m), vote(f.Vote(p, m, func(v *motion.Vote) { v.Counter = 9 }))} {
				r := s.Apply(command)
				outcome(t, r, want)
				if len(r.Entries) != 0 || code != 0 && r.Verb == ballot.Propose && r.Refusal.Code != code {
					t.Errorf("%s made %d entries: %v", r.Verb, len(r.Entries), r.Refusal)
				}
			}
		}
	}
	again(f.State, ballot.Known, 0)
	snapshot, err := f.State.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := restore(f, 1, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	again(s, ballot.Known, 0)
	again(ballot.NewState(f.Follow()), ballot.Known, 0)
	// A generation that starts below it holds nothing of it, and may take it anew.
	below := ballot.NewState(follow(f, f.Entries[:first-1]))
	outcome(t, below.Apply(f.Propose(p, "reg")), ballot.Taken)
	// Once it cannot be voted on it is forgotten, and refused for that.
	f.Later(7 * 86400)
	again(f.State, ballot.Known, 0) // until this very second
	f.Later(1)
	again(f.State, ballot.Refused, enact.Expired)
	if f.State.Past().HasEnacted(p.ID) {
		t.Error("it is remembered for longer than it must be")
	}
}

// TestForgedSnapshot hands in snapshots that are not what they should be. No bit in one is
// free: there is no signature in it more than it takes.
func TestForgedSnapshot(t *testing.T) {
	f, note, size := busy(t)
	snapshot, err := f.State.Snapshot(note)
	if err != nil {
		t.Fatal(err)
	}
	past := follow(f, f.Entries[:size-1])
	for i := 0; i < len(snapshot); i += 1 + len(snapshot)/150 {
		forged := bytes.Clone(snapshot)
		forged[i] ^= 1 << (i % 8)
		if s, err := ballot.Restore(past.Clone(), forged); err == nil {
			t.Errorf("a bit flipped in byte %d of %d is taken: %v", i, len(snapshot), s.Digest())
		}
		if _, err := ballot.Restore(past.Clone(), snapshot[:i]); err == nil {
			t.Errorf("%d of %d bytes are taken", i, len(snapshot))
		}
	}
	if _, err := restore(f, size, append(bytes.Clone(snapshot), 0)); err == nil {
		t.Error("a byte too many is taken")
	}
	if _, err := restore(f, f.State.Size(), snapshot); err == nil {
		t.Error("it is taken on another Past than that of its checkpoint")
	}
	// A withdrawal by another than the proposer, of the same length.
	gone := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138006"), nil)
	outcome(t, f.Apply(f.Propose(gone, "reg")), ballot.Taken)
	words := make(map[string][]byte)
	for _, key := range []keys.Private{chartertest.Issuer("op"), chartertest.Issuer("vendor")} {
		w, err := motion.Withdrawal{Federation: gone.Federation, Motion: gone.ID, By: key.Public(), Time: f.Now}.Sign(key)
		if err != nil {
			t.Fatal(err)
		}
		words[key.Public().String()] = w.Bytes()
	}
	op, vendor := words[chartertest.Issuer("op").Public().String()], words[chartertest.Issuer("vendor").Public().String()]
	outcome(t, f.Apply(raw(ballot.Withdraw, op)), ballot.Taken)
	if snapshot, err = f.State.Snapshot(note); err != nil {
		t.Fatal(err)
	}
	forged := bytes.Replace(snapshot, op, vendor, 1)
	if bytes.Equal(forged, snapshot) {
		t.Fatal("the snapshot does not hold the withdrawal")
	}
	if _, err := restore(f, size, forged); err == nil {
		t.Error("a withdrawal by another than the proposer is taken")
	}
	// One that tells no decision, on a ledger that has gone on since.
	if snapshot, err = f.State.Snapshot(f.Certify(f.Quorum()...)); err != nil {
		t.Fatal(err)
	}
	f.Later(60)
	if _, err := restore(f, f.State.Size(), snapshot); err == nil {
		t.Error("it is taken on a larger Past than that of its checkpoint")
	}
	if _, err := f.State.Snapshot(f.Certify("reg", "reg2")); err == nil {
		t.Error("a snapshot begins with what is not certified")
	}
}

// TestSnapshotWithoutOpenings: what is not certified is alive, and who restores it without
// its openings would come to the same tree and to another list.
func TestSnapshotWithoutOpenings(t *testing.T) {
	f, note, size := busy(t)
	snapshot, err := f.State.Snapshot(note)
	if err != nil {
		t.Fatal(err)
	}
	stay := f.Entries[size].Opening
	forged := bytes.Replace(snapshot, wire.AppendBytes(nil, stay), wire.AppendBytes(nil, nil), 1)
	if len(stay) == 0 || bytes.Equal(forged, snapshot) {
		t.Fatal("the snapshot does not hold the stay")
	}
	if _, err := restore(f, size, forged); err == nil {
		t.Error("a stay is restored without its opening")
	}
}

// TestSnapshotOfAMotionWithoutVotes: the only regulator that voted for it lost its seat.
func TestSnapshotOfAMotionWithoutVotes(t *testing.T) {
	f := begun(t, 4, nil)
	outcome(t, f.Apply(f.Propose(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), "reg4")), ballot.Taken)
	f.Carry(f.Remove("reg4"))
	outcome(t, settle(f, "reg", "reg2", "reg3", "reg4"), ballot.Entered)
	f.State.Carried(f.Seats())
	snapshot, err := f.State.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := restore(f, 1, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	s.Carried(f.Seats())
	if s.Digest() != f.State.Digest() || len(s.Docket().Motions) != 1 {
		t.Error("what was restored is not what was")
	}
}

// TestUnsettledSnapshot restores in the pause after a set change.
func TestUnsettledSnapshot(t *testing.T) {
	f := begun(t, 4, nil)
	note, size := f.Certify(f.Seats()...), f.State.Size()
	f.Carry(f.Admit("op"))
	snapshot, err := f.State.Snapshot(note)
	if err != nil {
		t.Fatal(err)
	}
	s, err := restore(f, size, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	command := tick(f.Times(f.Quorum(), nil))
	for _, one := range []*ballot.State{f.State, s, ballot.NewState(f.Follow())} {
		if r := one.Apply(command); r.Outcome != ballot.Refused || r.Refusal.Code != enact.Paused {
			t.Errorf("got %s %v, want it paused", r.Outcome, r.Refusal)
		}
	}
	// A snapshot from the change's own certified checkpoint waits as well, for the ledger
	// itself is to tell of it.
	certified := f.Certify(f.Seats()...)
	if snapshot, err = f.State.Snapshot(certified); err != nil {
		t.Fatal(err)
	}
	if s, err = restore(f, f.State.Size(), snapshot); err != nil {
		t.Fatal(err)
	}
	if r := s.Apply(command); r.Outcome != ballot.Refused || r.Refusal.Code != enact.Paused {
		t.Errorf("got %s %v, want it paused", r.Outcome, r.Refusal)
	}
	outcome(t, s.Apply(ballot.SettleCommand(certified)), ballot.Entered)
}

// TestSettlementIsInTheLedger: who follows takes nothing behind a change of the
// regulators but its checkpoint, cosigned by the old and the new ones, and nothing of
// the kind anywhere else.
func TestSettlementIsInTheLedger(t *testing.T) {
	f := begun(t, 4, nil)
	f.Carry(f.Admit("op"))
	old := []string{"reg", "reg2", "reg3"}
	past := f.Follow()
	if past.Unsettled() == nil {
		t.Fatal("the change is settled before it is")
	}
	for name, entry := range map[string]motion.Entry{
		"a tick":                       f.Times(f.Quorum(), nil),
		"a checkpoint of the old ones": motion.Settlement{Note: f.Certify(old...)},
		"one of nobody":                motion.Settlement{Note: []byte("nothing")},
	} {
		if _, err := past.Clone().Enter([]ledger.Entry{{Data: entry.Bytes()}}); err == nil {
			t.Errorf("%s follows the change", name)
		}
	}
	note := f.Certify(f.Seats()...)
	d, err := past.Enter([]ledger.Entry{{Data: motion.Settlement{Note: note}.Bytes()}})
	if err != nil || d.Settled.Size != d.First || past.Unsettled() != nil {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := past.Enter([]ledger.Entry{{Data: motion.Settlement{Note: note}.Bytes()}}); err == nil {
		t.Error("a second settlement")
	}
}

// TestRelease forgets what is certified.
func TestRelease(t *testing.T) {
	f, note, size := busy(t)
	f.State.Release(size)
	before := f.State.Digest()
	if _, err := f.State.Snapshot(note); err != nil {
		t.Error(err)
	}
	f.State.Release(f.State.Size())
	if _, err := f.State.Snapshot(note); err == nil {
		t.Error("a snapshot begins with what was released")
	}
	now := f.Certify(f.Seats()...)
	snapshot, err := f.State.Snapshot(now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := restore(f, f.State.Size(), snapshot)
	if err != nil {
		t.Fatal(err)
	}
	s.Carried(f.Seats())
	if f.State.Digest() != before || s.Digest() != before {
		t.Error("releasing changed what replicas agree on")
	}
}
