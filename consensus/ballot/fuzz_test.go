package ballot_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/store/charter/chartertest"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// regulators of the fuzzed federations; the last is no regulator at first.
var fuzzSeats = [...]string{"reg", "reg2", "reg3", "reg4", "op"}

// writer turns bytes into commands of a small world, so that votes meet motions.
type writer struct {
	*ballottest.Federation

	proposals []ballottest.Proposal
	commands  [][]byte
	counter   uint64
}

func (w *writer) propose(p ballottest.Proposal, member string) []byte {
	w.proposals = append(w.proposals, p)
	return w.Propose(p, member)
}

// next returns the command that two bytes stand for; nil for none.
func (w *writer) next(op, arg byte) []byte {
	seat := fuzzSeats[int(arg)%len(fuzzSeats)]
	past := w.State.Past()
	subject := fmt.Sprintf("+86138001380%02d", arg%32)
	switch op % 16 {
	case 0:
		return w.propose(w.Motion(motion.Ratify, ballottest.Label(w, subject, "+8613800138099"), nil), seat)
	case 1:
		return w.propose(w.Motion(motion.Ratify, [][]byte{ballottest.Rule(w, subject, "block", "crm.fraud.loan")}, nil), seat)
	case 2:
		return w.propose(w.Motion(motion.Stay, ballottest.Reverse(uint64(arg)), nil), seat)
	case 3:
		return w.propose(w.Motion(motion.Revoke, ballottest.Reverse(uint64(arg)/4, uint64(arg)), nil), seat)
	case 4:
		head := motion.AnchoredHead{Issuer: uint32(arg % 6), Sequence: uint64(arg), Digest: merkle.Hash{arg / 64}, Frozen: arg%16 == 5}
		return w.propose(w.Motion(motion.Anchor, anchor(w.Federation, past.Size(), head), nil), seat)
	case 5:
		if _, seated := past.State().Regulator(ballottest.VoteKey(seat).Public()); seated {
			return w.propose(w.Remove(seat), seat)
		}
		return w.propose(w.Admit(seat), fuzzSeats[0])
	case 6:
		return w.propose(w.Motion(motion.SetPolicy, policyItems(w.Federation, 1+uint16(arg%3)), nil), seat)
	case 7, 8, 9:
		return w.vote(arg, op < 200)
	case 10:
		w.Now += int64(arg) * 1200
		return tick(w.Times(w.Quorum(), nil))
	case 11:
		return ballot.SettleCommand(w.Certify(fuzzSeats[:]...))
	case 12:
		if len(w.proposals) == 0 {
			return nil
		}
		p, key := w.proposals[int(arg)%len(w.proposals)], chartertest.Issuer("op")
		word, err := motion.Withdrawal{Federation: p.Federation, Motion: p.ID, By: key.Public(), Time: w.Now}.Sign(key)
		if err != nil {
			w.Fatal(err)
		}
		return withdraw(word)
	case 13:
		return ballot.MarkCommand()
	}
	if len(w.commands) == 0 {
		return nil
	}
	again := w.commands[int(arg)%len(w.commands)] // replayed
	if op%16 == 15 {
		again = bytes.Clone(again) // or spoilt
		again[int(arg)*7%len(again)] ^= 1 << (arg % 8)
	}
	return again
}

func (w *writer) vote(arg byte, inFavour bool) []byte {
	if len(w.proposals) == 0 {
		return nil
	}
	p := w.proposals[len(w.proposals)-1-int(arg)/5%min(4, len(w.proposals))]
	return vote(w.Vote(p, fuzzSeats[int(arg)%len(fuzzSeats)], func(v *motion.Vote) {
		w.counter++
		v.For, v.Counter = inFavour, w.counter
	}))
}

