package node

import (
	"net"
	"strings"
	"testing"

	"ringfence/node/phrase"
)

// Who starts a node on a port that is taken, as beside a demo, is told how to name another.
func TestATakenPortSaysHowToNameAnother(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens for this test
	must(t, err)
	defer func() { _ = taken.Close() }()
	h := newHome(t)
	h.node.cfg.Listen = taken.Addr().String()
	_, err = h.node.listen(t.Context())
	if p := phrase.From(err); p.Code != "run.port" || !strings.Contains(p.Text, h.node.cfg.Listen) || !strings.Contains(p.Text, "name another with --listen") {
		t.Errorf("%v (%s)", err, p.Code)
	}
}
