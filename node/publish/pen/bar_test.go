package pen

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// barredFeed is a feed as Barred sees it.
type barredFeed struct {
	bar  feed.Bar
	fork feed.ForkProof
}

func (b barredFeed) Latest(keys.Public) (feed.Tip, bool, error) { return feed.Tip{}, true, nil }

func (b barredFeed) HighestReserved(keys.Public) (feed.Tip, bool, error) {
	return feed.Tip{}, false, nil
}

func (b barredFeed) Fork(keys.Public, uint64) (feed.ForkProof, bool, error) {
	return b.fork, !b.fork.IsZero(), nil
}

func (b barredFeed) Barred(keys.Public) (feed.Bar, bool, error) {
	return b.bar, b.bar != feed.Bar{}, nil
}

// Each bar has one instruction, and a true one: only what lifts it, a key to go on under
// only where there is one, and none for a feed that is not barred.
func TestEachBarHasOneInstruction(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	fork, err := feed.NewForkProof(d.Verified("A1"), d.Verified("A1'"))
	must(t, err)
	restored, stolen := feed.Bar{Kind: feed.Restored, Reason: "place 0/7 was signed and is not held: the store is older than the feed"}, feed.Bar{Kind: feed.Stolen, Reason: "another machine"}
	for _, c := range []struct {
		name  string
		at    barredFeed
		spare bool
		codes string
	}{
		{"none", barredFeed{}, true, ""},
		{"restored", barredFeed{bar: restored}, false, "bar.restored why.older_store remedy.confirm"},
		{"stolen", barredFeed{bar: stolen}, true, "bar.stolen  remedy.lift remedy.other_key"},
		{"stolen, no other key", barredFeed{bar: stolen}, false, "bar.stolen  remedy.lift remedy.no_key"},
		{"forked", barredFeed{bar: stolen, fork: fork}, true, "bar.forked remedy.other_key"},
		{"forked, no other key", barredFeed{fork: fork}, false, "bar.forked remedy.no_key"},
		{"forked and restored", barredFeed{bar: restored, fork: fork}, true, "bar.forked remedy.other_key"},
	} {
		told, err := Barred(c.at, issuer(), feed.Epoch{}, c.spare)
		must(t, err)
		var codes []string
		for _, s := range told.Sentences() {
			codes = append(codes, s.Code)
		}
		if got := strings.Join(codes, " "); got != c.codes {
			t.Errorf("%s: %q, want %q", c.name, got, c.codes)
		}
		if lifts := strings.Contains(told.Text, "lift HEAD"); lifts != (c.at.fork.IsZero() && c.at.bar.Kind != 0) {
			t.Errorf("%s: that a lift ends it is said: %v: %s", c.name, lifts, told.Text)
		}
	}
}

// What bars keep as their reason is found again by its words: each form stands in the
// code of a floor that bars.
func TestTheReasonsOfBarsAreThoseThatAreKept(t *testing.T) {
	var code strings.Builder
	for _, root := range []string{"../../../store", "../..", "."} {
		must(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || d.Name() == "bar.go" && filepath.Base(filepath.Dir(name)) != "feed" || d.Name() == "phrases.go" {
				return err
			}
			text, err := os.ReadFile(name)
			code.Write(text)
			return err
		}))
	}
	for _, f := range reasons() {
		if !strings.Contains(code.String(), fmt.Sprintf("%q", f.Format)) {
			t.Errorf("nobody bars for %s: %q", f.Code, f.Format)
		}
	}
}
