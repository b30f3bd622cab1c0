//go:build unix

package keys

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// owned is a file as another user would own it.
type owned struct {
	fs.FileInfo
	uid uint32
}

func (o owned) Sys() any { return &syscall.Stat_t{Uid: o.uid} }

func TestRefusesFilesOfOtherUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	me := uint32(os.Geteuid())
	if err := checkMode(path, owned{info, me}, secretFile); err != nil {
		t.Errorf("our own file: %v", err)
	}
	err = checkMode(path, owned{info, me + 1}, secretFile)
	if err == nil || !strings.Contains(err.Error(), "belongs to user") {
		t.Errorf("another's file: %v", err)
	}
}

// A pipe in place of a key must not make us wait for a writer.
func TestRefusesPipes(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link} {
		if _, err := readFile(path, secretFile); err == nil || !strings.Contains(err.Error(), "no regular file") {
			t.Errorf("%s: error %v", path, err)
		}
	}
}