// FuzzApply has replicas apply the same commands: two from the beginning, and one that is
// restored from a snapshot wherever the input says so. They and a follower of the entries
// must agree, at every step.
func FuzzApply(f *testing.F) {
	f.Add([]byte("\x00\x00\x07\x01\x07\x02\x02\x03\x0a\x09\x03\x03\x07\x01"))
	f.Add([]byte("\x01\x05\x07\x01\x07\x02\x10\x00\x05\x04\x07\x01\x07\x02\x0b\x00\x0a\x60\x10\x00"))
	f.Add([]byte("\x04\x03\x07\x01\x07\x02\x06\x01\x07\x01\x07\x02\x0e\x03\x0f\x05\x0c\x00"))
	f.Add([]byte("\x05\x03\x07\x01\x07\x02\x0b\x07\x00\x03\x07\x03\x07\x00\x07\x01\x0a\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		w := &writer{Federation: ballottest.Begun(t, 4, nil)}
		two, restored := stateOf(t, w.Federation), stateOf(t, w.Federation)
		for i := 0; i+1 < len(in) && i < 80; i += 2 {
			if in[i]%32 == 16 {
				restored = again(t, w.Federation)
				continue
			}
			command := w.next(in[i], in[i+1])
			if command == nil {
				continue
			}
			w.commands = append(w.commands, command)
			one := w.Apply(command)
			if other := two.Apply(command); !reflect.DeepEqual(one.Entries, other.Entries) || !reflect.DeepEqual(one.Refusal, other.Refusal) || one.Outcome != other.Outcome {
				t.Fatalf("two replicas made %s %v and %s %v of one command", one.Outcome, one.Refusal, other.Outcome, other.Refusal)
			}
			if other := restored.Apply(command); !reflect.DeepEqual(one.Entries, other.Entries) || !reflect.DeepEqual(one.Refusal, other.Refusal) {
				t.Fatalf("a restored replica made %s %v, the others %s %v", other.Outcome, other.Refusal, one.Outcome, one.Refusal)
			}
			if in[i]%16 == 11 {
				for _, s := range []*ballot.State{w.State, two, restored} {
					s.Carried(w.Seats())
				}
			}
			if want := w.State.Digest(); two.Digest() != want || restored.Digest() != want {
				t.Fatalf("after %s the replicas differ", one.Verb)
			}
		}
		if got, want := w.Follow().Digest(), w.State.Past().Digest(); got != want {
			t.Error("a follower differs from the regulators")
		}
	})
}

// stateOf is a State that has applied nothing, at the entries so far.
func stateOf(t *testing.T, f *ballottest.Federation) *ballot.State {
	t.Helper()
	return ballot.NewState(f.Follow())
}

// again restores a replica from a snapshot of what stands, certified as far as can be.
func again(t *testing.T, f *ballottest.Federation) *ballot.State {
	t.Helper()
	note, size := []byte(nil), uint64(1)
	snapshot, err := f.State.Snapshot(note)
	if f.State.Docket().Paused == nil {
		note, size = f.Certify(fuzzSeats[:]...), f.State.Size()
		snapshot, err = f.State.Snapshot(note)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := restore(f, size, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if f.State.Docket().NotCarried == nil {
		s.Carried(f.Seats())
	}
	return s
}

// FuzzBytes hands whatever bytes to everything that reads some: nothing panics, and what
// is refused changes nothing.
func FuzzBytes(f *testing.F) {
	world := ballottest.Begun(f, 4, nil)
	p := world.Motion(motion.Ratify, ballottest.Label(f, "+8613800138000"), nil)
	f.Add(world.Propose(p, "reg"))
	f.Add(vote(world.Vote(p, "reg2", nil)))
	f.Add(tick(world.Times(world.Quorum(), nil)))
	f.Add(ballot.SettleCommand(world.Certify("reg")))
	f.Add(ballot.MarkCommand())
	f.Add(world.Entries[0].Data)
	world.Apply(world.Propose(p, "reg"))
	snapshot, err := world.State.Snapshot(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(snapshot)
	past := world.Follow()
	f.Fuzz(func(t *testing.T, in []byte) {
		s := ballot.NewState(past.Clone())
		before := s.Digest()
		if r := s.Apply(in); r.Outcome == ballot.Refused && s.Digest() != before {
			t.Errorf("refused as %v, it changed the state", r.Refusal)
		}
		young, _, err := enact.Begin(world.Genesis)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = ballot.SnapshotNote(in)
		_, _ = ballot.Restore(young.Clone(), in)
		_, _ = young.Enter(readEntries(in))
	})
}
