package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"ringfence/consensus/audit"
	"ringfence/consensus/audit/audittest"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/assertion"
	"ringfence/store/charter/chartertest"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// held is what an audit goes through, of which a test may replace a part.
type held struct {
	audit.Ledger
	audit.Feeds
}

func of(s *disk.Store) held { return held{s.Ledger(), s} }

func run(t *testing.T, w *audittest.World, h held) *audit.Report {
	t.Helper()
	r, err := audit.Run(context.Background(), audit.Config{Genesis: w.Genesis, Ledger: h.Ledger, Feeds: h.Feeds})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// finds fails unless a report has just that finding, of all codes that are named.
func finds(t *testing.T, r *audit.Report, c audit.Code, where, why string) {
	t.Helper()
	i := slices.IndexFunc(r.Findings, func(f audit.Finding) bool {
		return f.Code == c && strings.Contains(f.Where, where) && strings.Contains(f.Why, why)
	})
	if i < 0 {
		t.Errorf("no %s at %q, %q: %+v", c, where, why, r.Findings)
	}
}

func clean(t *testing.T, r *audit.Report) {
	t.Helper()
	if !r.Clean() || r.Judged != r.Size {
		t.Errorf("judged %d of %d: %+v", r.Judged, r.Size, r.Findings)
	}
}

func keep(t *testing.T, w *audittest.World, change func([]ledger.Entry), members ...string) *disk.Store {
	t.Helper()
	s := w.Keep(t.TempDir(), change, members...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// told is a federation in which something of everything happened.
func told(t *testing.T) *audittest.World {
	t.Helper()
	w := audittest.Begun(t, 4)
	w.Say("op", nil, w.Flag("+8613900139000", 20))
	w.Say("vendor", nil, w.Flag("+8613900139000", 20), w.Flag("+8613900139001", 20))
	var numbers []string
	for i := range 300 {
		numbers = append(numbers, audittest.Number(i))
	}
	at := w.Enact(motion.Ratify, ballottest.Label(t, numbers...))
	w.Anchor(nil, "op", "vendor")
	w.Enact(motion.Revoke, ballottest.Reverse(at+1))
	w.Say("op", nil, w.Flag("+8613900139002", 20))
	w.Change(w.Admit("op"), append(w.Seats(), "op")...)
	w.Anchor(nil, "op", "vendor")
	w.Say("vendor", nil, w.Flag("+8613900139002", 20)) // not anchored
	return w
}

func TestWhatIsSoundIsClean(t *testing.T) {
	w := told(t)
	r := run(t, w, of(keep(t, w, nil)))
	clean(t, r)
	if r.Anchors != 2 || r.Right != 2 || len(r.Moments) != 0 {
		t.Errorf("%d of %d list roots follow: %+v", r.Right, r.Anchors, r.Moments)
	}
	if r.Motions != 5 || r.Votes < 15 || r.Ticks != 6 || r.Settlements != 1 || r.Ratified != 300 || r.Feeds != 2 || r.Batches != 4 || r.Statements != 5 {
		t.Errorf("it counts %+v", r)
	}
	if len(r.Cosigned) != 4 || r.Quorum != 4 || r.Regulators != 5 || r.Fresh != w.Now {
		t.Errorf("cosigned by %v, %d of %d", r.Cosigned, r.Quorum, r.Regulators)
	}
}

func TestAStoreWithoutALedgerIsClean(t *testing.T) {
	w := audittest.Begun(t, 1)
	w.Say("op", nil, w.Flag("+8613900139000", 20))
	s, err := disk.Open(disk.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Append(w.Records); err != nil {
		t.Fatal(err)
	}
	r := run(t, w, of(s))
	clean(t, r)
	if r.Size != 1 || r.Batches != 1 || r.Cosigned != nil {
		t.Errorf("%+v", r)
	}
}

// rows is every row of a ledger of some size.
func rows(size uint64) (all []ledger.Tile) {
	for level, n := 0, size; n > 0; level, n = level+1, n/ledger.Full {
		for index := uint64(0); index*ledger.Full < n; index++ {
			width := int(min(n-index*ledger.Full, ledger.Full))
			all = append(all, ledger.Tile{Kind: ledger.Hashes, Level: level, Index: index, Width: width})
			if level == 0 {
				all = append(all, ledger.Tile{Kind: ledger.Entries, Index: index, Width: width}, ledger.Tile{Kind: ledger.Openings, Index: index, Width: width})
			}
		}
	}
	return all
}

// A bit that is turned anywhere in the stored ledger is found, also where no checksum of
// the disk tells.
func TestEveryTurnedBitOfTheLedgerIsFound(t *testing.T) {
	w := told(t)
	s := keep(t, w, nil)
	l := s.Ledger()
	size := run(t, w, of(s)).Size
	all := rows(size)
	if len(all) != 7 { // two rows of leaves, with entries and openings, and one above
		t.Fatalf("%d rows", len(all))
	}
	for _, tile := range all {
		row, err := l.Read(t.Context(), tile)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, len(row) / 3, len(row) / 2, len(row) - 1} {
			turned := bytes.Clone(row)
			turned[at] ^= 1
			if err := l.Write([]ledger.Addition{{Tile: tile, Data: turned}}); err != nil {
				continue // the store itself refuses a bundle that is none
			}
			if got, err := l.Read(t.Context(), tile); err != nil || bytes.Equal(got, row) {
				t.Fatalf("%s: the store was not changed: %v", tile, err)
			}
			if r := run(t, w, of(s)); r.Clean() {
				t.Errorf("%s: byte %d of %d is turned, and the audit is clean", tile, at, len(row))
			}
		}
		if err := l.Write([]ledger.Addition{{Tile: tile, Data: row}}); err != nil {
			t.Fatal(err)
		}
	}
	clean(t, run(t, w, of(s)))
}

// rotten is a ledger of which the disk cannot give some rows, from some moment on.
type rotten struct {
	audit.Ledger
	of    func(ledger.Tile) bool
	spare *atomic.Int32 // reads of such rows that go well
}

func (r rotten) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	if r.of(t) && r.spare.Add(-1) < 0 {
		return nil, fmt.Errorf("a checksum: %w", ledger.ErrDamaged)
	}
	return r.Ledger.Read(ctx, t)
}

// Rows that the disk does not give are named, each of them; so is what went bad while the
// audit ran.
func TestRowsThatTheDiskDoesNotGiveAreNamed(t *testing.T) {
	w := told(t)
	s := keep(t, w, nil)
	var none atomic.Int32
	bad := func(tile ledger.Tile) bool {
		return tile.Index == 0 && (tile.Kind == ledger.Openings || tile.Kind == ledger.Hashes && tile.Level == 0 && tile.Width == ledger.Full)
	}
	r := run(t, w, held{rotten{s.Ledger(), bad, &none}, s})
	finds(t, r, audit.LedgerDamaged, "tile/openings/000", "a checksum")
	finds(t, r, audit.LedgerDamaged, "tile/0/000", "a checksum")
	if r.Judged != 1 || len(r.Findings) != 2 {
		t.Errorf("judged %d: %+v", r.Judged, r.Findings)
	}
	var once atomic.Int32
	once.Store(2) // by those who judge it and look at its rows
	r = run(t, w, held{rotten{s.Ledger(), func(tile ledger.Tile) bool { return tile.Index == 0 && tile.Kind == ledger.Openings }, &once}, s})
	finds(t, r, audit.NotJudged, "", "nor can any behind it")
	if r.Judged != r.Size || r.Anchors != 2 || r.Right != 0 {
		t.Errorf("%+v", r)
	}
}

// noted is a ledger with another checkpoint.
type noted struct {
	audit.Ledger
	note []byte
}

func (n noted) Checkpoint() []byte { return n.note }

func TestEveryTurnedBitOfTheCheckpointIsFound(t *testing.T) {
	w := audittest.Begun(t, 1)
	s := keep(t, w, nil)
	note := s.Ledger().Checkpoint()
	for at := range note {
		turned := bytes.Clone(note)
		turned[at] ^= 1
		if r := run(t, w, held{noted{s.Ledger(), turned}, s}); r.Clean() {
			t.Errorf("byte %d is turned, and the audit is clean:\n%s", at, turned)
		}
	}
}

func TestACheckpointThatTooFewCosignedIsFound(t *testing.T) {
	w := audittest.Begun(t, 4)
	finds(t, run(t, w, of(keep(t, w, nil, "reg", "reg2"))), audit.Uncertified, "2:", "3 of 4")
	clean(t, run(t, w, of(keep(t, w, nil, "reg", "reg2", "reg3"))))
	s := keep(t, w, nil, "reg", "reg2", "reg3", "reg4")
	note := s.Ledger().Checkpoint()
	name := bytes.Index(note, []byte("— reg2.example"))
	end := name + bytes.IndexByte(note[name:], '\n')
	turned := bytes.Clone(note)
	turned[end-5] ^= 1
	finds(t, run(t, w, held{noted{s.Ledger(), turned}, s}), audit.BadCosignature, "reg2.example", "")
}

// Regulators that certify together what none of them may have entered are found out.
func TestVotesAreJudgedAnew(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	w.Anchor(nil)
	var sound motion.MotionEntry
	alter := func(change func(e *motion.MotionEntry)) func([]ledger.Entry) {
		return func(entries []ledger.Entry) {
			e := sound
			e.Votes = slices.Clone(e.Votes)
			change(&e)
			entries[at].Data = e.Bytes()
		}
	}
	opened, err := motion.OpenEntry(w.Entries[at-1].Data, w.State.Constitution().Federation())
	if err != nil {
		t.Fatal(err)
	}
	sound = opened.(motion.MotionEntry)
	for name, c := range map[string]struct {
		change func([]ledger.Entry)
		why    string
	}{
		"a vote taken out": {alter(func(e *motion.MotionEntry) { e.Votes = e.Votes[1:] }), "2 regulators vote for it; it takes 3"},
		"a vote of nobody's": {alter(func(e *motion.MotionEntry) {
			p := ballottest.Proposal{Signed: e.Motion}
			e.Votes[0] = w.VoteBy(p, chartertest.Key("vote", "nobody"), nil)
			slices.SortFunc(e.Votes, func(a, b motion.Vote) int { return a.By.Compare(b.By) })
		}), "no regulator's voting key"},
		"a vote against": {alter(func(e *motion.MotionEntry) {
			p := ballottest.Proposal{Signed: e.Motion}
			for i := range e.Votes {
				if e.Votes[i].By == ballottest.VoteKey("reg2").Public() {
					e.Votes[i] = w.Vote(p, "reg2", func(v *motion.Vote) { v.For = false })
				}
			}
		}), "against"},
		"a signature turned": {func(entries []ledger.Entry) {
			entries[at].Data = bytes.Clone(entries[at].Data)
			entries[at].Data[len(entries[at].Data)-1] ^= 1
		}, "not signed by"},
		"another item": {func(entries []ledger.Entry) {
			entries[at+1].Data = bytes.Clone(entries[at+1].Data)
			entries[at+1].Data[len(entries[at+1].Data)-1] ^= 1
		}, "commits to"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, w, of(keep(t, w, c.change)))
			finds(t, r, audit.NoPlace, fmt.Sprint(at), c.why)
			if r.Judged != at {
				t.Errorf("judged %d entries, want %d", r.Judged, at)
			}
		})
	}
	genesis := func(entries []ledger.Entry) { entries[0].Data = append(bytes.Clone(entries[0].Data), 0) }
	finds(t, run(t, w, of(keep(t, w, genesis))), audit.OtherGenesis, "0", "")
	later := func(entries []ledger.Entry) { entries[at] = ledger.Entry{Data: []byte{0x83, 1, 0x18, 99, 0}} }
	finds(t, run(t, w, of(keep(t, w, later))), audit.TooNew, fmt.Sprint(at), "")
}

