// Package baseline runs the program of simulations/baselines, which does by other
// people's means what a case is compared with. What those stand on is no part of this
// program, so it is one of its own; `make bench` builds it beside this one.
//
// Floor 14, a room of simulations.
package baseline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Result is what a baseline came to: the part of a case's object that it has.
type Result struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// name is the program's.
const name = "ringfence-baselines"

// Run has a baseline work in a fresh directory below dir for so many seconds. An empty
// program is the one beside this process's. The error says why it cannot run here.
func Run(ctx context.Context, program, what, dir string, seconds int) (r Result, err error) {
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return r, err
		}
		program = filepath.Join(filepath.Dir(self), name)
	}
	if _, err := os.Stat(program); err != nil {
		return r, fmt.Errorf("%w; `make bench` builds it", err)
	}
	dir, err = os.MkdirTemp(dir, what)
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	out, err := exec.CommandContext(ctx, program, what, dir, strconv.Itoa(seconds)).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return r, fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("what %s printed: %w", program, err)
	}
	return r, nil
}
