package checkpoint

import (
	"errors"
	"fmt"
	"strings"
)

// nowhere is where a policy file says that a cosigner takes checkpoints. Tools of
// logs want an address there, to which they would send theirs; regulators take none
// that way, and no host has a name like this (RFC 2606).
const nowhere = "https://cosigner-%d.invalid/"

// Policy returns the file by which the tools of others know a certified checkpoint:
// signed by the log, and cosigned by q of the set. It is written as sigsum's policy
// files are, with keys as signed-note has them, which transparency-dev/formats and
// filippo.io/torchwood read. It says who cosigns at its time; what stands before or
// after a change of regulators has another one.
func (s Set) Policy(log Verifier) (string, error) {
	if len(s) == 0 {
		return "", errors.New("checkpoint: write a policy: there are no cosigners, and with none everything would be certified")
	}
	var b, group strings.Builder
	fmt.Fprintf(&b, "# Who certifies the ledger %s: %d of these %d.\n# They take no checkpoints by HTTP; the addresses only fill their place.\n", log.Name(), s.Quorum(), len(s))
	fmt.Fprintf(&b, "log %s\n", log)
	for i, v := range s {
		if strings.Contains(v.Name(), "#") {
			return "", fmt.Errorf("checkpoint: write a policy: %q has a #, with which comments begin there", v.Name())
		}
		fmt.Fprintf(&b, "witness cosigner-%d %s "+nowhere+"\n", i+1, v, i+1)
		fmt.Fprintf(&group, " cosigner-%d", i+1)
	}
	fmt.Fprintf(&b, "group regulators %d%s\nquorum regulators\n", s.Quorum(), group.String())
	return b.String(), nil
}
