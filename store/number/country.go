package number

import "strconv"

// Country is a country calling code of ITU-T E.164: 1, 86, 852. Zero is none.
type Country uint16

// Countries of the plans that ship with the project.
const (
	China  Country = 86
	NANP   Country = 1
	Spain  Country = 34
	France Country = 33
)

// String returns the digits.
func (c Country) String() string { return strconv.Itoa(int(c)) }

// Len returns the count of digits, 1 to 3; 0 for none.
func (c Country) Len() int {
	switch {
	case c == 0:
		return 0
	case c < 10:
		return 1
	case c < 100:
		return 2
	}
	return 3
}

// countryLength gives, for the first two digits of an international number,
// how long its country code is: 1 or 2 where two digits decide, 3 where the
// code has three digits. It is derived from the list of assigned codes of
// ITU-T E.164 (Operational Bulletin annex), in which no code is the prefix of
// another.
func countryLength(firstTwo uint64) int {
	switch first := firstTwo / 10; first {
	case 1, 7:
		return 1
	}
	switch firstTwo {
	case 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49,
		51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66,
		81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98:
		return 2
	}
	return 3
}

// assigned3 has a bit for each assigned code of three digits.
var assigned3 = func() (set [1000]bool) {
	for _, c := range [...]uint16{
		211, 212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229,
		230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245,
		246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 260, 261, 262,
		263, 264, 265, 266, 267, 268, 269, 290, 291, 297, 298, 299, 350, 351, 352, 353,
		354, 355, 356, 357, 358, 359, 370, 371, 372, 373, 374, 375, 376, 377, 378, 379,
		380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 500, 501, 502, 503, 504,
		505, 506, 507, 508, 509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670,
		672, 673, 674, 675, 676, 677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688,
		689, 690, 691, 692, 800, 808, 850, 852, 853, 855, 856, 870, 878, 880, 881, 882,
		883, 886, 888, 960, 961, 962, 963, 964, 965, 966, 967, 968, 970, 971, 972, 973,
		974, 975, 976, 977, 979, 992, 993, 994, 995, 996, 998,
	} {
		set[c] = true
	}
	return set
}()

// countryOf returns the country code at the head of length digits, 0 if none.
func countryOf(digits uint64, length int) Country {
	if length < 1 || length > MaxDigits {
		return 0
	}
	first := digits / pow10[length-1]
	if first == 1 || first == 7 {
		return Country(first)
	}
	if length < 2 {
		return 0
	}
	two := digits / pow10[length-2]
	if countryLength(two) == 2 {
		return Country(two)
	}
	if length < 3 {
		return 0
	}
	if three := digits / pow10[length-3]; three < 1000 && assigned3[three] {
		return Country(three)
	}
	return 0
}
