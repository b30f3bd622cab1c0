package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	badger "github.com/dgraph-io/badger/v4"

	"ringfence/store/disk/internal/damage"
)

// manifest tells which tables the manifest in dir names. When it is damaged, or
// gone while tables are there, it says so and every table counts.
func manifest(dir string) (named func(table string) bool, err error) {
	named = func(string) bool { return true }
	path := filepath.Join(dir, badger.ManifestFilename)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		// Badger would make an empty one and remove the tables.
		if tables, _ := filepath.Glob(filepath.Join(dir, "*"+tableSuffix)); len(tables) > 0 {
			return named, damage.Errorf("%s: it is gone, and %d tables are there", path, len(tables))
		}
		return named, nil
	}
	if err != nil {
		return named, fmt.Errorf("disk: read manifest: %w", err)
	}
	m, end, err := replay(path)
	if err == nil && lengthChanged(b[min(int(end), len(b)):]) {
		err = errors.New("the length of an entry was changed")
	}
	if err != nil {
		return named, damage.Errorf("%s: %w", path, err)
	}
	return func(table string) bool {
		id, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(table), tableSuffix), 10, 64)
		if err != nil {
			return false
		}
		_, ok := m.Tables[id]
		return ok
	}, nil
}

// replay reads a manifest as Badger does, and tells where its last whole entry
// ends.
func replay(path string) (m badger.Manifest, end int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, 0, err
	}
	defer func() { _ = f.Close() }()
	return badger.ReplayManifestFile(f, 0, badger.Options{Logger: logger{slog.New(slog.DiscardHandler)}})
}

// lengthChanged tells whether what Badger takes for an entry that a crash cut
// short, and drops together with the tables it names, is whole but for its
// length. An entry is: length 4; CRC-32C 4; that many bytes.
func lengthChanged(rest []byte) bool {
	if len(rest) < 8 {
		return false
	}
	want, table := binary.BigEndian.Uint32(rest[4:]), crc32.MakeTable(crc32.Castagnoli)
	sum := uint32(0)
	for i := range rest[8:] {
		if sum = crc32.Update(sum, table, rest[8+i:9+i]); sum == want {
			return true
		}
	}
	return false
}

// checkHeads looks at the heads of the logs in dir, which name the key of an
// encryption that is not in use here; Badger takes no log with another number.
func checkHeads(dir string) error {
	var all []error
	for _, suffix := range []string{valueSuffix, logSuffix} {
		names, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
		if err != nil {
			return fmt.Errorf("disk: list logs: %w", err)
		}
		for _, name := range names {
			if err := checkHead(name); err != nil {
				all = append(all, err)
			}
		}
	}
	return errors.Join(all...)
}

func checkHead(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("disk: open: %w", err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, keyNumber)
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("disk: read %s: %w", name, err)
	}
	if !bytes.Equal(head, make([]byte, keyNumber)) {
		return damage.Errorf("%s: its head was changed", name)
	}
	return nil
}

// renewRegistry removes a registry of encryption keys that is damaged: no key is
// ever in it here, and Badger makes another.
func renewRegistry(dir string, log *slog.Logger) error {
	path := filepath.Join(dir, badger.KeyRegistryFileName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("disk: open: %w", err)
	}
	_, err = badger.OpenKeyRegistry(badger.KeyRegistryOptions{Dir: dir, ReadOnly: true})
	if err == nil && info.Size() == registrySize {
		return nil
	}
	log.Warn("a damaged file of the database, which holds nothing that counts, is made anew", "file", path, "reason", err)
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("disk: open: %w", err)
	}
	return nil
}
