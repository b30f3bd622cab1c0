//go:build unix

package keys

import (
	"io/fs"
	"os"
	"syscall"
)

// owners returns the user that owns a file and the one that runs this process.
func owners(info fs.FileInfo) (owner, me int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(st.Uid), os.Geteuid(), true
}
