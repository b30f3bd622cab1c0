package found

import (
	"fmt"
	"strings"
	"testing"

	"ringfence/node/overlay/desk"
)

// Who names something that answers and is no node that can be joined is told what to look
// at, in words that name no part of a node.
func TestWhatCannotBeJoinedIsTold(t *testing.T) {
	said := (&Joining{Peer: "/ip4/192.0.2.7/tcp/80"}).unanswered(fmt.Errorf("%w: connection failed", desk.ErrNoDesk))
	if !strings.HasPrefix(said.Text, "what answers at /ip4/192.0.2.7/tcp/80 does not talk as a node") || !strings.Contains(said.Text, "peers.listen") || strings.Contains(said.Text, "desk") {
		t.Errorf("%s", said.Text)
	}
}
