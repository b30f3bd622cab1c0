package contests

import (
	"fmt"
	"strings"
	"time"

	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/store/view"
)

// Left writes how long is left, in seconds, to the minute and never more than there is:
// 2d 3h, 3h 20m, 20m.
func Left(seconds int64) string {
	minutes := int64(max(time.Duration(seconds)*time.Second, 0) / time.Minute)
	switch days, hours := minutes/1440, minutes/60%24; {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes%60)
	}
	return fmt.Sprintf("%dm", minutes)
}

// sentence tells a contest in words: who disputes, until when, and what each publisher
// answered.
func sentence(l *view.List, c *view.Contest, told *api.Contest, texts *locale.Catalog) string {
	said := []string{texts.Named("contest.said", told.Member, moment(c.Said))}
	if told.Grounds != "" {
		said[0] = texts.Named("contest.said_why", told.Member, moment(c.Said), told.Grounds)
	}
	switch {
	case len(c.Pleas) == 0:
		said = append(said, texts.Named("contest.nobody"))
	case !c.Anchored:
		said = append(said, texts.Named("contest.not_anchored"))
	case c.Deadline == 0:
		said = append(said, texts.Named("contest.no_tick"))
	case l.Clock() < c.Deadline:
		said = append(said, texts.Named("contest.until", moment(c.Deadline), Left(c.Deadline-l.Clock())))
	default:
		said = append(said, texts.Named("contest.over", moment(c.Deadline)))
	}
	for i := range c.Pleas {
		said = append(said, texts.Named(plea(&c.Pleas[i]), told.Publishers[i].Member))
	}
	if texts.Lang() == "zh" {
		return strings.Join(said, "。") + "。"
	}
	return strings.Join(said, ". ") + "."
}

// plea is the key of what is said of a publisher.
func plea(p *view.Plea) string {
	switch {
	case p.Withdrew():
		return "contest.withdrawn"
	case p.Upheld() && p.Answered:
		return "contest.upheld"
	case p.Upheld():
		return "contest.upheld_before"
	case p.Lapsed() && p.Answered:
		return "contest.late"
	case p.Lapsed():
		return "contest.lapsed"
	case !p.Live:
		return "contest.nothing"
	case p.Answered:
		return "contest.answered"
	}
	return "contest.asked"
}
