package follow_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/follow"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// served is a federation whose ledger somebody serves.
type served struct {
	*ballottest.Federation
	store *memory.Ledger
	tree  ledger.Tree
	sizes int // of Entries that are in the tree
}

func serve(t *testing.T, regulators int) *served {
	s := &served{Federation: ballottest.Begun(t, regulators, nil), store: memory.New().Ledger()}
	s.append(s.First)
	s.grow()
	return s
}

func (s *served) append(entries ...ledger.Entry) {
	s.Helper()
	tree, additions, err := s.tree.Append(entries)
	if err == nil {
		err = s.store.Write(additions)
	}
	if err != nil {
		s.Fatal(err)
	}
	s.tree = tree
}

// grow serves what was entered since.
func (s *served) grow() {
	s.Helper()
	if more := s.Entries[s.sizes:]; len(more) > 0 {
		s.append(more...)
	}
	s.sizes = len(s.Entries)
}

// note is the checkpoint of what is served, cosigned by members.
func (s *served) note(members ...string) []byte { return s.noteOf(s.tree.Head(), s.Now, members...) }

func (s *served) noteOf(tree checkpoint.Tree, at int64, members ...string) []byte {
	s.Helper()
	c := checkpoint.Checkpoint{Origin: checkpoint.Origin(s.State.Constitution().Federation()), Tree: tree}
	n, err := checkpoint.Sign(c, chartertest.Key("log", ""))
	if err != nil {
		s.Fatal(err)
	}
	return s.cosign(n.Bytes(), at, members...)
}

// log checks the log's own signature.
func (s *served) log() checkpoint.Verifier {
	return checkpoint.Log(checkpoint.Origin(s.State.Constitution().Federation()), chartertest.Key("log", "").Public())
}

// cosign adds members' cosignatures to a note.
func (s *served) cosign(note []byte, at int64, members ...string) []byte {
	s.Helper()
	n, err := checkpoint.Open(note, s.log())
	for _, m := range members {
		key := chartertest.Key("cosign", m)
		if err == nil {
			n, err = n.With(checkpoint.Cosigner(m+".example/cosign", key.Public()), n.Cosign(key, at))
		}
	}
	if err != nil {
		s.Fatal(err)
	}
	return n.Bytes()
}

// label ratifies a label of a number and serves it.
func (s *served) label(number string) uint64 {
	s.Helper()
	at := s.Carry(s.Motion(motion.Ratify, ballottest.Label(s, number), nil))
	s.Tick()
	s.grow()
	return at
}

// admit gives a member a seat, with a settlement that a ledger can hold, and serves it.
func (s *served) admit(member string) {
	s.Helper()
	before := s.Seats()
	s.Carry(s.Admit(member))
	s.State.Carried(s.Seats())
	s.grow()
	note := s.note(append(before, member)...)
	if r := s.Apply(ballot.SettleCommand(note)); r.Outcome != ballot.Entered {
		s.Fatalf("settle: %s %v", r.Outcome, r.Refusal)
	}
	s.grow()
}

// follower follows what s serves.
type follower struct {
	*follow.Follower
	t       *testing.T
	config  follow.Config
	enacted []charter.Enacted
}

func (s *served) follower(t *testing.T, change func(*follow.Config)) *follower {
	t.Helper()
	f := &follower{t: t}
	f.config = follow.Config{
		Genesis: s.Genesis, Ledger: memory.New().Ledger(), From: s.store,
		Enacted: func(d []charter.Enacted) error { f.enacted = append(f.enacted, d...); return nil },
	}
	if change != nil {
		change(&f.config)
	}
	f.open()
	return f
}

func (f *follower) open() {
	f.t.Helper()
	f.enacted = nil
	var err error
	if f.Follower, err = follow.Open(context.Background(), f.config); err != nil {
		f.t.Fatal(err)
	}
}

func (f *follower) offer(note []byte) error { return f.Offer(context.Background(), note) }

func (f *follower) must(note []byte) {
	f.t.Helper()
	if err := f.offer(note); err != nil {
		f.t.Fatal(err)
	}
}

func TestFollow(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	f.must(s.note(s.Quorum()...))
	at := s.label("+8613800138000")
	f.must(s.note(s.Quorum()...))
	if got := f.Standing(); got.Note.Tree != s.tree.Head() || got.Tick != s.Now || got.Fresh != s.Now {
		t.Errorf("it stands at %+v, want %v", got, s.tree.Head())
	}
	if _, ok := f.Past().Ratified(at + 1); !ok {
		t.Error("the entry is not ratified")
	}
	if f.Past().Digest() != s.Follow().Digest() {
		t.Error("it folded something else")
	}
	if n := len(f.enacted); n != 3 || f.enacted[1].Motion == nil || f.enacted[1].First != at {
		t.Errorf("%d decisions were told", n)
	}
	was := f.enacted
	f.open()
	if got := f.Standing(); got.Note.Tree != s.tree.Head() || len(f.enacted) != len(was) || f.Past().Digest() != s.Follow().Digest() {
		t.Errorf("after opening again it stands at %v and tells %d decisions", got.Note.Tree, len(f.enacted))
	}
}

