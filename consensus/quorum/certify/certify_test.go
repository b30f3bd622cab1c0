package certify_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/certify"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// logOf is what a regulator applied: a root for each size, all of one story unless told.
type logOf struct{ length, other uint64 }

func (l *logOf) Root(size uint64) (merkle.Hash, bool) {
	if size > l.length {
		return merkle.Hash{}, false
	}
	h := merkle.Hash{byte(size), byte(size >> 8)}
	if l.other > 0 && size >= l.other {
		h[31] = 1
	}
	return h, true
}

// regulator is one of a council, with what it keeps.
type regulator struct {
	*certify.Certifier
	log       logOf
	kept      cosign.State
	forgot    string
	keepFails bool
	certified []checkpoint.Note
	fresh     int64
	lies      []certify.Conflict
}

// council is regulators that hear each other through a network which loses, repeats
// and reorders.
type council struct {
	t          *testing.T
	federation cid.Cid
	keys       []keys.Private
	set        checkpoint.Set
	all        []*regulator
	clock      int64

	lossy   *rand.Rand // nil: all arrives at once
	waiting []delivery
}

type delivery struct {
	to   int
	word certify.Word
}

func found(t *testing.T, n int) *council {
	c := &council{t: t, federation: cid.MustParse("bafyreiglwd6tesgckoi3c5d6x6zyyevxoarerntwpg27sbsmpkfd4opb6u"), clock: 1000}
	for i := range n {
		key := key(byte(i + 1))
		c.keys = append(c.keys, key)
		c.set = append(c.set, checkpoint.Cosigner(string(rune('a'+i)), key.Public()))
	}
	for i := range n {
		c.all = append(c.all, &regulator{})
		c.open(i, certify.Config{})
	}
	return c
}

// open begins a regulator with what it kept.
func (c *council) open(i int, cfg certify.Config) {
	r := c.all[i]
	cfg.Federation, cfg.Key, cfg.LogKey = c.federation, c.keys[i], key(200)
	cfg.State, cfg.Lost, cfg.Log = r.kept, r.forgot, &r.log
	cfg.Quorum = func(_ uint64, by []cosign.Signer) bool {
		distinct := make(map[keys.Public]bool)
		for _, s := range by {
			distinct[s.Key] = true
		}
		return len(distinct) >= c.set.Quorum()
	}
	cfg.Set = func(uint64) checkpoint.Set { return c.set }
	cfg.Keep = func(s cosign.State) error {
		if r.keepFails {
			return errors.New("input/output error")
		}
		r.kept = s
		return nil
	}
	cfg.Forgot = func(why string) error { r.forgot = why; return nil }
	cfg.Say = func(words []certify.Word) {
		for to := range c.all {
			for _, w := range words {
				if to != i {
					c.waiting = append(c.waiting, delivery{to, w})
				}
			}
		}
	}
	cfg.Certified = func(n checkpoint.Note, fresh int64) { r.certified, r.fresh = append(r.certified, n), fresh }
	cfg.Lied = func(l certify.Conflict) { r.lies = append(r.lies, l) }
	cfg.Now = func() int64 { return c.clock }
	r.Certifier = certify.New(cfg)
}

func (c *council) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// deliver lets the network do its work until nothing is under way.
func (c *council) deliver(down ...int) {
	c.t.Helper()
	for len(c.waiting) > 0 {
		at := 0
		if c.lossy != nil {
			at = c.lossy.IntN(len(c.waiting))
		}
		d := c.waiting[at]
		c.waiting[at] = c.waiting[len(c.waiting)-1]
		if c.waiting = c.waiting[:len(c.waiting)-1]; c.lossy != nil && c.lossy.IntN(4) == 0 {
			continue
		}
		lost := false
		for _, i := range down {
			lost = lost || d.to == i
		}
		if !lost {
			c.do(c.all[d.to].Hear(d.word))
		}
	}
}

func (c *council) grow(i int, to uint64) {
	c.t.Helper()
	c.all[i].log.length = to
	c.do(c.all[i].Mark(to))
}

