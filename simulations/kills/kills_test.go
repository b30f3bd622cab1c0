package kills

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringfence/consensus/audit"
	"ringfence/consensus/prove/strangertest"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/store/checkpoint"
	"ringfence/store/disk"
	"ringfence/store/ledger"
)

// enacted is a motion of which a node told that it is, and the entry that it named.
type enacted struct {
	id    string
	first uint64
}

// proposer proposes one motion after the other, about a number of its own each, and has
// the regulators vote, whoever of them lives.
type proposer struct {
	*council
	random *rand.Rand

	mu       sync.Mutex
	told     []enacted
	proposed int
}

func (p *proposer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.told)
}

// asking is how long one question may take: without a quorum an answer takes some time.
const asking = 5 * time.Second

// work proposes until ctx ends; what was proposed then is carried to its end.
func (p *proposer) work(ctx context.Context) {
	for ; ctx.Err() == nil; p.proposed++ {
		by := p.all[p.random.IntN(len(p.all))]
		within, stop := context.WithTimeout(context.Background(), asking)
		made, err := by.ProposeMotion(within, api.Proposal{
			Kind: "ratify", Action: "label", Category: "crm.spoof", Grounds: "decision", Reason: "a test",
			Items: []api.ProposedItem{{Number: fmt.Sprintf("+86138%08d", p.proposed)}},
		})
		stop()
		if err != nil { // it is dead, or there is no quorum: nobody knows what became of it
			time.Sleep(20 * time.Millisecond)
			continue
		}
		p.carry(made.Motion.ID)
	}
}

// carry has all vote until somebody tells that the motion is enacted.
func (p *proposer) carry(id string) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, r := range p.all {
			if p.votes(r, id) {
				return
			}
		}
	}
	p.Errorf("motion %s was taken, and is not enacted after %v", id, patience)
}

// votes has one vote where its vote is waited for, and reports whether it tells that the
// motion is enacted.
func (p *proposer) votes(r *regulator, id string) bool {
	ctx, stop := context.WithTimeout(context.Background(), asking)
	defer stop()
	m, err := r.Motion(ctx, id)
	if err == nil && m.Mine == "waits" && m.State == api.MotionOpen {
		m, err = r.VoteMotion(ctx, api.MotionVote{ID: id, For: true})
	}
	if err != nil || m.State != api.MotionEnacted {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, enacted{id, m.Parts[0].First})
	return true
}

// leader is the regulator that leads, somebody if nobody does.
func (c *council) leader() *regulator {
	for _, r := range c.all {
		if s, err := r.QuorumState(c.Context()); err == nil && s.Generation != nil {
			if i := slices.IndexFunc(c.all, func(o *regulator) bool { return o.id == s.Generation.Leader }); i >= 0 {
				return c.all[i]
			}
		}
	}
	return c.all[0]
}

// Regulators' processes are killed at any instant while motions are proposed and voted
// on: the leader, one, two, all four. What was told as enacted is there afterwards, on all,
// where it was told to be, and once; all go on each time, and what each then holds is
// right from its genesis on, to the audit and to a stranger.
func TestSoakRegulatorsAreKilled(t *testing.T) {
	const seed = 10
	random := rand.New(rand.NewPCG(seed, 1))
	c := found(t)
	for _, r := range c.all {
		c.start(r)
	}
	p := &proposer{council: c, random: rand.New(rand.NewPCG(seed, 2))}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); p.work(ctx) }()
	finish := func() { stop(); <-done }
	defer finish()
	c.until("something is enacted", func() bool { return p.count() > 0 })

	began, killed := time.Now(), 0
	for round := range rounds {
		time.Sleep(time.Duration(random.IntN(800)) * time.Millisecond)
		victims := []*regulator{c.leader()}
		if round%4 > 0 {
			victims = victims[:0]
			for _, i := range random.Perm(len(c.all))[:[]int{0, 1, 2, 4}[round%4]] {
				victims = append(victims, c.all[i])
			}
		}
		for _, r := range victims {
			time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
			c.kill(r)
			killed++
		}
		time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
		for _, r := range victims {
			c.start(r)
		}
		had := p.count()
		c.until("more is enacted after a kill", func() bool { return p.count() > had+1 || t.Failed() })
	}
	finish()
	t.Logf("%d processes killed in %v, %d motions told as enacted of %d proposed", killed, time.Since(began).Round(time.Millisecond), len(p.told), p.proposed)
	c.compare(p.told)
	for _, r := range c.all {
		c.end(r)
	}
	for _, r := range c.all {
		c.judge(r)
	}
}

