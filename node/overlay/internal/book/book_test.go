package book

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// key is the host key made of one byte.
func key(b byte) keys.Public { return keys.FromSeed([32]byte{b}).Public() }

// memory is a shelf that may be out of order.
type memory struct {
	kept   [][]byte
	broken bool
}

func (s *memory) Records() ([][]byte, error) { return s.kept, nil }

func (s *memory) Keep(_ keys.Public, record []byte) error {
	if s.broken {
		return errors.New("no room on the shelf")
	}
	s.kept = append(s.kept, record)
	return nil
}

// first opens the book of host 1 in a federation of three.
func first(t testing.TB, change func(*Config)) *Book {
	t.Helper()
	private, _, err := hosts.Identity(keys.FromSeed([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Self: key(1), Key: private, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Member: func(host keys.Public) bool { return host == key(1) || host == key(2) || host == key(3) },
	}
	if change != nil {
		change(&cfg)
	}
	b := New(cfg)
	if err := b.Open(); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheNewestRecordOfAMemberIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := new(memory)
		b := first(t, func(cfg *Config) { cfg.Shelf = shelf })
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
			if err := b.Take(c.record); (err != nil) != c.wrong {
				t.Errorf("%s: %v", c.name, err)
			}
			if got := address.Places(b.Addresses(key(2))); got != c.want || len(shelf.kept) != c.kept {
				t.Errorf("%s: address %q, %d kept; want %q, %d", c.name, got, len(shelf.kept), c.want, c.kept)
			}
			time.Sleep(layout.RecordEvery)
		}
		if err := b.Take(signedRecord(t, 2, 2, 8, "/ip4/192.0.2.6/tcp/1")); err != nil {
			t.Error(err)
		}
		if err := b.Take(signedRecord(t, 2, 2, 9, "/ip4/192.0.2.7/tcp/1")); err != nil || len(shelf.kept) != 4 {
			t.Errorf("two records in one second: %d kept, %v", len(shelf.kept), err)
		}
		shelf.broken = true
		time.Sleep(layout.RecordEvery)
		if err := b.Take(signedRecord(t, 3, 3, 1, "/ip4/192.0.2.8/tcp/1")); err != nil || b.Addresses(key(3)) == nil {
			t.Errorf("with a broken shelf: %v", err)
		}

		again := first(t, func(cfg *Config) {
			cfg.Shelf = &memory{kept: append(slices.Clone(shelf.kept), []byte("what a later release wrote"))}
		})
		if got := address.Places(again.Addresses(key(2))); got != "192.0.2.1:1 (tcp)" {
			t.Errorf("from the shelf: %q", got) // a real one holds one record a host
		}
	})
}

func TestTheOwnRecordOutdoesOneOfAnEarlierLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := first(t, nil)
		reach, err := address.Announced("example.org:7400")
		if err != nil {
			t.Fatal(err)
		}
		ahead := uint64(time.Now().Add(24 * time.Hour).UnixNano())
		before := b.Records(reach)[0]
		if err := b.Take(signedRecord(t, 1, 1, ahead, "/ip4/192.0.2.1/tcp/1")); err != nil {
			t.Fatal(err)
		}
		after := b.Records(reach)[0]
		_, rec, err := read(after)
		if err != nil || bytes.Equal(before, after) || rec.Seq <= ahead {
			t.Errorf("sequence number %d, want above %d; %v", rec.Seq, ahead, err)
		}
		if len(rec.Addrs) != 2 || rec.Addrs[0].String() != "/dns/example.org/udp/7400/quic-v1" {
			t.Errorf("addresses %v", rec.Addrs)
		}
		if got := b.Records(reach)[0]; !bytes.Equal(got, after) {
			t.Error("signed anew without a reason")
		}
	})
}