func (r *regulator) newest() checkpoint.Tree { return r.Status().Newest.Tree }

func TestFourCertify(t *testing.T) {
	c := found(t, 4)
	for i := range c.all {
		c.grow(i, 10)
	}
	c.deliver()
	for i, r := range c.all {
		if got := r.newest(); got.Size != 10 {
			t.Errorf("regulator %d: certified %v", i, got)
		}
		if _, ok := c.set.Certified(r.Status().Newest); !ok {
			t.Errorf("regulator %d: what it certified a stranger does not believe", i)
		}
	}
}

// With q = 3 of 4 one may be down; with two down nothing is certified.
func TestOneMayBeDown(t *testing.T) {
	c := found(t, 4)
	for i := range 3 {
		c.grow(i, 7)
	}
	c.deliver(3)
	if got := c.all[0].newest(); got.Size != 7 {
		t.Errorf("three of four certified %v", got)
	}
	for i := range 2 {
		c.grow(i, 9)
	}
	c.deliver(2, 3)
	if got := c.all[0].newest(); got.Size != 7 {
		t.Errorf("two of four certified %v", got)
	}
}

// Whatever is lost, repeated or reordered, saying it again certifies it in the end, and
// everybody's checkpoints are of the one story.
func TestWordsAreLost(t *testing.T) {
	for seed := range uint64(20) {
		c := found(t, 4)
		c.lossy = rand.New(rand.NewPCG(seed, 7))
		var size uint64
		for range 6 {
			size += 1 + c.lossy.Uint64N(20)
			for i := range c.all {
				if c.lossy.IntN(3) > 0 {
					c.grow(i, size)
				}
			}
			c.deliver()
		}
		for i := range c.all {
			c.grow(i, size)
		}
		for round := 0; ; round++ {
			done := true
			for i, r := range c.all {
				done = done && r.newest().Size == size
				if c.lossy.IntN(5) == 0 {
					c.open(i, certify.Config{Newest: r.Status().Newest}) // a restart
				}
			}
			if done {
				break
			}
			if round == 200 {
				t.Fatalf("seed %d: not certified after saying it %d times", seed, round)
			}
			for _, r := range c.all {
				c.do(r.Mark(size))
				c.do(r.Again())
				if n := c.all[c.lossy.IntN(len(c.all))].Status().Newest; n.Size > 0 {
					c.do(r.Learn(n)) // checkpoints come by ways of their own
				}
			}
			c.deliver()
		}
		for i, r := range c.all {
			for _, n := range r.certified {
				if root, _ := r.log.Root(n.Size); root != n.Root {
					t.Fatalf("seed %d: regulator %d certified another story at %d", seed, i, n.Size)
				}
			}
			if len(r.lies) > 0 || r.forgot != "" {
				t.Fatalf("seed %d: regulator %d believes that %v lied, or itself: %q", seed, i, r.lies, r.forgot)
			}
		}
	}
}

// A liar's two stories are kept as evidence; nothing is certified that the others did
// not apply.
func TestTwoStoriesAreEvidence(t *testing.T) {
	c := found(t, 4)
	one, two := checkpoint.Tree{Size: 5, Root: merkle.Hash{1}}, checkpoint.Tree{Size: 5, Root: merkle.Hash{2}}
	for _, tree := range []checkpoint.Tree{one, two} {
		w := certify.Word{Saying: certify.Reported, Tree: tree, By: cosign.Reporting.Sign(c.federation, cosign.Generation{}, tree, c.keys[3])}
		c.do(c.all[0].Hear(w))
		c.do(c.all[0].Hear(w))
	}
	if len(c.all[0].lies) != 1 || c.all[0].lies[0].First.Tree != one || c.all[0].lies[0].Second.Tree != two {
		t.Errorf("evidence: %+v", c.all[0].lies)
	}
}

