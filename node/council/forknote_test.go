package council

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/store/assertion"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/wire"
)

// forked proves that a key signed two batches for one place.
func (f *federation) forked(key keys.Private, sequence uint64) []byte {
	f.Helper()
	header := func(time int64) feed.Verified {
		h := assertion.Header{
			Federation: f.State.Constitution().Federation(), Issuer: key.Public(), Sequence: sequence, Previous: wire.CID([]byte("a parent")),
			Time: time, Count: 1, Root: merkle.Hash{9},
		}
		b, err := h.Encode()
		f.must(err)
		signed, err := assertion.Sign(b, key)
		f.must(err)
		v, err := feed.Verify(signed, h.Federation)
		f.must(err)
		return v
	}
	proof, err := feed.NewForkProof(header(chartertest.Created+1), header(chartertest.Created+2))
	f.must(err)
	return proof.Bytes()
}

// A document of evidence, as GET /v1/evidence has it, puts a fork on record: three
// regulators see whose feed it is, and vote. What proves nothing is refused before anybody
// is told.
func TestADocumentPutsAForkOnRecord(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 4)
		defer f.close()
		vendor := chartertest.Issuer("vendor")
		proof := base64.StdEncoding.EncodeToString(f.forked(vendor, 3))
		file := func(proofs ...string) api.Proposal {
			return api.Proposal{FileName: "forks.yaml", File: fmt.Sprintf(`{"kind": "note_fork", "reason": "two stories", "proofs": ["%s"]}`, strings.Join(proofs, `", "`))}
		}
		made, err := f.desks["reg"].ProposeMotion(t.Context(), file(proof, proof))
		f.must(err)
		id := made.Motion.ID
		f.everywhere(id, api.MotionOpen)
		m, err := f.desks["reg2"].Motion(t.Context(), id)
		want := fmt.Sprintf("%s forked its epoch 0 at batch 3", vendor.Public())
		if err != nil || m.Kind != "note_fork" || m.Needed != 3 || m.Reason != "two stories" || len(m.Content) != 1 || m.Content[0].Text != want {
			t.Errorf("what waits: %+v, %v", m, err)
		}
		for _, member := range []string{"reg2", "reg3"} {
			_, err := f.desks[member].VoteMotion(t.Context(), api.MotionVote{ID: id, For: true})
			f.must(err)
		}
		f.everywhere(id, api.MotionEnacted)

		broken := f.forked(vendor, 4)
		broken[len(broken)-1] ^= 1
		for text, p := range map[string]api.Proposal{
			"is noted":        file(proof),
			"proves no fork":  file(base64.StdEncoding.EncodeToString(broken)),
			"is no base64":    file("!"),
			"none is named":   {File: "kind: note_fork\n"},
			"neither numbers": {File: "kind: note_fork\nentries: [\"5\"]\n"},
			"never admitted":  file(base64.StdEncoding.EncodeToString(f.forked(chartertest.Issuer("nobody"), 3))),
		} {
			if made, err := f.desks["reg"].ProposeMotion(t.Context(), p); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %+v, %v", text, made.Motion, err)
			}
		}
	})
}
