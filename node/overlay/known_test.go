package overlay

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// seeds is a roster of the keys made of single bytes.
type seeds []byte

func (s seeds) Host(k keys.Public) (charter.MemberIndex, bool) {
	i := slices.IndexFunc(s, func(b byte) bool { return keys.FromSeed([32]byte{b}).Public() == k })
	return charter.MemberIndex(max(i, 0)), i >= 0
}

func (s seeds) Hosts() (out []keys.Public) {
	for _, b := range s {
		out = append(out, keys.FromSeed([32]byte{b}).Public())
	}
	return out
}

func testCID() cid.Cid { return assertion.CID([]byte("federation")) }

func quiet(t *testing.T, change func(*Config)) *Overlay {
	t.Helper()
	r := seeds{1, 2, 3}
	cfg := Config{Key: keys.FromSeed([32]byte{1}), Federation: testCID(), Roster: r, Hosts: r.Hosts}
	if change != nil {
		change(&cfg)
	}
	o, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func TestAddressesToStartFromMustBeMembers(t *testing.T) {
	o := quiet(t, func(cfg *Config) {
		for _, b := range []byte{1, 2, 9} {
			_, id, err := hosts.Identity(keys.FromSeed([32]byte{b}))
			if err != nil {
				t.Fatal(err)
			}
			cfg.Bootstrap = append(cfg.Bootstrap, "/ip4/192.0.2.1/tcp/1/p2p/"+id.String())
		}
	})
	known := 0
	for _, b := range []byte{1, 2, 3, 9} {
		known += len(o.book.Addresses(keys.FromSeed([32]byte{b}).Public()))
	}
	if known != 1 {
		t.Errorf("%d addresses, want the one of host 2", known)
	}
	cfg := Config{Key: keys.FromSeed([32]byte{1}), Federation: testCID(), Roster: seeds{1}, Hosts: seeds{1}.Hosts, Bootstrap: []string{"192.0.2.1:7400"}}
	if _, err := New(cfg); err == nil {
		t.Error("an address without an identity is taken")
	}
	if _, err := New(Config{}); err == nil {
		t.Error("an empty configuration is taken")
	}
}

// An address to start from of somebody who is no member yet is kept, and is of use once
// he is one.
func TestAnAddressOfWhoIsAdmittedLater(t *testing.T) {
	_, id, err := hosts.Identity(keys.FromSeed([32]byte{9}))
	if err != nil {
		t.Fatal(err)
	}
	late := keys.FromSeed([32]byte{9}).Public()
	r := &changing{seeds{1, 2}}
	o := quiet(t, func(cfg *Config) {
		cfg.Roster, cfg.Hosts = r, func() []keys.Public { return r.Hosts() }
		cfg.Bootstrap = []string{"/ip4/192.0.2.1/tcp/1/p2p/" + id.String()}
	})
	o.Reconsider()
	if len(o.Reachable()) != 0 {
		t.Fatalf("before he is a member %v are in reach", o.Reachable())
	}
	r.seeds = seeds{1, 2, 9}
	o.Reconsider()
	if got := o.Reachable(); len(got) != 1 || got[0] != late {
		t.Errorf("in reach are %v, want who was admitted", got)
	}
}

// changing is a roster that changes.
type changing struct{ seeds }

// memory is a book of records.
type memory [][]byte

func (m memory) Records() ([][]byte, error)     { return m, nil }
func (m memory) Keep(keys.Public, []byte) error { return nil }

// idOf returns the peer ID of the key made of one byte.
func idOf(t *testing.T, b byte) peer.ID {
	t.Helper()
	id, err := hosts.PeerID(keys.FromSeed([32]byte{b}).Public())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// signedRecord returns a record of where a host is, by its own key.
func signedRecord(t *testing.T, b byte, number uint64, at string) []byte {
	t.Helper()
	private, id, err := hosts.Identity(keys.FromSeed([32]byte{b}))
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := record.Seal(&peer.PeerRecord{PeerID: id, Seq: number, Addrs: []ma.Multiaddr{ma.StringCast(at)}}, private)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := envelope.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// Strangers who open connections and prove nothing leave room for members: at the
// addresses that the configuration gave, that the book kept, and that a record has
// told since; not where only the local network saw them, nor where one was.
func TestMembersGetInWhereTheyAreKnownToBe(t *testing.T) {
	given := "/ip4/192.0.2.1/tcp/1/p2p/" + idOf(t, 2).String()
	o := quiet(t, func(cfg *Config) {
		cfg.Bootstrap = []string{given}
		cfg.Book = memory{signedRecord(t, 2, 1, "/ip4/192.0.2.2/udp/1/quic-v1"), signedRecord(t, 3, 1, "/ip4/192.0.2.3/tcp/1")}
	})
	time.Sleep(layout.RecordEvery)
	if err := o.book.Take(signedRecord(t, 3, 2, "/ip4/192.0.2.4/tcp/1")); err != nil {
		t.Fatal(err)
	}
	o.Find(peer.AddrInfo{ID: idOf(t, 3), Addrs: []ma.Multiaddr{ma.StringCast("/ip4/192.0.2.5/tcp/1")}})
	from := func(at string) error {
		_, err := o.resources.OpenConnection(network.DirInbound, false, ma.StringCast(at+"/tcp/2"))
		return err
	}
	for i := range layout.MaxHalfOpen {
		if err := from(fmt.Sprintf("/ip4/10.0.%d.%d", i/256, i%256)); err != nil {
			t.Fatalf("half-open connection %d: %v", i, err)
		}
	}
	for at, want := range map[string]bool{
		"/ip4/10.1.0.0": false, "/ip4/192.0.2.1": true, "/ip4/192.0.2.2": true, "/ip4/192.0.2.3": false, "/ip4/192.0.2.4": true, "/ip4/192.0.2.5": false,
	} {
		if err := from(at); (err == nil) != want {
			t.Errorf("from %s: %v, want room: %v", at, err, want)
		}
	}
}
