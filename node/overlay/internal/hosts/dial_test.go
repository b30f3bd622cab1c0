package hosts

import (
	"testing"
)

func TestClipCutsBetweenCharacters(t *testing.T) {
	for in, want := range map[string]string{"abc": "abc", "abcdef": "abcd", "ab标c": "ab", "a标": "a标", "": ""} {
		if got := Clip(in, 4); got != want {
			t.Errorf("%q is cut to %q, want %q", in, got, want)
		}
	}
}
