package tiles

import (
	"bytes"
	"context"
	"testing"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// TestStrangersFetchOverRealStreams: a host that no other knows as a member reads all of
// the ledger over libp2p on loopback, though one of three serves what is wrong.
func TestStrangersFetchOverRealStreams(t *testing.T) {
	held := shelved(t, 5_000)
	f := overlaytest.Found("tiles", 4)
	members := *f
	members.Keys = f.Keys[:3]
	serve := func(o *overlay.Overlay) {
		s := NewServer(held, nil)
		if o.Self() == f.Keys[1].Public() {
			s = NewServer(flipped{held}, nil)
		}
		o.HandleAll(overlay.Ledger, s.Serve)
		t.Cleanup(s.Close)
	}
	var at []string
	for _, o := range overlaytest.Net(t, &members, nil, serve) {
		at = append(at, o.Addresses()...)
	}
	cfg := f.Config(3)
	cfg.Listen, cfg.Bootstrap = []string{"127.0.0.1:0"}, at
	stranger, _ := overlaytest.Start(t, cfg)
	s, err := New(Config{
		Open: func(ctx context.Context, peer keys.Public) (overlay.Stream, error) {
			return stranger.Visit(ctx, peer, overlay.Ledger)
		},
		Peers: members.Hosts,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	overlaytest.Within(t, overlaytest.Patience, "checkpoints of all three", func() bool {
		offers := s.Checkpoints(t.Context())
		for _, o := range offers {
			if !bytes.Equal(o.Note, held.note) {
				t.Fatalf("%s gives %q", o.From.Short(), o.Note)
			}
		}
		return len(offers) == 3
	})
	// A stranger's connections end after a minute, and then it begins again.
	overlaytest.Within(t, overlaytest.Patience, "all of the ledger", func() bool {
		err := readAll(t, s, held)
		if err != nil {
			t.Log(err)
		}
		return err == nil
	})
	if b, err := s.Genesis(t.Context(), func([]byte) error { return nil }); err != nil || string(b) != "genesis" {
		t.Errorf("genesis %q, %v", b, err)
	}
	if n := len(stranger.Neighbours()); n != 0 {
		t.Errorf("the stranger has %d neighbours", n)
	}
}

// flipped serves every tile with one bit that is wrong.
type flipped struct{ *shelf }

func (f flipped) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	b, err := f.shelf.Read(ctx, t)
	if err != nil {
		return nil, err
	}
	b = bytes.Clone(b)
	b[len(b)-1] ^= 1
	return b, nil
}
