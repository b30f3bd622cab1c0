package overlay

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

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

// shelf is a book that may be out of order.
type shelf struct {
	kept   [][]byte
	broken bool
}

func (s *shelf) Records() ([][]byte, error) { return s.kept, nil }

func (s *shelf) Keep(_ keys.Public, record []byte) error {
	if s.broken {
		return errors.New("no room on the shelf")
	}
	s.kept = append(s.kept, record)
	return nil
}

func quiet(t *testing.T, change func(*Config)) *Overlay {
	t.Helper()
	r := seeds{1, 2, 3}
	cfg := Config{Key: keys.FromSeed([32]byte{1}), Federation: testCID(t), Roster: r, Hosts: r.Hosts}
	if change != nil {
		change(&cfg)
	}
	o, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestTheNewestRecordOfAMemberIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := new(shelf)
		o := quiet(t, func(cfg *Config) { cfg.Book = book })
		defer func() { _ = o.Close() }()
		for _, c := range []struct {
			name   string
			record []byte
			want   string // address of host 2 afterwards
			kept   int
			wrong  bool
		}{
			{"the first", signedRecord(t, 2, 2, 5, "/ip4/192.0.2.1/tcp/1"), "192.0.2.1:1 (tcp)", 1, false},
			{"the same", signedRecord(t, 2, 2, 5, "/ip4/192.0.2.1/tcp/1"), "192.0.2.1:1 (tcp)", 1, false},
			{"an older one", signedRecord(t, 2, 2, 4, "/ip4/192.0.2.2/tcp/1"), "192.0.2.1:1 (tcp)", 1, false},
			{"a stranger's", signedRecord(t, 9, 9, 9, "/ip4/192.0.2.3/tcp/1"), "192.0.2.1:1 (tcp)", 1, false},
			{"another's signature", signedRecord(t, 3, 2, 9, "/ip4/192.0.2.4/tcp/1"), "192.0.2.1:1 (tcp)", 1, true},
			{"a newer one", signedRecord(t, 2, 2, 6, "/ip4/192.0.2.5/tcp/1", "/ip4/192.0.2.5/tcp/1/ws"), "192.0.2.5:1 (tcp)", 2, false},
			{"nowhere any more", signedRecord(t, 2, 2, 7), "", 3, false},
		} {
			if err := o.take(c.record, true); (err != nil) != c.wrong {
				t.Errorf("%s: %v", c.name, err)
			}
			if got := o.Peers()[0].Address; got != c.want || len(book.kept) != c.kept {
				t.Errorf("%s: address %q, %d kept; want %q, %d", c.name, got, len(book.kept), c.want, c.kept)
			}
			time.Sleep(recordEvery)
		}
		if err := o.take(signedRecord(t, 2, 2, 8, "/ip4/192.0.2.6/tcp/1"), true); err != nil {
			t.Error(err)
		}
		if err := o.take(signedRecord(t, 2, 2, 9, "/ip4/192.0.2.7/tcp/1"), true); err != nil || len(book.kept) != 4 {
			t.Errorf("two records in one second: %d kept, %v", len(book.kept), err)
		}
		book.broken = true
		time.Sleep(recordEvery)
		if err := o.take(signedRecord(t, 3, 3, 1, "/ip4/192.0.2.8/tcp/1"), true); err != nil || o.Peers()[1].Address == "" {
			t.Errorf("with a broken book: %v", err)
		}

		again := quiet(t, func(cfg *Config) {
			cfg.Book = &shelf{kept: append(slices.Clone(book.kept), []byte("what a later release wrote"))}
		})
		defer func() { _ = again.Close() }()
		if got := again.Peers()[0].Address; got != "192.0.2.1:1 (tcp)" {
			t.Errorf("from the book: %q", got) // a real one holds one record a host
		}
	})
}

func TestTheOwnRecordOutdoesOneOfAnEarlierLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet(t, func(cfg *Config) { cfg.Announce = []string{"example.org:7400"} })
		defer func() { _ = o.Close() }()
		ahead := uint64(time.Now().Add(24 * time.Hour).UnixNano())
		before := o.greeting(false).records[0]
		if err := o.take(signedRecord(t, 1, 1, ahead, "/ip4/192.0.2.1/tcp/1"), true); err != nil {
			t.Fatal(err)
		}
		after := o.greeting(false).records[0]
		_, rec, err := readRecord(after)
		if err != nil || bytes.Equal(before, after) || rec.Seq <= ahead {
			t.Errorf("sequence number %d, want above %d; %v", rec.Seq, ahead, err)
		}
		if len(rec.Addrs) != 2 || rec.Addrs[0].String() != "/dns/example.org/udp/7400/quic-v1" {
			t.Errorf("addresses %v", rec.Addrs)
		}
		if got := o.greeting(false).records[0]; !bytes.Equal(got, after) {
			t.Error("signed anew without a reason")
		}
	})
}

func TestAddressesToStartFromMustBeMembers(t *testing.T) {
	o := quiet(t, func(cfg *Config) {
		for _, b := range []byte{1, 2, 9} {
			_, id, err := identity(keys.FromSeed([32]byte{b}))
			if err != nil {
				t.Fatal(err)
			}
			cfg.Bootstrap = append(cfg.Bootstrap, "/ip4/192.0.2.1/tcp/1/p2p/"+id.String())
		}
	})
	defer func() { _ = o.Close() }()
	if n := len(o.ways); n != 1 {
		t.Errorf("%d ways, want the one to host 2", n)
	}
	cfg := Config{Key: keys.FromSeed([32]byte{1}), Federation: testCID(t), Roster: seeds{1}, Hosts: seeds{1}.Hosts, Bootstrap: []string{"192.0.2.1:7400"}}
	if _, err := New(cfg); err == nil {
		t.Error("an address without an identity is taken")
	}
	if _, err := New(Config{}); err == nil {
		t.Error("an empty configuration is taken")
	}
}
