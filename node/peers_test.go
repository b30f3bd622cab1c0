package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/store/keys"
)

// A node whose host the charter does not name reads, screens and signs, is nobody's
// peer, and says so wherever somebody looks; one without keys was wanted so.
func TestANodeApartSaysSo(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*home)
		why    string
		ready  bool
	}{
		{"no host key", loseHostKey, "host", false},
		{"a host key that the charter does not name", func(h *home) {
			loseHostKey(h)
			_, err := keys.Create(filepath.Join(h.cfg.Dir, KeysDir), keys.PurposeHost, h.cfg.Unlock, rand.Reader)
			must(t, err)
		}, "the charter names no node with the host key", false},
		{"without keys", func(h *home) { h.cfg.Unlock = keys.Unlock{} }, "holds no keys", true},
	} {
		h := newHome(t)
		var log bytes.Buffer
		h.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.change(h)
		h.reopen()
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- h.node.Run(ctx) }()
		<-h.node.Ready()
		ready := h.node.readiness()
		if (ready == nil) != c.ready || ready != nil && !strings.Contains(ready.Error(), "apart from the others") {
			t.Errorf("%s: ready: %v", c.name, ready)
		}
		s, err := h.node.Status(ctx)
		must(t, err)
		said := fmt.Sprint(s.Problems)
		if !strings.Contains(said, "this node is apart from the others") || !strings.Contains(said, c.why) {
			t.Errorf("%s: problems %q", c.name, s.Problems)
		}
		if _, err := h.node.Peers(ctx); api.KindOf(err) != api.Unavailable || !strings.Contains(err.Error(), "apart from the others") {
			t.Errorf("%s: peers: %v", c.name, err)
		}
		stop()
		must(t, <-ended)
		if !strings.Contains(log.String(), "nobody is met") || !strings.Contains(log.String(), c.why) {
			t.Errorf("%s: the log: %s", c.name, log.String())
		}
	}
}

func loseHostKey(h *home) {
	for _, half := range []string{"host.key.age", "host.pub"} {
		must(h.t, os.Remove(filepath.Join(h.cfg.Dir, KeysDir, half)))
	}
}

// How long a node has reached nobody is not for its own clock to say, which may be set.
func TestASetClockMakesNoNodeReady(t *testing.T) {
	h := newHome(t)
	must(t, h.node.Close())
	var set atomic.Int64
	h.cfg.Now = func() time.Time { return noon.Add(time.Duration(set.Load())) }
	began := time.Now()
	h.open()
	h.run()
	set.Store(int64(time.Hour))
	if err := h.node.readiness(); err == nil && time.Since(began) < catchUpPatience {
		t.Error("a node that has reached nobody is ready as soon as its clock is set")
	}
}
