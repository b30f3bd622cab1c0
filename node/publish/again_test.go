package publish

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"ringfence/node/publish/hand"
	"ringfence/node/publish/publication"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// twoNodes is a member of two nodes, op and its other, each with a publisher. They
// share one feed store; amnesia takes a node's records of what it published.
func twoNodes(t *testing.T) (w *world, here, there *Publisher) {
	t.Helper()
	w = newWorldOn(t, memory.New(), func(c *charter.FoundingConfig) {
		for i := range c.Cards {
			if c.Cards[i].ID == "op" {
				c.Cards[i].Issuers = append(c.Cards[i].Issuers, chartertest.Issuer("op2").Public())
			}
		}
	}, "op: operator", "desk: vendor")
	here, there = w.publisher("op"), w.publisher("op2")
	there.book = publication.Book{Values: memory.New()}
	return w, here, there
}

// amnesia makes a publisher forget what it published, as a store restored from an
// older backup does once the statements have come back.
func amnesia(p *Publisher) { p.book = publication.Book{Values: memory.New()} }

func pair(t *testing.T, adds bool, name string) *Delivery {
	d := delivery(name, draft(t, "+12025550123", "crm.spoof", 40, 1), draft(t, "+12025550124", "crm.spoof", 40, 1), draft(t, "+12025550125", "crm.spoof", 40, 1))
	d.Adds = adds
	return d
}

func listed(t *testing.T, p *Publisher) []publication.Listed {
	t.Helper()
	all, err := p.Publications()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What a file said and what was retracted since, in whatever way and by whatever node
// of the member, is said again under a new publication ID when the file is published
// again; what still stands is not, and is not counted twice.
func TestWhatWasRetractedIsSaidAgain(t *testing.T) {
	first := func(refs []taxonomy.Ref) hand.Target { return hand.Statement(refs[0]) }
	for name, c := range map[string]struct {
		target    func(publication.ID, []taxonomy.Ref) hand.Target
		elsewhere bool
		again     int
		state     publication.State
	}{
		"publication, by another node": {func(id publication.ID, _ []taxonomy.Ref) hand.Target {
			return hand.Publication(assertion.PublicationID(id))
		}, true, 3, publication.Retracted},
		"publication": {func(id publication.ID, _ []taxonomy.Ref) hand.Target {
			return hand.Publication(assertion.PublicationID(id))
		}, false, 3, publication.Retracted},
		"batch":                      {func(_ publication.ID, refs []taxonomy.Ref) hand.Target { return hand.Batch(refs[0].Batch) }, false, 3, publication.Retracted},
		"statement":                  {func(_ publication.ID, refs []taxonomy.Ref) hand.Target { return first(refs) }, false, 1, publication.Partly},
		"statement, by another node": {func(_ publication.ID, refs []taxonomy.Ref) hand.Target { return first(refs) }, true, 1, publication.Partly},
	} {
		for _, adds := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				w, here, there := twoNodes(t)
				var refs []taxonomy.Ref
				d := pair(t, adds, "a")
				was, err := here.Publish(context.Background(), withLines(d), Options{Receipt: func(r Receipt) error { refs = append(refs, r.Statement); return nil }})
				if err != nil {
					t.Fatal(err)
				}
				root := w.root()
				who := here
				if c.elsewhere {
					who = there
				}
				w.say(who, drafted(w.terms(who).Retract(c.target(was.Publication.ID, refs), "mistake")))
				if w.root() == root {
					t.Fatal("nothing was undone")
				}
				if all := listed(t, here); len(all) != 1 || all[0].State != c.state || all[0].Retracted != c.again || all[0].Statements != 3 {
					t.Errorf("after the retraction: %+v", all)
				}
				w.now++
				if dry, err := here.DryRun(context.Background(), d, Options{}); err != nil || dry.Already || dry.Say != c.again || dry.Again != c.again || dry.Unchanged != 3-c.again {
					t.Errorf("dry run %+v, %v", dry, err)
				}
				var receipts []int
				again, err := here.Publish(context.Background(), withLines(d), Options{Receipt: func(r Receipt) error { receipts = append(receipts, r.Line); return nil }})
				if err != nil || again.Already || again.Said != c.again || again.Again != c.again || again.Unchanged != 3-c.again || again.Publication.ID == was.Publication.ID {
					t.Fatalf("said again: %+v, %v", again, err)
				}
				if w.root() != root || !slices.Equal(receipts, []int{1, 2, 3}) {
					t.Errorf("the list is not as it was, or receipts lack: lines %v", receipts)
				}
				last, err := here.Publish(context.Background(), d, Options{})
				if err != nil || !last.Already || last.Publication.ID != again.Publication.ID {
					t.Errorf("a third time: %+v, %v", last, err)
				}
				if all := listed(t, here); len(all) != 2 || all[1].State != publication.Complete || all[1].Retracted != 0 {
					t.Errorf("in the end: %+v", all)
				}
			})
		}
	}
}