// Bundles are read many at once; motions of many items span them.
func TestFollowManyBundles(t *testing.T) {
	s := serve(t, 1)
	for i := range 3 {
		var items [][]byte
		for j := range 3000 {
			items = append(items, ballottest.Rule(t, number(i*3000+j), "label", "mkt.finance.loan"))
		}
		s.Carry(s.Motion(motion.Ratify, items, nil))
		s.Tick()
	}
	s.grow()
	f := s.follower(t, nil)
	f.must(s.note("reg"))
	if len(f.enacted) != 7 || f.Past().Digest() != s.Follow().Digest() {
		t.Errorf("%d decisions", len(f.enacted))
	}
	f.open()
	if f.Standing().Note.Tree != s.tree.Head() {
		t.Error("what it wrote down is not what it followed")
	}
}

func number(i int) string {
	digits := []byte("+8613900000000")
	for at := len(digits) - 1; i > 0; at, i = at-1, i/10 {
		digits[at] = byte('0' + i%10)
	}
	return string(digits)
}

func TestUncertifiedIsNotFollowed(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	f.must(s.note(s.Quorum()...))
	before := f.Standing().Note.Tree
	s.label("+8613800138000")
	for name, by := range map[string][]string{"nobody": nil, "two of four": {"reg", "reg2"}, "one twice": {"reg", "reg", "reg"}, "strangers": {"op", "vendor", "reg", "reg2"}} {
		if err := f.offer(s.note(by...)); !errors.Is(err, follow.ErrUncertified) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := f.Standing(); got.Note.Tree != before || got.Trouble != nil {
		t.Errorf("it stands at %v, %v", got.Note.Tree, got.Trouble)
	}
	f.must(s.note(s.Quorum()...))
}

// The regulators change while somebody is away: he believes the new ones because the old
// ones certified the change, and nobody who merely calls himself a regulator.
func TestFollowAcrossChangesOfTheRegulators(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	f.must(s.note(s.Quorum()...))
	s.admit("op")
	s.label("+8613800138000")
	s.admit("vendor")
	s.label("+8613800138001")
	old := []string{"reg", "reg2", "reg3"}
	if err := f.offer(s.note(old...)); !errors.Is(err, follow.ErrUncertified) {
		t.Errorf("certified by three, of now six: %v", err)
	}
	f.must(s.note(s.Seats()...))
	if f.Past().Digest() != s.Follow().Digest() || len(f.Standing().State.Regulators()) != 6 {
		t.Error("it followed something else")
	}
	f.open()
	newcomer := s.follower(t, nil)
	newcomer.must(s.note(s.Seats()...))
	if newcomer.Past().Digest() != f.Past().Digest() {
		t.Error("a newcomer followed something else")
	}
}

// A settlement names the tree that it settles; one of another tree has no place.
func TestSettlementOfAnotherTree(t *testing.T) {
	s := serve(t, 1)
	s.Carry(s.Admit("op"))
	s.State.Carried(s.Seats())
	if r := s.Apply(ballot.SettleCommand(s.Certify("reg", "op"))); r.Outcome != ballot.Entered {
		t.Fatal(r.Refusal)
	}
	s.grow()
	f := s.follower(t, nil)
	err := f.offer(s.note("reg", "op"))
	if err == nil || !strings.Contains(err.Error(), "settle") {
		t.Errorf("followed: %v", err)
	}
}

// fork returns another ledger of the same federation, which parts from s where it began.
func (s *served) fork(t *testing.T) *served {
	other := serve(t, 4)
	other.label("+8613900139000")
	other.label("+8613900139001")
	return other
}

func TestForkStopsIt(t *testing.T) {
	for name, grown := range map[string]bool{"smaller": false, "larger": true} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, 4)
			s.label("+8613800138000")
			var told []*follow.Trouble
			f := s.follower(t, func(c *follow.Config) { c.Stopped = func(t *follow.Trouble) { told = append(told, t) } })
			f.must(s.note(s.Quorum()...))
			held := f.Standing()
			other := s.fork(t)
			shown := other.note(s.Quorum()...)
			if !grown {
				then, err := ledger.NewReader(other.tree, other.store).At(t.Context(), held.Note.Size)
				if err != nil {
					t.Fatal(err)
				}
				shown = s.noteOf(then.Head(), s.Now, s.Quorum()...)
			} else {
				f.config.From = other.store
				f.open()
				held = f.Standing()
			}
			var trouble *follow.Trouble
			if err := f.offer(shown); !errors.As(err, &trouble) || trouble.Kind != follow.Forked || !bytes.Equal(trouble.Shown.Bytes(), shown) || !bytes.Equal(trouble.Held.Bytes(), held.Note.Bytes()) {
				t.Fatalf("%v", err)
			}
			s.label("+8613800138002")
			if err := f.offer(s.note(s.Quorum()...)); !errors.As(err, &trouble) {
				t.Errorf("it goes on: %v", err)
			}
			if len(told) != 1 || told[0] != trouble {
				t.Errorf("it was told %v", told)
			}
			if got := f.Standing(); got.Note.Tree != held.Note.Tree || got.Trouble == nil || got.State != held.State {
				t.Errorf("it stands at %+v", got)
			}
		})
	}
}

