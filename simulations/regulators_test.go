package simulations

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/store/charter"
)

// user is who sits before a running demo: types, reads what it says, and asks each node
// over its socket, as the verbs do.
type user struct {
	*testing.T
	url   string // of a node's API that always runs
	hands io.Writer
	heard <-chan string
	nodes map[string]*client.Client // that run
	all   map[string]*client.Client
}

func sitBefore(t *testing.T, dir, url string, hands io.Writer, heard <-chan string) *user {
	u := &user{T: t, url: url, hands: hands, heard: heard, nodes: make(map[string]*client.Client), all: make(map[string]*client.Client)}
	for _, s := range seats(true) {
		c, err := client.New(client.Config{Socket: filepath.Join(dir, s.id, "node.sock")})
		if err != nil {
			t.Fatal(err)
		}
		card, err := os.Open(filepath.Join(dir, s.id, node.CardFile))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := charter.ReadCard(card); err != nil || c.ID != s.id || card.Close() != nil {
			t.Errorf("the card of %s: %+v, %v", s.id, c, err)
		}
		u.nodes[s.id], u.all[s.id] = c, c
	}
	return u
}

func (u *user) close() {
	for _, c := range u.all {
		_ = c.Close()
	}
}

// types types a command and waits for what the demo is to say to it.
func (u *user) types(command, answer string) bool {
	if _, err := io.WriteString(u.hands, command+"\n"); err != nil {
		u.Error(err)
		return false
	}
	return u.hears(answer)
}

// hears waits for what the demo says.
func (u *user) hears(said string) bool {
	late := time.After(time.Minute)
	for {
		select {
		case line := <-u.heard:
			if strings.Contains(line, said) {
				return true
			}
		case <-late:
			u.Errorf("it does not say %q", said)
			return false
		}
	}
}

func (u *user) stops(id string) bool {
	delete(u.nodes, id)
	return u.types("stop "+id, id+" is stopped; the others go on")
}

func (u *user) starts(id string) bool {
	u.nodes[id] = u.all[id]
	return u.types("start "+id, fmt.Sprintf("all %d running nodes have the list", len(u.nodes)))
}

