package gossip

import (
	"testing"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
)

var _ Network = (*overlay.Overlay)(nil)

func TestTheMeshStandsOnTheOverlay(t *testing.T) {
	f := overlaytest.Found("gossip", 4)
	members := *f
	members.Keys = f.Keys[:3]
	var gossips []*member
	all := overlaytest.Net(t, f, func(i int, cfg *overlay.Config) { cfg.Roster, cfg.Hosts = &members, members.Hosts },
		// The mesh is joined before a peer is met: a peer is asked only then, and only
		// once, whether it has one.
		func(o *overlay.Overlay) {
			gossips = append(gossips, joinAs(t, o, func(c *Config) { c.Federation = f.ID }))
		})
	overlaytest.Whole(t, overlaytest.Patience, all[:3]...)
	for _, m := range gossips[:3] {
		m.meshed(t, 2)
	}
	if err := gossips[3].Announce([]byte("of a stranger"), nil); err != nil {
		t.Fatal(err)
	}
	if err := gossips[0].Announce([]byte("of a member"), nil); err != nil {
		t.Fatal(err)
	}
	for _, m := range gossips[1:3] {
		until(t, "members hear a member", func() bool { n, _ := m.count(); return n == 1 })
	}
	until(t, "a member hears the two others", func() bool { return gossips[0].hears() == 2 })
	if n, _ := gossips[0].count(); n != 0 {
		t.Errorf("a member judged %d messages of a stranger", n)
	}
	if n, _ := gossips[3].count(); n != 0 {
		t.Errorf("a stranger was told %d batches", n)
	}
}