// compare looks for what was told as enacted on all nodes.
func (c *council) compare(told []enacted) {
	c.Helper()
	var size uint64
	for _, e := range told {
		size = max(size, e.first+2)
	}
	for _, r := range c.all {
		c.until(r.id+" has all, cosigned by all four", func() bool {
			s, err := r.QuorumState(c.Context())
			return err == nil && s.Size >= size && s.Fresh == len(c.all)
		})
		motions, numbers := make(map[string][]uint64), make(map[string]int)
		for since, end := uint64(0), uint64(1); since < end; since += api.MaxLedgerEntries {
			got, err := r.LedgerEntries(c.Context(), api.LedgerQuery{Since: since, Count: api.MaxLedgerEntries})
			c.must(err)
			end = got.Size
			for _, e := range got.Entries {
				switch {
				case e.Type == "motion":
					motions[e.Motion] = append(motions[e.Motion], e.Index)
				case e.Type == "item" && e.Says != nil:
					number, _, _ := strings.Cut(e.Says.Text, " ")
					numbers[number]++
				}
			}
		}
		for _, e := range told {
			if !slices.Equal(motions[e.id], []uint64{e.first}) {
				c.Errorf("%s: motion %s was told as enacted in entry %d and is in %v", r.id, e.id, e.first, motions[e.id])
			}
		}
		for number, n := range numbers {
			if n > 1 {
				c.Errorf("%s: %s is ratified by %d entries", r.id, number, n)
			}
		}
		if len(numbers) < len(told) {
			c.Errorf("%s: %d numbers are ratified by %d motions", r.id, len(numbers), len(told))
		}
	}
}

// judge goes through what a regulator that ended holds.
func (c *council) judge(r *regulator) {
	c.Helper()
	store, err := disk.Open(disk.Config{Dir: filepath.Join(r.Dir, node.StoreDir), FreeFloor: 1, Federation: c.genesis.CharterCID()})
	c.must(err)
	defer func() { c.must(store.Close()) }()
	report, err := audit.Run(c.Context(), audit.Config{Genesis: c.genesis, Ledger: store.Ledger(), Feeds: store})
	c.must(err)
	if !report.Clean() || report.Judged != report.Size || report.Motions == 0 || len(report.Cosigned) < report.Quorum {
		c.Errorf("%s: %+v", r.id, report)
	}
	sealed, err := c.genesis.Encode()
	c.must(err)
	stranger, err := strangertest.Read(sealed)
	c.must(err)
	entries, openings := c.rows(store, report)
	l, err := stranger.Replay(entries, openings, store.Ledger().Checkpoint())
	if err != nil || l.Size != report.Size || l.Votes != report.Votes {
		c.Errorf("%s: to a stranger: %+v, %v", r.id, l, err)
	}
}

// rows are a ledger's entries and openings.
func (c *council) rows(store *disk.Store, report *audit.Report) (entries, openings [][]byte) {
	c.Helper()
	tree, err := ledger.Open(c.Context(), store.Ledger(), checkpoint.Tree{Size: report.Size, Root: report.Root})
	c.must(err)
	rows := ledger.NewReader(tree, store.Ledger())
	for at := uint64(0); at < tree.Size(); at += ledger.Full {
		e, err := rows.Entries(c.Context(), at/ledger.Full)
		c.must(err)
		o, err := rows.Openings(c.Context(), at/ledger.Full)
		c.must(err)
		entries, openings = append(entries, e...), append(openings, o...)
	}
	return entries, openings
}
