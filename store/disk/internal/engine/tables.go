package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"

	"ringfence/store/disk/internal/damage"
)

const tableSuffix = ".sst"

// VerifyTables reads every table of the database in dir and checks all its
// checksums, before Badger does: Badger ends the process over a table whose
// lengths are wrong, answers "not found" for a block that fails, and a
// compaction drops the rest of the table. Tables are small here, since bodies
// lie elsewhere. It returns how many tables there are, and every damaged one as
// ErrDamaged, and so a damaged manifest. A table that the manifest does not name is none: it was being
// made or removed when the process was killed, and Badger removes it.
//
// A table is: blocks; index; index length 4; checksum; checksum length 4. A
// block ends in: entry offsets 4 each; their count 4; checksum; checksum
// length 4; its checksum covers what is before it.
func VerifyTables(dir string) (int, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+tableSuffix))
	if err != nil {
		return 0, fmt.Errorf("disk: list tables: %w", err)
	}
	named, err := manifest(dir)
	count := 0
	all := []error{err}
	for _, name := range names {
		if !named(name) {
			continue
		}
		count++
		b, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // compacted since
		}
		if err == nil {
			err = verifyTable(b)
		}
		if err == nil {
			continue
		}
		if still, _ := manifest(dir); still(name) { // else it was removed meanwhile
			all = append(all, damage.Errorf("table %s: %w", filepath.Base(name), err))
		}
	}
	return count, errors.Join(all...)
}

// sweep removes logs without any content, which Badger refuses to open. It
// makes and removes a log in two steps, and a process that is killed between
// them leaves an empty file; nothing that was synced is in one.
func sweep(dir string) error {
	for _, suffix := range []string{valueSuffix, logSuffix} {
		names, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
		if err != nil {
			return fmt.Errorf("disk: list logs: %w", err)
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err == nil && info.Size() == 0 {
				err = os.Remove(name)
			}
			if err != nil {
				return fmt.Errorf("disk: open: %w", err)
			}
		}
	}
	return nil
}

func verifyTable(b []byte) (err error) {
	// Flatbuffers has no verifier: an index that has its checksum and is none,
	// as in a file of zeros, is found out by following it.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("index: it is malformed: %v", r)
		}
	}()
	rest, sum, err := cutTail(b)
	if err != nil {
		return fmt.Errorf("checksum of the index: %w", err)
	}
	blocks, index, err := cutTail(rest)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if err := verifySum(index, sum); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	table := fb.GetRootAsTableIndex(index, 0)
	if table.OffsetsLength() == 0 {
		return errors.New("index: no blocks")
	}
	var at fb.BlockOffset
	for i := range table.OffsetsLength() {
		if !table.Offsets(&at, i) {
			return fmt.Errorf("index: block %d is missing", i)
		}
		from, to := uint64(at.Offset()), uint64(at.Offset())+uint64(at.Len())
		if to > uint64(len(blocks)) {
			return fmt.Errorf("block %d lies beyond the end", i)
		}
		data, sum, err := cutTail(blocks[from:to])
		if err == nil {
			err = verifySum(data, sum)
		}
		if err != nil {
			return fmt.Errorf("block %d at %d: %w", i, from, err)
		}
	}
	return nil
}

// cutTail cuts off what ends b: some bytes and, in 4 bytes, how many.
func cutTail(b []byte) (head, tail []byte, err error) {
	n := len(b) - 4
	if n < 0 {
		return nil, nil, fmt.Errorf("only %d bytes", len(b))
	}
	size := binary.BigEndian.Uint32(b[n:])
	if uint64(size) > uint64(n) {
		return nil, nil, fmt.Errorf("%d bytes announced, %d there", size, n)
	}
	return b[:n-int(size)], b[n-int(size) : n], nil
}

func verifySum(data, encoded []byte) error {
	if len(encoded) == 0 {
		return errors.New("no checksum")
	}
	var want pb.Checksum
	if err := proto.Unmarshal(encoded, &want); err != nil {
		return fmt.Errorf("read checksum: %w", err)
	}
	if want.Algo != pb.Checksum_CRC32C && want.Algo != pb.Checksum_XXHash64 {
		return fmt.Errorf("checksum of unknown kind %d", want.Algo)
	}
	return y.VerifyChecksum(data, &want)
}
