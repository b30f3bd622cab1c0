package ledger

import (
	"fmt"
	"strconv"
	"strings"

	"ringfence/store/merkle"
)

// The layout of C2SP tlog-tiles, all of it. Paths are relative to the prefix under
// which a ledger is served:
//
//	checkpoint                        the newest checkpoint, with its cosignatures
//	tile/<L>/<N>[.p/<W>]              hashes of level L
//	tile/entries/<N>[.p/<W>]          entries: each its length (2 bytes, big-endian), then itself
//	tile/openings/<N>[.p/<W>]         openings, packed alike: ours, not of the C2SP
//
// N is written in groups of three digits, all but the last behind an x:
// x001/x234/067. W, 1 to 255, stands only where a tile is not full.
const (
	// CheckpointPath is where the newest checkpoint is served.
	CheckpointPath = "checkpoint"

	root         = "tile/"
	entriesName  = "entries"
	openingsName = "openings"
	partialMark  = ".p/"
	groupMark    = "x"
)

const (
	// Full is how many hashes or entries a full tile or bundle has.
	Full = 1 << fullBits
	// MaxEntry is the greatest length in bytes of an entry, and of an opening.
	MaxEntry = 1<<16 - 1
	// MaxSize is how many entries a tree has at most: tools that count in int64
	// read it.
	MaxSize = 1<<63 - 1

	fullBits = 8 // one level of tiles is eight of the tree
	levels   = 8 // that a tree of MaxSize has
	maxPath  = 64
)

// Kind is what a tile holds.
type Kind uint8

// The kinds of tiles. Those of Entries and Openings are called bundles and have
// level 0.
const (
	Hashes Kind = iota
	Entries
	Openings
)

// Tile names a row of hashes, entries or openings, and how much of it is meant.
type Tile struct {
	Kind  Kind
	Level int    // 0 to 7: what one hash covers is 256^Level entries
	Index uint64 // in its level, from 0
	Width int    // 1 to Full: how many of its hashes or entries are meant, from the first
}

// In reports whether the tree of a size has all of t. Nothing else is served.
func (t Tile) In(size uint64) bool {
	return t.valid() && t.Index*Full+uint64(t.Width) <= size>>(fullBits*t.Level)
}

// MaxBytes returns how long t is at most: what a Source takes from a peer before it
// looks.
func (t Tile) MaxBytes() int {
	if t.Kind == Hashes {
		return t.Width * merkle.HashSize
	}
	return t.Width * (lengthSize + MaxEntry)
}

func (t Tile) valid() bool {
	if t.Kind > Openings || t.Level < 0 || t.Level >= levels || t.Kind != Hashes && t.Level != 0 {
		return false
	}
	most := uint64(MaxSize) >> (fullBits * t.Level)
	return 1 <= t.Width && t.Width <= Full && t.Index <= most/Full && t.Index*Full+uint64(t.Width) <= most
}

// String returns the path of t.
func (t Tile) String() string { return t.Path() }

// Path returns where t is served, without a leading slash.
func (t Tile) Path() string {
	var b strings.Builder
	b.WriteString(root)
	switch t.Kind {
	case Entries:
		b.WriteString(entriesName)
	case Openings:
		b.WriteString(openingsName)
	default:
		b.WriteString(strconv.Itoa(t.Level))
	}
	digits := strconv.FormatUint(t.Index, 10)
	digits = strings.Repeat("0", (3-len(digits)%3)%3) + digits
	for ; len(digits) > 3; digits = digits[3:] {
		b.WriteString("/" + groupMark + digits[:3])
	}
	b.WriteString("/" + digits)
	if t.Width != Full {
		b.WriteString(partialMark + strconv.Itoa(t.Width))
	}
	return b.String()
}

// ParsePath returns the tile that Path wrote as path, and refuses everything else,
// such as another way to write a number, a width of 0 or 256, or a tile that no
// tree reaches.
func ParsePath(path string) (Tile, error) {
	t, ok := parsePath(path)
	if !ok || !t.valid() || t.Path() != path {
		return Tile{}, fmt.Errorf("ledger: %.*q is not the path of a tile; see C2SP tlog-tiles", maxPath, path)
	}
	return t, nil
}

// parsePath takes apart what looks like a path; ParsePath compares.
func parsePath(path string) (t Tile, ok bool) {
	rest, ok := strings.CutPrefix(path, root)
	if !ok || len(path) > maxPath {
		return t, false
	}
	name, rest, _ := strings.Cut(rest, "/")
	number, width, partial := strings.Cut(rest, partialMark)
	var err error
	switch name {
	case entriesName:
		t.Kind = Entries
	case openingsName:
		t.Kind = Openings
	default:
		if t.Level, err = strconv.Atoi(name); err != nil {
			return t, false
		}
	}
	t.Width = Full
	if partial {
		if t.Width, err = strconv.Atoi(width); err != nil {
			return t, false
		}
	}
	digits := strings.NewReplacer("/", "", groupMark, "").Replace(number)
	t.Index, err = strconv.ParseUint(digits, 10, 64)
	return t, err == nil
}