// TestATwinIsHeard: who signs records by the own key while this life lasts is heard
// with each record, at both ends; no earlier life is taken for one, nor what anybody
// repeats.
func TestATwinIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reach, err := address.Announced("example.org:7400")
		if err != nil {
			t.Fatal(err)
		}
		var heard []string
		life := func(shelf Shelf, ahead time.Duration) *Book {
			heard = nil
			defer func() {
				if heard != nil {
					t.Errorf("its own disk is taken for a twin at %q", heard)
				}
			}()
			return first(t, func(cfg *Config) {
				cfg.Shelf, cfg.Now = shelf, func() time.Time { return time.Now().Add(ahead) }
				cfg.Twin = func(at []ma.Multiaddr) { heard = append(heard, address.Places(at)) }
			})
		}
		take := func(b *Book, record []byte, want ...string) {
			t.Helper()
			heard = nil
			if err := b.Take(record); err != nil || !slices.Equal(heard, want) {
				t.Errorf("heard %q, want %q; %v", heard, want, err)
			}
		}
		own := func(b *Book) []byte { return b.Records(reach)[0] }
		const here = "example.org:7400 (udp), example.org:7400 (tcp)"

		disk := new(memory)
		old := life(disk, time.Hour) // its clock is ahead
		record := own(old)
		time.Sleep(time.Minute)
		node := life(disk, 0)
		take(node, record) // loaded from the own disk
		second := own(node)
		take(node, record)
		take(node, second)

		time.Sleep(time.Minute)
		copied := life(&memory{kept: slices.Clone(disk.kept)}, -5*time.Minute)
		take(copied, second)
		third := own(copied)
		take(node, third, here)
		take(node, third)
		take(node, second)
		take(copied, own(node), here) // which outdoes it
		take(node, own(copied), here)

		lost := life(nil, 0)
		take(lost, signedRecord(t, 1, 1, numberAt(time.Now().Add(-time.Hour)), "/ip4/192.0.2.1/tcp/1")) // of before the disk was lost
		heard = nil
		if err := lost.Take(signedRecord(t, 2, 1, numberAt(time.Now().Add(time.Hour)), "/ip4/192.0.2.1/tcp/1")); err == nil || heard != nil {
			t.Errorf("a record that another has signed: heard %q, %v", heard, err)
		}
	})
}

// What the local network says is tried, and not trusted.
func TestWhatIsTrusted(t *testing.T) {
	type news struct{ before, now string }
	var heard []news
	shelf := &memory{kept: [][]byte{signedRecord(t, 2, 2, 5, "/ip4/192.0.2.1/tcp/1", "/ip4/192.0.2.1/udp/1/quic-v1")}}
	b := first(t, func(cfg *Config) {
		cfg.Shelf = shelf
		cfg.Learned = func(host keys.Public, before, now []ma.Multiaddr) {
			if host != key(2) {
				t.Errorf("learned of %s", host.Short())
			}
			heard = append(heard, news{address.Places(before), address.Places(now)})
		}
	})
	b.Give(key(2), []ma.Multiaddr{ma.StringCast("/ip4/192.0.2.2/tcp/1")})
	b.Give(key(1), []ma.Multiaddr{ma.StringCast("/ip4/192.0.2.3/tcp/1")})
	b.Give(key(9), []ma.Multiaddr{ma.StringCast("/ip4/192.0.2.3/tcp/1")})
	if !b.Find(key(2), []ma.Multiaddr{ma.StringCast("/ip4/192.0.2.4/tcp/1")}) || b.Find(key(2), []ma.Multiaddr{ma.StringCast("/ip4/192.0.2.5/tcp/1")}) {
		t.Error("the first word of the local network is the second, or the other way round")
	}
	const told = "192.0.2.1:1 (tcp), 192.0.2.1:1 (udp)"
	want := []news{{"", told}, {told, told + ", 192.0.2.2:1 (tcp)"}}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	if got := address.Places(b.Trusted(key(2))); got != want[1].now {
		t.Errorf("trusted: %s", got)
	}
	if got := address.Places(b.Addresses(key(2))); got != want[1].now+", 192.0.2.5:1 (tcp)" {
		t.Errorf("all: %s", got)
	}
	b.Forget(key(2))
	if b.Addresses(key(2)) != nil || b.Trusted(key(2)) != nil || len(b.Records(nil)) != 0 {
		t.Error("who is forgotten is known")
	}
}

