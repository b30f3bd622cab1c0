package group_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"ringfence/consensus/quorum/group"
	qt "ringfence/consensus/quorum/quorumtest"
)

// lives are the regulators of a cluster, each with a Life of its own.
type lives struct {
	*qt.Cluster
	mu  sync.Mutex
	all map[int]*qt.Life
}

// quicken puts a new Life between a regulator and its disk and machine.
func (l *lives) quicken(i int, cfg *group.Config) {
	life := qt.NewLife(func() { l.CutOff(i) })
	l.mu.Lock()
	l.all[i] = life
	l.mu.Unlock()
	disk := cfg.Disk
	cfg.Disk = func(dir string) (group.Disk, error) {
		d, err := disk(dir)
		if err != nil {
			return nil, err
		}
		return life.Disk(d.(*qt.Disk)), nil
	}
	cfg.Machine = mortalMachine{cfg.Machine, life}
}

func (l *lives) of(i int) *qt.Life {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[i]
}

// mortalMachine is a Machine that applies while its Life lasts.
type mortalMachine struct {
	group.Machine
	life *qt.Life
}

func (m mortalMachine) Apply(index uint64, command []byte) (answer []byte) {
	_ = m.life.Do("apply", func() error { // the dead answer nobody
		answer = m.Machine.Apply(index, command)
		return nil
	})
	return answer
}

// A leader that is killed before or after it appends to its log, or applies what is
// committed: what was acknowledged stays, what is submitted again counts once, and begun
// anew it comes to the same (F01).
func TestALeaderIsKilledAmidACommand(t *testing.T) { killAmid(t, 3) }

func killAmid(t *testing.T, rounds uint64) {
	for _, point := range []string{"before append", "after append", "before apply", "after apply"} {
		for seed := range rounds {
			l := &lives{all: make(map[int]*qt.Life)}
			bubble(t, seed, l.quicken, func(t *testing.T, c *qt.Cluster) {
				l.Cluster = c
				l.kill(t, point, rand.New(rand.NewPCG(seed, 3)))
			})
		}
	}
}

// kill submits three commands through the leader, which dies of one of them, and then
// through another.
func (l *lives) kill(t *testing.T, point string, random *rand.Rand) {
	all := []int{0, 1, 2, 3}
	start(l.Cluster, all...)
	leader := l.Leader(all...)
	l.MustSubmit(leader, "first")
	rest := without(all, leader)
	l.Network().Set(qt.Hosts(all...), qt.Hosts(all...), func(k *qt.Link) { k.Jitter = time.Duration(random.IntN(2)) * 40 * time.Millisecond })
	life := l.of(leader)
	life.EndAt(point, 1+random.IntN(3))
	want := []string{"first"}
	for i := range 3 {
		id := fmt.Sprint("x", i)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := l.Member(leader).Group.Submit(ctx, qt.Command{ID: id, Write: true, Value: id}.Encode())
		cancel()
		if err != nil || life.Over() { // nobody hears of what it came to
			l.MustSubmitWithin(rest[0], id, 20*time.Second)
		}
		want = append(want, id)
	}
	if !life.Over() {
		t.Fatalf("%s was not reached", point)
	}
	for _, id := range want { // once more
		l.MustSubmitWithin(rest[1], id, 10*time.Second)
	}
	l.Kill(leader)
	l.Start(leader, all...)
	l.MustSubmitWithin(leader, "last", 10*time.Second)
	if tape := l.Agree("last", all...); !slices.Equal(tape, append(want, "last")) {
		t.Errorf("%s: they applied %v", point, tape)
	}
}
