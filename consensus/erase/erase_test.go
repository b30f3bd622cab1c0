package erase_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"ringfence/consensus/audit"
	"ringfence/consensus/audit/audittest"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/erase"
	"ringfence/consensus/follow"
	"ringfence/consensus/prove"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/disk"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

const day = 86400

func find(t *testing.T, w *audittest.World, l erase.Ledger) *erase.Plan {
	t.Helper()
	p, err := erase.Find(t.Context(), config(w, l))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func config(w *audittest.World, l erase.Ledger) erase.Config {
	return erase.Config{Genesis: w.Genesis, Ledger: l}
}

// all erases what is due.
func all(t *testing.T, w *audittest.World, l erase.Ledger) *erase.Plan {
	t.Helper()
	p := find(t, w, l)
	if n, err := erase.Erase(t.Context(), config(w, l), p); err != nil || n != p.Due {
		t.Fatalf("%d of %d erased: %v", n, p.Due, err)
	}
	return p
}

func keep(t *testing.T, w *audittest.World) *disk.Store {
	t.Helper()
	s := w.Keep(t.TempDir(), nil)
	t.Cleanup(func() { closed(t, s) })
	return s
}

func closed(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func reader(t *testing.T, l erase.Ledger) (*ledger.Reader, checkpoint.Checkpoint) {
	t.Helper()
	at, err := checkpoint.Peek(l.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := ledger.Open(t.Context(), l, at.Tree)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.NewReader(tree, l), at
}

// openings returns the entries beside which something lies, and how long it is.
func openings(t *testing.T, l erase.Ledger) map[uint64]int {
	t.Helper()
	r, at := reader(t, l)
	there := make(map[uint64]int)
	for bundle := range (at.Size + ledger.Full - 1) / ledger.Full {
		rows, err := r.Openings(t.Context(), bundle)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range rows {
			if len(o) > 0 {
				there[bundle*ledger.Full+uint64(i)] = len(o)
			}
		}
	}
	return there
}

// gone returns the entries that lost their openings from one look to the next.
func gone(before, after map[uint64]int) (all []uint64) {
	for _, i := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[i]; !ok {
			all = append(all, i)
		}
	}
	return all
}

// until changes how many days what a motion ratifies lasts.
func until(w *audittest.World, days int64) func(*motion.Header) {
	return func(h *motion.Header) { h.Until = taxonomy.DayOf(w.Now) + taxonomy.Day(days) }
}

func ratify(t *testing.T, w *audittest.World, days int64, numbers ...string) uint64 {
	t.Helper()
	at := w.Carry(w.Motion(motion.Ratify, ballottest.Label(t, numbers...), until(w, days)))
	w.Tick()
	return at
}

// What is ratified lasts to the end of its last day, and is kept 7 days more by the
// ledger's clock; a tick short of that nothing is due.
func TestWhatRanOutIsDueAfterSevenDays(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := ratify(t, w, 30, "+8613800138000", "+8613800138001")
	over := (int64(taxonomy.DayOf(w.Now)) + 31) * day // the first moment at which it is over
	w.Later(over - w.Now - 1)
	if p := find(t, w, keep(t, w).Ledger()); p.Due != 0 || p.Waiting != 0 || p.Alive != 2 {
		t.Errorf("on its last day: %+v", p)
	}
	w.Later(1)
	if p := find(t, w, keep(t, w).Ledger()); p.Due != 0 || p.Waiting != 2 || p.Alive != 0 {
		t.Errorf("when it is over: %+v", p)
	}
	w.Later(7*day - 1)
	if p := find(t, w, keep(t, w).Ledger()); p.Due != 0 || p.Waiting != 2 {
		t.Errorf("a second before seven days: %+v", p)
	}
	w.Later(1)
	l := keep(t, w).Ledger()
	before := openings(t, l)
	p := all(t, w, l)
	if p.Due != 2 || p.Then != over || p.Now != over+7*day || len(p.Motions) != 1 || p.Motions[0].Index != at || p.Motions[0].Kind != motion.Ratify || p.Motions[0].Due != 2 {
		t.Errorf("seven days after: %+v", p)
	}
	if got := gone(before, openings(t, l)); !slices.Equal(got, []uint64{at + 1, at + 2}) {
		t.Errorf("the openings of %v are gone", got)
	}
	if p := find(t, w, l); p.Due != 0 || p.Before != 2 || len(p.Motions) != 0 {
		t.Errorf("again: %+v", p)
	}
}

// A ledger without a tick for a week erases nothing, whatever the machine's clock says:
// what was revoked after the last tick of a week ago may have been revoked just now.
func TestRevokedIsDueSevenDaysAfterTheNextTick(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := ratify(t, w, 300, "+8613800138000", "+8613800138001")
	w.Later(day)
	w.Carry(w.Motion(motion.Revoke, ballottest.Reverse(at+1), nil)) // and no tick
	w.Later(7 * day)
	// the last tick before the revocation lies 7 days back, the next one 6
	if p := find(t, w, keep(t, w).Ledger()); p.Due != 0 || p.Waiting != 1 || p.Alive != 2 {
		t.Errorf("%+v", p)
	}
	w.Later(day)
	l := keep(t, w).Ledger()
	before := openings(t, l)
	if p := all(t, w, l); p.Due != 1 || p.Alive != 2 {
		t.Errorf("%+v", p)
	}
	if got := gone(before, openings(t, l)); !slices.Equal(got, []uint64{at + 1}) {
		t.Errorf("the openings of %v are gone: the entry beside it stands, and the revocation decides", got)
	}
}

// everything makes a ledger that holds motions of all kinds that a test can carry, most of
// them with items, and returns the kinds.
func everything(t *testing.T, w *audittest.World) (kinds map[motion.Kind]bool) {
	t.Helper()
	kinds = make(map[motion.Kind]bool)
	w.Say("op", nil, w.Flag("+8613900139000", 500))
	short := ratify(t, w, 20, "+8613800138000", "+8613800138001", "+86138001382*/13")
	long := ratify(t, w, 200, "+8613800138003", "+8613800138004")
	ratify(t, w, 360, "+8613800138005")
	w.Anchor(nil, "op")
	w.Enact(motion.Revoke, ballottest.Reverse(short+1, long+1))
	if r := w.Apply(w.Propose(w.Motion(motion.Stay, ballottest.Reverse(long+2), nil), "reg")); r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	w.Tick()
	w.Change(w.Admit("vendor"), w.Seats()...)
	w.Reinstate("op")
	for _, d := range decisions(t, w) {
		if d.Motion != nil {
			kinds[d.Motion.Motion.Kind] = true
		}
	}
	return kinds
}

func decisions(t *testing.T, w *audittest.World) (all []charter.Enacted) {
	t.Helper()
	s := keep(t, w)
	r, at := reader(t, s.Ledger())
	err := follow.Replay(t.Context(), w.Genesis, r, at.Size, func(d charter.Enacted) error {
		all = append(all, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Over all kinds of motions and a year and a half: what is erased is what was dead seven
// days before, and nothing else. What the test expects it works out by itself, from
// expiries and revocations.
func TestNothingIsErasedThatMustNotBe(t *testing.T) {
	w := audittest.Begun(t, 4)
	kinds := everything(t, w)
	for _, k := range []motion.Kind{motion.Ratify, motion.Revoke, motion.Stay, motion.Anchor, motion.AdmitRegulator, motion.Reinstate} {
		if !kinds[k] {
			t.Fatalf("the ledger has no %s motion", k)
		}
	}
	begun := w.Now
	for _, days := range []int64{0, 6, 8, 20, 28, 29, 150, 207, 210, 500} {
		w.Later(begun + days*day - w.Now)
		s := keep(t, w)
		before := openings(t, s.Ledger())
		all(t, w, s.Ledger())
		after := openings(t, s.Ledger())
		if got, want := gone(before, after), dead(t, w, w.Now-7*day); !slices.Equal(got, want) {
			t.Errorf("after %d days the openings of %v are gone, want %v", days, got, want)
		}
		for i, size := range after {
			if before[i] != size {
				t.Errorf("after %d days opening %d has %d bytes, and had %d", days, i, size, before[i])
			}
		}
	}
}

// dead returns the entries of a world's ledger that were dead at a moment.
func dead(t *testing.T, w *audittest.World, then int64) (all []uint64) {
	t.Helper()
	ticked := int64(0) // when what was decided last was known to be in the ledger
	pieces := decisions(t, w)
	revoked := make(map[uint64]bool)
	for i := len(pieces) - 1; i >= 0; i-- {
		if pieces[i].Tick != 0 {
			ticked = pieces[i].Tick
		}
		if m := pieces[i].Motion; m != nil && m.Motion.Kind == motion.Revoke && ticked <= then && ticked != 0 {
			for _, item := range pieces[i].Items {
				r, err := motion.DecodeReversal(item.Item)
				if err != nil {
					t.Fatal(err)
				}
				revoked[r.Index] = true
			}
		}
	}
	lasting := int64(0) // until when, at most, what was ratified so far lasts
	for _, d := range pieces {
		if d.Motion == nil {
			continue
		}
		over := (int64(d.Motion.Motion.Until) + 1) * day
		for i := range d.Items {
			index := d.First + 1 + uint64(i)
			switch d.Motion.Motion.Kind {
			case motion.Ratify:
				lasting = max(lasting, over)
				if over <= then || revoked[index] {
					all = append(all, index)
				}
			case motion.Revoke, motion.Stay:
				if lasting <= then {
					all = append(all, index)
				}
			}
		}
	}
	return all
}

// A regulator starts from a size of its own ledger that may be weeks old and judges anew
// what came since: at every size its ledger folds to what it was.
func TestWhatARegulatorReplaysIsJudgedAlike(t *testing.T) {
	w := audittest.Begun(t, 4)
	everything(t, w)
	w.Enact(motion.Ratify, [][]byte{ballottest.Rule(t, "+8613800138009", "block", "crm.fraud.impersonation")})
	w.Later(400 * day)
	s := keep(t, w)
	before := digests(t, w, s)
	cfg := config(w, s.Ledger())
	cfg.Replays = true
	p, err := erase.Find(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := erase.Erase(t.Context(), cfg, p); err != nil || n != 6 || p.Judging != 4 || p.Alive != 0 {
		t.Errorf("%d erased: %+v, %v", n, p, err)
	}
	if after := digests(t, w, s); !slices.Equal(after, before) {
		t.Error("it folds to something else")
	}
	all(t, w, s.Ledger())
	if after := digests(t, w, s); slices.Equal(after, before) || after[len(after)-1] != before[len(before)-1] {
		t.Error("without what judges the ledger folds to the same at every size, or to something else at its end")
	}
}

// digests is what a store's ledger folds to, decision by decision.
func digests(t *testing.T, w *audittest.World, s *disk.Store) (all []merkle.Hash) {
	t.Helper()
	past, _, err := enact.Begin(w.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	r, at := reader(t, s.Ledger())
	err = follow.Decisions(t.Context(), r, past, at.Size, func([]ledger.Entry, charter.Enacted) error {
		all = append(all, past.Digest())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The revocations and stays of what is over are over too.
func TestWhatRevokesAndStaysGoesWithTheLast(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := ratify(t, w, 20, "+8613800138000", "+8613800138001")
	revoke := w.Enact(motion.Revoke, ballottest.Reverse(at+1))
	if r := w.Apply(w.Propose(w.Motion(motion.Stay, ballottest.Reverse(at+2), nil), "reg")); r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	w.Tick()
	w.Later(29 * day)
	later := ratify(t, w, 20, "+8613800138002")
	s := keep(t, w)
	before := openings(t, s.Ledger())
	p := all(t, w, s.Ledger())
	if got := gone(before, openings(t, s.Ledger())); !slices.Equal(got, []uint64{at + 1, at + 2, revoke + 1, revoke + 4}) {
		t.Errorf("the openings of %v are gone", got)
	}
	if p.Alive != 1 || len(p.Motions) != 3 || p.Motions[1].Kind != motion.Revoke || p.Motions[2].Kind != motion.Stay || later == 0 {
		t.Errorf("%+v", p)
	}
}

// What follows from the ledger is the same before and after, here and for a newcomer that
// has it from here; an audit stays clean, and a backup has it so too.
func TestWhatFollowsStaysTheSame(t *testing.T) {
	w := audittest.Begun(t, 4)
	everything(t, w)
	begun := w.Now
	for _, days := range []int64{10, 100, 300} {
		w.Later(begun + days*day - w.Now)
		w.Anchor(nil)
	}
	s := keep(t, w)
	digest, root := newcomer(t, w, s)
	p := all(t, w, s.Ledger())
	if p.Due == 0 || p.Alive == 0 {
		t.Fatalf("%+v", p)
	}
	sameAfter(t, w, s, digest, root)
	again, err := disk.Open(disk.Config{Dir: backup(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, again) })
	if got := find(t, w, again.Ledger()); got.Due != 0 || got.Before != p.Due || got.Alive != p.Alive {
		t.Errorf("in the backup: %+v", got)
	}
	sameAfter(t, w, again, digest, root)
}

func backup(t *testing.T, s *disk.Store) string {
	t.Helper()
	file, err := os.Create(t.TempDir() + "/backup")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, file)
	dir := t.TempDir()
	if err = s.Backup(file); err == nil {
		_, err = file.Seek(0, 0)
	}
	if err == nil {
		err = disk.Restore(file, disk.Config{Dir: dir})
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func sameAfter(t *testing.T, w *audittest.World, s *disk.Store, digest, root any) {
	t.Helper()
	gotDigest, gotRoot := newcomer(t, w, s)
	if gotDigest != digest || gotRoot != root {
		t.Errorf("a newcomer comes to %v and the list %v, before to %v and %v", gotDigest, gotRoot, digest, root)
	}
	r, err := audit.Run(t.Context(), audit.Config{Genesis: w.Genesis, Ledger: s.Ledger(), Feeds: s})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Clean() || r.Judged != r.Size || r.Right+len(r.Moments) != r.Anchors {
		t.Errorf("%+v", r)
	}
	for _, m := range r.Moments {
		if !m.NotRecomputable {
			t.Errorf("%+v", m)
		}
	}
	if r.Right == 0 || r.Right == r.Anchors {
		t.Errorf("of %d anchors %d follow", r.Anchors, r.Right)
	}
}

// newcomer follows the ledger from a store, and returns what it comes to.
func newcomer(t *testing.T, w *audittest.World, s *disk.Store) (digest, root any) {
	t.Helper()
	state, err := charter.At(w.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(view.Config{State: state, Source: s, Day: taxonomy.DayOf(w.Now), Session: 1})
	if err != nil {
		t.Fatal(err)
	}
	f, err := follow.Open(t.Context(), follow.Config{
		Genesis: w.Genesis, Ledger: memory.New().Ledger(), From: s.Ledger(),
		Enacted: func(d []charter.Enacted) error { return v.Enact(d...) },
	})
	if err == nil {
		err = f.Offer(t.Context(), s.Ledger().Checkpoint())
	}
	if err == nil {
		_, err = v.Follow()
	}
	if err != nil {
		t.Fatal(err)
	}
	return f.Past().Digest(), v.List().Stamp().Root
}

// Proofs that were made stay valid; of what was erased none is made any more, and why is
// told.
func TestProofsOfWhatWasErased(t *testing.T) {
	w := audittest.Begun(t, 4)
	short := ratify(t, w, 20, "+8613800138000")
	long := ratify(t, w, 200, "+8613800138001")
	w.Later(30 * day)
	s := keep(t, w)
	verifier, err := prove.NewVerifier(prove.Trust{Genesis: w.Genesis})
	if err != nil {
		t.Fatal(err)
	}
	prover := func(index uint64) ([]byte, error) {
		r, at := reader(t, s.Ledger())
		m := prove.Maker{State: w.State.Constitution(), Ledger: r, Note: w.Note(at.Tree, w.Quorum()...)}
		return m.Entry(t.Context(), index)
	}
	proof, err := prover(short + 1)
	if err != nil {
		t.Fatal(err)
	}
	all(t, w, s.Ledger())
	if _, err := verifier.Verify(proof); err != nil {
		t.Errorf("a proof made before: %v", err)
	}
	if _, err := prover(short + 1); !errors.Is(err, prove.ErrErased) {
		t.Errorf("a proof of what was erased: %v", err)
	}
	if proof, err = prover(long + 1); err == nil {
		_, err = verifier.Verify(proof)
	}
	if err != nil {
		t.Errorf("a proof of what stands: %v", err)
	}
}

// stops is a ledger that fails, or ends the process, once so many openings were erased.
type stops struct {
	erase.Ledger
	after int
	how   func() error
}

func (s *stops) Erase(indexes ...uint64) error {
	if s.after -= len(indexes); s.after < 0 {
		return s.how()
	}
	return s.Ledger.Erase(indexes...)
}

// bulk is a ledger with 10,000 entries that are over.
func bulk(t *testing.T) *audittest.World {
	t.Helper()
	w := audittest.Begun(t, 1)
	for m := range 5 {
		numbers := make([]string, 2000)
		for i := range numbers {
			numbers[i] = audittest.Number(2000*m + i)
		}
		ratify(t, w, 20, numbers...)
	}
	w.Later(40 * day)
	return w
}

const killed = "RINGFENCE_TEST_ERASE_IN"

// Who is killed amid erasing has erased some, and the next run the rest.
func TestKilledWhileErasing(t *testing.T) {
	if dir := os.Getenv(killed); dir != "" {
		s, err := disk.Open(disk.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		l := &stops{s.Ledger(), 5000, func() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }}
		w := bulk(t)
		_, err = erase.Erase(t.Context(), config(w, l), find(t, w, l))
		t.Fatalf("it lives: %v", err)
	}
	w := bulk(t)
	dir := t.TempDir()
	if err := w.Keep(dir, nil).Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestKilledWhileErasing$")
	child.Env = append(os.Environ(), killed+"="+dir)
	out, err := child.CombinedOutput()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v\n%s", err, out)
	}
	s, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	p := all(t, w, s.Ledger())
	if p.Before == 0 || p.Due == 0 || p.Before+p.Due != 10000 {
		t.Errorf("%d were erased before and %d after", p.Before, p.Due)
	}
	if p := find(t, w, s.Ledger()); p.Due != 0 || p.Before != 10000 {
		t.Errorf("%+v", p)
	}
}

func TestErasingThatIsStopped(t *testing.T) {
	w := bulk(t)
	l := keep(t, w).Ledger()
	full := errors.New("the disk is full")
	p := find(t, w, l)
	n, err := erase.Erase(t.Context(), config(w, &stops{l, 5000, func() error { return full }}), p)
	if !errors.Is(err, full) || n == 0 || n >= p.Due {
		t.Errorf("%d of %d, %v", n, p.Due, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	cfg := config(w, l)
	cfg.Progress = func(_ erase.Phase, done, total uint64) {
		if done > 0 && total > 0 {
			stop()
		}
	}
	left := find(t, w, l)
	m, err := erase.Erase(ctx, cfg, left)
	if !errors.Is(err, context.Canceled) || m == 0 || m >= left.Due || left.Before != n {
		t.Errorf("%d of %d, %v", m, left.Due, err)
	}
	if p := all(t, w, l); p.Due != left.Due-m {
		t.Errorf("%d are left of %d, of which %d were erased", p.Due, left.Due, m)
	}
}

// Of a ledger that cannot be believed nothing is erased.
func TestWhatIsNotBelieved(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := ratify(t, w, 20, "+8613800138000")
	w.Later(40 * day)
	for name, open := range map[string]func() *disk.Store{
		"too few cosigned": func() *disk.Store { return w.Keep(t.TempDir(), nil, "reg", "reg2") },
		"an entry has no place": func() *disk.Store {
			return w.Keep(t.TempDir(), func(e []ledger.Entry) { e[at].Data = e[at].Data[:20] })
		},
		"an opening is another's": func() *disk.Store {
			return w.Keep(t.TempDir(), func(e []ledger.Entry) { e[at+1].Opening = []byte("x") })
		},
	} {
		s := open()
		if p, err := erase.Find(t.Context(), config(w, s.Ledger())); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	other := audittest.Begun(t, 1)
	if p, err := erase.Find(t.Context(), config(other, keep(t, w).Ledger())); !errors.Is(err, erase.ErrUncertified) {
		t.Errorf("the ledger of another federation: %+v, %v", p, err)
	}
	if p := find(t, w, memory.New().Ledger()); p.Size != 1 || p.Due != 0 {
		t.Errorf("without a ledger: %+v", p)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := erase.Find(ctx, config(w, keep(t, w).Ledger())); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Progress is told to the end.
func TestProgress(t *testing.T) {
	w := bulk(t)
	l := keep(t, w).Ledger()
	last := make(map[erase.Phase]string)
	cfg := config(w, l)
	cfg.Progress = func(p erase.Phase, done, total uint64) {
		if done > total {
			t.Errorf("phase %d: %d of %d", p, done, total)
		}
		last[p] = fmt.Sprint(done, " of ", total)
	}
	p, err := erase.Find(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := erase.Erase(t.Context(), cfg, p); err != nil || last[erase.Erasing] != "10000 of 10000" || last[erase.Reading] == "" {
		t.Errorf("%v, %v", last, err)
	}
}