// A host with many addresses, or a local network that says much, leaves room for
// what the operator has written.
func TestNobodyPushesOutTheOthersAddresses(t *testing.T) {
	many := func(network string) (out []string) {
		for i := range 2 * layout.MaxAddresses {
			out = append(out, fmt.Sprintf("/ip4/%s.%d/tcp/1", network, i))
		}
		return out
	}
	var found []ma.Multiaddr
	for _, a := range many("10.0.0") {
		found = append(found, ma.StringCast(a))
	}
	b := first(t, nil)
	if err := b.Take(signedRecord(t, 2, 2, 1, many("192.0.2")...)); err != nil {
		t.Fatal(err)
	}
	written := ma.StringCast("/ip4/198.51.100.1/tcp/1")
	b.Give(key(2), []ma.Multiaddr{written})
	b.Find(key(2), found)
	if all := b.Addresses(key(2)); !ma.Contains(all, written) || len(all) != 2*layout.MaxAddresses+1 {
		t.Errorf("of what was written, told and found, %s is left", address.Places(all))
	}
	if !ma.Contains(b.Trusted(key(2)), written) {
		t.Error("what was written is not trusted")
	}
}

// A member may send 256 records a second. What a stranger is said to have signed
// is not worth a check of its signature.
func TestStrangersSignaturesAreNotChecked(t *testing.T) {
	b := first(t, nil)
	forged := signedRecord(t, 9, 9, 1)
	forged[len(forged)-1] ^= 1
	if _, _, err := read(forged); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Fatalf("the forged record: %v", err)
	}
	if err := b.Take(forged); err != nil {
		t.Errorf("a stranger's record was looked at: %v", err)
	}
	ours := signedRecord(t, 2, 2, 1)
	ours[len(ours)-1] ^= 1
	if b.Take(ours) == nil || b.Take([]byte("garbage")) == nil || b.Take(make([]byte, layout.MaxRecord+1)) == nil {
		t.Error("a forged record of a member, garbage or a huge one was taken")
	}
}

// slow is a shelf that is asked only while nobody waits for the book.
type slow struct {
	memory
	book *Book
}

func (s *slow) Keep(host keys.Public, record []byte) error {
	if !s.book.mu.TryLock() {
		return errors.New("the book is locked")
	}
	s.book.mu.Unlock()
	return s.memory.Keep(host, record)
}

// A write to the shelf takes as long as the disk does; nobody waits for the book
// meanwhile.
func TestTheBookIsOpenWhileTheShelfWrites(t *testing.T) {
	shelf := new(slow)
	var said bytes.Buffer
	b := first(t, func(cfg *Config) { cfg.Shelf, cfg.Logger = shelf, slog.New(slog.NewTextHandler(&said, nil)) })
	shelf.book = b
	reach, err := address.Announced("example.org:7400")
	if err != nil {
		t.Fatal(err)
	}
	own := b.Records(reach)[0]
	if err := b.Take(signedRecord(t, 2, 2, 5, "/ip4/192.0.2.1/tcp/1")); err != nil {
		t.Fatal(err)
	}
	if len(shelf.kept) != 2 || !bytes.Equal(shelf.kept[0], own) || said.Len() != 0 {
		t.Errorf("%d records are kept; the log: %s", len(shelf.kept), said.String())
	}
	b.Records(reach)
	if len(shelf.kept) != 2 {
		t.Error("the same is kept again")
	}
}

// Of two records of a host that are written at once the newer one stays.
func TestAnOlderRecordIsNotKeptOverANewerOne(t *testing.T) {
	shelf := new(memory)
	b := first(t, func(cfg *Config) { cfg.Shelf = shelf })
	b.keep(key(2), []byte("newer"), 6)
	b.keep(key(2), []byte("older"), 5) // it came first, and was slower
	b.keep(key(3), []byte("another's"), 1)
	if got := string(bytes.Join(shelf.kept, []byte(" "))); got != "newer another's" {
		t.Errorf("kept, in this order: %s", got)
	}
}
