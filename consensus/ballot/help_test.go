package ballot_test

import (
	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/assertion"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

func ptr[T any](v T) *T { return &v }

// raw is a command of a verb whose body is not what it should be.
func raw(v ballot.Verb, body []byte) []byte {
	b := wire.AppendUint(wire.AppendUint(wire.AppendArray(nil, 3), 1), uint64(v))
	return wire.AppendBytes(b, body)
}

// inDomain is a good vote of "reg2" but for the domain of its signature.
func inDomain(f *ballottest.Federation, p ballottest.Proposal, domain keys.Domain) []byte {
	type signed struct {
		_         struct{} `cbor:",toarray"`
		Vote      []byte
		Signature keys.Signature
	}
	v := f.Vote(p, "reg2", nil)
	var s signed
	if err := wire.Decode(v.Bytes(), &s); err != nil {
		f.Fatal(err)
	}
	s.Signature = ballottest.VoteKey("reg2").Sign(domain, s.Vote)
	return wire.Format(s)
}

// entriesOf is what a ledger would hold of a motion with these votes.
func entriesOf(p ballottest.Proposal, votes []motion.Vote) []ledger.Entry {
	all := []ledger.Entry{{Data: motion.MotionEntry{Motion: p.Signed, Votes: votes}.Bytes()}}
	for i := range p.Items {
		e := motion.ItemEntry{Kind: p.Kind, Motion: p.ID, Commitment: p.Items[i].Commitment()}
		all = append(all, ledger.Entry{Data: e.Bytes(), Opening: p.Items[i].Bytes()})
	}
	return all
}

// anchor is the items of an anchor of a size, with heads.
func anchor(f *ballottest.Federation, size uint64, heads ...motion.AnchoredHead) [][]byte {
	past := f.State.Past()
	unix, _ := past.TimeAt(size)
	point := motion.AnchorPoint{Size: size, Day: taxonomy.DayOf(unix), ListRoot: merkle.Hash{1}}
	items := [][]byte{point.Encode()}
	if len(heads) > 0 {
		b, err := (&motion.AnchorHeads{Heads: heads}).Encode()
		if err != nil {
			f.Fatal(err)
		}
		items = append(items, b)
	}
	return items
}

// forkProof proves that a member's first feed forked at a sequence.
func forkProof(f *ballottest.Federation, member string, sequence uint64) []byte {
	return forkOf(f, chartertest.Issuer(member), sequence)
}

func forkOf(f *ballottest.Federation, key keys.Private, sequence uint64) []byte {
	header := func(time int64) feed.Verified {
		h := assertion.Header{
			Federation: f.State.Constitution().Federation(), Issuer: key.Public(), Sequence: sequence, Previous: wire.CID([]byte("a parent")),
			Time: time, Count: 1, Root: merkle.Hash{9},
		}
		b, err := h.Encode()
		if err != nil {
			f.Fatal(err)
		}
		signed, err := assertion.Sign(b, key)
		if err != nil {
			f.Fatal(err)
		}
		v, err := feed.Verify(signed, h.Federation)
		if err != nil {
			f.Fatal(err)
		}
		return v
	}
	proof, err := feed.NewForkProof(header(chartertest.Created+1), header(chartertest.Created+2))
	if err != nil {
		f.Fatal(err)
	}
	return proof.Bytes()
}

// readEntries is some entries of any bytes: the first two bytes of each are its length.
func readEntries(in []byte) (all []ledger.Entry) {
	all = append(all, ledger.Entry{Data: in})
	for len(in) > 2 {
		n := min(int(in[0])<<8+int(in[1]), len(in)-2)
		all = append(all, ledger.Entry{Data: in[2 : 2+n], Opening: in[2+n:]})
		in = in[2+n:]
	}
	return all
}
