package disk

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	badger "github.com/dgraph-io/badger/v4"

	"ringfence/store/assertion"
	"ringfence/store/feed"
)

// publication is what the largest real file becomes: 58 bodies of 390 kB.
func publication() []feed.Record {
	random := newStream("publication")
	block := make([]byte, 1<<16)
	_, _ = random.Read(block)
	out := make([]feed.Record, 58)
	for i := range out {
		body := make([]byte, 0, 6*len(block))
		for range 6 {
			body = append(body, block...)
		}
		binary.BigEndian.PutUint64(body, uint64(i))
		sum := sha256.Sum256(body)
		out[i] = feed.Record{
			Issuer: issuer("A"), Tip: feed.Tip{Sequence: uint64(i), CID: assertion.CID(sum[:])},
			Header: block[:240], Body: body[:390_000],
		}
	}
	return out
}

// BenchmarkAppend is one durable call for all, and one for every eight.
func BenchmarkAppend(b *testing.B) {
	records := publication()
	for _, group := range []struct {
		name string
		size int
	}{{"all at once", len(records)}, {"eight a call", 8}} {
		b.Run(group.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s, err := Open(Config{Dir: b.TempDir(), FreeFloor: 1})
				must(b, err)
				b.StartTimer()
				for rest := records; len(rest) > 0; {
					n := min(group.size, len(rest))
					must(b, s.Append(rest[:n]))
					rest = rest[n:]
				}
				b.StopTimer()
				must(b, s.Close())
				b.StartTimer()
			}
		})
	}
}

// BenchmarkWriteBatch is the baseline: the same bytes by Badger as it comes,
// synced at the end.
func BenchmarkWriteBatch(b *testing.B) {
	records := publication()
	for b.Loop() {
		b.StopTimer()
		db, err := badger.Open(badger.DefaultOptions(b.TempDir()).WithLogger(nil))
		must(b, err)
		b.StartTimer()
		w := db.NewWriteBatch()
		for i := range records {
			must(b, w.Set(records[i].Tip.CID.Bytes(), records[i].Body))
			must(b, w.Set(append([]byte("h"), records[i].Tip.CID.Bytes()...), records[i].Header))
		}
		must(b, w.Flush())
		must(b, db.Sync())
		b.StopTimer()
		must(b, db.Close())
		b.StartTimer()
	}
}

func BenchmarkSince(b *testing.B) {
	s := openDir(b, b.TempDir())
	records := publication()
	must(b, s.Append(records))
	for b.Loop() {
		n := 0
		must(b, s.Since(0, func(uint64, feed.Record) error { n++; return nil }))
		if n != len(records) {
			b.Fatalf("%d batches", n)
		}
	}
}
