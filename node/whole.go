package node

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ringfence/node/api"
	"ringfence/node/plans"
)

// partSuffix marks a file that was not finished; Open removes what a stop left.
const partSuffix = ".part"

// writeWhole writes a file of about size bytes so that it is there whole or not
// at all, and durable when it returns. Below the store's free-space floor it
// writes nothing: a full disk would end the process.
func (n *Node) writeWhole(name string, size int, fill func(io.Writer) error) error {
	free, floor, err := n.store.Space()
	if err != nil {
		return err
	}
	if free < floor+uint64(size) {
		return api.Errorf(api.Refused, "%s is not written: it needs %d bytes, %d are free and %d must stay so", filepath.Base(name), size, free, floor)
	}
	part := name + partSuffix
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(fill(f), f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncDir(filepath.Dir(name))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sweep removes unfinished files. The directory's lock is held.
func (n *Node) sweep() error {
	for _, pattern := range []string{"*" + partSuffix, filepath.Join(plans.Dir, "*"+partSuffix)} {
		parts, err := filepath.Glob(filepath.Join(n.cfg.Dir, pattern))
		if err != nil {
			return fmt.Errorf("node: %w", err)
		}
		for _, name := range parts {
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("node: remove what a stop left unfinished: %w", err)
			}
		}
	}
	return nil
}