func TestWhatIsNotSaidByARegulator(t *testing.T) {
	c := found(t, 4)
	tree := checkpoint.Tree{Size: 5}
	stranger := key(77)
	w := certify.Word{Saying: certify.Reported, Tree: tree, By: cosign.Reporting.Sign(c.federation, cosign.Generation{}, tree, stranger)}
	if err := c.all[0].Hear(w); err == nil || !strings.Contains(err.Error(), "no regulator") {
		t.Errorf("a stranger's word: %v", err)
	}
	w.By = cosign.Locking.Sign(c.federation, cosign.Generation{}, tree, c.keys[1])
	if err := c.all[0].Hear(w); err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("a lock as a report: %v", err)
	}
}

// Nothing leaves that could not be kept, and nothing after it.
func TestNothingLeavesUnkept(t *testing.T) {
	c := found(t, 4)
	c.all[0].keepFails = true
	c.all[0].log.length = 5
	if err := c.all[0].Mark(5); !errors.Is(err, certify.ErrBroken) {
		t.Errorf("mark: %v", err)
	}
	c.all[0].keepFails = false
	if err := c.all[0].Again(); !errors.Is(err, certify.ErrBroken) {
		t.Errorf("again: %v", err)
	}
	if len(c.waiting) > 0 {
		t.Errorf("it said %v", c.waiting)
	}
}

// A regulator whose disk went back is told so by its own words, and is silent from then
// on: whether they come as words or in a checkpoint.
func TestADiskThatWentBack(t *testing.T) {
	for name, tell := range map[string]func(c *council) error{
		"words": func(c *council) error {
			tree := checkpoint.Tree{Size: 5}
			tree.Root, _ = (&logOf{length: 5}).Root(5)
			return c.all[0].Hear(certify.Word{Saying: certify.Locked, Tree: tree, By: cosign.Locking.Sign(c.federation, cosign.Generation{}, tree, c.keys[0])})
		},
		"a checkpoint": func(c *council) error { return c.all[0].Learn(c.all[1].Status().Newest) },
	} {
		t.Run(name, func(t *testing.T) {
			c := found(t, 4)
			for i := range c.all {
				c.grow(i, 5)
			}
			c.deliver()
			c.all[0].kept = cosign.State{}
			c.open(0, certify.Config{})
			c.do(tell(c))
			if !strings.Contains(c.all[0].forgot, "does not remember") {
				t.Fatalf("it was told %q", c.all[0].forgot)
			}
			c.open(0, certify.Config{})
			c.grow(0, 8)
			c.do(c.all[0].Again())
			c.do(c.all[0].Refresh())
			if len(c.waiting) > 0 {
				t.Errorf("it says %v", c.waiting)
			}
		})
	}
}

// Who missed all that was said of many sizes learns a checkpoint and takes part again.
func TestWhoWasAwayTakesPartAgain(t *testing.T) {
	c := found(t, 4)
	for size := uint64(1); size <= 3*cosign.MaxPending; size++ {
		for i := range c.all {
			c.grow(i, size)
		}
		c.deliver(3)
	}
	if r := c.all[3].Status(); r.Held[certify.Reported] != cosign.Pending || len(r.Marks) == 0 {
		t.Fatalf("it is held by %v and waits with %d sizes", r.Held, len(r.Marks))
	}
	c.do(c.all[3].Learn(c.all[0].Status().Newest))
	for i := range c.all {
		c.grow(i, 1000)
	}
	c.deliver(0) // without the first, it is needed
	if got := c.all[3].newest(); got.Size != 1000 {
		t.Errorf("certified %v", got)
	}
}

// The same checkpoint, cosigned anew, is known to stand since later.
func TestRefreshTellsFreshness(t *testing.T) {
	c := found(t, 4)
	for i := range c.all {
		c.grow(i, 3)
	}
	c.deliver()
	c.clock = 2000
	for i := range 3 {
		c.do(c.all[i].Refresh())
	}
	c.deliver()
	if got := c.all[3].fresh; got != 2000 {
		t.Errorf("fresh since %d", got)
	}
	if len(c.all[3].certified) < 2 || c.all[3].newest().Size != 3 {
		t.Errorf("%d checkpoints, the newest %v", len(c.all[3].certified), c.all[3].newest())
	}
}

