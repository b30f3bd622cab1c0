package storetest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

func testEmpty(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0")
	wantNotHeld(t, s, d.Batch("A0").CID)
	_, tip, err := s.Tip(issuer("A"), 0)
	must(t, err)
	_, latest, err := s.Latest(issuer("A"))
	must(t, err)
	_, header, err := s.Header(issuer("A"), 0, 0)
	must(t, err)
	_, fork, err := s.Fork(issuer("A"), 0)
	must(t, err)
	_, highest, err := s.HighestReserved(issuer("A"))
	must(t, err)
	_, barred, err := s.Barred(issuer("A"))
	must(t, err)
	_, value, err := s.Get("space", "key")
	must(t, err)
	if tip || latest || header || fork || highest || barred || value {
		t.Fatal("an empty store holds something")
	}
	tips, err := s.Tips()
	must(t, err)
	forks, err := s.Forks()
	must(t, err)
	aside, err := s.Quarantined()
	must(t, err)
	if len(tips)+len(forks)+len(aside) > 0 {
		t.Fatal("an empty store lists something")
	}
	wantSince(t, s, 0, nil)
	wantReserved(t, s, issuer("A"), nil)
	must(t, s.Append(nil))
	must(t, s.Reserve(issuer("A"), nil))
	must(t, s.Delete("space", "key"))
	must(t, s.Lift(issuer("A"), feed.Stolen))
}

func testAppend(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1++ <- A2; B0 <- B1")
	all := records(d, "A0", "B0", "A1", "A2", "B1")
	must(t, s.Append(all[:1]))
	wantTip(t, s, all[0])
	must(t, s.Append(all[1:]))
	for _, r := range all {
		wantHeld(t, s, r)
	}
	wantTip(t, s, all[3])
	wantTip(t, s, all[4])
	wantSince(t, s, 0, all)
	if _, ok, err := s.Header(issuer("A"), 0, 3); ok || err != nil {
		t.Fatalf("a header above the tip: %v, %v", ok, err)
	}
	if _, ok, err := s.Header(issuer("A"), 1, 0); ok || err != nil {
		t.Fatalf("a header of another epoch: %v, %v", ok, err)
	}
}