// withLines gives each draft the line of its place.
func withLines(d *Delivery) *Delivery {
	out := *d
	out.Drafts = func(yield func(Draft) bool) {
		n := 0
		for one := range d.Drafts {
			n++
			one.Lines = lines(n)
			if !yield(one) {
				return
			}
		}
	}
	return &out
}

// What replaced a file's statement since stays, though the file is published again, and
// what has only expired is not said again.
func TestWhatWasReplacedOrExpiredIsNotSaidAgain(t *testing.T) {
	w, here, _ := twoNodes(t)
	d := pair(t, true, "a")
	w.publish(here, d)
	w.now += hand.SecondsPerDay
	w.view.TurnTo(taxonomy.DayOf(w.now))
	w.publish(here, delivery("b", draft(t, "+12025550123", "crm.spoof", 2, 0)))
	root, tip := w.root(), w.announced[len(w.announced)-1].CID
	if again := w.publish(here, d); !again.Already || again.Unchanged != 3 || len(again.Under) != 2 || w.root() != root {
		t.Errorf("replaced: %+v", again)
	}
	w.now += 4000 * hand.SecondsPerDay
	w.view.TurnTo(taxonomy.DayOf(w.now))
	if again := w.publish(here, d); !again.Already || len(again.Under) != 0 || again.Refused != 3 {
		t.Errorf("expired: %+v", again)
	}
	if w.announced[len(w.announced)-1].CID != tip {
		t.Error("something was signed")
	}
}

