package book

import (
	"bytes"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// signedRecord seals a record of who by the key of by.
func signedRecord(t testing.TB, by, who byte, number uint64, addrs ...string) []byte {
	t.Helper()
	private, _, err := hosts.Identity(keys.FromSeed([32]byte{by}))
	if err != nil {
		t.Fatal(err)
	}
	_, id, err := hosts.Identity(keys.FromSeed([32]byte{who}))
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
	k, rec, err := read(signedRecord(t, 1, 1, 7, "/ip4/192.0.2.1/tcp/7400"))
	if err != nil || k != keys.FromSeed([32]byte{1}).Public() || rec.Seq != 7 {
		t.Fatalf("%v, %+v, %v", k, rec, err)
	}
	if _, _, err := read(signedRecord(t, 1, 2, 7)); err == nil || !strings.Contains(err.Error(), "another has signed") {
		t.Errorf("signed by another: %v", err)
	}
	broken := signedRecord(t, 1, 1, 7)
	broken[len(broken)-1] ^= 1
	if _, _, err := read(broken); err == nil {
		t.Error("a broken signature is taken")
	}
	if _, _, err := read(make([]byte, layout.MaxRecord+1)); err == nil {
		t.Error("a huge record is taken")
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(signedRecord(f, 1, 1, 7, "/ip4/192.0.2.1/udp/7400/quic-v1", "/dns/example.org/tcp/1"))
	f.Add(signedRecord(f, 1, 2, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, rec, err := read(b)
		if err == nil && len(address.Usables(rec.Addrs)) > layout.MaxAddresses {
			t.Error("too many addresses")
		}
	})
}

func FuzzGreeting(f *testing.F) {
	f.Add(Greeting{Session: Session{1}, Records: [][]byte{{1}, {2, 3}}}.Encode())
	f.Add(Greeting{Brief: true}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := DecodeGreeting(b)
		if err == nil && !bytes.Equal(g.Encode(), b) {
			t.Errorf("%x is read as %x", b, g.Encode())
		}
	})
}

func TestGreetingRefusesRecordsInABriefOne(t *testing.T) {
	if _, err := DecodeGreeting(Greeting{Brief: true, Records: [][]byte{{1}}}.Encode()); err == nil {
		t.Error("taken")
	}
}
