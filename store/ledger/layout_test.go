package ledger_test

import (
	"strings"
	"testing"

	"ringfence/store/ledger"
)

// paths are tiles and where C2SP tlog-tiles has them.
var paths = map[string]ledger.Tile{
	"tile/0/x001/x234/067":                {Level: 0, Index: 1234067, Width: 256},
	"tile/0/000":                          {Width: 256},
	"tile/0/000.p/1":                      {Width: 1},
	"tile/0/273.p/112":                    {Index: 273, Width: 112}, // of a tree of 70,000
	"tile/1/000":                          {Level: 1, Width: 256},
	"tile/1/001.p/17":                     {Level: 1, Index: 1, Width: 17},
	"tile/2/000.p/1":                      {Level: 2, Width: 1},
	"tile/7/000.p/127":                    {Level: 7, Width: 127},
	"tile/entries/x001/000.p/255":         {Kind: ledger.Entries, Index: 1000, Width: 255},
	"tile/entries/999":                    {Kind: ledger.Entries, Index: 999, Width: 256},
	"tile/openings/x001/001":              {Kind: ledger.Openings, Index: 1001, Width: 256},
	"tile/0/x036/x028/x797/x018/x963/966": {Index: 1<<55 - 2, Width: 256},
}

func TestPaths(t *testing.T) {
	for path, tile := range paths {
		if got := tile.Path(); got != path {
			t.Errorf("%+v is at %s, want %s", tile, got, path)
		}
		if got, err := ledger.ParsePath(path); err != nil || got != tile {
			t.Errorf("%s was read as %+v, %v", path, got, err)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, path := range []string{
		"", "checkpoint", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000",
		"tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/0/x000/000", "tile/0/x001/00", "tile/0/001/000",
		"tile/0/x001", "tile/0/x001/x000", "tile/0/x01/000", "tile/0/X001/000", "tile/0/-01", "tile/0/+01", "tile/0/0x1",
		"tile/00/000", "tile/+0/000", "tile/-1/000", "tile/01/000", "tile/8/000", "tile/63/000", "tile/64/000", "tile/data/000",
		"tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p", "tile/0/000.p/-1", "tile/0/000.p/+1",
		"tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/7/000", "tile/7/000.p/128", "tile/7/001.p/1",
		"tile/8/0/000", "tile/0/000\n", " tile/0/000", "tile/0/000 ", "tile/entries", "tile/entries/", "tile/Entries/000", "tile/entries/000.p/0",
		"tile/openings/000.p/256", "tile/0/x036/x028/x797/x018/x963/968", "tile/0/x999/x999/x999/x999/x999/x999/999",
		"tile/0/" + strings.Repeat("x000/", 1000) + "000",
	} {
		if got, err := ledger.ParsePath(path); err == nil {
			t.Errorf("%q was read as %+v", path, got)
		}
	}
}

// TestTilesOfATree counts what a tree of 70,000 is represented by: the example of
// C2SP tlog-tiles.
func TestTilesOfATree(t *testing.T) {
	for path, in := range map[string]bool{
		"tile/0/272": true, "tile/0/273": false, "tile/0/273.p/112": true, "tile/0/273.p/113": false, "tile/0/274.p/1": false,
		"tile/1/000": true, "tile/1/001.p/17": true, "tile/1/001.p/18": false, "tile/2/000.p/1": true, "tile/2/000.p/2": false,
		"tile/3/000.p/1": false, "tile/entries/273.p/112": true, "tile/openings/273.p/113": false,
	} {
		tile, err := ledger.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if tile.In(70_000) != in {
			t.Errorf("a tree of 70,000 has %s: %v", path, !in)
		}
	}
	for _, tile := range []ledger.Tile{{Width: 0}, {Width: -1}, {Width: 257}, {Level: -1, Width: 1}, {Level: 8, Width: 1}, {Kind: 3, Width: 1},
		{Kind: ledger.Entries, Level: 1, Width: 1}, {Index: 1<<64 - 1, Width: 1}, {Index: 1 << 56, Width: 1}} {
		if tile.In(ledger.MaxSize) {
			t.Errorf("a tree has %+v", tile)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for path := range paths {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := ledger.ParsePath(path)
		if err != nil {
			return
		}
		if tile.Path() != path || !tile.In(ledger.MaxSize) {
			t.Errorf("%q was read as %+v, which is at %s", path, tile, tile.Path())
		}
	})
}