// A settlement is a checkpoint in the ledger, which old and new regulators cosigned, of
// the tree that the ledger had.
func TestSettlementsAreJudgedAnew(t *testing.T) {
	w := audittest.Begun(t, 1)
	w.Change(w.Admit("op"), "reg", "op")
	last := uint64(len(w.Entries)) - 1 // the tick is behind it
	for name, c := range map[string]struct {
		by  []string
		why string
	}{"without the new one": {[]string{"reg"}, "lacks cosignatures of 2 of 2"}, "of another tree": {[]string{"reg", "op"}, "settles a change"}} {
		t.Run(name, func(t *testing.T) {
			s := keep(t, w, func(entries []ledger.Entry) {
				tree, _, err := ledger.Tree{}.Append(entries[:last])
				if err != nil {
					t.Fatal(err)
				}
				head := tree.Head()
				if len(c.by) == 2 {
					head.Root[0] ^= 1
				}
				entries[last].Data = motion.Settlement{Note: w.Note(head, c.by...).Bytes()}.Bytes()
			})
			finds(t, run(t, w, of(s)), audit.NoPlace, fmt.Sprint(last), c.why)
		})
	}
}

// A list root that does not follow is found, at its anchor and at no other.
func TestAListRootThatDoesNotFollowIsFound(t *testing.T) {
	w := audittest.Begun(t, 4)
	w.Say("op", nil, w.Flag("+8613900139000", 20))
	w.Anchor(nil, "op")
	w.Say("op", nil, w.Flag("+8613900139001", 20))
	at := w.Anchor(func(p *motion.AnchorPoint) { p.ListRoot[7] ^= 1 }, "op")
	w.Anchor(nil, "op")
	r := run(t, w, of(keep(t, w, nil)))
	finds(t, r, audit.WrongListRoot, fmt.Sprint(at), "what was signed gives")
	if len(r.Findings) != 1 || r.Anchors != 3 || r.Right != 2 || len(r.Moments) != 1 || r.Moments[0].NotRecomputable {
		t.Errorf("%+v", r)
	}
}