func TestGoingBackStopsIt(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	before := s.tree.Head()
	s.label("+8613800138000")
	f.must(s.note(s.Quorum()...))
	if err := f.offer(s.noteOf(before, s.Now+300, s.Quorum()...)); err != nil {
		t.Errorf("an old checkpoint, late: %v", err)
	}
	var trouble *follow.Trouble
	if err := f.offer(s.noteOf(before, s.Now+3600, s.Quorum()...)); !errors.As(err, &trouble) || trouble.Kind != follow.WentBack {
		t.Errorf("an old checkpoint, cosigned anew: %v", err)
	}
}

// One liar that dates its cosignature as it likes makes nobody believe that the others
// went back.
func TestALiarsTimeStopsNothing(t *testing.T) {
	for name, at := range map[string]int64{"long ago": 0, "for ever": math.MaxInt64} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, 4)
			f := s.follower(t, nil)
			before := s.tree.Head()
			s.label("+8613800138000")
			f.must(s.cosign(s.noteOf(s.tree.Head(), s.Now, "reg", "reg2"), at, "reg4"))
			for _, note := range [][]byte{s.noteOf(before, s.Now, "reg", "reg2", "reg3"), s.cosign(s.noteOf(before, s.Now, "reg", "reg2"), math.MaxInt64, "reg4")} {
				if err := f.offer(note); err != nil {
					t.Fatalf("an old checkpoint: %v", err)
				}
			}
			f.must(s.note(s.Quorum()...))
		})
	}
}

func TestFreshness(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	f.must(s.note(s.Quorum()...))
	f.must(s.noteOf(s.tree.Head(), s.Now+60, s.Quorum()...))
	f.must(s.noteOf(s.tree.Head(), s.Now+30, s.Quorum()...))
	if got := f.Standing().Fresh; got != s.Now+60 {
		t.Errorf("fresh since %d, want %d", got-s.Now, 60)
	}
}

// What a quorum certified and no valid ledger holds, or this release does not know, ends
// following with its place.
func TestWhatHasNoPlaceStopsIt(t *testing.T) {
	unvoted := func(s *served) motion.Entry {
		p := s.Motion(motion.Ratify, ballottest.Label(s, "+8613800138000"), nil)
		return motion.MotionEntry{Motion: p.Signed, Votes: []motion.Vote{s.Vote(p, "reg", nil)}}
	}
	for name, c := range map[string]struct {
		entries func(s *served) []ledger.Entry
		want    follow.Kind
	}{
		"a motion without votes": {func(s *served) []ledger.Entry { return []ledger.Entry{{Data: unvoted(s).Bytes()}, {Data: []byte("x")}} }, follow.Broken},
		"nonsense":               {func(*served) []ledger.Entry { return []ledger.Entry{{Data: []byte("nonsense")}} }, follow.Broken},
		"a later kind of entry":  {func(*served) []ledger.Entry { return []ledger.Entry{{Data: []byte{0x83, 1, 0x18, 99, 0}}} }, follow.Newer},
		"a later kind of motion": {func(s *served) []ledger.Entry {
			kind := append(s.State.Constitution().Federation().Bytes(), byte(motion.Ratify))
			later := bytes.Replace(unvoted(s).Bytes(), kind, append(kind[:len(kind)-1:len(kind)-1], 23), 1)
			return []ledger.Entry{{Data: later}, {Data: []byte("x")}}
		}, follow.Newer},
		"half a motion": {func(s *served) []ledger.Entry { return []ledger.Entry{{Data: unvoted(s).Bytes()}} }, follow.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, 4)
			f := s.follower(t, nil)
			f.must(s.note(s.Quorum()...))
			held, at := f.Standing(), s.tree.Size()
			s.append(c.entries(s)...)
			var trouble *follow.Trouble
			if err := f.offer(s.note(s.Quorum()...)); !errors.As(err, &trouble) || trouble.Kind != c.want || trouble.Index != at {
				t.Fatalf("%v, %+v", err, trouble)
			}
			if got := f.Standing(); got.Trouble == nil || got.Note.Tree != held.Note.Tree {
				t.Errorf("it stands at %+v", got)
			}
			if len(f.enacted) != 1 {
				t.Errorf("%d decisions were told", len(f.enacted))
			}
		})
	}
}

