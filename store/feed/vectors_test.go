package feed_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

var update = flag.Bool("update", false, "write testdata/forkproof.json anew: only when a format is added, never to change one")

// forkVector is a fork proof for strangers to test their verifiers against.
// Byte strings are hexadecimal.
type forkVector struct {
	About   string   `json:"about"`
	Headers []string `json:"signed_headers"` // as drawn, in no order
	CIDs    []string `json:"cids"`
	Proof   string   `json:"proof"`
}

func TestForkProofVector(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; A1 <- A2'")
	a, b := d.Verified("A2"), d.Verified("A2'")
	p, err := feed.NewForkProof(a, b)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(forkVector{
		About:   "A fork proof: two signed headers for one place, the one with the lower CID first; see docs/formats.md.",
		Headers: []string{hex.EncodeToString(a.Signed()), hex.EncodeToString(b.Signed())},
		CIDs:    []string{a.CID().String(), b.CID().String()},
		Proof:   hex.EncodeToString(p.Bytes()),
	}, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", "forkproof.json")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code makes; formats are fixed, so it is the code that is wrong", path)
	}
}
