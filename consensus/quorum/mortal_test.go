package quorum_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"github.com/ipfs/go-cid"

	"ringfence/consensus/cosign"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/consensus/quorum/quorumtest"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// mortals is a council each of whom has a Life, and what was told of it.
type mortals struct {
	*council
	motions int
	died    time.Time // the last of them: read once its Life is over

	held    sync.Mutex
	life    map[string]*quorumtest.Life
	leading string                     // who is to die of a commit
	told    map[cid.Cid]uint64         // the first entry of what was told as enacted
	said    map[string]checkpoint.Tree // by whom, what and of which size
	stored  map[uint64][]string        // by whom, of each entry of Raft's log
}

// sitMortal is sitWith of four.
func sitMortal(t *testing.T, seed uint64) *mortals {
	t.Helper()
	m := &mortals{
		life: make(map[string]*quorumtest.Life), told: make(map[cid.Cid]uint64), said: make(map[string]checkpoint.Tree), stored: make(map[uint64][]string),
	}
	m.council = sitWith(t, 4, seed, m.quicken)
	return m
}

// lead notes who is to die, and returns its Life.
func (m *mortals) lead(member string) *quorumtest.Life {
	m.held.Lock()
	defer m.held.Unlock()
	m.leading = member
	return m.life[member]
}

// quicken puts a new Life between a regulator and all that outlives it.
func (m *mortals) quicken(cfg *quorum.Config) {
	w := cfg.Network.(wire)
	member, keeper, disk, enacted := w.from, cfg.Keeper.(*quorumtest.Keeper), cfg.Disk, cfg.Enacted
	life := quorumtest.NewLife(func() { m.cutOff(member) })
	m.held.Lock()
	m.life[member] = life
	m.held.Unlock()
	cfg.Keeper = life.Keeper(keeper)
	cfg.Ledger = mortalLedger{cfg.Ledger, life}
	cfg.Network = mortalWire{wire: w, life: life, m: m, keeper: keeper, key: cfg.Cosign.Public()}
	cfg.Disk = func(dir string) (group.Disk, error) {
		d, err := disk(dir)
		if err != nil {
			return nil, err
		}
		return mortalDisk{life.Disk(d.(*quorumtest.Disk)), m, member}, nil
	}
	cfg.Enacted = func(all []charter.Enacted) error {
		return life.Do("tell", func() error {
			m.tells(member, all)
			return enacted(all)
		})
	}
}

// cutOff takes a regulator off the network at once.
func (m *mortals) cutOff(member string) {
	m.mu.Lock()
	m.died = time.Now()
	delete(m.hosts, hostKey(member))
	host := m.all[member].host
	m.mu.Unlock()
	host.Down()
}

// bury waits until nothing of a killed regulator runs any more.
func (m *mortals) bury(member string) {
	r := m.all[member]
	r.stop()
	<-r.done
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = nil // of being killed
}

// tells takes what a follower tells as enacted.
func (m *mortals) tells(member string, all []charter.Enacted) {
	m.held.Lock()
	defer m.held.Unlock()
	for _, d := range all {
		if d.Motion == nil {
			continue
		}
		id := d.Motion.Motion.ID
		if was, ok := m.told[id]; ok && was != d.First {
			m.Errorf("%s tells that a motion is enacted in entry %d; it was told to be in %d", member, d.First, was)
		}
		m.told[id] = d.First
	}
}

// mortalDisk kills who leads when most of the four hold a command, of which it does not
// know yet.
type mortalDisk struct {
	*quorumtest.LifesDisk
	m      *mortals
	member string
}

func (d mortalDisk) StoreLogs(logs []*raft.Log) error {
	if err := d.LifesDisk.StoreLogs(logs); err != nil {
		return err
	}
	commits := 0
	d.m.held.Lock()
	life := d.m.life[d.m.leading]
	for _, l := range logs {
		if l.Type != raft.LogCommand {
			continue
		}
		by := d.m.stored[l.Index]
		if !slices.Contains(by, d.member) {
			by = append(by, d.member)
			if d.m.stored[l.Index] = by; len(by) == 3 && d.member != d.m.leading {
				commits++
			}
		}
	}
	d.m.held.Unlock()
	for ; commits > 0 && life != nil; commits-- {
		_ = life.Do("commit", func() error { return nil }) // that it has ended is what is wanted
	}
	return nil
}

func (d mortalDisk) StoreLog(l *raft.Log) error { return d.StoreLogs([]*raft.Log{l}) }

// mortalLedger is a followed ledger as a Life writes it, each tile by itself.
type mortalLedger struct {
	follow.Ledger
	life *quorumtest.Life
}

func (l mortalLedger) Write(additions []ledger.Addition) error {
	for i := range additions {
		if err := l.life.Do("tile", func() error { return l.Ledger.Write(additions[i : i+1]) }); err != nil {
			return err
		}
	}
	return nil
}

func (l mortalLedger) Keep(note checkpoint.Note) error {
	return l.life.Do("checkpoint", func() error { return l.Ledger.Keep(note) })
}

// mortalWire is a regulator's way to the others while its Life lasts. It looks at what the
// regulator says of itself.
type mortalWire struct {
	wire
	life   *quorumtest.Life
	m      *mortals
	keeper *quorumtest.Keeper
	key    keys.Public
}

func (w mortalWire) Dial(ctx context.Context, to keys.Public) (s group.Stream, err error) {
	err = w.life.Do("dial", func() error {
		s, err = w.wire.Dial(ctx, to)
		return err
	})
	return s, err
}

func (w mortalWire) Send(to keys.Public, message []byte) {
	name := "send"
	if quorum.IsAbout(message, quorum.AboutWords) {
		name = "words"
	}
	_ = w.life.Do(name, func() error { // the dead send nothing
		quorum.Retold(message, func(part []byte) []byte {
			if word, err := certify.Decode(part); err == nil && name == "words" && word.By.Key == w.key {
				w.says(&word)
			}
			return part
		})
		w.wire.Send(to, message)
		return nil
	})
}

// says fails the test if a word is not kept, or if another was said of that size.
func (w mortalWire) says(word *certify.Word) {
	if s, _ := w.keeper.State(); !kept(&s, word) {
		w.m.Errorf("%s says that it %s %s, which is not kept", w.from, word.Saying, word.Tree)
	}
	what := fmt.Sprint(w.from, word.Saying, word.Generation.Number, word.Tree.Size)
	w.m.held.Lock()
	defer w.m.held.Unlock()
	if was, ok := w.m.said[what]; ok && was != word.Tree {
		w.m.Errorf("%s says that it %s %s, and said so of %s", w.from, word.Saying, word.Tree, was)
	}
	w.m.said[what] = word.Tree
}

// kept reports whether a state remembers a word.
func kept(s *cosign.State, w *certify.Word) bool {
	switch w.Saying {
	case certify.Cosigned:
		return s.Cosigned == w.Tree || s.Cosigned.Size > w.Tree.Size
	case certify.Locked:
		return s.Locked.Tree == w.Tree || s.Locked.Tree.Size > w.Tree.Size
	default:
		return slices.Contains(s.Reported, w.Tree) || w.Tree.Size <= max(s.Locked.Tree.Size, s.Settled.Size)
	}
}
