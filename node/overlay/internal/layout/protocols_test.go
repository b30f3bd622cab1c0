package layout

import (
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

func testCID(t testing.TB) cid.Cid {
	t.Helper()
	hash, err := multihash.Sum([]byte("federation"), multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(cid.DagCBOR, hash)
}

func TestServiceNamesFitALabelAndTellFederationsApart(t *testing.T) {
	s := ServiceOf(testCID(t))
	label, _, _ := strings.Cut(s, ".")
	if len(label) > 63 || !strings.HasSuffix(s, "._udp") {
		t.Errorf("%q", s)
	}
}
