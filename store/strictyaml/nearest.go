package strictyaml

import (
	"reflect"
	"strconv"
	"strings"
)

// Nearest returns the candidate that takes the fewest edits to reach from name,
// of equals the first; "" when even that one is no slip away: more than one edit
// for every three letters.
func Nearest(name string, candidates []string) string {
	best, least := "", (len(name)+1)/3+1
	for _, c := range candidates {
		if d := Distance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// Hint is the end of a complaint about an unknown name: the nearest candidate,
// or all of them when none is near.
func Hint(name string, candidates []string) string {
	if near := Nearest(name, candidates); near != "" {
		return "; the nearest is " + strconv.Quote(near)
	}
	return "; want " + strings.Join(candidates, ", ")
}

// Distance counts the insertions, deletions, replacements and swaps of
// neighbours that make b of a (Damerau and Levenshtein, restricted).
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// keysOf returns the keys that a struct type, named as reflection names it, has
// in documents that are read into t.
func keysOf(t reflect.Type, name string) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return keysOf(t.Elem(), name)
	case reflect.Struct:
	default:
		return nil
	}
	var keys []string
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case t.String() != name:
			keys = append(keys, keysOf(t.Field(i).Type, name)...)
		case key != "" && key != "-":
			keys = append(keys, key)
		}
	}
	return keys
}