func TestWordEncoding(t *testing.T) {
	c := found(t, 1)
	tree := checkpoint.Tree{Size: 1 << 62, Root: merkle.Hash{9}}
	g := cosign.Generation{Number: 1 << 60, Record: merkle.Hash{7}}
	w := certify.Word{Saying: certify.Locked, Generation: g, Tree: tree, By: cosign.Locking.Sign(c.federation, g, tree, c.keys[0])}
	b := w.Bytes()
	got, err := certify.Decode(b)
	if err != nil || got != w || len(b) > certify.MaxWord {
		t.Errorf("%v in %d bytes: %+v", err, len(b), got)
	}
	for i := range b {
		if _, err := certify.Decode(b[:i]); err == nil {
			t.Errorf("%d bytes of %d are a word", i, len(b))
		}
	}
	w.Saying = certify.Cosigned
	if _, err := certify.Decode(w.Bytes()); err == nil {
		t.Error("a cosignature of a generation")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add((&certify.Word{Saying: certify.Reported}).Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if w, err := certify.Decode(b); err == nil && string(w.Bytes()) != string(b) {
			t.Error("not canonical")
		}
	})
}

func key(n byte) keys.Private { return keys.FromSeed([keys.SeedSize]byte{n, 3}) }

// realign is what a record makes of a regulator: it begins anew with the record's
// start and nothing beyond.
func (c *council) realign(i int, rec cosign.Record) {
	c.t.Helper()
	r := c.all[i]
	r.log = logOf{length: rec.Start.Size}
	s, refused := r.kept.Join(rec.Generation, rec.Start, &r.log)
	if refused != cosign.None {
		c.t.Fatalf("regulator %d does not join: %v", i, refused)
	}
	r.kept = s
	c.open(i, certify.Config{Newest: r.Status().Newest})
}

// Raft gave two regulators one story and two another: nothing is certified of it, and
// after a realignment all go on from what was.
func TestRealign(t *testing.T) {
	c := found(t, 4)
	for i := range c.all {
		c.grow(i, 10)
	}
	c.deliver()
	for i := range c.all {
		if i < 2 {
			c.all[i].log.other = 15
		}
		c.grow(i, 20)
	}
	c.deliver()
	for i, r := range c.all {
		if got := r.newest(); got.Size != 10 {
			t.Fatalf("regulator %d certified %v", i, got)
		}
	}
	var said [][]byte
	for _, r := range c.all {
		p, err := r.Promise(1)
		c.do(err)
		said = append(said, p.Bytes())
		again, err := r.Promise(1)
		c.do(err)
		if string(again.Bytes()) != string(p.Bytes()) {
			t.Error("asked again it promises something else")
		}
	}
	for _, b := range said[:2] {
		c.do(c.all[0].HearPromise(b))
	}
	if _, err := c.all[0].Record(1); err == nil {
		t.Error("two promises of four make a record")
	}
	for _, b := range said {
		c.do(c.all[0].HearPromise(b))
	}
	made, err := c.all[0].Record(1)
	c.do(err)
	rec, err := c.all[3].OpenRecord(made.Bytes())
	c.do(err)
	if rec.Start.Size != 10 {
		t.Errorf("it starts at %v", rec.Start)
	}
	for i := range c.all {
		c.realign(i, rec)
		c.grow(i, 20)
	}
	c.deliver()
	for i, r := range c.all {
		if got := r.newest(); got.Size != 20 {
			t.Errorf("regulator %d certified %v after realigning", i, got)
		}
	}
}