// What was erased when it was dead leaves the moments at which it counted not
// recomputable, and nothing else; what is in force must be there.
func TestErasedMomentsAreNotRecomputable(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"))
	first := w.Anchor(nil)
	w.Later(40 * 86400) // it lasts 30 days
	wrong := w.Anchor(func(p *motion.AnchorPoint) { p.ListRoot[7] ^= 1 })
	w.Anchor(nil)
	s := keep(t, w, nil)
	if err := s.Ledger().Erase(at+1, at+2); err != nil {
		t.Fatal(err)
	}
	r := run(t, w, of(s))
	if len(r.Moments) != 2 || r.Moments[0].Index != first || !r.Moments[0].NotRecomputable || r.Moments[1].Index != wrong || r.Moments[1].NotRecomputable || r.Right != 1 {
		t.Errorf("%+v", r.Moments)
	}
	if finds(t, r, audit.WrongListRoot, fmt.Sprint(wrong), ""); len(r.Findings) != 1 || r.OpeningsErased != 2 {
		t.Errorf("%+v", r)
	}

	w = audittest.Begun(t, 4)
	at = w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	s = keep(t, w, nil)
	if err := s.Ledger().Erase(at + 1); err != nil {
		t.Fatal(err)
	}
	finds(t, run(t, w, of(s)), audit.OpeningMissing, fmt.Sprint(at+1), "1 entries")
}

