// Package contests tells what is disputed, until when who has to answer, and what waits
// for the answer of one member.
//
// A contest binds a publisher only from the ledger's tick after the anchor that covers
// it, and an answer saves evidence only when its own anchor's tick comes in time. So what
// people are told here is by the ledger's clock, never by the node's, and what no anchor
// covers yet is called so.
//
// Floor 10, a room of node/answer. It decides nothing: the list does.
package contests

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"
	"weak"

	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// most bounds how many contests an answer lists.
const most = 1000

// Config is what a Desk needs; all must be set.
type Config struct {
	List   func() *view.List
	Member func() (charter.MemberIndex, bool) // whom the node speaks for
	Texts  func(lang string) *locale.Catalog
	Stamp  func() api.ListStamp
}

// Desk answers for one node. It is safe for concurrent use.
type Desk struct {
	cfg  Config
	last atomic.Pointer[found]
}

// New returns a Desk.
func New(cfg Config) *Desk { return &Desk{cfg: cfg} }

// found is what one list has, so that it is gone through once.
type found struct {
	of   weak.Pointer[view.List] // or an old list would be kept
	open []view.Contest
}

// open returns the contests of a list that are open, the most urgent first.
func (d *Desk) open(l *view.List) []view.Contest {
	of := weak.Make(l)
	if known := d.last.Load(); known != nil && known.of == of {
		return known.open
	}
	var all []view.Contest
	at := make(map[taxonomy.Ref]int)
	l.EachContest(func(c view.Contest) {
		i, again := at[c.Ref]
		if !again {
			at[c.Ref] = len(all)
			all = append(all, c)
			return
		}
		all[i].Pleas = join(all[i].Pleas, c.Pleas) // a range of any length is several keys
	})
	all = slices.DeleteFunc(all, func(c view.Contest) bool { return !c.Open() })
	slices.SortFunc(all, urgency)
	d.last.Store(&found{of, all})
	return all
}

// urgency orders contests: by deadline, those without one last, then by when they were
// said. Those of one moment have the order of their names, alike on every node, whichever
// came first.
func urgency(a, b view.Contest) int {
	return cmp.Or(cmp.Compare(uint64(a.Deadline-1), uint64(b.Deadline-1)), cmp.Compare(a.Said, b.Said), bytes.Compare(a.Ref.Bytes(), b.Ref.Bytes()))
}

// join adds how publishers stand towards the same contest on another key.
func join(to, more []view.Plea) []view.Plea {
	for _, p := range more {
		i := slices.IndexFunc(to, func(q view.Plea) bool { return q.Member == p.Member })
		switch {
		case i < 0:
			to = append(to, p)
		case p.Live:
			to[i].Live = true
		}
	}
	return to
}

// own returns the node's member; nil if the charter names none.
func (d *Desk) own() *charter.MemberIndex {
	m, ok := d.cfg.Member()
	if !ok {
		return nil
	}
	return &m
}

// Contests implements api.Reader.
func (d *Desk) Contests(_ context.Context, q api.ContestQuery) (api.Contests, error) {
	l, own, texts := d.cfg.List(), d.own(), d.cfg.Texts(q.Lang)
	out := api.Contests{Contests: []api.Contest{}, List: d.cfg.Stamp()}
	if own != nil {
		out.Member = l.State().Member(*own).ID
	}
	for _, c := range d.open(l) {
		mine := waits(&c, own)
		if mine {
			out.Waiting++
		}
		switch {
		case q.Mine && !mine:
		case len(out.Contests) == most:
			out.More = true
		default:
			out.Contests = append(out.Contests, Tell(l, &c, own, texts))
		}
	}
	return out, nil
}

// Report adds to a node's status how many contests wait for its member's answer, and how
// soon they must have it.
func (d *Desk) Report(s *api.Status) {
	l, own := d.cfg.List(), d.own()
	first := int64(0)
	for _, c := range d.open(l) {
		if waits(&c, own) {
			if s.Awaited++; first == 0 {
				first = c.Deadline
			}
		}
	}
	switch {
	case s.Awaited == 0:
	case first == 0:
		s.Problems = append(s.Problems, phrase.New("problem.contests_unanchored", "contests that wait for this member's answer: %d; no anchor covers them yet, so their time does not run; ringfence contests --mine lists them", s.Awaited))
	default:
		s.Problems = append(s.Problems, phrase.New("problem.contests", "contests that wait for this member's answer: %d, the first until %s (%s left by the ledger's clock); what is not answered by then lapses for good; ringfence contests --mine lists them",
			s.Awaited, moment(first), Left(first-l.Clock())))
	}
}

// waits reports whether a contest waits for a member's answer. One that has answered
// waits only for an anchor.
func waits(c *view.Contest, own *charter.MemberIndex) bool {
	return own != nil && slices.ContainsFunc(c.Pleas, func(p view.Plea) bool {
		return p.Member == *own && p.Awaited() && !p.Answered
	})
}

// Tell tells one contest, open or not.
func Tell(l *view.List, c *view.Contest, own *charter.MemberIndex, texts *locale.Catalog) api.Contest {
	state := l.State()
	out := api.Contest{
		Ref: c.Ref.String(), Subject: c.Key.String(), Member: state.Member(c.By).ID, Said: when(c.Said),
		State: stateOf(c), Mine: waits(c, own), Publishers: []api.Answer{},
	}
	out.Grounds = l.Grounds(c)
	if c.Deadline != 0 {
		out.Opened, out.Deadline, out.LeftSeconds = when(c.Opened), when(c.Deadline), max(c.Deadline-l.Clock(), 0)
	}
	for i := range c.Pleas {
		p := &c.Pleas[i]
		one := api.Answer{Member: state.Member(p.Member).ID, Standing: p.Stance.String()}
		if p.Answered {
			one.Ref, one.Upheld, one.Anchored = p.Answer.String(), p.Upholds, p.Counts
		}
		out.Publishers = append(out.Publishers, one)
	}
	out.Sentence = sentence(l, c, &out, texts)
	return out
}

func stateOf(c *view.Contest) string {
	switch {
	case !c.Open():
		return api.ContestClosed
	case c.Deadline == 0:
		return api.ContestNotAnchored
	}
	return api.ContestOpen
}

func when(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// moment writes a time of the ledger for people.
func moment(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04 UTC") }
