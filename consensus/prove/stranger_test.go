package prove_test

import (
	"crypto/sha256"
	"testing"

	formats "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/formats/witness"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/checkpoint"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// A stranger with the page of formats, the policy file and the tools of the C2SP, and
// nothing of this project but its CBOR, verifies an entry proof.
func TestAStrangerVerifiesAnEntry(t *testing.T) {
	w := begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"))
	file := w.Entry(at + 2)

	var p formats.TLogProof
	if err := p.Unmarshal(file); err != nil {
		t.Fatal(err)
	}
	state := w.State.Constitution()
	log := checkpoint.Log(checkpoint.Origin(state.Federation()), state.LogKey())
	policy, err := state.Cosigners().Policy(log)
	if err != nil {
		t.Fatal(err)
	}
	group, err := witness.ParsePolicy([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	if !group.Satisfied(p.Checkpoint) {
		t.Error("their policy is not satisfied")
	}
	opened, err := note.Open(p.Checkpoint, note.VerifierList(log))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := checkpoint.Peek(p.Checkpoint)
	if err != nil || tree.Text() != opened.Text {
		t.Fatal(err)
	}
	// extra = [1, 1, header, opening]; opening = [salt, item]; the entry follows.
	var extra struct {
		_             struct{} `cbor:",toarray"`
		Version, Form uint8
		Header        []byte
		Opening       []byte
	}
	if err := wire.Decode(p.ExtraData, &extra); err != nil || extra.Version != 1 || extra.Form != 1 {
		t.Fatalf("%+v, %v", extra, err)
	}
	var opening struct {
		_          struct{} `cbor:",toarray"`
		Salt, Item []byte
	}
	if err := wire.Decode(extra.Opening, &opening); err != nil {
		t.Fatal(err)
	}
	id := sha256.Sum256(extra.Header)
	commitment := sha256.Sum256(append(opening.Salt, opening.Item...))
	entry := wire.AppendUint(wire.AppendUint(wire.AppendUint(wire.AppendArray(nil, 5), 1), 3), 13) // a ratify motion's
	entry = wire.AppendBytes(entry, append([]byte{0x01, 0x71, 0x12, 0x20}, id[:]...))
	entry = wire.AppendBytes(entry, commitment[:])
	var path [][]byte
	for _, h := range p.Hashes {
		path = append(path, h[:])
	}
	hasher := rfc6962.DefaultHasher
	if err := proof.VerifyInclusion(hasher, p.Index, tree.Size, hasher.HashLeaf(entry), path, tree.Root[:]); err != nil {
		t.Error(err)
	}
}

// What it costs to verify, with seven regulators. docs/claims.md has the figures.
func BenchmarkVerify(b *testing.B) {
	w := begun(b, 7)
	at := w.Enact(motion.Ratify, ballottest.Label(b, "+8613800138000"))
	list := listOf(b, 100_000)
	anchor := w.Anchor(list)
	v := w.verifier(nil)
	for name, file := range map[string][]byte{
		"entry": w.Entry(at + 1), "list": w.Must(w.Maker().Listed(b.Context(), numberOf(b, 7), anchor, list)), "full": w.Must(w.Maker().Full(b.Context(), at+1)),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := v.Verify(file); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(file)), "bytes")
		})
	}
}
