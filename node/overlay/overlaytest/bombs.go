package overlaytest

import (
	"bytes"
	"runtime"
)

// MostSpent is how many bytes of memory a bomb may cost: F26 of the faults.
const MostSpent = 16 << 20

// Bombs returns what is built to exhaust the memory or the stack of who reads CBOR,
// by name. None is well formed for any message.
func Bombs() map[string][]byte {
	return map[string][]byte{
		"arrays 10,000 deep":        bytes.Repeat([]byte{0x81}, 10_000),
		"maps 10,000 deep":          bytes.Repeat([]byte{0xA1, 1}, 10_000),
		"tags 10,000 deep":          bytes.Repeat([]byte{0xC1}, 10_000),
		"an array of 2^63":          {0x9B, 0x80, 0, 0, 0, 0, 0, 0, 0, 1},
		"a map of 2^63":             {0xBB, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 1},
		"2^63 bytes":                {0x5B, 0x80, 0, 0, 0, 0, 0, 0, 0, 1},
		"a text of 2^32":            {0x7A, 0xFF, 0xFF, 0xFF, 0xFF, 'a'},
		"2^31 bytes":                {0x5A, 0x7F, 0xFF, 0xFF, 0xFF, 1},
		"an array without a length": append([]byte{0x9F}, make([]byte, 100)...),
		"bytes without a length":    {0x5F, 0x41, 7, 0x41, 7, 0xFF},
		"a key twice":               {0xA2, 1, 0, 1, 0},
		"1 MiB and a byte":          make([]byte, 1<<20+1),
	}
}

// Spent returns how many bytes do allocates, which is the most that it can hold at
// any time, and how many are still held when it is done. What else the process does
// meanwhile counts too.
func Spent(do func()) (allocated, held uint64) {
	var before, after, rest runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	runtime.GC()
	runtime.ReadMemStats(&rest)
	return after.TotalAlloc - before.TotalAlloc, rest.HeapAlloc - min(rest.HeapAlloc, before.HeapAlloc)
}
