package overlay

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/multiformats/go-multihash"

	"ringfence/store/keys"
)

func testCID(t testing.TB) cid.Cid {
	t.Helper()
	hash, err := multihash.Sum([]byte("federation"), multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(cid.DagCBOR, hash)
}

// signedRecord seals a record of who by the key of by.
func signedRecord(t testing.TB, by, who byte, number uint64, addrs ...string) []byte {
	t.Helper()
	private, _, err := identity(keys.FromSeed([32]byte{by}))
	if err != nil {
		t.Fatal(err)
	}
	_, id, err := identity(keys.FromSeed([32]byte{who}))
	if err != nil {
		t.Fatal(err)
	}
	rec := &peer.PeerRecord{PeerID: id, Seq: number}
	for _, a := range addrs {
		m, err := ma.NewMultiaddr(a)
		if err != nil {
			t.Fatal(err)
		}
		rec.Addrs = append(rec.Addrs, m)
	}
	envelope, err := record.Seal(rec, private)
	if err != nil {
		t.Fatal(err)
	}
	b, err := envelope.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadRecordWantsTheHostsOwnSignature(t *testing.T) {
	k, rec, err := readRecord(signedRecord(t, 1, 1, 7, "/ip4/192.0.2.1/tcp/7400"))
	if err != nil || k != keys.FromSeed([32]byte{1}).Public() || rec.Seq != 7 {
		t.Fatalf("%v, %+v, %v", k, rec, err)
	}
	if _, _, err := readRecord(signedRecord(t, 1, 2, 7)); err == nil || !strings.Contains(err.Error(), "another has signed") {
		t.Errorf("signed by another: %v", err)
	}
	broken := signedRecord(t, 1, 1, 7)
	broken[len(broken)-1] ^= 1
	if _, _, err := readRecord(broken); err == nil {
		t.Error("a broken signature is taken")
	}
	if _, _, err := readRecord(make([]byte, maxRecord+1)); err == nil {
		t.Error("a huge record is taken")
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(signedRecord(f, 1, 1, 7, "/ip4/192.0.2.1/udp/7400/quic-v1", "/dns/example.org/tcp/1"))
	f.Add(signedRecord(f, 1, 2, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, rec, err := readRecord(b)
		if err == nil && len(usables(rec.Addrs)) > maxAddresses {
			t.Error("too many addresses")
		}
	})
}

func FuzzGreeting(f *testing.F) {
	f.Add(greeting{session: [sessionSize]byte{1}, records: [][]byte{{1}, {2, 3}}}.encode())
	f.Add(greeting{brief: true}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := decodeGreeting(b)
		if err == nil && !bytes.Equal(g.encode(), b) {
			t.Errorf("%x is read as %x", b, g.encode())
		}
	})
}

func TestGreetingRefusesRecordsInABriefOne(t *testing.T) {
	if _, err := decodeGreeting(greeting{brief: true, records: [][]byte{{1}}}.encode()); err == nil {
		t.Error("taken")
	}
}

func FuzzWelcome(f *testing.F) {
	f.Add(Welcome{Federation: testCID(f), Name: "联邦", Lowest: 1, Highest: 2, Time: time.Unix(5, 0), Member: true, Version: "v", Genesis: []byte{1}}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := decodeWelcome(b)
		if err == nil && !bytes.Equal(w.encode(), b) {
			t.Errorf("%x is read as %x", b, w.encode())
		}
	})
}

func FuzzQuestion(f *testing.F) {
	f.Add(question{true}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := decodeQuestion(b)
		if err == nil && !bytes.Equal(q.encode(), b) {
			t.Errorf("%x is read as %x", b, q.encode())
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 1, 2})
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := ReadFrame(bytes.NewReader(b), 64); err == nil && len(got) > 64 {
			t.Error("a frame above the limit")
		}
	})
}

func TestClipCutsBetweenCharacters(t *testing.T) {
	for in, want := range map[string]string{"abc": "abc", "abcdef": "abcd", "ab标c": "ab", "a标": "a标", "": ""} {
		if got := clip(in, 4); got != want {
			t.Errorf("%q is cut to %q, want %q", in, got, want)
		}
	}
}

func TestAddressesOfTheConfiguration(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:7400": "192.0.2.1:7400 (udp), 192.0.2.1:7400 (tcp)",
		":7400":          "0.0.0.0:7400 (udp), 0.0.0.0:7400 (tcp)",
		"[::1]:1":        "[::1]:1 (udp), [::1]:1 (tcp)",
	} {
		got, err := listenAddrs(in)
		if err != nil || places(got) != want {
			t.Errorf("listen on %q: %s, %v", in, places(got), err)
		}
	}
	for _, in := range []string{"example.org:7400", "192.0.2.1", "192.0.2.1:99999", ""} {
		if got, err := listenAddrs(in); err == nil {
			t.Errorf("listen on %q: %s", in, places(got))
		}
	}
	if got, err := announced("example.org:7400"); err != nil || got[1].String() != "/dns/example.org/tcp/7400" {
		t.Errorf("announce: %v, %v", got, err)
	}
	if got, err := announced(":7400"); err == nil {
		t.Errorf("announce nothing: %v", got)
	}
	if _, err := parseAddress("/ip4/192.0.2.1/tcp/7400"); err == nil {
		t.Error("an address without an identity is taken")
	}
}

func TestOnlyTCPAndQUICAreUsable(t *testing.T) {
	var all []ma.Multiaddr
	for text, want := range map[string]bool{
		"/ip4/192.0.2.1/tcp/1": true, "/ip6/::1/udp/1/quic-v1": true, "/dns4/a.example/tcp/1": true,
		"/ip4/192.0.2.1/tcp/1/ws": false, "/ip4/192.0.2.1/udp/1": false, "/ip4/192.0.2.1": false, "/unix/tmp": false,
		"/ip4/192.0.2.1/tcp/1/p2p/12D3KooWHFHQhcpNYwmtFkikZw9j5kTVQxBkWhQQhpWWKYd5u18Z/p2p-circuit": false,
		"/dns/" + strings.Repeat("a", maxAddress) + "/tcp/1":                                        false,
	} {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			t.Fatal(err)
		}
		if usable(a) != want {
			t.Errorf("%s: %v", text, !want)
		}
		all = append(all, a, a)
	}
	if got := usables(all); len(got) != 3 {
		t.Errorf("of all: %v", got)
	}
}

func TestServiceNamesFitALabelAndTellFederationsApart(t *testing.T) {
	s := serviceOf(testCID(t))
	label, _, _ := strings.Cut(s, ".")
	if len(label) > 63 || !strings.HasSuffix(s, "._udp") {
		t.Errorf("%q", s)
	}
}
