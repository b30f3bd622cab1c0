package cosign

import (
	"fmt"
	"slices"
	"testing"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// world is what the search searches: so many regulators of which the last is a liar,
// ledgers of so many sizes with two entries to choose from at each, and so many
// generations. Whatever was said once may be delivered to anybody at any time.
// Raft is the liar's too: it feeds each regulator whatever it likes, and where
// rewrites is set changes what was applied.
type world struct {
	regulators, quorum int
	sizes, generations int
	rewrites           bool
	settles            bool // regulators take note of what is certified
	forgets            bool // a regulator forgets what it cosigned, its last line of defence
	plain              bool // who is who is the only thing that makes no difference

	without part // of the rule
}

// part is something that can be taken away from the rule.
type part int

const (
	nothing   part = iota
	promises       // a regulator goes on in earlier generations after its promise
	agreement      // it forgets what it said of other sizes
	locks          // promises show none
	dropping       // what was applied beyond a generation's start stays
)

// wrong is what may be wrong.
type wrong int

const (
	anything wrong = iota
	split          // two certified trees contradict each other
	twice          // an honest regulator is to cosign two that contradict each other
	stuck          // the honest cannot go on, one more realignment allowed
)

const (
	maxSizes = 2
	maxGens  = 4 // one of them for going on
	unjoined = 7
)

// A branch is what a ledger may hold: 0 nothing, 1 and 2 one entry, 3 to 6 two.
type branch uint8

func (b branch) size() int {
	switch {
	case b == 0:
		return 0
	case b < 3:
		return 1
	}
	return 2
}

func (b branch) grown(choice branch) branch { return 2*b + 1 + choice }

// cut returns the first size entries of b.
func (b branch) cut(size int) branch {
	for b.size() > size {
		b = (b - 1) / 2
	}
	return b
}

func (b branch) tree() checkpoint.Tree {
	return checkpoint.Tree{Size: uint64(b.size()), Root: merkle.Hash{byte(b)}}
}

func branchOf(t checkpoint.Tree) branch { return branch(t.Root[0]) }

// Root makes a branch a Log.
func (b branch) Root(size uint64) (merkle.Hash, bool) {
	if size > uint64(b.size()) {
		return merkle.Hash{}, false
	}
	return b.cut(int(size)).tree().Root, true
}

func consistent(a, b branch) bool {
	return a.cut(min(a.size(), b.size())) == b.cut(min(a.size(), b.size()))
}

// regulator is an honest one: what its State holds, and beside it all that it ever
// signed, because nobody else forgets.
type regulator struct {
	log, gen, promised uint8
	start              [maxGens]uint8 // a branch, or unjoined
	reported, locked   [maxGens][maxSizes]branch
	cosigned           branches
	settled            branch // what it knows to be certified, in its generation
}

// branches is a set of branches.
type branches uint8

func (s branches) has(b branch) bool      { return s>>(b-1)&1 == 1 }
func (s branches) with(b branch) branches { return s | 1<<(b-1) }

func (r *regulator) pack() (w uint64) {
	put := func(v uint8) { w = w<<3 | uint64(v) }
	put(r.log)
	put(r.gen)
	put(r.promised)
	for g := range maxGens - 1 { // the last one is never searched
		put(r.start[g])
		for s := range maxSizes {
			put(uint8(r.reported[g][s]))
			put(uint8(r.locked[g][s]))
		}
	}
	put(uint8(r.settled))
	put(uint8(r.cosigned >> 3))
	put(uint8(r.cosigned & 7))
	return w
}

func unpack(w uint64) (r regulator) {
	get := func() (v uint8) { v = uint8(w & 7); w >>= 3; return v }
	r.cosigned = branches(get())
	r.cosigned |= branches(get()) << 3
	r.settled = branch(get())
	r.start[maxGens-1] = unjoined
	for g := maxGens - 2; g >= 0; g-- {
		for s := maxSizes - 1; s >= 0; s-- {
			r.locked[g][s] = branch(get())
			r.reported[g][s] = branch(get())
		}
		r.start[g] = get()
	}
	r.promised, r.gen, r.log = get(), get(), get()
	return r
}

// moment is all that can differ: the honest regulators, in order, for who is who
// makes no difference, and of the names that entries may have the lowest, for what an
// entry is called makes none either.
type moment [4]uint64

// names are other names of branches, by the ones they have: those to which the two
// choices of the first entry, and of the second after each, can be exchanged.
type names [8]branch

var everyName = func() (all []names) {
	for swaps := range branch(8) {
		n := names{0, 1, 2, 3, 4, 5, 6, unjoined}
		for b := branch(1); b < 7; b++ {
			first, second := (b.cut(1)-1)^swaps&1, (b-1)&1
			n[b] = branch(0).grown(first)
			if b.size() == 2 {
				n[b] = n[b].grown(second ^ swaps>>b.cut(1)&1)
			}
		}
		all = append(all, n)
	}
	return all
}()

// renamed returns the regulator as it is when entries are called otherwise.
func (r regulator) renamed(n *names) regulator {
	cosigned := r.cosigned
	r.log, r.settled, r.cosigned = uint8(n[r.log]), n[r.settled], 0
	for g := range r.start {
		r.start[g] = uint8(n[r.start[g]])
		for s := range maxSizes {
			r.reported[g][s], r.locked[g][s] = n[r.reported[g][s]], n[r.locked[g][s]]
		}
	}
	for b := branch(1); b < 7; b++ {
		if cosigned.has(b) {
			r.cosigned = r.cosigned.with(n[b])
		}
	}
	return r
}

func generation(number int, start uint8) Generation {
	return Generation{uint64(number), merkle.Hash{byte(number), start}}
}

var oneSigner = []Signer{{}} // whoever they were: a State does not look at them again

// state is what the regulator remembers, as the code under test has it.
func (r *regulator) state() State {
	s := State{
		Generation: generation(int(r.gen), r.start[r.gen]), Start: branch(r.start[r.gen]).tree(), Promised: uint64(r.promised),
		Locked: r.lockBefore(maxGens),
	}
	floor := 0
	for size := 1; size <= maxSizes; size++ {
		if r.locked[r.gen][size-1] != 0 {
			floor = size
		}
	}
	for b := branch(1); b < 7; b++ {
		if r.cosigned.has(b) {
			s.Cosigned = b.tree()
		}
	}
	if r.settled != 0 {
		s.Settled = r.settled.tree()
	}
	for size := floor + 1; size <= maxSizes; size++ {
		if b := r.reported[r.gen][size-1]; b != 0 {
			s.Reported = append(s.Reported, b.tree())
		}
	}
	return s
}

// lockBefore is the highest lock of the generations before one.
func (r *regulator) lockBefore(gen int) (a Agreement) {
	for g := gen - 1; g >= 0; g-- {
		for s := maxSizes - 1; s >= 0; s-- {
			if b := r.locked[g][s]; b != 0 {
				return Agreement{generation(g, r.start[g]), b.tree(), oneSigner}
			}
		}
	}
	return a
}

// search goes through all moments and returns how many there are, or what is wrong
// in the first one found to be.
type search struct {
	*testing.T
	world

	rs     []regulator // of the moment looked at
	seen   map[moment]bool
	queue  []moment
	goesOn map[moment]bool // by what matters for it
	kind   wrong
	wrong  string
}

func (w world) search(t *testing.T, kind wrong) (moments int, found string) {
	t.Helper()
	x := w.searched(t, kind)
	return len(x.seen), x.wrong
}

func (w world) searched(t *testing.T, kind wrong) *search {
	t.Helper()
	x := &search{T: t, world: w, kind: kind, seen: map[moment]bool{}, goesOn: map[moment]bool{}}
	fresh := regulator{start: [maxGens]uint8{0, unjoined, unjoined, unjoined}}
	x.rs = slices.Repeat([]regulator{fresh}, w.regulators-1)
	x.visit()
	for len(x.queue) > 0 && x.wrong == "" {
		m := x.queue[len(x.queue)-1]
		x.queue = x.queue[:len(x.queue)-1]
		x.look(m)
	}
	return x
}

// state is what the regulator remembers in this world.
func (x *search) state(r *regulator) State {
	s := r.state()
	if x.forgets {
		s.Cosigned = checkpoint.Tree{}
	}
	return s
}

func (x *search) cosigned(r *regulator) (all []branch) {
	for b := branch(1); b < 7; b++ {
		if r.cosigned.has(b) {
			all = append(all, b)
		}
	}
	return all
}

func (x *search) load(m moment) {
	for i := range x.rs {
		x.rs[i] = unpack(m[i])
	}
}

// visit files the moment that rs is, if it is new.
func (x *search) visit() {
	if m := x.moment(); !x.seen[m] {
		x.seen[m] = true
		x.queue = append(x.queue, m)
	}
}

// moment returns the one that rs is.
func (x *search) moment() (m moment) {
	for i := range everyName {
		var called moment
		for j := range x.rs {
			r := x.rs[j].renamed(&everyName[i])
			called[j] = r.pack()
		}
		slices.Sort(called[:len(x.rs)])
		if i == 0 || slices.Compare(called[:], m[:]) < 0 {
			m = called
		}
		if x.plain {
			break // everyName[0] is the one that all have
		}
	}
	return m
}

// look checks one moment and files those that can follow.
func (x *search) look(m moment) {
	x.load(m)
	x.check()
	for i := range x.rs {
		if i > 0 && x.rs[i] == x.rs[i-1] {
			continue
		}
		for _, next := range x.steps(i) {
			before := x.rs[i]
			x.rs[i] = next
			x.visit()
			x.rs[i] = before
		}
	}
}

// signers is who said what get tells of, the liar included: of honest regulators
// those in the same generation of the same start.
func (x *search) signers(g int, start uint8, said func(r *regulator) branch, b branch) []Signer {
	by := []Signer{{Key: keys.Public{99}}}
	for i := range x.rs {
		if r := &x.rs[i]; r.start[g] == start && said(r) == b {
			by = append(by, Signer{Key: keys.Public{byte(i)}})
		}
	}
	return by
}

func (x *search) enough(_ uint64, by []Signer) bool { return len(by) >= x.quorum }

func (x *search) reports(g int, start uint8, b branch) Agreement {
	return Agreement{generation(g, start), b.tree(), x.signers(g, start, func(r *regulator) branch { return r.reported[g][b.size()-1] }, b)}
}

func (x *search) locksOf(g int, start uint8, b branch) Agreement {
	return Agreement{generation(g, start), b.tree(), x.signers(g, start, func(r *regulator) branch { return r.locked[g][b.size()-1] }, b)}
}

// steps returns what regulator i may be next, whatever Raft made of its log meanwhile.
func (x *search) steps(i int) (next []regulator) {
	for _, log := range x.logs(&x.rs[i]) {
		r := x.rs[i]
		r.log = uint8(log)
		for _, n := range append(x.words(r), r) {
			if n.log = uint8(x.told(&n)); n != x.rs[i] && !slices.Contains(next, n) {
				next = append(next, n)
			}
		}
	}
	return append(next, x.realigns(x.rs[i])...)
}

// words returns what comes of what the regulator may say by its log.
func (x *search) words(r regulator) (next []regulator) {
	if x.settles {
		next = append(next, x.settle(r)...)
	}
	for size := 1; size <= x.sizes; size++ {
		if n, ok := x.report(r, size); ok {
			next = append(next, n)
		}
		if n, ok := x.lock(r, size); ok {
			next = append(next, n)
		}
	}
	for g := range x.generations {
		next = append(next, x.cosigns(r, g)...)
	}
	return next
}

// realigns returns what comes of its promises, and of joining.
func (x *search) realigns(r regulator) (next []regulator) {
	for g := int(r.promised); g < x.generations; g++ {
		if g == int(r.gen) {
			continue
		}
		if s, _, refused := x.state(&r).Promise(uint64(g), checkpoint.Tree{}); refused == None && g > int(r.promised) {
			n := r
			n.promised = uint8(s.Promised)
			next = append(next, n)
		}
		for _, start := range x.starts(g) {
			if n, ok := x.join(r, g, start); ok {
				next = append(next, n)
			}
		}
	}
	return next
}

// settle returns what comes of knowing what is certified.
func (x *search) settle(r regulator) (next []regulator) {
	for _, c := range x.certified() {
		s, refused := x.state(&r).Settle(c.tree(), branch(r.log))
		if refused == Conflict {
			x.found(twice, "%d is certified, and an honest regulator has cosigned %v", c, x.cosigned(&r))
		}
		n := r
		n.promised = uint8(s.Promised)
		if refused == None {
			n.settled = branchOf(s.Settled)
		}
		next = append(next, n)
	}
	return next
}

// logs returns what Raft may make of the regulator's log, itself among it.
func (x *search) logs(r *regulator) (logs []branch) {
	for b := branch(0); b < 7; b++ {
		log, start := branch(r.log), branch(r.start[r.gen])
		rewritten := x.rewrites && x.plain && b.size() == log.size() && consistent(b, start)
		if b.size() <= x.sizes && (b.size() >= log.size() && consistent(b, log) || rewritten) {
			logs = append(logs, b)
		}
	}
	return logs
}

// told returns what of its log the regulator has said: the rest may still be
// anything, and where logs are rewritten all that follows the generation's start.
func (x *search) told(r *regulator) branch {
	log, size := branch(r.log), branch(r.start[r.gen]).size()
	switch {
	case x.plain || x.without == dropping:
		return log
	case x.rewrites:
		return log.cut(size)
	}
	for _, b := range append(x.cosigned(r), r.settled, r.reported[r.gen][0], r.reported[r.gen][1]) {
		if consistent(b, log) {
			size = max(size, b.size())
		}
	}
	return log.cut(size)
}

func (x *search) report(r regulator, size int) (regulator, bool) {
	s, said := x.state(&r), &r.reported[r.gen][size-1]
	switch {
	case *said != 0:
		return r, false
	case x.without == promises:
		s.Promised = s.Generation.Number
	case x.without == agreement:
		s.Reported, s.Locked = nil, Agreement{}
	}
	_, tree, refused := s.Report(uint64(size), branch(r.log))
	if refused == None {
		*said = branchOf(tree)
	}
	return r, refused == None
}

func (x *search) lock(r regulator, size int) (regulator, bool) {
	g, b := int(r.gen), r.reported[r.gen][size-1]
	if b == 0 || r.locked[g][size-1] != 0 {
		return r, false
	}
	s, log := x.state(&r), branch(r.log)
	switch x.without {
	case promises:
		s.Promised = s.Generation.Number
	case agreement:
		s.Reported, s.Locked, log = []checkpoint.Tree{b.tree()}, Agreement{}, b
	}
	_, refused := s.Lock(x.reports(g, r.start[g], b), x.enough, log)
	if refused == None {
		r.locked[g][size-1] = b
	}
	return r, refused == None
}

// cosigns returns what comes of the locks of a generation.
func (x *search) cosigns(r regulator, g int) (next []regulator) {
	for _, locks := range x.locked(g) {
		b := branchOf(locks.Tree)
		s, refused := x.state(&r).Cosign(locks, x.enough, branch(r.log))
		if refused == Conflict || refused == None && slices.ContainsFunc(x.cosigned(&r), func(c branch) bool { return !consistent(b, c) }) {
			x.found(twice, "an honest regulator is to cosign %d and has cosigned %v", b, x.cosigned(&r))
		}
		if refused == None && s.Cosigned == b.tree() && !r.cosigned.has(b) {
			n := r
			n.cosigned = n.cosigned.with(b)
			next = append(next, n)
		}
	}
	return next
}

// locked returns the trees that have a quorum of locks in a generation.
func (x *search) locked(g int) (all []Agreement) {
	for i := range x.rs {
		r := &x.rs[i]
		for _, b := range r.locked[g] {
			if b == 0 || slices.ContainsFunc(all, func(a Agreement) bool { return a.Tree == b.tree() && a.Generation == generation(g, r.start[g]) }) {
				continue
			}
			if a := x.locksOf(g, r.start[g], b); x.enough(0, a.Signers) {
				all = append(all, a)
			}
		}
	}
	return all
}

// starts returns where a generation may start, by whichever promises.
func (x *search) starts(g int) (starts []branch) {
	var honest []Promise
	for i := range x.rs {
		if r := &x.rs[i]; int(r.promised) >= g {
			honest = append(honest, Promise{Number: uint64(g), Lock: x.shown(r.lockBefore(g))})
			if x.without == promises { // what it locked since, it did not show
				honest = append(honest, Promise{Number: uint64(g)})
			}
		}
	}
	var liar []Promise
	for _, lock := range append(x.lockable(g), Agreement{}) {
		for _, c := range append(x.certified(), 0) {
			liar = append(liar, Promise{Number: uint64(g), Lock: x.shown(lock), Certified: c.tree()})
		}
	}
	for set := range 1 << len(honest) {
		var some []Promise
		for i, p := range honest {
			if set>>i&1 == 1 {
				some = append(some, p)
			}
		}
		if len(some) < x.quorum-1 {
			continue
		}
		for _, p := range liar {
			start := branchOf(Start(append(slices.Clip(some), p)))
			if !slices.Contains(starts, start) {
				starts = append(starts, start)
			}
		}
	}
	return starts
}

func (x *search) shown(lock Agreement) Agreement {
	if x.without == locks {
		return Agreement{}
	}
	return lock
}

// lockable returns what the liar may show as its lock: what has a quorum of reports
// with its own.
func (x *search) lockable(before int) (all []Agreement) {
	for g := range before {
		for i := range x.rs {
			r := &x.rs[i]
			for _, b := range r.reported[g] {
				if b == 0 {
					continue
				}
				if a := x.reports(g, r.start[g], b); x.enough(0, a.Signers) {
					all = append(all, a)
				}
			}
		}
	}
	return all
}

// certified returns the trees that the world believes.
func (x *search) certified() (all []branch) {
	for b := branch(1); b < 7; b++ {
		n := 1
		for i := range x.rs {
			if x.rs[i].cosigned.has(b) {
				n++
			}
		}
		if n >= x.quorum {
			all = append(all, b)
		}
	}
	return all
}

func (x *search) join(r regulator, g int, start branch) (regulator, bool) {
	s, refused := x.state(&r).Join(generation(g, uint8(start)), start.tree(), start)
	if refused != None {
		return r, false
	}
	r.gen, r.promised, r.start[g], r.settled = uint8(s.Generation.Number), uint8(s.Promised), uint8(start), 0
	if x.without != dropping || !consistent(branch(r.log), start) {
		r.log = uint8(start)
	}
	return r, true
}

// found notes the first thing that is wrong, of the kind that is looked for.
func (x *search) found(kind wrong, format string, args ...any) {
	if x.wrong == "" && (x.kind == anything || x.kind == kind) {
		x.wrong = fmt.Sprintf(format, args...)
	}
}

// check looks at what must hold at every moment.
func (x *search) check() {
	all := x.certified()
	for i, a := range all {
		for _, b := range all[:i] {
			if !consistent(a, b) {
				x.found(split, "a split: %d and %d are both certified", a, b)
			}
		}
	}
	x.checkGoesOn()
}

// checkGoesOn lets the honest alone realign once more and certify a ledger of the
// largest size.
func (x *search) checkGoesOn() {
	var m moment
	for i := range x.rs {
		r := x.rs[i]
		if x.without != dropping {
			r.log = 0
		}
		r.reported = [maxGens][maxSizes]branch{}
		m[i] = r.pack()
	}
	slices.Sort(m[:len(x.rs)])
	if x.goesOn[m] {
		return
	}
	before := slices.Clone(x.rs)
	if why := x.goOn(); why != "" {
		x.found(stuck, "it cannot go on: %s", why)
	}
	copy(x.rs, before)
	x.goesOn[m] = true
}

func (x *search) goOn() string {
	number := 1
	for i := range x.rs {
		number = max(number, int(x.rs[i].promised)+1)
	}
	var promises []Promise
	for i := range x.rs {
		r := &x.rs[i]
		var certified checkpoint.Tree
		if all := x.certified(); len(all) > 0 {
			certified = all[len(all)-1].tree()
		}
		s, p, refused := x.state(r).Promise(uint64(number), certified)
		if refused != None {
			return "no promise: " + refused.String()
		}
		p.Lock = x.shown(p.Lock)
		r.promised = uint8(s.Promised)
		promises = append(promises, p)
	}
	start := branchOf(Start(promises))
	for i := range x.rs {
		r, ok := x.join(x.rs[i], number, start)
		if !ok {
			return "a generation that not all can join"
		}
		for branch(r.log).size() < x.sizes {
			r.log = uint8(branch(r.log).grown(0))
		}
		x.rs[i] = r
	}
	return x.certifyAlone(number, uint8(start))
}

// certifyAlone is every honest regulator's report, lock and cosignature of what its
// log holds.
func (x *search) certifyAlone(g int, start uint8) string {
	tree := branch(x.rs[0].log).tree()
	agreed := Agreement{Generation: generation(g, start), Tree: tree}
	for i := range x.rs {
		r := &x.rs[i]
		if _, said, refused := x.state(r).Report(tree.Size, branch(r.log)); refused != None || said != tree {
			return fmt.Sprintf("reports differ: %v, %v, %v", said, tree, refused)
		}
		r.reported[g][tree.Size-1] = branchOf(tree)
		agreed.Signers = append(agreed.Signers, Signer{Key: keys.Public{byte(i)}})
	}
	for i := range x.rs {
		if _, refused := x.state(&x.rs[i]).Lock(agreed, x.enough, branch(x.rs[i].log)); refused != None {
			return "no lock: " + refused.String()
		}
	}
	for i := range x.rs {
		if _, refused := x.state(&x.rs[i]).Cosign(agreed, x.enough, branch(x.rs[i].log)); refused != None {
			return "no cosignature: " + refused.String()
		}
	}
	return ""
}
