package node

import (
	"context"
	"strings"
	"testing"

	"ringfence/node/locale"
)

// A disk may be too full for a write and still have more than the floor free: what is
// said has all three figures, and they explain why nothing is written.
func TestAFullDiskIsToldWithWhatAWriteNeeds(t *testing.T) {
	const floor = 100<<20 + 1
	free := uint64(1 << 30)
	h := newHome(t)
	h.cfg.FreeFloor, h.cfg.Free = floor, func(string) (uint64, uint64, error) { return free, 1 << 40, nil }
	h.reopen()
	free = floor + 1<<20
	s, err := h.node.Status(context.Background())
	must(t, err)
	for _, p := range s.Problems {
		if p.Code != "problem.disk_full" {
			continue
		}
		if len(p.Args) != 3 || p.Args[0] != "101" || p.Args[2] != "101" || p.Args[1] == "0" {
			t.Errorf("free, needed and to stay free, in MiB: %q", p.Args)
		}
		for lang, text := range map[string]string{"en": p.Text, "zh": locale.New().Match("zh").Phrase(p)} {
			if strings.Count(text, "101 MiB") != 2 || !strings.Contains(text, " "+p.Args[1]+" MiB") {
				t.Errorf("%s: %s", lang, text)
			}
		}
		return
	}
	t.Errorf("not told: %q", s.Problems)
}
