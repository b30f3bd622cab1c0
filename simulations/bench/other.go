package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/simulations"
)

// otherNode is a node that runs in a process of its own.
type otherNode struct {
	cmd    *exec.Cmd
	said   *bytes.Buffer
	ended  chan error
	last   error // how it ended
	client *client.Client
}

// startNode runs the program on a directory that is ready, without REST on TCP.
func startNode(ctx context.Context, o *Options, dir string, bootstrap []string) (*otherNode, error) {
	binary := o.Binary
	if binary == "" {
		var err error
		if binary, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	settings := fmt.Sprintf("key_file: %s\nlisten: none\npeers:\n  listen: 127.0.0.1:0\n  bootstrap: [%s]\n",
		filepath.Join(dir, simulations.KeyFileName), strings.Join(bootstrap, ", "))
	if err := os.WriteFile(filepath.Join(dir, "ringfence.yaml"), []byte(settings), 0o600); err != nil {
		return nil, err
	}
	n := &otherNode{cmd: exec.CommandContext(ctx, binary, "run", "--dir", dir), said: &bytes.Buffer{}, ended: make(chan error, 1)}
	n.cmd.Stderr = n.said
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { n.ended <- n.cmd.Wait() }()
	var err error
	n.client, err = client.New(client.Config{Socket: filepath.Join(dir, "node.sock")})
	if err != nil {
		n.end()
		return nil, err
	}
	return n, nil
}

// until waits until the node says of itself what is wanted.
func (n *otherNode) until(ctx context.Context, limit time.Duration, wanted func(*api.Status) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	var last api.Status
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the node did not come so far within %v: %d statements, %+v", limit, last.Statements, last.Peers)
		case err := <-n.ended:
			n.ended <- err
			return fmt.Errorf("the node ended: %w: %s", err, n.said.Bytes())
		case <-look.C:
		}
		if s, err := n.client.Status(ctx); err == nil {
			if last = s; wanted(&s) {
				return nil
			}
		}
	}
}

// end stops the node as an operator would.
func (n *otherNode) end() {
	if n.client != nil {
		_ = n.client.Close()
	}
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case n.last = <-n.ended:
	case <-time.After(20 * time.Second):
		_ = n.cmd.Process.Kill()
		n.last = <-n.ended
	}
}

// memory returns a line of /proc/PID/status in bytes; 0 where there is none.
func (n *otherNode) memory(line string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	return kibIn(status, line)
}

// kibIn returns what a line of a status file of proc(5) says, in bytes.
func kibIn(status []byte, line string) int64 {
	_, rest, found := bytes.Cut(status, []byte(line))
	fields := bytes.Fields(rest)
	if !found || len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// processor returns how long the node has been running on a processor.
func (n *otherNode) processor() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	const user, system, ticks = 11, 12, 100 // after the name; USER_HZ
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	fields := bytes.Fields(rest)
	if len(fields) <= system {
		return 0, errors.New("the system does not say how long a process ran")
	}
	u, err := strconv.ParseInt(string(fields[user]), 10, 64)
	if err != nil {
		return 0, err
	}
	s, err := strconv.ParseInt(string(fields[system]), 10, 64)
	if err != nil {
		return 0, err
	}
	return time.Duration(u+s) * time.Second / ticks, nil
}
