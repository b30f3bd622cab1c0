package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// backedUp is what backup wrote.
type backedUp struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

func (a *app) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE|-",
		Short: "Write a consistent backup while the node runs",
		Long: `Backup writes everything that the node holds, as it stood at one moment, into a
new file. Keys are not in it: back up the keys directory by itself. To standard
output (-) it writes the backup alone.`,
		Example: `  ringfence backup /backup/ringfence-2026-11-24`,
		Args:    slip.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" {
				if a.json {
					return slip.Of(cmd, phrase.New("usage.json_backup", "--json and a backup do not fit on one output"))
				}
				_, err := a.backup(cmd, a.out)
				return err
			}
			n, err := a.backupFile(cmd, args[0])
			if err != nil {
				return err
			}
			return answer(a, cmd, backedUp{args[0], n}, func(p *show.Page, b backedUp) {
				p.Say("backed_up", strconv.FormatInt(b.Bytes, 10), b.File)
			})
		},
	}
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (a *app) backup(cmd *cobra.Command, w io.Writer) (int64, error) {
	return ask(a, cmd, asks, func(s api.Service) (int64, error) {
		c := &counter{w: w}
		err := s.Backup(cmd.Context(), c)
		return c.n, err
	})
}

// backupFile writes a backup to a file that was not there, durably; what could
// not be finished is removed.
func (a *app) backupFile(cmd *cobra.Command, name string) (n int64, err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, api.Errorf(api.Refused, "%s exists; a backup never overwrites a file", name)
	}
	if err != nil {
		return 0, bad(err)
	}
	n, err = a.backup(cmd, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("%w", errors.Join(err, os.Remove(name)))
	}
	return n, nil
}
