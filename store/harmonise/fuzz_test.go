package harmonise

import (
	"encoding/binary"
	"testing"

	"ringfence/store/policy"
	"ringfence/store/taxonomy"
)

// fuzzPiece is the length of one piece of evidence in fuzz input.
const fuzzPiece = 12

// fromBytes reads evidence from fuzz input, days close enough together that
// the slow oracle ends.
func fromBytes(b []byte) []Evidence {
	var ev []Evidence
	for ; len(b) >= fuzzPiece && len(ev) < 12; b = b[fuzzPiece:] {
		seen := today - 100 + taxonomy.Day(b[5])
		from := today - 100 + taxonomy.Day(b[6])
		ev = append(ev, Evidence{
			Group:      uint16(b[0] & 7),
			Weight:     binary.BigEndian.Uint16(b[1:]) % 1200,
			Category:   taxonomy.Category(uint16(b[0]>>5)<<8 | uint16(b[9])),
			Confidence: binary.BigEndian.Uint16(b[3:]) % 1200,
			LastSeen:   seen.Start() + int64(b[8]),
			BatchTime:  seen.Start() + int64(b[10]),
			From:       from,
			Until:      from + taxonomy.Day(b[7]),
			IssuerRank: uint32(b[11]),
			Index:      uint16(len(ev)),
		})
	}
	return ev
}

func FuzzHarmonise(f *testing.F) {
	piece := func(group, class byte, weight, confidence uint16, seen, from, life, place byte) []byte {
		b := []byte{class<<5 | group, 0, 0, 0, 0, seen, from, life, 0, place, 0, 0}
		binary.BigEndian.PutUint16(b[1:], weight)
		binary.BigEndian.PutUint16(b[3:], confidence)
		return b
	}
	join := func(pieces ...[]byte) (all []byte) {
		for _, p := range pieces {
			all = append(all, p...)
		}
		return all
	}
	f.Add([]byte{}, false)
	f.Add(piece(1, 3, 650, 714, 100, 100, 180, 11), false)
	f.Add(join(piece(1, 5, 420, 428, 99, 99, 90, 1), piece(2, 3, 420, 333, 99, 99, 180, 1)), false)
	f.Add(join(piece(1, 1, 420, 1000, 90, 90, 90, 9), piece(2, 6, 650, 714, 95, 95, 255, 1), piece(3, 7, 650, 714, 95, 110, 50, 1)), true)
	f.Add(join(piece(1, 3, 650, 0, 100, 100, 20, 11), piece(1, 3, 650, 900, 90, 90, 180, 11), piece(0, 0, 1, 1, 1, 1, 1, 0)), false)
	r := defaultRules(f)
	o := oracle{policy: policy.Default()}
	f.Fuzz(func(t *testing.T, b []byte, contest bool) {
		ev := fromBytes(b)
		got := r.Harmonise(ev, today, contest)
		classed := ev[:0:0]
		for _, e := range ev {
			if e.Category.Class().Valid() {
				classed = append(classed, e)
			}
		}
		if want := o.find(classed, today, contest); !same(asFinding(got), want) {
			t.Fatalf("got %+v, want %+v for %+v", got, want, ev)
		}
		next := r.NextChange(ev, today, contest)
		if want := stepContested(r, ev, contest); next != want {
			t.Fatalf("next change %s, want %s for %+v", next, want, ev)
		}
		entry, listed, settled := r.NewMemo(1).Settle(ev, today, contest)
		if entry != got.Entry || listed != got.Listed || settled != next {
			t.Fatalf("the memo settles %+v %v %s for %+v", entry, listed, settled, ev)
		}
	})
}

// stepContested is NextChange day by day; all that fromBytes makes ends within
// 500 days.
func stepContested(r *Rules, ev []Evidence, contest bool) taxonomy.Day {
	now := r.Harmonise(ev, today, contest)
	for day := today + 1; day < today+500; day++ {
		if r.Harmonise(ev, day, contest).Entry != now.Entry {
			return day
		}
	}
	return taxonomy.NeverDay
}
