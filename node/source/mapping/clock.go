package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a zone must mean the same on machines without zone files

	"ringfence/store/taxonomy"
)

// unixLayout in the place of a date layout means whole Unix seconds.
const unixLayout = "unix"

// clock reads the dates of one kind of file.
type clock struct {
	layouts []string
	zone    *time.Location // nil: every layout tells its own
	asOf    int64          // of undated rows; 0 not told
}

// newClock checks layouts and zone. A layout that tells no zone needs one:
// a day begins at another moment in every zone, and the list counts UTC days.
func newClock(zone string, layouts []string) (clock, error) {
	c := clock{layouts: layouts}
	if zone != "" {
		loc, err := location(zone)
		if err != nil {
			return clock{}, err
		}
		c.zone = loc
	}
	for _, layout := range layouts {
		if layout == unixLayout {
			continue
		}
		if err := checkLayout(layout); err != nil {
			return clock{}, err
		}
		if c.zone == nil && !tellsZone(layout) {
			return clock{}, fmt.Errorf("layout %q tells no zone; say which with zone: UTC, +08:00 or a name such as Asia/Shanghai", layout)
		}
	}
	return c, nil
}

// location reads UTC, an offset or a name of the IANA time zone database.
func location(s string) (*time.Location, error) {
	if t, err := time.Parse("-07:00", s); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(s, offset), nil
	}
	if s == "Local" {
		return nil, fmt.Errorf("zone Local means another zone on every machine; name it")
	}
	loc, err := time.LoadLocation(s)
	if err != nil {
		return nil, fmt.Errorf("zone %q is not UTC, an offset such as +08:00, or a name such as Asia/Shanghai", s)
	}
	return loc, nil
}

// checkLayout refuses a layout that does not tell a whole date.
func checkLayout(layout string) error {
	probe := time.Date(2021, time.November, 23, 0, 0, 0, 0, time.UTC)
	back, err := time.Parse(layout, probe.Format(layout))
	if err != nil || back.Year() != probe.Year() || back.YearDay() != probe.YearDay() {
		return fmt.Errorf("layout %q does not tell year, month and day; write 2 January 2006, 15:04:05 as the file would, for instance %q",
			layout, time.DateOnly)
	}
	return nil
}

// tellsZone reports whether times of a layout carry their zone as an offset.
// Abbreviations do not count: CST is China, Cuba and Chicago.
func tellsZone(layout string) bool {
	return strings.Contains(layout, "Z07") || strings.Contains(layout, "-07")
}

// parse reads a date. A date without a time is the first second of its day.
func (c *clock) parse(s string) (int64, bool) {
	for _, layout := range c.layouts {
		if layout == unixLayout {
			if t, err := strconv.ParseInt(s, 10, 64); err == nil {
				return t, t >= 0 && t <= taxonomy.MaxTime
			}
			continue
		}
		zone := c.zone
		if zone == nil {
			zone = time.UTC
		}
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.Unix(), t.Unix() >= 0 && t.Unix() <= taxonomy.MaxTime
		}
	}
	return 0, false
}

// day reads the date of an as_of, which needs the zone.
func (c *clock) day(s string) (int64, error) {
	if c.zone == nil {
		return 0, fmt.Errorf("a day needs its zone; say which with zone")
	}
	t, err := time.ParseInLocation(time.DateOnly, s, c.zone)
	if err != nil || t.Unix() < 0 || t.Unix() > taxonomy.MaxTime {
		return 0, fmt.Errorf("%q is no date such as 2026-08-22", s)
	}
	return t.Unix(), nil
}
