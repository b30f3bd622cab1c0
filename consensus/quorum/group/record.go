package group

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func recordFile(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("record-%d", number))
}

// Record reads the record that began a generation, which lies beside its directory.
func Record(dir string, number uint64) ([]byte, error) {
	b, err := os.ReadFile(recordFile(dir, number))
	if err != nil {
		return nil, fmt.Errorf("quorum: read the record of generation %d: %w", number, err)
	}
	return b, nil
}

// KeepRecord makes a record durable, its name too: what needs it is kept after it.
func KeepRecord(dir string, number uint64, record []byte) error {
	name := recordFile(dir, number)
	err := errors.Join(os.MkdirAll(dir, 0o700), writeSynced(name+".new", record))
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("quorum: keep the record of generation %d: %w", number, err)
	}
	return nil
}

func writeSynced(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
