package gossip

import (
	"bytes"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/protocol"

	"ringfence/node/logtest"
	"ringfence/node/overlay"
)

// A peer that sends garbage, stream after stream, costs one line, which names it.
func TestGarbageIsToldOnce(t *testing.T) {
	const streams = 20
	var said logtest.Paper
	m := join(t, newHost(t), func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&said, nil)) })
	h := newHost(t)
	connect(t, h, m.host)
	for i := range streams {
		s, err := h.NewStream(t.Context(), m.host.ID(), protocol.ID(overlay.ProtocolsOf(federation()).Mesh+"/meshsub/1.2.0"))
		if err != nil {
			t.Fatal(err)
		}
		garbage := [][]byte{{3, 0xff, 0xff, 0xff}, {2, 0x0a, 0x7f}}[i%2] // as the library has two warnings for it
		if _, err := s.Write(garbage); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, s); err == nil {
			t.Fatal("a stream of garbage goes on")
		}
	}
	until(t, "the garbage is told", func() bool { return strings.Contains(said.String(), "no message") })
	got := said.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "host="+keyOf(t, h).Short()) || !strings.Contains(got, "level=WARN") {
		t.Errorf("of %d streams of garbage the operator reads:\n%s", streams, got)
	}
}

func TestAWarningIsToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		log := libraryLog(slog.New(slog.NewTextHandler(&said, nil)))
		for i := range 121 {
			log.With("i", i).Warn("slow")
			time.Sleep(time.Second)
		}
		log.Warn("other")
		for _, want := range []string{"msg=slow i=0 times=1\n", "msg=slow i=60 times=60\n", "msg=slow i=120 times=60\n", "msg=other times=1\n"} {
			if !strings.Contains(said.String(), want) {
				t.Errorf("not told: %q", want)
			}
		}
		if n := strings.Count(said.String(), "\n"); n != 4 {
			t.Errorf("%d lines:\n%s", n, said.String())
		}
	})
}

// What is remembered of who was told of has an end.
func TestCalmIsBounded(t *testing.T) {
	var c calm
	for i := range 3 * mostNames {
		c.times(strconv.Itoa(i), time.Unix(0, 0))
	}
	if len(c.all) > mostNames {
		t.Errorf("%d are remembered, want at most %d", len(c.all), mostNames)
	}
}
