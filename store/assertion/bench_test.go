package assertion

import (
	"crypto/rand"
	"testing"

	"ringfence/store/merkle"
)

// BenchmarkDecodeAndHash is the hot path of intake: a full body decoded, each
// leaf hashed, the root computed. The figure to watch is ns/statement.
func BenchmarkDecodeAndHash(b *testing.B) {
	batch := batchOf(b, PublicationID{1}, randomFlags(b, MaxStatements)...)
	b.ReportAllocs()
	for b.Loop() {
		slots, err := DecodeSlots(batch.Body)
		if err != nil {
			b.Fatal(err)
		}
		if merkle.Root(Leaves(slots)) != batch.Root {
			b.Fatal("another root")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/MaxStatements, "ns/statement")
}

func BenchmarkDecodeSlots(b *testing.B) {
	batch := batchOf(b, PublicationID{1}, randomFlags(b, MaxStatements)...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeSlots(batch.Body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/MaxStatements, "ns/statement")
}

// BenchmarkBuild is the hot path of publishing: statements encoded, salted,
// hashed and rooted.
func BenchmarkBuild(b *testing.B) {
	statements := randomFlags(b, MaxStatements)
	builder := NewBuilder(rand.Reader)
	b.ReportAllocs()
	for b.Loop() {
		for i := range statements {
			if _, err := builder.Add(PublicationID{1}, &statements[i]); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := builder.Finish(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/MaxStatements, "ns/statement")
}

// BenchmarkGenericDecode is the baseline: the library's strict way, decode,
// encode again and compare, for one statement.
func BenchmarkGenericDecode(b *testing.B) {
	flag := sampleFlag(b)
	encoded := encode(b, flag)
	b.ReportAllocs()
	for b.Loop() {
		var s Statement
		if err := Decode(encoded, &s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeStatement(b *testing.B) {
	encoded := encode(b, sampleFlag(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeStatement(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck is what the view pays for a flag's body and rules.
func BenchmarkCheck(b *testing.B) {
	s := sampleFlag(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, reason := s.Check(); reason != Sound {
			b.Fatal(reason)
		}
	}
}
