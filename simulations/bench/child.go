package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"testing/synctest"

	"ringfence/simulations/council"
	"ringfence/simulations/crowd"
)

// ChildVerb is the hidden verb by which a case runs what needs a process of its
// own.
const ChildVerb = "bench-child"

// Child runs one of them: virtual time and crowds exist only inside tests, so it
// is run as one. It ends the process.
func Child(args []string) {
	os.Args = os.Args[:1] // the test's flags are not ours
	testing.Init()
	testing.Main(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: ChildVerb, F: func(t *testing.T) { child(t, args) }}}, nil, nil)
}

func child(t *testing.T, args []string) {
	want := func(i int) int {
		if i >= len(args) {
			t.Fatalf("%v lacks a number", args)
		}
		n, err := strconv.Atoi(args[i])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	switch {
	case len(args) > 0 && args[0] == "spread":
		synctest.Test(t, func(t *testing.T) { tell(t, crowd.Spread(t, want(1), want(2))) })
	case len(args) > 3 && args[0] == councilVerb:
		tell(t, council.Do(t, council.Work(args[1]), args[2], want(3)))
	case len(args) > 3 && args[0] == "crowd":
		standAround(t, want(1), args[2], args[3])
	default:
		t.Fatalf("%v is nothing that a case runs", args)
	}
}

// runChild runs a child and reads what it tells.
func runChild(ctx context.Context, result any, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{ChildVerb}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %s%s", err, out, said.Bytes())
	}
	return json.NewDecoder(bytes.NewReader(out)).Decode(result)
}

// tell writes a result for the parent.
func tell(t *testing.T, result any) {
	b, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(b))
}
