package authority_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/authority"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
)

// A pin is a checkpoint of the federation's log, and anything else in its file is told.
func TestReadPin(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	founded := f.State.Constitution()
	tree := checkpoint.Tree{Size: 7, Root: [32]byte{1}}
	note := func(origin, key string) []byte {
		n, err := checkpoint.Sign(checkpoint.Checkpoint{Origin: origin, Tree: tree}, chartertest.Key(key, ""))
		if err != nil {
			t.Fatal(err)
		}
		return n.Bytes()
	}
	origin := checkpoint.Origin(founded.Federation())
	for name, c := range map[string]struct {
		file []byte
		want checkpoint.Tree
		ok   bool
	}{
		"none":                        {nil, checkpoint.Tree{}, true},
		"a checkpoint":                {note(origin, "log"), tree, true},
		"of another federation":       {note(origin+"x", "log"), checkpoint.Tree{}, false},
		"signed by somebody else":     {note(origin, "other"), checkpoint.Tree{}, false},
		"not a checkpoint":            {[]byte("size 7\n"), checkpoint.Tree{}, false},
		"larger than any that exists": {append(note(origin, "log"), make([]byte, checkpoint.MaxNote)...), checkpoint.Tree{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, authority.PinFile)
			if c.file != nil {
				if err := os.WriteFile(path, c.file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := authority.ReadPin(dir, founded)
			if got != c.want || (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
