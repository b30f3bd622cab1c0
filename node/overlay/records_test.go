package overlay

import (
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/node/overlay/internal/hosts"
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
