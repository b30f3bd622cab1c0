package quorum_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// failpoint is where a regulator that leads is killed: at one of the first times that it is
// reached once a motion is on its way.
type failpoint struct {
	name string
	most int
}

func failpoints() []failpoint {
	return []failpoint{
		// Raft's log: of the motion, each vote, the mark and the tick.
		{"before append", 5}, {"after append", 5},
		// What a command does: most hold it and the leader does not know so yet; and done,
		// the answer on its way. What lies between is memory alone, but for a mark: amid
		// that is what is reported.
		{"before commit", 5}, {"before answer", 3}, {"after answer", 3},
		// The ledger: each tile of a decision or tick, the checkpoint, and what is told.
		{"before tile", 6}, {"after tile", 6}, {"before checkpoint", 2}, {"after checkpoint", 2}, {"after tell", 2},
		// What is said of a tree: kept, and sent to some of the others.
		{"before report", 2}, {"after report", 2}, {"before lock", 2}, {"after lock", 2}, {"before cosign", 2}, {"after cosign", 2},
		{"before settle", 2}, {"after settle", 2}, {"after words", 9},
	}
}

// A leader that is killed before, between or after any two of what it leaves behind costs
// an election: what it told stays, what is submitted again counts once, and begun anew it
// comes to the same ledger and cosigns on (F01).
func TestTheLeaderIsKilledAtNamedPoints(t *testing.T) { killAtPoints(t, 2) }

// How soon another leads. An election timeout is drawn between Timing.Election and twice
// that. All who are left must have given up the dead, since three of four elect; where what
// is sent takes its time two may also stand at once, or one that others know to lack
// something, and that costs a timeout each.
const (
	electionMost = 2 * time.Second
	ledWithin    = 3 * electionMost
	lateWithin   = 5 * electionMost
	enactAfter   = 5 * time.Second // what others step in for, and what is said again
)

func killAtPoints(t *testing.T, rounds uint64) {
	var all []took
	for i, p := range failpoints() {
		t.Run(strings.ReplaceAll(p.name, " ", "-"), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := sitMortal(t, uint64(i))
				defer m.close()
				m.begun(m.Seats()...)
				for seed := range rounds {
					if r := m.kill(p, rand.New(rand.NewPCG(seed, uint64(i)))); r.led > 0 {
						all = append(all, r)
					}
				}
			})
		})
	}
	var worst took
	soon := 0
	for _, r := range all {
		worst = took{max(worst.led, r.led), max(worst.enacted, r.enacted)}
		if r.led < 3*group.Loopback().Election {
			soon++
		}
	}
	t.Logf("of %d leaders that stayed away another led after at most %s, for %d within 3 s; the motion was enacted after at most %s", len(all), worst.led, soon, worst.enacted)
}

// took is how long after a kill another led, and the motion was enacted at all that were
// left; zero where the killed one began anew at once.
type took struct{ led, enacted time.Duration }

// kill has a motion carried through the leader, which dies of it, and looks at what came of
// both.
func (m *mortals) kill(p failpoint, random *rand.Rand) (r took) {
	m.Helper()
	leads := m.leader()
	others := m.but(leads)
	nth, back, within := 1+random.IntN(p.most), random.IntN(2) == 0, ledWithin
	m.jitter(0)
	if random.IntN(2) == 0 {
		within = lateWithin
		m.jitter(40 * time.Millisecond)
	}
	b, passed := m.die(leads, p.name, nth)
	buried := make(chan struct{})
	go func() {
		defer close(buried)
		m.bury(leads)
	}()
	if back {
		<-buried
		m.start(leads)
	} else {
		m.eventually("another leads", within, func() bool { return slices.ContainsFunc(others, func(o string) bool { return m.all[o].Leads() }) })
		r.led = time.Since(m.died)
	}
	if err := <-passed; err != nil {
		m.Fatal(err)
	}
	m.everywhere(b.Proposal, within+enactAfter-time.Since(m.died), others...)
	if !back {
		r.enacted = time.Since(m.died)
		<-buried
		m.start(leads)
	}
	m.everywhere(b.Proposal, 20*time.Second, leads)
	m.after(b, leads)
	return r
}

// die has motions brought before the regulators until who leads has died, and returns the
// one of which it did, and what will come of its commands.
func (m *mortals) die(leads, point string, nth int) (*bill, chan error) {
	m.Helper()
	life := m.lead(leads)
	life.EndAt(point, nth)
	passed := make(chan error, 1)
	for range 8 {
		b := m.bring()
		go func() { passed <- m.pass(b, leads, life) }()
		m.eventually("the leader dies, or the motion is enacted and has its tick", 20*time.Second, func() bool { return life.Over() || m.done(b) })
		if life.Over() {
			return b, passed
		}
		if err := <-passed; err != nil {
			m.Fatal(err)
		}
	}
	m.Fatalf("%s was not reached %d times by 8 motions", point, nth)
	return nil, nil
}

