package anchors

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/applied"
	"ringfence/node/api"
	"ringfence/node/council/anchors/anchorstest"
	"ringfence/node/phrase"
	"ringfence/node/snapshot"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// world is a federation of one regulator, whose ledger and feeds a stand follows.
type world struct {
	*ballottest.Federation
	founded *charter.State
	store   *memory.Store
	pieces  Pieces
	decided []charter.Enacted
	said    map[string][]feed.Record
	salt    *rand.ChaCha8
	file    string
}

func newWorld(t *testing.T) *world {
	w := &world{
		Federation: ballottest.Found(t, 1, func(cfg *charter.FoundingConfig) { cfg.Created = time.Now().Unix() }),
		store:      memory.New(), said: make(map[string][]feed.Record), salt: rand.NewChaCha8([32]byte{3}), file: filepath.Join(t.TempDir(), "anchored"),
	}
	w.founded = w.State.Constitution()
	w.tick()
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) take(r ballot.Result) {
	w.Helper()
	if r.Outcome != ballot.Entered {
		w.Fatalf("%v: %v", r.Outcome, r.Refusal)
	}
	w.decided = append(w.decided, r.Enacted)
	w.pieces.Add([]charter.Enacted{r.Enacted})
}

// tick has the ledger take the time.
func (w *world) tick() {
	w.Helper()
	w.Now = time.Now().Unix()
	w.take(w.Tick())
}

// ticks has the ledger take the time often, and returns its size then. No more is entered
// after that.
func (w *world) ticks(n int) uint64 {
	last := w.decided[len(w.decided)-1]
	for range n {
		last = charter.Enacted{First: last.Size, Size: last.Size + 1, Tick: w.Now, Below: last.Size, State: last.State.Grown(last.Size + 1)}
		w.decided = append(w.decided, last)
	}
	w.pieces.Add(w.decided[len(w.decided)-n:])
	return last.Size
}

// flag has a member say that a number makes unwanted calls, in a batch of its own.
func (w *world) flag(member, text string) motion.AnchoredHead {
	w.Helper()
	n, err := number.Parse(text)
	w.must(err)
	at := time.Now().Unix()
	s := assertion.Statement{
		Version: assertion.EnvelopeVersion, Kind: assertion.KindFlag, BodyVersion: assertion.BodyVersion,
		Subject:      assertion.Subject{Kind: assertion.SubjectNumber, Value: binary.BigEndian.AppendUint64(nil, n.Uint64())},
		ObservedFrom: at, ObservedTo: at, Effective: at, Expires: at + 30*86400, Basis: assertion.Basis{Kind: assertion.BasisReports, Count: 50},
	}
	category, err := taxonomy.ParseCategory("mkt.retail")
	w.must(err)
	w.must(s.SetBody(assertion.Flag{Category: category, Label: "retail", Confidence: 900, Reports: 50}))
	b := assertion.NewBuilder(w.salt)
	_, err = b.Add(assertion.PublicationID{byte(len(w.said[member]))}, &s)
	w.must(err)
	body, err := b.Finish()
	w.must(err)
	h := assertion.Header{Federation: w.founded.Federation(), Issuer: chartertest.Issuer(member).Public(), Time: at, Count: body.Count, Root: body.Root}
	if n := len(w.said[member]); n > 0 {
		h.Sequence, h.Previous = uint64(n), w.said[member][n-1].Tip.CID
	}
	r := feedtest.Sign(w, h, body.Body, chartertest.Issuer(member)).Record()
	w.said[member] = append(w.said[member], r)
	w.must(w.store.Append([]feed.Record{r}))
	record, _ := w.founded.Record(h.Issuer)
	return motion.AnchoredHead{Issuer: record.Index, Sequence: h.Sequence, Digest: merkle.Hash(r.Tip.CID.Hash()[2:])}
}

// Standing and Past implement Follower.
func (w *world) Standing() follow.Standing {
	return follow.Standing{State: w.decided[len(w.decided)-1].State}
}
func (w *world) Past() *enact.Past { return w.State.Past() }

