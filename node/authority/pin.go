package authority

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ringfence/store/charter"
	"ringfence/store/checkpoint"
)

// PinFile is the file of a data directory with a checkpoint that its owner was told, by
// two members or by a release: a ledger without it is not followed.
const PinFile = "pinned.checkpoint"

// ReadPin returns the tree of a data directory's pin, zero when there is none.
func ReadPin(dir string, founded *charter.State) (checkpoint.Tree, error) {
	path := filepath.Join(dir, PinFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return checkpoint.Tree{}, nil
	}
	if err != nil {
		return checkpoint.Tree{}, fmt.Errorf("authority: %w", err)
	}
	defer func() { _ = f.Close() }()
	note, err := io.ReadAll(io.LimitReader(f, checkpoint.MaxNote+1))
	if err == nil {
		var n checkpoint.Note
		n, err = checkpoint.Open(note, checkpoint.Log(checkpoint.Origin(founded.Federation()), founded.LogKey()))
		if err == nil {
			return n.Tree, nil
		}
	}
	return checkpoint.Tree{}, fmt.Errorf("authority: %s is no checkpoint of this federation's ledger, as /ledger/checkpoint of a node serves it: %w", path, err)
}
