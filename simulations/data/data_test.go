package data

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// The page beside the files names each by the hash of its text.
func TestFilesAreTheOnesTheREADMENames(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{FTCDaily, FTC90Days, Spain, Directory} {
		text, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		row := ""
		for line := range strings.Lines(string(page)) {
			if strings.HasPrefix(line, "| `"+name+".gz`") {
				row = line
			}
		}
		if !strings.Contains(row, hex.EncodeToString(sum[:])) {
			t.Errorf("%s has the hash %x, README.md says %q", name, sum, row)
		}
	}
}

func TestOpenNamesWhatIsMissing(t *testing.T) {
	if _, err := Read("nothing.csv"); err == nil || !strings.Contains(err.Error(), "nothing.csv") {
		t.Errorf("got %v", err)
	}
}