// jitter has what is sent take up to so much longer, so that not all have it when one dies.
func (m *mortals) jitter(most time.Duration) {
	m.mu.Lock()
	m.late = time.Millisecond + most
	m.mu.Unlock()
	hosts := make([]keys.Public, 0, 4)
	for _, seat := range m.Seats() {
		hosts = append(hosts, hostKey(seat))
	}
	m.network.Set(hosts, hosts, func(l *quorumtest.Link) { l.Jitter = most })
}

// after looks at a motion and at who was killed once all is calm.
func (m *mortals) after(b *bill, killed string) {
	m.Helper()
	m.settled(m.Seats()...)
	for _, command := range b.commands {
		if a := m.submit(killed, command); a.Outcome != ballot.Known {
			m.Errorf("what was submitted again is %s: %v", a.Outcome, a.Refusal)
		}
	}
	tree := m.settled(m.Seats()...)
	for _, seat := range m.Seats() {
		if got := m.all[seat].Follower().Tree().Head(); got != tree {
			m.Errorf("%s holds %s, others %s", seat, got, tree)
		}
		m.once(b, seat)
	}
	if _, lost := m.all[killed].keeper.State(); lost != "" || m.status(killed).Silence != "" {
		m.Fatalf("%s is silent (%s) since it was killed: %s", killed, m.status(killed).Silence, lost)
	}
	m.eventually("who was killed cosigns", 3*time.Minute, func() bool {
		s, _ := m.all[killed].keeper.State()
		return s.Cosigned == m.all[killed].Follower().Standing().Note.Tree
	})
}

// once fails unless a regulator's ledger has a motion once, with each vote, where it was
// told to be.
func (m *mortals) once(b *bill, seat string) {
	m.Helper()
	r := m.all[seat]
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []charter.Enacted
	for _, d := range r.enacted {
		if d.Motion != nil && d.Motion.Motion.ID == b.ID {
			all = append(all, d)
		}
	}
	m.held.Lock()
	told, entered := m.told[b.ID], b.entered
	m.held.Unlock()
	switch {
	case len(all) != 1 || len(all[0].Motion.Votes) != 3:
		m.Errorf("%s has it %d times: %+v", seat, len(all), all)
	case told != all[0].First:
		m.Errorf("%s has it in entry %d; it was told to be in %d", seat, all[0].First, told)
	case entered != 0 && entered != all[0].Size:
		m.Errorf("%s has it at size %d; it was told to have entered with %d", seat, all[0].Size, entered)
	}
}

// bill is a motion on its way.
type bill struct {
	ballottest.Proposal
	commands [][]byte
	entered  uint64 // size of the ledger with it, as a leader told; 0 while none did
}

// bring writes a motion that three carry.
func (m *mortals) bring() *bill {
	m.Helper()
	m.motions++
	p := m.label(fmt.Sprintf("+861380013%04d", m.motions))
	b := &bill{Proposal: p}
	seats := m.Seats()
	b.commands = append(b.commands, m.Propose(p, seats[0]))
	for _, seat := range seats[1:3] {
		v := m.Vote(p, seat, nil)
		b.commands = append(b.commands, ballot.VoteCommand(&v))
	}
	return b
}

// done reports whether a motion is enacted everywhere with nothing left to do about it.
func (m *mortals) done(b *bill) bool {
	for _, seat := range m.Seats() {
		r := m.all[seat]
		d, ok := r.Docket()
		index, _ := r.Follower().Past().LastTick()
		if size := r.Follower().Standing().Size(); !ok || !r.holds(b.Proposal) || d.Size != size || index+1 != size {
			return false
		}
	}
	return true
}

// pass submits a motion and its votes through who leads, and once that is dead through the
// others, each until an answer is heard.
func (m *mortals) pass(b *bill, leads string, life *quorumtest.Life) error {
	others := m.but(leads)
	for _, command := range b.commands {
		err := errUnheard
		for try := 0; err != nil && try < 200; try++ {
			if !life.Over() {
				err = m.ask(b, command, leads, life)
				continue
			}
			if err = m.ask(b, command, others[try%len(others)], nil); err != nil {
				time.Sleep(50 * time.Millisecond)
			}
		}
		if err != nil {
			return fmt.Errorf("what became of a command is not known: %w", err)
		}
	}
	return nil
}

var errUnheard = errors.New("no answer was heard")

// ask submits a command through a regulator, whose answer is heard if its life lasts.
func (m *mortals) ask(b *bill, command []byte, through string, life *quorumtest.Life) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if life != nil {
		go func() {
			select {
			case <-life.Ended():
				cancel() // whoever asked it sees the connection end
			case <-ctx.Done():
			}
		}()
	}
	m.mu.Lock()
	r := m.all[through].Regulator
	m.mu.Unlock()
	a, err := r.Submit(ctx, command)
	if err != nil {
		return err
	}
	if a.Refusal != nil {
		return a.Refusal
	}
	heard := func() error {
		m.held.Lock()
		defer m.held.Unlock()
		if a.Outcome == ballot.Entered {
			b.entered = a.Size
		}
		return nil
	}
	if life == nil {
		return heard()
	}
	return life.Do("answer", heard)
}
