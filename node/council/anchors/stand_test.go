package anchors

import (
	"bytes"
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
	"ringfence/node/snapshot"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
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
	w.Now = time.Now().Unix()
	w.take(w.Tick())
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
func (w *world) Standing() follow.Standing { return follow.Standing{State: w.State.Constitution()} }
func (w *world) Past() *enact.Past         { return w.State.Past() }

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

// root is that of a list which never held more than these records.
func (w *world) root(size uint64, records ...feed.Record) merkle.Hash {
	w.Helper()
	only := memory.New()
	w.must(only.Append(records))
	v, err := view.New(view.Config{State: w.founded, Source: only, Day: taxonomy.DayOf(time.Now().Unix()), Session: 1})
	w.must(err)
	for _, d := range w.decided {
		if d.Size <= size {
			w.must(v.Enact(d))
		}
	}
	_, err = v.Follow()
	w.must(err)
	return v.List().Stamp().Root
}

// What was computed for an anchor that nobody enacts is undone for the next one, once a
// minute at most; and after an anchor the view is saved, so that going back and starting
// again need neither the ledger nor the feeds before it.
func TestTheAnchoredViewGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		vendor, op := w.flag("vendor", "+8613800138000"), w.flag("op", "+8613900139000")
		s, size := w.stand(), w.State.Size()
		want := func(what string, size uint64, records []feed.Record, heads ...motion.AnchoredHead) {
			t.Helper()
			got, err := s.at(size, heads)
			if err != nil || got != w.root(size, records...) {
				t.Fatalf("%s: %s, %v; want %s", what, got, err, w.root(size, records...))
			}
		}
		both := slices.Concat(w.said["vendor"], w.said["op"])
		want("both", size, both, vendor, op)
		time.Sleep(time.Minute)
		want("back to one", size, w.said["op"], op)
		if _, err := s.at(size, []motion.AnchoredHead{vendor}); !errors.Is(err, errBusy) {
			t.Fatalf("back again at once: %v", err)
		}
		want("and on from there", size, both, vendor, op)
		time.Sleep(time.Minute)
		want("back to the other", size, w.said["vendor"], vendor)

		point, heads := motion.AnchorPoint{Size: size, Day: taxonomy.DayOf(time.Now().Unix()), ListRoot: w.root(size, w.said["vendor"]...)}, motion.AnchorHeads{Heads: []motion.AnchoredHead{vendor}}
		b, err := heads.Encode()
		w.must(err)
		w.take(w.Try(w.Motion(motion.Anchor, [][]byte{point.Encode(), b}, func(h *motion.Header) { h.BuildsOn = size }), "reg"))
		end := w.State.Size()
		w.Now = time.Now().Unix()
		w.take(w.Tick())
		w.must(s.settle(false))
		if _, ok := w.pieces.between(1, w.State.Size()); ok {
			t.Error("what the file has is kept in memory still")
		}
		if _, ok := w.pieces.between(end, w.State.Size()); !ok {
			t.Error("what goes on from the file is gone")
		}
		if _, err := s.at(size, []motion.AnchoredHead{vendor}); !errors.Is(err, errOlder) && !errors.Is(err, errBusy) {
			t.Errorf("below the last anchor: %v", err)
		}
		vendor1 := w.flag("vendor", "+8613800138001")
		whole := w.State.Size()
		s = w.stand() // after a restart
		want("from the file", whole, w.said["vendor"], vendor1)
		time.Sleep(time.Minute)
		want("back to the file", whole, slices.Concat(w.said["vendor"][:1], w.said["op"]), op)

		w.must(os.Remove(w.file))
		if _, err := w.stand().at(whole, []motion.AnchoredHead{vendor1}); err == nil || !strings.Contains(err.Error(), "start the node again") {
			t.Errorf("without the file: %v", err)
		}
	})
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
		if got, err := s.at(size, []motion.AnchoredHead{vendor}); err != nil || got != w.root(size, w.said["vendor"]...) {
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