// stand is one as a node has it that just began.
func (w *world) stand() *stand {
	write := func(name string, _ int, fill func(io.Writer) error) error {
		var b bytes.Buffer
		return errors.Join(fill(&b), os.WriteFile(name, b.Bytes(), 0o600))
	}
	return &stand{cfg: &Config{
		Founded: w.founded, Store: w.store, Pieces: &w.pieces, Ledger: w, Now: time.Now, Random: w.salt, Logger: slog.New(slog.DiscardHandler),
		File: &snapshot.File{Path: w.file, Store: w.store, Space: "test", Random: w.salt, Write: write},
	}}
}

// want asks for the list at heads, which is that of these records alone.
func (w *world) want(s *stand, what string, size uint64, records []feed.Record, heads ...motion.AnchoredHead) {
	w.Helper()
	root := anchorstest.Root(w, w.founded, w.decided, size, records...)
	got, err := s.at(size, heads)
	if err != nil || got != root {
		w.Fatalf("%s: %s, %v; want %s", what, got, err, root)
	}
}

// What was computed for an anchor that nobody enacts leaves no trace in the next. The view
// goes back to less of the ledger once a minute at most; and after an anchor it is saved,
// so that going back and starting again need neither the ledger nor the feeds before it.
func TestTheAnchoredViewGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		vendor, op := w.flag("vendor", "+8613800138000"), w.flag("op", "+8613900139000")
		s, size := w.stand(), w.State.Size()
		both := slices.Concat(w.said["vendor"], w.said["op"])
		w.want(s, "both", size, both, vendor, op)
		w.want(s, "back to one", size, w.said["op"], op)
		w.want(s, "back to the other", size, w.said["vendor"], vendor)
		w.tick()
		w.want(s, "at the next size", w.State.Size(), both, vendor, op)
		w.want(s, "back to the ledger before", size, w.said["vendor"], vendor)
		w.want(s, "and on from there", w.State.Size(), both, vendor, op)
		if _, err := s.at(size, []motion.AnchoredHead{vendor}); !errors.Is(err, errBusy) {
			t.Fatalf("back again at once: %v", err)
		}
		time.Sleep(backEvery)
		w.want(s, "back a minute later", size, w.said["vendor"], vendor)

		w.anchor(vendor)
		end := w.State.Size()
		w.tick()
		w.want(s, "above the last anchor", w.State.Size(), both, op)
		time.Sleep(saveEvery)
		w.must(s.settle(false))
		w.want(s, "back to the last anchor, though it was time to save", end, both, op)
		time.Sleep(saveEvery)
		w.must(s.settle(false))
		if _, ok := w.pieces.between(1, w.State.Size()); ok {
			t.Error("what the file has is kept in memory still")
		}
		if _, ok := w.pieces.between(end, w.State.Size()); !ok {
			t.Error("what goes on from the file is gone")
		}
		if _, err := s.at(size, []motion.AnchoredHead{vendor}); !errors.Is(err, errOlder) {
			t.Errorf("below the last anchor: %v", err)
		}
		vendor1 := w.flag("vendor", "+8613800138001")
		whole := w.State.Size()
		s = w.stand() // after a restart
		w.want(s, "from the file", whole, w.said["vendor"], vendor1)
		w.want(s, "back to the file", whole, slices.Concat(w.said["vendor"][:1], w.said["op"]), op)

		w.must(os.Remove(w.file))
		for range 2 {
			if _, err := w.stand().at(whole, []motion.AnchoredHead{vendor1}); err == nil || !strings.Contains(err.Error(), "start the node again") {
				t.Errorf("without the file: %v", err)
			}
		}
		w.tick()
		if _, whole, items := w.pieces.reach(); whole != 0 || items != 0 {
			t.Errorf("%d entries, %d items are kept, from which nothing can go on", whole, items)
		}
	})
}