// A revocation without its opening explains roots of days on which what it may have
// revoked could have counted, and of none thereafter.
func TestAnErasedRevocationExplainsNoLaterRoot(t *testing.T) {
	w := audittest.Begun(t, 4)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	before := w.Anchor(nil)
	revoke := w.Enact(motion.Revoke, ballottest.Reverse(at+1))
	early := w.Anchor(func(p *motion.AnchorPoint) { p.ListRoot[7] ^= 1 })
	w.Later(40 * 86400) // it lasts 30 days
	wrong := w.Anchor(func(p *motion.AnchorPoint) { p.ListRoot[7] ^= 1 })
	s := keep(t, w, nil)
	if err := s.Ledger().Erase(at+1, revoke+1); err != nil {
		t.Fatal(err)
	}
	r := run(t, w, of(s))
	if len(r.Moments) != 3 || r.Moments[0].Index != before || r.Moments[1].Index != early || !r.Moments[1].NotRecomputable || r.Moments[2].Index != wrong || r.Moments[2].NotRecomputable {
		t.Errorf("%+v", r.Moments)
	}
	if finds(t, r, audit.WrongListRoot, fmt.Sprint(wrong), ""); len(r.Findings) != 1 {
		t.Errorf("%+v", r.Findings)
	}
}

// erase returns a record whose statements were erased, which has the same root.
func erase(t *testing.T, r feed.Record) feed.Record {
	t.Helper()
	slots, err := assertion.DecodeSlots(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for i := range slots {
		slots[i] = slots[i].Erase()
	}
	if r.Body, err = assertion.EncodeSlots(slots); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestErasedStatements(t *testing.T) {
	w := audittest.Begun(t, 4)
	short := w.Say("op", nil, w.Flag("+8613900139000", 5))
	first := w.Anchor(nil, "op")
	w.Later(10 * 86400)
	w.Anchor(nil, "op")
	w.Records[0] = erase(t, short)
	r := run(t, w, of(keep(t, w, nil)))
	clean(t, r)
	if len(r.Moments) != 1 || r.Moments[0].Index != first || !r.Moments[0].NotRecomputable || r.StatementsErased != 1 {
		t.Errorf("%+v", r)
	}

	w = audittest.Begun(t, 4)
	long := w.Say("op", nil, w.Flag("+8613900139000", 50))
	w.Records[0] = erase(t, long)
	finds(t, run(t, w, of(keep(t, w, nil))), audit.ErasedTooEarly, long.Tip.CID.String(), "1 statements")
	w.Say("vendor", nil, w.Retract("vendor", long))
	finds(t, run(t, w, of(keep(t, w, nil))), audit.ErasedTooEarly, long.Tip.CID.String(), "")
	w.Say("op", nil, w.Retract("op", long))
	clean(t, run(t, w, of(keep(t, w, nil))))
}

// A bit that is turned anywhere in a stored batch is found.
func TestEveryTurnedBitOfAFeedIsFound(t *testing.T) {
	w := audittest.Begun(t, 1)
	sound := w.Say("op", nil, w.Flag("+8613900139000", 20))
	w.Anchor(nil, "op")
	s := keep(t, w, nil)
	for _, part := range []string{"header", "body"} {
		for at := range map[string][]byte{"header": sound.Header, "body": sound.Body}[part] {
			turned := sound
			turned.Header, turned.Body = bytes.Clone(sound.Header), bytes.Clone(sound.Body)
			if part == "header" {
				turned.Header[at] ^= 1
			} else {
				turned.Body[at] ^= 1
			}
			r := run(t, w, held{s.Ledger(), feeds{s, []feed.Record{turned}}})
			finds(t, r, audit.BatchBroken, sound.Tip.CID.String(), "")
			finds(t, r, audit.HeadMissing, "0/0", "")
		}
	}
}

// feeds holds other records than a store does.
type feeds struct {
	audit.Feeds
	records []feed.Record
}

func (f feeds) Since(cursor uint64, fn func(uint64, feed.Record) error) error {
	for i := cursor; i < uint64(len(f.records)); i++ {
		if err := fn(i+1, f.records[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestChainsOfFeeds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *audittest.World)
		code   audit.Code
		where  string
	}{
		"a batch left out":  {func(w *audittest.World) { w.Records = slices.Delete(w.Records, 1, 2) }, audit.BatchesMissing, "0/1"},
		"the head left out": {func(w *audittest.World) { w.Records = w.Records[:2] }, audit.HeadMissing, "0/2"},
		"another before it": {func(w *audittest.World) {
			w.Say("op", func(h *assertion.Header) { h.Previous = w.Records[0].Tip.CID }, w.Flag("+8613900139009", 20))
		}, audit.ChainBroken, "0/3"},
		"dated before": {func(w *audittest.World) {
			w.Say("op", func(h *assertion.Header) { h.Time -= 60 }, w.Flag("+8613900139009", 20))
		}, audit.ChainBroken, "0/3"},
		"two at one place": {func(w *audittest.World) {
			w.Say("op", func(h *assertion.Header) { h.Sequence, h.Previous = 1, w.Records[0].Tip.CID }, w.Flag("+8613900139009", 20))
		}, audit.TwoAtOnePlace, "0/1"},
		"an epoch of its own": {func(w *audittest.World) {
			w.Say("op", func(h *assertion.Header) { h.Epoch, h.Sequence = 1, 0 }, w.Flag("+8613900139009", 20))
		}, audit.EpochNotOpened, " 1"},
		"a stranger": {func(w *audittest.World) { w.Say("nobody", nil, w.Flag("+8613900139009", 20)) }, audit.NeverAdmitted, " 0"},
		"another federation": {func(w *audittest.World) {
			w.Say("vendor", func(h *assertion.Header) { h.Federation = w.Records[0].Tip.CID }, w.Flag("+8613900139009", 20))
		}, audit.BatchBroken, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := audittest.Begun(t, 1)
			for i := range 3 {
				w.Say("op", nil, w.Flag(fmt.Sprintf("+861390013900%d", i), 20))
			}
			w.Anchor(nil, "op")
			s := keep(t, w, nil)
			c.change(w)
			finds(t, run(t, w, held{s.Ledger(), feeds{s, w.Records}}), c.code, c.where, "")
		})
	}
}

// An epoch that the ledger opened goes on from where the ledger says.
func TestTheBaseOfAnEpoch(t *testing.T) {
	for name, right := range map[string]bool{"the head that was named": true, "another batch": false} {
		t.Run(name, func(t *testing.T) {
			w := audittest.Begun(t, 1)
			before := w.Say("op", nil, w.Flag("+8613900139000", 20))
			w.Say("op", nil, w.Flag("+8613900139001", 20))
			w.Reinstate("op")
			w.Say("op", func(h *assertion.Header) {
				h.Epoch, h.Sequence = 1, 0
				if !right {
					h.Previous = before.Tip.CID
				}
			}, w.Flag("+8613900139002", 20))
			s := keep(t, w, nil)
			if r := run(t, w, held{s.Ledger(), feeds{s, w.Records}}); !right {
				finds(t, r, audit.ChainBroken, "1/0", "goes on from")
			} else {
				clean(t, r)
			}
		})
	}
}

// The branch that is held is not the one that the ledger fixed.
func TestAnotherBranchThanTheAnchoredIsFound(t *testing.T) {
	w := audittest.Begun(t, 1)
	w.Say("op", nil, w.Flag("+8613900139000", 20))
	at := w.Anchor(nil, "op")
	other := audittest.Begun(t, 1)
	w.Records = []feed.Record{other.Say("op", nil, other.Flag("+8613900139001", 20))}
	r := run(t, w, of(keep(t, w, nil)))
	finds(t, r, audit.OtherHead, "0/0", "is here")
	finds(t, r, audit.NotJudged, fmt.Sprint(at), "")
}

// What the store put aside is found, and what it took from the list.
func TestQuarantinedIsFound(t *testing.T) {
	w := audittest.Begun(t, 1)
	r := w.Say("op", nil, w.Flag("+8613900139000", 20))
	at := w.Anchor(nil, "op")
	s := keep(t, w, nil)
	if err := s.Quarantine(r.Tip.CID, "a bad sector"); err != nil {
		t.Fatal(err)
	}
	got := run(t, w, of(s))
	finds(t, got, audit.Quarantined, r.Tip.CID.String(), "a bad sector")
	finds(t, got, audit.HeadMissing, "0/0", "")
	finds(t, got, audit.NotJudged, fmt.Sprint(at), "not held here")
}

// broken cannot be read beyond some batches.
type broken struct{ audit.Feeds }

func (broken) Since(uint64, func(uint64, feed.Record) error) error {
	return errors.New("arrival 7 is missing")
}

func TestFeedsThatCannotBeRead(t *testing.T) {
	w := audittest.Begun(t, 1)
	s := keep(t, w, nil)
	finds(t, run(t, w, held{s.Ledger(), broken{s}}), audit.Unreadable, "", "arrival 7")
}

// An audit that is given up says so and finds nothing.
func TestGivenUp(t *testing.T) {
	w := told(t)
	s := keep(t, w, nil)
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	r, err := audit.Run(ctx, audit.Config{Genesis: w.Genesis, Ledger: s.Ledger(), Feeds: s, Progress: func(audit.Phase, uint64, uint64) {
		steps++
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || r != nil || steps == 0 {
		t.Errorf("%v, %+v after %d steps", err, r, steps)
	}
}

// Progress rises to the whole, phase by phase.
func TestProgress(t *testing.T) {
	w := told(t)
	s := keep(t, w, nil)
	last := make(map[audit.Phase][2]uint64)
	_, err := audit.Run(context.Background(), audit.Config{Genesis: w.Genesis, Ledger: s.Ledger(), Feeds: s, Progress: func(p audit.Phase, done, total uint64) {
		if done < last[p][0] || done > total {
			t.Errorf("phase %d: %d of %d after %d", p, done, total, last[p][0])
		}
		last[p] = [2]uint64{done, total}
	}})
	if got := last[audit.Reading]; err != nil || got[1] == 0 || got[0] < got[1]-1 {
		t.Errorf("%v, %v", got, err)
	}
	if got := last[audit.Recomputing]; got != [2]uint64{2, 2} {
		t.Errorf("%v", got)
	}
}

func TestAForkProofOfAnotherFederationIsFound(t *testing.T) {
	w := audittest.Begun(t, 1)
	s := keep(t, w, nil)
	drawn := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	p := proofOf(t, drawn.Batch("A1").Record(), drawn.Batch("A1'").Record())
	if err := s.PutFork(p); err != nil {
		t.Fatal(err)
	}
	r := run(t, w, of(s))
	if finds(t, r, audit.BadForkProof, " 0", "it is of federation"); r.ForkProofs != 1 {
		t.Errorf("%d fork proofs", r.ForkProofs)
	}
}