func TestPromisesThatDoNotCount(t *testing.T) {
	c := found(t, 4)
	stranger := cosign.SignPromise(c.federation, cosign.Promise{Number: 1}, nil, key(77))
	if err := c.all[0].HearPromise(stranger.Bytes()); err == nil || !strings.Contains(err.Error(), "no regulator") {
		t.Errorf("a stranger's: %v", err)
	}
	n, err := checkpoint.Sign(checkpoint.Checkpoint{Origin: checkpoint.Origin(c.federation), Tree: checkpoint.Tree{Size: 9}}, key(200))
	c.do(err)
	lie := cosign.SignPromise(c.federation, cosign.Promise{Number: 1}, n.Bytes(), c.keys[2])
	if err := c.all[0].HearPromise(lie.Bytes()); err == nil || !strings.Contains(err.Error(), "not cosigned by a quorum") {
		t.Errorf("one that shows what nobody certified: %v", err)
	}
	if _, err := c.all[0].Promise(0); err == nil {
		t.Error("a promise for the generation that is")
	}
}

// In another generation regulators begin below what they said in the one before; what
// somebody still says of that one takes no place from what it says now.
func TestTheLastGenerationIsHeard(t *testing.T) {
	c := found(t, 4)
	old := cosign.Generation{}
	now := cosign.Generation{Number: 1, Record: merkle.Hash{9}}
	for i := range c.all {
		c.all[i].kept = cosign.State{Generation: now, Promised: 1}
		c.all[i].log.length = 100
		c.open(i, certify.Config{})
	}
	say := func(by int, g cosign.Generation, size uint64) {
		root, _ := c.all[0].log.Root(size)
		tree := checkpoint.Tree{Size: size, Root: root}
		w := certify.Word{Saying: certify.Reported, Generation: g, Tree: tree, By: cosign.Reporting.Sign(c.federation, g, tree, c.keys[by])}
		c.do(c.all[0].Hear(w))
	}
	for size := range uint64(cosign.MaxPending) {
		for by := 1; by < 4; by++ {
			say(by, old, 20+size)
		}
	}
	say(1, now, 10)
	say(2, now, 10)
	c.do(c.all[0].Mark(10))
	if got := c.all[0].kept.Locked.Tree.Size; got != 10 {
		t.Errorf("it locked %d entries, not 10", got)
	}
}

// Who promised says so again after a restart, or the quorum waits for it for ever.
func TestAPromiseOutlivesARestart(t *testing.T) {
	c := found(t, 4)
	if _, err := c.all[0].Promise(1); err != nil {
		t.Fatal(err)
	}
	c.open(0, certify.Config{})
	if got := c.all[0].Promises(); len(got) != 1 || got[0].Number != 1 {
		t.Errorf("it holds the promises %v", got)
	}
}

// One liar's promise to the last generation there can be takes nobody there.
func TestAPromiseToTheLastGeneration(t *testing.T) {
	c := found(t, 4)
	p := cosign.SignPromise(c.federation, cosign.Promise{Number: 1<<64 - 1}, nil, c.keys[3])
	if err := c.all[0].HearPromise(p.Bytes()); err == nil {
		t.Error("it was taken")
	}
	if got := c.all[0].Promises(); len(got) > 0 {
		t.Errorf("it counts: %v", got)
	}
}

// A word of one's own on another tree of a size that one reported shows, as a later size
// does, that the state is not all that was said.
func TestAnotherStoryUnderOnesOwnName(t *testing.T) {
	c := found(t, 4)
	c.all[0].log.length = 10
	c.do(c.all[0].Mark(5))
	tree := checkpoint.Tree{Size: 5, Root: merkle.Hash{77}}
	w := certify.Word{Saying: certify.Reported, Tree: tree, By: cosign.Reporting.Sign(c.federation, cosign.Generation{}, tree, c.keys[0])}
	c.do(c.all[0].Hear(w))
	if c.all[0].forgot == "" {
		t.Error("it goes on")
	}
}

// What has ended keeps and says nothing: another Certifier goes on from what it kept.
func TestWhatHasEndedSaysNothing(t *testing.T) {
	c := found(t, 4)
	c.all[0].log.length = 10
	c.all[0].End()
	if err := c.all[0].Mark(5); !errors.Is(err, certify.ErrEnded) {
		t.Errorf("Mark returned %v", err)
	}
	if len(c.waiting) > 0 || len(c.all[0].kept.Reported) > 0 {
		t.Error("it reported")
	}
}