// What is said again and cut off is finished under the ID that it began with.
func TestSayingAgainIsFinished(t *testing.T) {
	w, here, _ := twoNodes(t)
	d := many("a", 3*assertion.MaxStatements)
	was := w.publish(here, d)
	root := w.root()
	w.say(here, drafted(w.terms(here).Retract(hand.Batch(w.announced[1].CID), "mistake")))
	w.now++
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	door := &brokenDoor{Door: w.door, fail: 1, after: true}
	w.door = door
	broken := w.publisher("op")
	if _, err := broken.Publish(ctx, d, Options{}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.door = door.Door
	here = w.publisher("op")
	open := listed(t, here)[1]
	res := w.publish(here, d)
	if open.State != publication.Open || res.Publication.ID != open.ID || res.Publication.ID == was.Publication.ID || res.Resumed+res.Said != w.announced[1].Header.Count || w.root() != root {
		t.Errorf("%+v, of %+v", res, open)
	}
}

// A node that has no record of a publication, having been restored from an older backup
// or being the member's other node, lists it all the same by what its statements tell,
// says nothing twice, and names where things stand.
func TestPublicationsWithoutARecord(t *testing.T) {
	w, here, there := twoNodes(t)
	d := pair(t, false, "a")
	was := w.publish(here, d)
	w.now++
	byHand := hand.Flag{Key: num(t, "+12025550177").Range(), Category: cat(t, "crm.spoof")}
	w.say(here, drafted(w.terms(here).Flag(byHand)))
	amnesia(here)
	for name, p := range map[string]*Publisher{"restored": here, "the other node": there} {
		all := listed(t, p)
		if len(all) != 1 {
			t.Fatalf("%s lists %+v", name, all)
		}
		one := all[0]
		if one.ID != was.Publication.ID || one.State != publication.Complete || one.Statements != 3 || !one.Unrecorded || one.Elsewhere != (p == there) ||
			one.File != "" || one.Digest != "" || one.Begun.Unix() != noon || one.Issuer != issuer("op").String() {
			t.Errorf("%s: %+v", name, one)
		}
		tip := len(w.announced)
		got := w.publish(p, d)
		if !got.Already || got.Said != 0 || got.Unchanged != 3 || got.Publication.ID != (publication.ID{}) || !slices.Equal(got.Under, []publication.ID{was.Publication.ID}) || len(w.announced) != tip {
			t.Errorf("%s publishes it again: %+v", name, got)
		}
		dry, err := p.DryRun(context.Background(), d, Options{})
		if err != nil || !dry.Already || dry.Unchanged != 3 || !slices.Equal(dry.Under, got.Under) || dry.Before != (publication.ID{}) {
			t.Errorf("%s, dry: %+v, %v", name, dry, err)
		}
		if all := listed(t, p); len(all) != 1 {
			t.Errorf("%s: an empty publication is left: %+v", name, all)
		}
	}
	w.say(there, drafted(w.terms(there).Retract(hand.Publication(assertion.PublicationID(was.Publication.ID)), "mistake")))
	for _, p := range []*Publisher{here, there} {
		if all := listed(t, p); len(all) != 1 || all[0].State != publication.Retracted || all[0].Retracted != 3 {
			t.Errorf("after its retraction: %+v", all)
		}
	}
	w.now++
	if got := w.publish(here, d); got.Already || got.Said != 3 {
		t.Errorf("said again: %+v", got)
	}
}

// A publication that has no statements, as earlier releases kept of a file that stood
// already, is not retracted: that would undo nothing, and look as if it had.
func TestAPublicationWithoutStatementsIsNotRetracted(t *testing.T) {
	w, here, _ := twoNodes(t)
	for state, refused := range map[publication.State]bool{
		publication.Complete: true, publication.Closed: true, publication.Retracted: true, publication.Open: false, publication.Queued: false,
	} {
		one := publication.Record{ID: publication.ID{1}, Member: "op", State: state}
		if err := here.book.Keep(&one); err != nil {
			t.Fatal(err)
		}
		undo := drafted(w.terms(here).Retract(hand.Publication(assertion.PublicationID(one.ID)), "mistake"))
		err := here.MayUndo(&undo)
		if errors.Is(err, ErrNothingToUndo) != refused || refused && !strings.Contains(err.Error(), "has no statements") {
			t.Errorf("%s: %v", state, err)
		}
	}
}

// What a fork of the key suspended is said again by the member's other key, when the
// file is published with that.
func TestWhatAForkSuspendedIsSaidAgain(t *testing.T) {
	w, here, there := twoNodes(t)
	there.book = here.book // one directory whose key the charter replaced
	d := pair(t, true, "a")
	w.publish(here, d)
	root := w.root()
	if err := w.view.Freeze(view.FeedEpoch{Issuer: issuer("op")}, 2); err != nil || w.root() == root {
		t.Fatal("nothing is suspended", err)
	}
	w.now++
	if res := w.publish(there, d); res.Already || res.Said != 3 || res.Again != 3 || w.root() != root {
		t.Errorf("%+v", res)
	}
	if res := w.publish(there, d); !res.Already {
		t.Errorf("a second time: %+v", res)
	}
}