// lying serves something else in one place.
type lying struct {
	ledger.Source
	about ledger.Kind
}

func (l lying) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	b, err := l.Source.Read(ctx, t)
	if t.Kind == l.about && err == nil {
		b = bytes.Clone(b)
		b[len(b)-1] ^= 1
	}
	return b, err
}

// What a peer made up is not followed, and stops nothing: the next peer may do better.
func TestAPeerThatLies(t *testing.T) {
	for _, about := range []ledger.Kind{ledger.Hashes, ledger.Entries} {
		s := serve(t, 4)
		s.label("+8613800138000")
		f := s.follower(t, func(c *follow.Config) { c.From = lying{s.store, about} })
		var trouble *follow.Trouble
		if err := f.offer(s.note(s.Quorum()...)); !errors.Is(err, ledger.ErrDamaged) || errors.As(err, &trouble) {
			t.Errorf("%v", err)
		}
		f.config.From = s.store
		f.open()
		f.must(s.note(s.Quorum()...))
	}
}

// A ledger that is damaged here is read anew from others.
func TestDamageIsReadAnew(t *testing.T) {
	s := serve(t, 4)
	s.label("+8613800138000")
	own := memory.New().Ledger()
	f := s.follower(t, func(c *follow.Config) { c.Ledger = own })
	f.must(s.note(s.Quorum()...))
	f.config.Ledger = damaged{own, lying{own, ledger.Entries}}
	f.open()
	if got := f.Standing(); got.Note.Tree != s.tree.Head() || len(f.enacted) != 3 {
		t.Errorf("it stands at %v and told %d decisions", got.Note.Tree, len(f.enacted))
	}
}

type damaged struct {
	*memory.Ledger
	read ledger.Source
}

func (d damaged) Read(ctx context.Context, t ledger.Tile) ([]byte, error) { return d.read.Read(ctx, t) }

// Who cosigned last is told also where a checkpoint has no more cosignatures than it
// takes, and the one that comes last is not lost.
func TestWhoCosignedLast(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	seen := func() (n int) {
		for _, at := range f.Standing().Seen {
			if at == s.Now {
				n++
			}
		}
		return n
	}
	f.must(s.note("reg", "reg2", "reg3"))
	if got := f.Standing(); got.By != 3 || seen() != 3 {
		t.Fatalf("by %d, seen %v", got.By, got.Seen)
	}
	f.must(s.note("reg", "reg2", "reg3", "reg4"))
	if got := f.Standing(); got.By != 4 || seen() != 4 {
		t.Errorf("the fourth is lost: by %d, seen %v", got.By, got.Seen)
	}
	f.must(s.note("reg", "reg2", "reg3"))
	if got := f.Standing(); got.By != 4 {
		t.Errorf("by %d after one that tells less", got.By)
	}
	s.Later(60)
	s.label("+8613800138000")
	f.must(s.note("reg2", "reg3", "reg4"))
	if got := f.Standing(); got.By != 3 || len(got.Seen) != 4 || seen() != 3 {
		t.Errorf("of a larger tree: by %d, seen %v", got.By, got.Seen)
	}
}

// A regulator whose clock was a day ahead, and is right again, is told by its right time with
// the next tree: what it dated ahead does not hide for a day that it is at work (F15).
func TestAClockThatIsRightAgainIsSeen(t *testing.T) {
	s := serve(t, 4)
	f := s.follower(t, nil)
	key := chartertest.Key("cosign", "reg4").Public()
	dated := func(ahead int64) {
		n, err := checkpoint.Open(s.note("reg", "reg2", "reg3"), s.log())
		if err == nil {
			n, err = n.With(checkpoint.Cosigner("reg4.example/cosign", key), n.Checkpoint.Cosign(chartertest.Key("cosign", "reg4"), s.Now+ahead))
		}
		if err != nil {
			t.Fatal(err)
		}
		f.must(n.Bytes())
	}
	dated(86400)
	if got := f.Standing(); got.Seen[key] != s.Now+86400 || got.Fresh != s.Now {
		t.Errorf("it was seen at %d, the ledger at %d; it is %d", got.Seen[key], got.Fresh, s.Now)
	}
	s.Later(60)
	s.label("+8613800138000")
	dated(0)
	if got := f.Standing(); got.Seen[key] != s.Now {
		t.Errorf("with the next tree it was seen %d s ahead", got.Seen[key]-s.Now)
	}
}
