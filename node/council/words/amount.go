package words

import "strconv"

// Amount writes a count with its thousands apart, as the command line does: 4,112.
func Amount(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
