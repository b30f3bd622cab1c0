package overlay_test

import (
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
)

func TestMembersOnALocalNetworkFindEachOther(t *testing.T) {
	all := overlaytest.Net(t, overlaytest.Found("lan", 3), func(_ int, cfg *overlay.Config) {
		cfg.Bootstrap, cfg.LAN, cfg.Listen = nil, true, []string{":0"}
	})
	overlaytest.Whole(t, 30*time.Second, all...)
}