// What waits in memory is bounded whatever becomes of anchors: while one is open that nobody
// enacts, where no file is kept or none can be written, and where the ledger only ticks.
func TestWhatWaitsForTheAnchoredViewIsBounded(t *testing.T) {
	full := api.Tell(api.Refused, phrase.Plain("no room"))
	for name, change := range map[string]func(*Config){
		"an anchor is open": func(*Config) {},
		"no file":           func(c *Config) { c.File = nil },
		"no room": func(c *Config) {
			c.File.Write = func(string, int, func(io.Writer) error) error { return full }
		},
		"a broken disk": func(c *Config) {
			c.File.Write = func(string, int, func(io.Writer) error) error { return io.ErrShortWrite }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				vendor := w.flag("vendor", "+8613800138000")
				s := w.stand()
				change(s.cfg)
				w.anchor(vendor)
				w.want(s, "the one that is enacted", w.State.Size(), w.said["vendor"])
				vendor1 := w.flag("vendor", "+8613800138001")
				w.want(s, "the one that stays open", w.State.Size(), w.said["vendor"], vendor1)
				whole := w.ticks(manyItems)
				time.Sleep(saveEvery)
				_ = s.settle(false) // an error says that it is not saved
				if _, _, items := w.pieces.reach(); items > manyItems {
					t.Fatalf("%d items wait", items)
				}
				if _, ok := w.pieces.between(1, whole); ok {
					t.Error("all of the ledger is kept")
				}
				w.want(s, "at the end", whole, w.said["vendor"], vendor1)
				w.want(s, "on from there", w.ticks(1), w.said["vendor"], vendor1)
				if _, err := s.at(whole-1, nil); !errors.Is(err, errOlder) {
					t.Errorf("what is forgotten: %v", err)
				}
				w.want(s, "and still there", whole+1, w.said["vendor"], vendor1)
			})
		})
	}
}

// deaf are regulators of whom nothing is heard.
type deaf struct{ Regulator }

func (deaf) Open(motion.Kind) []ballot.Open { return nil }
func (deaf) Submit(context.Context, []byte) (applied.Answer, error) {
	return applied.Answer{}, errors.New("nobody answers")
}

// The view is settled by who has no seat, and by who proposes in vain.
func TestWhatWaitsIsBoundedWhateverElseFails(t *testing.T) {
	for name, vote := range map[string]keys.Private{"no seat": ballottest.VoteKey("nobody"), "nobody answers": ballottest.VoteKey("reg")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.flag("vendor", "+8613800138000")
				all, err := view.New(view.Config{State: w.founded, Source: w.store, Day: taxonomy.DayOf(w.Now), Session: 1})
				w.must(err)
				w.must(all.Enact(w.decided...))
				_, err = all.Follow()
				w.must(err)
				time.Sleep(2 * every * time.Second)
				w.ticks(manyItems + 1)
				cfg := *w.stand().cfg
				cfg.Regulator, cfg.Vote, cfg.List = deaf{}, vote, all.List
				if err := New(cfg).round(t.Context()); (err != nil) != (name == "nobody answers") {
					t.Errorf("a round: %v", err)
				}
				if _, _, items := w.pieces.reach(); items > manyItems {
					t.Errorf("%d items wait", items)
				}
			})
		})
	}
}

// What cannot be computed for want of a batch leaves the view where it is.
func TestALackingBatchLeavesTheViewWhereItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		vendor := w.flag("vendor", "+8613800138000")
		s, size := w.stand(), w.State.Size()
		ahead := vendor
		ahead.Sequence++
		if _, err := s.at(size, []motion.AnchoredHead{ahead}); !errors.Is(err, view.ErrLacking) {
			t.Fatalf("a head that is not held: %v", err)
		}
		if got, err := s.at(size+1, nil); !errors.Is(err, errAhead) {
			t.Fatalf("a ledger that is not followed so far: %s, %v", got, err)
		}
		if got, err := s.at(size, []motion.AnchoredHead{vendor}); err != nil || got != anchorstest.Root(t, w.founded, w.decided, size, w.said["vendor"]...) {
			t.Fatalf("%s, %v", got, err)
		}
	})
}

// A member's node keeps nothing for anchors.
func TestPiecesThatNobodyAsksFor(t *testing.T) {
	w := newWorld(t)
	w.pieces.Drop()
	w.take(w.Try(w.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), "reg"))
	if _, whole, items := w.pieces.reach(); whole != 0 || items != 0 {
		t.Errorf("%d entries, %d items are kept", whole, items)
	}
}