// sees waits until every node that runs answers a look-up so.
func (u *user) sees(what, number string, holds func(api.Lookup) bool) bool {
	late := time.Now().Add(30 * time.Second)
	for id, c := range u.nodes {
		for {
			got, err := c.Lookup(context.Background(), api.Query{Number: number})
			if err == nil && holds(got) {
				break
			}
			if time.Now().After(late) {
				u.Errorf("%s: %s has %+v, %v", what, id, got, err)
				return false
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return true
}

func inForce(l api.Lookup) bool { return l.Basis == "ratified" }

func gone(l api.Lookup) bool { return l.Basis != "ratified" }

// takesBack stays an entry by one regulator, or revokes it by two.
func (u *user) takesBack(kind, number string, by ...string) bool {
	made, err := u.nodes[by[0]].ProposeMotion(context.Background(), api.Proposal{Kind: kind, Entries: []string{number}, Reason: "tried"})
	if err != nil {
		u.Errorf("%s %s: %v", kind, number, err)
		return false
	}
	late := time.Now().Add(30 * time.Second)
	for _, second := range by[1:] {
		for {
			_, err := u.nodes[second].VoteMotion(context.Background(), api.MotionVote{ID: made.Motion.ID, For: true})
			if err == nil {
				break
			}
			if time.Now().After(late) {
				u.Errorf("%s votes for it: %v", second, err)
				return false
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return u.sees("after the "+kind, number, gone)
}

// ratified returns numbers that the ledger decides about.
func (u *user) ratified(n int) (all []string) {
	got, err := u.nodes[carrier].LedgerEntries(context.Background(), api.LedgerQuery{Count: api.MaxLedgerEntries})
	if err != nil {
		u.Error(err)
	}
	for _, e := range got.Entries {
		if e.Says != nil && e.Type == "item" && e.Kind == "ratify" && len(all) < n {
			number, _, _ := strings.Cut(e.Says.Text, " ")
			all = append(all, number)
		}
	}
	return all
}

// sizes are those of the ledger at every node that runs.
func (u *user) sizes() (all []uint64) {
	for id, c := range u.nodes {
		s, err := c.LedgerState(context.Background())
		if err != nil {
			u.Errorf("%s: %v", id, err)
		}
		all = append(all, s.Size)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// undecided waits until no regulator that runs sees one that leads.
func (u *user) undecided() bool {
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		led := false
		for _, r := range regulators {
			if c := u.nodes[r]; c != nil {
				s, err := c.QuorumState(context.Background())
				led = led || err != nil || s.Generation == nil || s.Generation.Leader != ""
			}
		}
		if !led {
			return true
		}
		if time.Now().After(late) {
			u.Error("two of four regulators are led by somebody")
			return false
		}
	}
}

// stopsRegulators: with one of four stopped all goes on, a stay and a revocation among it;
// with two nothing becomes authoritative, and flags, retractions and look-ups go on; and
// once they run again all that is taken back is gone on every node.
func (u *user) stopsRegulators() {
	numbers := u.ratified(3)
	if len(numbers) < 3 {
		u.Errorf("only %v are ratified", numbers)
		return
	}
	for _, n := range numbers {
		if !u.sees("before", n, inForce) {
			return
		}
	}
	one, two := regulators[3], regulators[2]
	for _, step := range []struct {
		what string
		done func() bool
	}{
		{"one stops", func() bool { return u.stops(one) }},
		{"a stay", func() bool { return u.takesBack("stay", numbers[0], regulators[1]) }},
		{"a revocation", func() bool { return u.takesBack("revoke", numbers[1], regulators[0], regulators[1]) }},
		{"a second stops", func() bool {
			return u.stops(two) && u.hears("Of the regulators 2 run, and it takes 3 to decide") && u.undecided()
		}},
		{"without a quorum", func() bool { return u.goesOnWithout(numbers) }},
		{"one runs again", func() bool { return u.starts(two) }},
		{"a revocation", func() bool { return u.takesBack("revoke", numbers[2], regulators[0], two) }},
		{"the other runs again", func() bool { return u.starts(one) }},
		{"at the end", func() bool {
			return !slices.ContainsFunc(numbers, func(n string) bool { return !u.sees("at the end", n, gone) })
		}},
	} {
		began := time.Now()
		if !step.done() {
			return
		}
		u.Logf("%s: %s", step.what, time.Since(began).Round(time.Millisecond))
	}
}

// goesOnWithout is what nodes do without a quorum, and what they do not. Of the numbers
// all but the last are taken back already, and that cannot be now. Meanwhile all that is
// ratified is proved, which takes nobody's leave.
func (u *user) goesOnWithout(numbers []string) bool {
	before, number := u.sizes(), numbers[len(numbers)-1]
	stayed := make(chan error, 1) // it is tried for some time
	go func() {
		_, err := u.nodes[regulators[0]].ProposeMotion(context.Background(), api.Proposal{Kind: "stay", Entries: []string{number}, Reason: "tried"})
		stayed <- err
	}()
	const fresh = "+34919999999"
	said, err := u.nodes[esList].Say(context.Background(), api.Say{Kind: "flag", Subject: fresh, Category: "crm.fraud.impersonation", Reports: 1})
	if err != nil || len(said.Statements) != 1 {
		u.Errorf("a flag without a quorum: %+v, %v", said, err)
		return false
	}
	ok := u.sees("a flag without a quorum", fresh, func(l api.Lookup) bool { return len(l.Sources) == 1 })
	if _, err = u.nodes[esList].Retract(context.Background(), api.Retract{Ref: said.Statements[0], Reason: "tried"}); err != nil {
		u.Errorf("a retraction without a quorum: %v", err)
		return false
	}
	ok = ok && u.sees("a retraction without a quorum", fresh, func(l api.Lookup) bool { return len(l.Sources) == 0 }) &&
		u.sees("without a quorum", number, inForce)
	proves(u.T, u.url, numbers...)
	if err := <-stayed; api.KindOf(err) != api.Unavailable {
		u.Errorf("a stay without a quorum: %v", err)
	}
	if after := u.sizes(); len(before) != 1 || !slices.Equal(before, after) {
		u.Errorf("without a quorum the ledgers grew from %d to %d", before, after)
	}
	return ok
}
