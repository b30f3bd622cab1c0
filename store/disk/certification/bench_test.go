package certification

import (
	"bytes"
	"testing"
)

// BenchmarkKeep is what each report, lock and cosignature waits for.
func BenchmarkKeep(b *testing.B) {
	dir := b.TempDir()
	must(b, Create(dir, key(1)))
	k, err := Open(dir, key(1))
	must(b, err)
	state := bytes.Repeat([]byte{1}, 600)
	for b.Loop() {
		must(b, k.Keep(state))
	}
	must(b, k.Close())
}