func testAppendRefuses(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0 <- A1'; B0")
	broken := func(change func(*feed.Record)) feed.Record {
		r := d.Batch("A1").Record()
		change(&r)
		return r
	}
	must(t, s.Append(records(d, "A0")))
	for name, r := range map[string]feed.Record{
		"a gap":     d.Batch("A2").Record(),
		"no CID":    broken(func(r *feed.Record) { r.Tip = feed.Tip{Sequence: 1} }),
		"no header": broken(func(r *feed.Record) { r.Header = nil }),
		"no body":   broken(func(r *feed.Record) { r.Body = nil }),
	} {
		if s.Append([]feed.Record{r}) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	wantTip(t, s, d.Batch("A0").Record())
	// The records before the failing one are kept, those after it are not.
	if s.Append(records(d, "A1", "A1'", "B0")) == nil {
		t.Fatal("a second batch at one place was accepted")
	}
	wantSince(t, s, 0, records(d, "A0", "A1"))
	wantTip(t, s, d.Batch("A1").Record())
	wantNotHeld(t, s, d.Batch("B0").CID)
	must(t, s.Append(records(d, "A2", "B0")))
	wantSince(t, s, 0, records(d, "A0", "A1", "A2", "B0"))
}

func testAppendAgain(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2")
	must(t, s.Append(records(d, "A0", "A1")))
	must(t, s.Append(records(d, "A0", "A0", "A1", "A2", "A2")))
	wantSince(t, s, 0, records(d, "A0", "A1", "A2"))
	wantTip(t, s, d.Batch("A2").Record())
}

func testEpochs(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1")
	must(t, s.Append(records(d, "A0", "A1")))
	base := d.Batch("A0").CID
	second := inEpoch(t, d.Batch("A0"), "A", 2, 0, base)
	third := inEpoch(t, d.Batch("A1"), "A", 2, 1, second.Tip.CID)
	if s.Append([]feed.Record{third}) == nil {
		t.Fatal("an epoch that begins with sequence 1 was accepted")
	}
	must(t, s.Append([]feed.Record{second, third}))
	wantTip(t, s, d.Batch("A1").Record())
	wantTip(t, s, third)
	wantHeld(t, s, second)
	latest, ok, err := s.Latest(issuer("A"))
	must(t, err)
	if !ok || latest != third.Tip {
		t.Fatalf("latest is %v (%v), want %v", latest, ok, third.Tip)
	}
}

func testTips(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1; B0; C0")
	must(t, s.Append(records(d, "C0", "A0", "B0", "A1")))
	later := inEpoch(t, d.Batch("A0"), "A", 1, 0, d.Batch("A0").CID)
	must(t, s.Append([]feed.Record{later}))
	want := []feed.Head{}
	for _, r := range append(records(d, "A1", "B0", "C0"), later) {
		want = append(want, feed.Head{Issuer: r.Issuer, Tip: r.Tip})
	}
	slices.SortFunc(want, func(a, b feed.Head) int {
		if c := bytes.Compare(a.Issuer[:], b.Issuer[:]); c != 0 {
			return c
		}
		return int(a.Tip.Epoch) - int(b.Tip.Epoch)
	})
	got, err := s.Tips()
	must(t, err)
	if !slices.Equal(got, want) {
		t.Fatalf("tips are\n%v, want\n%v", got, want)
	}
}

func testNothingShared(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0; B0")
	kept := reservation(t, d.Batch("B0"))
	own := feed.Reservation{Tip: kept.Tip, Header: bytes.Clone(kept.Header), Body: bytes.Clone(kept.Body)}
	r := d.Batch("A0").Record()
	in := feed.Record{Issuer: r.Issuer, Tip: r.Tip, Header: bytes.Clone(r.Header), Body: bytes.Clone(r.Body)}
	value := []byte("value")
	must(t, s.Append([]feed.Record{in}))
	must(t, s.Reserve(issuer("B"), []feed.Reservation{own}))
	must(t, s.Put("space", "key", value))
	clear(in.Header)
	clear(in.Body)
	clear(own.Header)
	clear(own.Body)
	clear(value)
	for range 2 {
		wantHeld(t, s, r)
		wantSince(t, s, 0, []feed.Record{r})
		wantReserved(t, s, issuer("B"), []feed.Reservation{kept})
		wantValue(t, s, "space", "key", "value")

		out, _, err := s.Batch(r.Tip.CID)
		must(t, err)
		clear(out.Header)
		clear(out.Body)
		header, _, err := s.Header(r.Issuer, 0, 0)
		must(t, err)
		clear(header)
		for _, a := range since(t, s, 0) {
			clear(a.record.Header)
			clear(a.record.Body)
		}
		drafts, err := s.Reserved(issuer("B"))
		must(t, err)
		clear(drafts[0].Header)
		clear(drafts[0].Body)
		got, _, err := s.Get("space", "key")
		must(t, err)
		clear(got)
	}
}

func testForks(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0 <- A1'; A1' <- A2'; B0; B0'")
	proof := func(a, b string) feed.ForkProof {
		p, err := feed.NewForkProof(d.Verified(a), d.Verified(b))
		must(t, err)
		return p
	}
	high, low, other := proof("A2", "A2'"), proof("A1", "A1'"), proof("B0'", "B0")
	for _, p := range []feed.ForkProof{high, low, high, other} {
		must(t, s.PutFork(p))
	}
	got, ok, err := s.Fork(issuer("A"), 0)
	must(t, err)
	if !ok || got.Compare(low) != 0 {
		t.Fatalf("kept is the proof of place %d (%v), want that of place 1", got.Sequence(), ok)
	}
	if _, ok, err = s.Fork(issuer("A"), 1); ok || err != nil {
		t.Fatalf("a proof of another epoch: %v, %v", ok, err)
	}
	want := []feed.ForkProof{low, other}
	a, b := issuer("A"), issuer("B")
	if bytes.Compare(a[:], b[:]) > 0 {
		slices.Reverse(want)
	}
	all, err := s.Forks()
	must(t, err)
	if !slices.EqualFunc(all, want, func(a, b feed.ForkProof) bool { return a.Compare(b) == 0 }) {
		t.Fatalf("%d proofs, want 2 by issuer", len(all))
	}
	if s.PutFork(feed.ForkProof{}) == nil {
		t.Fatal("an empty proof was accepted")
	}
}

func testSince(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; B0")
	must(t, s.Append(records(d, "A0", "A1")))
	cursor := wantSince(t, s, 0, records(d, "A0", "A1"))
	wantSince(t, s, cursor, nil)
	must(t, s.Append(records(d, "B0", "A2")))
	last := wantSince(t, s, cursor, records(d, "B0", "A2"))
	middle := since(t, s, cursor)[0].next
	wantSince(t, s, middle, records(d, "A2"))
	wantSince(t, s, last, nil)
	err := s.Since(last+1, func(uint64, feed.Record) error { return nil })
	if !errors.Is(err, feed.ErrCursor) {
		t.Fatalf("a cursor beyond the end: %v", err)
	}
}

func testSinceStops(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2")
	must(t, s.Append(records(d, "A0", "A1", "A2")))
	enough := errors.New("enough")
	seen := 0
	err := s.Since(0, func(_ uint64, r feed.Record) error {
		// fn may use the store.
		wantHeld(t, s, r)
		if seen++; seen == 2 {
			return enough
		}
		return s.Put("seen", r.Tip.CID.String(), nil)
	})
	if !errors.Is(err, enough) || seen != 2 {
		t.Fatalf("after %d batches: %v", seen, err)
	}
}

func testQuarantine(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2; B0")
	must(t, s.Append(records(d, "A0", "A1", "B0")))
	end := wantSince(t, s, 0, records(d, "A0", "A1", "B0"))
	must(t, s.Quarantine(d.Batch("B0").CID, "broken too"))
	must(t, s.Quarantine(d.Batch("A0").CID, "broken"))
	wantNotHeld(t, s, d.Batch("A0").CID)
	wantSince(t, s, 0, records(d, "A1"))
	aside, err := s.Quarantined()
	must(t, err)
	want := []feed.Quarantined{{Batch: d.Batch("A0").CID, Reason: "broken"}, {Batch: d.Batch("B0").CID, Reason: "broken too"}}
	if !slices.Equal(aside, want) {
		t.Fatalf("in quarantine are %v, want %v", aside, want)
	}
	// The feed goes on above, and its place stays known.
	wantTip(t, s, d.Batch("A1").Record())
	header, ok, err := s.Header(issuer("A"), 0, 0)
	must(t, err)
	if !ok || !bytes.Equal(header, d.Batch("A0").Signed) {
		t.Fatal("the header of a batch in quarantine is gone")
	}
	must(t, s.Append(records(d, "A2", "A0")))
	wantTip(t, s, d.Batch("A2").Record())
	wantHeld(t, s, d.Batch("A0").Record())
	wantSince(t, s, end, records(d, "A2", "A0"))
	wantSince(t, s, 0, records(d, "A1", "A2", "A0"))
	aside, err = s.Quarantined()
	must(t, err)
	if len(aside) != 1 || aside[0].Batch != d.Batch("B0").CID {
		t.Fatalf("in quarantine are %v, want B0 alone", aside)
	}
}

func testQuarantineRefuses(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0")
	if s.Quarantine(d.Batch("A0").CID, "broken") == nil {
		t.Fatal("a batch that is not held went into quarantine")
	}
	must(t, s.Append(records(d, "A0")))
	if s.Quarantine(d.Batch("A0").CID, "") == nil {
		t.Fatal("a batch went into quarantine without a reason")
	}
	wantHeld(t, s, d.Batch("A0").Record())
}

// testConcurrent lets readers look while one feed grows; what they see is a
// prefix of it, whole.
func testConcurrent(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3 <- A4 <- A5 <- A6 <- A7 <- A8 <- A9")
	all := d.All()
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for open := true; open; {
				select {
				case <-done:
					open = false
				default:
				}
				n := 0
				err := s.Since(0, func(_ uint64, r feed.Record) error {
					if r.Tip != all[n].Tip() || !bytes.Equal(r.Body, all[n].Body) {
						t.Errorf("arrival %d is not the batch appended", n)
					}
					n++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if tip, ok, err := s.Latest(issuer("A")); err != nil || ok && tip.Sequence+1 < uint64(n) {
					t.Errorf("%d batches, but the tip is %d: %v", n, tip.Sequence, err)
				}
			}
		})
	}
	for _, b := range all {
		if err := s.Append([]feed.Record{b.Record()}); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
	wantTip(t, s, all[9].Record())
}

// testRandom compares the store with a list of what was appended.
func testRandom(t *testing.T, s Store) {
	d := feedtest.Draw(t, "A0 <- A1 <- A2 <- A3 <- A4; B0 <- B1 <- B2 <- B3 <- B4; C0 <- C1 <- C2 <- C3 <- C4")
	random := rand.New(rand.NewPCG(7, 7))
	next := map[string]int{}
	var served []feed.Record
	for range 120 {
		letter := string("ABC"[random.IntN(3)])
		switch n := next[letter]; {
		case random.IntN(4) == 0 && len(served) > 0:
			i := random.IntN(len(served))
			must(t, s.Quarantine(served[i].Tip.CID, "drawn"))
			r := served[i]
			served = slices.Delete(served, i, i+1)
			if random.IntN(2) == 0 {
				must(t, s.Append([]feed.Record{r}))
				served = append(served, r)
			}
		case n < 5:
			r := d.Batch(letter + string("01234"[n])).Record()
			must(t, s.Append([]feed.Record{r}))
			served = append(served, r)
			next[letter]++
		}
		wantSince(t, s, 0, served)
	}
	aside, err := s.Quarantined()
	must(t, err)
	if len(aside)+len(served) != next["A"]+next["B"]+next["C"] {
		t.Fatalf("%d aside and %d served of %d appended", len(aside), len(served), next["A"]+next["B"]+next["C"])
	}
	for _, r := range served {
		signed, err := assertion.DecodeSignedHeader(r.Header)
		must(t, err)
		if assertion.CID(signed.Header) != r.Tip.CID {
			t.Fatal("a header does not name its batch")
		}
		wantHeld(t, s, r)
	}
}
