package draft

import (
	"fmt"
	"strings"

	"ringfence/node/api"
	"ringfence/node/phrase"
)

// mostSlips is how many of the slips in a file are told, so that it is not mended line by
// line.
const mostSlips = 8

// slips is what is wrong with a proposal: the first, and how many there are.
type slips struct {
	told  []string
	count int
}

func (s *slips) add(what string) {
	if s.count++; s.count <= mostSlips {
		s.told = append(s.told, what)
	}
}

// error tells the slips, one a line; nil of none.
func (s *slips) error() error {
	if s.count == 0 {
		return nil
	}
	text := strings.Join(s.told, "\n")
	if more := s.count - len(s.told); more > 0 {
		text += fmt.Sprintf("\nand %d more", more)
	}
	return api.Tell(api.BadInput, phrase.Plain(text))
}
