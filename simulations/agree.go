package simulations

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/merkle"
)

// agreeWithin is how long the demo waits for its nodes to have one list.
const agreeWithin = 150 * time.Second

// agree waits until every node that runs holds so many statements or more, as when the
// user said something meanwhile, and all have the same list, and returns its root and how
// long that took.
func (d *demo) agree(ctx context.Context, statements int) (merkle.Hash, time.Duration, error) {
	began := time.Now()
	ctx, stop := context.WithTimeout(ctx, agreeWithin)
	defer stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		root, equal := d.sameRoot(statements)
		if equal {
			return root, time.Since(began), nil
		}
		select {
		case <-ctx.Done():
			return root, 0, fmt.Errorf("after %v the nodes do not have the same list: %s", time.Since(began).Round(time.Second), d.roots())
		case <-look.C:
		}
	}
}

// sameRoot returns the root that all running nodes have.
func (d *demo) sameRoot(statements int) (root merkle.Hash, equal bool) {
	var lists []oneHeld
	for _, s := range d.stations {
		if s.node != nil {
			l := s.node.View().List()
			lists = append(lists, oneHeld{l.Stamp().Root, l.Counts().Statements})
		}
	}
	return oneList(lists, statements)
}

// oneHeld is what a node has.
type oneHeld struct {
	root       merkle.Hash
	statements int
}

// oneList returns the root of lists that are one, of so many statements or more.
func oneList(lists []oneHeld, least int) (root merkle.Hash, equal bool) {
	for _, l := range lists {
		if l != lists[0] || l.statements < least {
			return lists[0].root, false
		}
	}
	return lists[0].root, true
}

// roots says which list each node has.
func (d *demo) roots() string {
	var told []string
	for _, s := range d.stations {
		if s.node == nil {
			told = append(told, s.id+" is stopped")
			continue
		}
		l := s.node.View().List()
		told = append(told, fmt.Sprintf("%s %s… of %d statements", s.id, l.Stamp().Root.String()[:12], l.Counts().Statements))
	}
	return strings.Join(told, ", ")
}

// running counts the nodes that run.
func (d *demo) running() int {
	n := 0
	for _, s := range d.stations {
		if s.node != nil {
			n++
		}
	}
	return n
}

// tellAgreement waits for the nodes to have one list and says so.
func (d *demo) tellAgreement(ctx context.Context) error {
	root, took, err := d.agree(ctx, d.said())
	if err != nil {
		return err
	}
	d.printf("  -> all %d running nodes have the list %s…, %.1f s after the last word\n", d.running(), root.String()[:12], took.Seconds())
	return nil
}

// said counts the statements published so far.
func (d *demo) said() int {
	n := 0
	for i := range d.summary.Publishers {
		n += d.summary.Publishers[i].Statements
	}
	return n
}

// demoCommands is what can be typed while the nodes stay up.
const demoCommands = "stop NAME, start NAME, nodes, help, quit"

// errLeave ends a demo whose user has seen enough.
var errLeave = errors.New("the user leaves")

// stay keeps the nodes up and does what the user types, until ctx ends, a node does,
// or the user leaves.
func (d *demo) stay(ctx context.Context) error {
	d.printf("\nThe nodes stay up. Stop one and start it again: stop %s, start %s. Type help for all commands; quit or Ctrl-C ends it.\n", esList, esList)
	typed := make(chan string)
	if d.cfg.In != nil {
		go read(ctx, d.cfg.In, typed)
	}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line := <-typed:
			switch err := d.obey(ctx, line); {
			case errors.Is(err, errLeave):
				return nil
			case err != nil:
				d.printf("%v\n", err)
			}
		case <-look.C:
			if err := d.lost(); err != nil {
				return err
			}
		}
	}
}

// lost returns why a node ended by itself.
func (d *demo) lost() error {
	for _, s := range d.stations {
		if s.node == nil {
			continue
		}
		select {
		case err := <-s.ended:
			s.ended <- nil
			if err == nil {
				return fmt.Errorf("%s ended by itself", s.id)
			}
			return fmt.Errorf("%s ended: %w", s.id, err)
		default:
		}
	}
	return nil
}

// read passes on lines until there are no more.
func read(ctx context.Context, from io.Reader, to chan<- string) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		select {
		case to <- lines.Text():
		case <-ctx.Done():
			return
		}
	}
}

// obey does what the user typed.
func (d *demo) obey(ctx context.Context, line string) error {
	verb, name, _ := strings.Cut(strings.TrimSpace(line), " ")
	s := d.station(strings.TrimSpace(name))
	switch {
	case verb == "":
		return nil
	case verb == "quit" || verb == "exit":
		return errLeave
	case verb == "help":
		d.printf("%s\n", demoCommands)
		return nil
	case verb == "nodes":
		d.printf("%s\n", strings.ReplaceAll(d.roots(), ", ", "\n"))
		return nil
	case verb != "stop" && verb != "start":
		return fmt.Errorf("%.20q is none of the commands: %s", verb, demoCommands)
	case s == nil:
		return fmt.Errorf("there is no node %.40q; nodes names them", name)
	case verb == "stop" && s.node == nil:
		return fmt.Errorf("%s is stopped already", s.id)
	case verb == "start" && s.node != nil:
		return fmt.Errorf("%s runs already", s.id)
	case verb == "stop":
		if err := s.halt(); err != nil {
			return err
		}
		d.printf("%s is stopped; the others go on.\n", s.id)
		if run, need := d.sitting(); s.role == charter.Regulator && run < need {
			d.printf("Of the regulators %d run, and it takes %d to decide: nothing is ratified until one more does. Flags and screening go on.\n", run, need)
		}
		return nil
	}
	if err := s.start(); err != nil {
		return err
	}
	d.printf("%s runs again.\n", s.id)
	return d.tellAgreement(ctx)
}

// sitting returns how many regulators' nodes run, and how many a decision takes.
func (d *demo) sitting() (run, need int) {
	all := 0
	for _, s := range d.stations {
		if s.role == charter.Regulator {
			if all++; s.node != nil {
				run++
			}
		}
	}
	need, _ = checkpoint.Quorum(all)
	return run, need
}
