package tiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/keys"
	"ringfence/store/ledger"
)

// F30: one honest peer is enough, whoever else there is and however many of them; and
// whoever is of no use is found out in less than ten seconds.
func TestOneHonestPeerIsEnough(t *testing.T) {
	held := shelved(t, 1_000)
	all := hostile(held)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTown(t, all[name], all[name], honest(held), all[name])
				s, done := w.source()
				defer done()
				begun := time.Now()
				if err := readAll(t, s, held); err != nil {
					t.Error(err)
				}
				if took := time.Since(begun); took > 60*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
	t.Run("all at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newTown(t, append(slices.Collect(maps.Values(all)), honest(held), nil)...)
			s, done := w.source()
			defer done()
			if err := readAll(t, s, held); err != nil {
				t.Error(err)
			}
		})
	})
}

// Each way to be of no use ends a single question in less than ten seconds, when nobody
// else is there to be asked instead.
func TestNobodyIsWaitedForLong(t *testing.T) {
	held := shelved(t, 1_000)
	for name, b := range hostile(held) {
		synctest.Test(t, func(t *testing.T) {
			w := newTown(t, b)
			s, done := w.source()
			defer done()
			for _, tile := range []ledger.Tile{{Width: ledger.Full}, {Kind: ledger.Entries, Width: ledger.Full}, {Kind: ledger.Openings, Index: 3, Width: 232}} {
				begun := time.Now()
				got, err := s.Read(t.Context(), tile)
				if took := time.Since(begun); took >= 10*time.Second {
					t.Errorf("%s, %s: %v after %v", name, tile, err, took)
				}
				shapely := name == "wrong bytes" || name == "without an end" && tile.Kind == ledger.Hashes // the end was asked for
				if err == nil && !shapely {
					t.Errorf("%s, %s: %d bytes were taken", name, tile, len(got))
				}
				if absent := errors.Is(err, errNone); absent != (name == "has nothing") {
					t.Errorf("%s, %s: %v", name, tile, err)
				}
			}
		})
	}
}

// Whoever gave what does not fit is not asked for it again, and for nothing else while
// there is somebody else.
func TestWhoLiedIsAskedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 600)
		asked := make(map[string]int)
		counting := func(name string, b behaviour) behaviour {
			return func(s overlay.Stream) { b(&watched{Stream: s, heard: func() { asked[name]++ }}) }
		}
		w := newTown(t, counting("liar", hostile(held)["wrong bytes"]))
		s, done := w.source()
		defer done()
		tile := ledger.Tile{Kind: ledger.Entries, Width: ledger.Full}
		wrong, err := s.Read(t.Context(), tile)
		if err != nil {
			t.Fatal(err)
		}
		damaged := &ledger.DamagedError{Tiles: []ledger.Tile{tile}}
		if s.Blame(fmt.Errorf("wrapped: %w", damaged)) {
			t.Error("reading again is said to help when nobody else is there")
		}
		if _, err := s.Read(t.Context(), tile); err == nil || errors.Is(err, errNone) {
			t.Errorf("the liar was asked again: %v", err)
		}
		honestly := keys.FromSeed([32]byte{77}).Public()
		w.homes[honestly] = counting("honest", honest(held))
		w.keys = append(w.keys, honestly)
		if !s.Blame(damaged) {
			t.Error("reading again is not said to help")
		}
		right, err := s.Read(t.Context(), tile)
		if err != nil || bytes.Equal(right, wrong) {
			t.Errorf("read %d bytes, %v", len(right), err)
		}
		before := asked["liar"]
		for range 20 {
			if _, err := s.Read(t.Context(), ledger.Tile{Width: ledger.Full}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if asked["liar"] != before || asked["honest"] < 20 {
			t.Errorf("after its lie the liar was asked %d times, the other one %d times", asked["liar"]-before, asked["honest"])
		}
		time.Sleep(distrust)
		for range 20 {
			if _, err := s.Read(t.Context(), ledger.Tile{Width: ledger.Full}); err != nil {
				t.Fatal(err)
			}
		}
		if asked["liar"] == before {
			t.Error("it is never asked again")
		}
		if s.Blame(errors.New("something else")) {
			t.Error("reading again is said to help against something else")
		}
	})
}

// Openings are erased by everybody sooner or later: that nobody had what was wanted once
// keeps nobody from being asked again. What came from elsewhere is nobody's fault.
func TestOpeningsAreAskedForAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 600)
		w := newTown(t, honest(held), honest(held))
		s, done := w.source()
		defer done()
		tile := ledger.Tile{Kind: ledger.Openings, Width: ledger.Full}
		damaged := &ledger.DamagedError{Tiles: []ledger.Tile{tile}}
		if s.Blame(damaged) {
			t.Error("reading again is said to help against what no peer gave")
		}
		for _, helps := range []bool{true, false, true} {
			if _, err := s.Read(t.Context(), tile); err != nil {
				t.Fatal(err)
			}
			if s.Blame(damaged) != helps {
				t.Errorf("that reading again helps is said to be %t", !helps)
			}
		}
	})
}

// watched counts requests that are read.
type watched struct {
	overlay.Stream
	heard func()
	n     int
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Stream.Read(b)
	if n > 0 {
		if w.n++; w.n%2 == 1 { // a head, and then a path
			w.heard()
		}
	}
	return n, err
}

// Many tiles are asked for at once on few streams, and spread over peers.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const latency = 100 * time.Millisecond
		held := shelved(t, 40*ledger.Full)
		far := func(s overlay.Stream) { honest(held)(&delayed{Stream: s, by: latency}) }
		w := newTown(t, far, far, far)
		s, done := w.source()
		defer done()
		begun := time.Now()
		errs := make(chan error)
		for i := range uint64(40) {
			go func() {
				_, err := s.Read(t.Context(), ledger.Tile{Kind: ledger.Entries, Index: i, Width: ledger.Full})
				errs <- err
			}()
		}
		for range 40 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		// One after another, over three peers, takes 14 times the latency.
		if took := time.Since(begun); took > 20*latency {
			t.Errorf("it took %v", took)
		}
		if n := w.streams.Load(); n > 3 {
			t.Errorf("%d streams", n)
		}
	})
}

// delayed writes after a while.
type delayed struct {
	overlay.Stream
	by time.Duration
}

func (d *delayed) Write(b []byte) (int, error) {
	time.Sleep(d.by)
	return d.Stream.Write(b)
}

// A stream on which nothing is asked is closed, and the next question has another one;
// so has one that was behind a question that failed.
func TestStreamsEndAndBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 300)
		w := newTown(t, honest(held))
		s, done := w.source()
		defer done()
		for i := range 3 {
			if _, err := s.Read(t.Context(), ledger.Tile{Width: ledger.Full}); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				time.Sleep(idle / 2) // less than idle: the same stream
			} else {
				time.Sleep(2 * idle)
			}
		}
		if n := w.streams.Load(); n != 2 {
			t.Errorf("%d streams, want 2", n)
		}
	})
}

// What fails on a stream takes nothing with it that was asked behind it.
func TestWhatIsBehindAFailureIsAskedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 2*ledger.Full)
		first := true
		w := newTown(t, func(s overlay.Stream) {
			if first {
				first = false
				time.Sleep(time.Second) // until both are asked
				hostile(held)["another kind"](s)
				return
			}
			honest(held)(s)
		})
		s, done := w.source()
		defer done()
		errs := make(chan error)
		for i := range uint64(2) {
			go func() {
				_, err := s.Read(t.Context(), ledger.Tile{Index: i, Width: ledger.Full})
				errs <- err
			}()
		}
		if a, b := <-errs, <-errs; (a == nil) == (b == nil) {
			t.Errorf("one of two fails, but: %v, %v", a, b)
		}
	})
}

// Who is silent is waited for two seconds before another peer is asked too, however
// many of them there are.
func TestOthersAreAskedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 300)
		silent := hostile(held)["silent"]
		for range 20 { // the order is random
			w := newTown(t, silent, silent, silent, honest(held))
			s, done := w.source()
			begun := time.Now()
			if _, err := s.Read(t.Context(), ledger.Tile{Width: ledger.Full}); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > 2*hedgeAfter && took != grace {
				t.Errorf("it took %v", took)
			}
			done()
		}
	})
}

// A server that keeps no partial tiles is asked for the full one.
func TestPartialTilesFromFullOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 300)
		w := newTown(t, answering(func(path string, s overlay.Stream) error {
			tile, err := ledger.ParsePath(path)
			if err != nil {
				return err
			}
			b, err := held.Read(context.Background(), tile)
			if err != nil || tile.Width < ledger.Full {
				_, err = s.Write(frame(absent, nil))
				return err
			}
			_, err = s.Write(frame(given, b))
			return err
		}))
		s, done := w.source()
		defer done()
		for _, tile := range []ledger.Tile{{Width: 100}, {Kind: ledger.Entries, Width: 7}, {Kind: ledger.Openings, Width: 255}} {
			want, err := held.Read(t.Context(), tile)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Read(t.Context(), tile); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, %v", tile, len(got), err)
			}
		}
		if _, err := s.Read(t.Context(), ledger.Tile{Index: 1, Width: 44}); !errors.Is(err, errNone) {
			t.Errorf("what nobody has: %v", err)
		}
	})
}

// A peer that hides the newest checkpoint, or has none, does not keep others from
// telling it; who is silent costs a bounded time.
func TestCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, young := shelved(t, 300), shelved(t, 400)
		none := &shelf{}
		w := newTown(t, honest(old), honest(young), honest(none), hostile(young)["silent"], hostile(young)["one byte a second"], nil)
		s, done := w.source()
		defer done()
		begun := time.Now()
		var notes []string
		for _, o := range s.Checkpoints(t.Context()) {
			notes = append(notes, string(o.Note))
			if o.From == w.keys[1] != (string(o.Note) == string(young.note)) {
				t.Errorf("%q is said to be from %s", o.Note, o.From)
			}
		}
		slices.Sort(notes)
		if want := []string{"checkpoint of 300", "checkpoint of 400"}; !slices.Equal(notes, want) {
			t.Errorf("got %q", notes)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
		s.Lied(w.keys[0])
		if b, err := s.Genesis(t.Context(), func(b []byte) error { return nil }); err != nil || string(b) != "genesis" {
			t.Errorf("genesis %q, %v", b, err)
		}
	})
}

func TestGenesisOfAnotherFederation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := shelved(t, 1)
		other.genesis = bytes.Repeat([]byte{1}, 3<<20) // a large answer
		w := newTown(t, honest(other), honest(other), honest(shelved(t, 1)))
		s, done := w.source()
		defer done()
		fits := func(b []byte) error {
			if string(b) != "genesis" {
				return errors.New("another federation's")
			}
			return nil
		}
		if b, err := s.Genesis(t.Context(), fits); err != nil || string(b) != "genesis" {
			t.Errorf("%d bytes, %v", len(b), err)
		}
		w.keys = w.keys[:2]
		if _, err := s.Genesis(t.Context(), fits); err == nil || errors.Is(err, errNone) {
			t.Errorf("nobody has it: %v", err)
		}
	})
}

// A peer that announces the most and keeps the pace takes one place of large answers,
// and none from small ones.
func TestLargeAnswersTakeNoRoomFromSmallOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := shelved(t, 2000)
		pacing := answering(func(path string, s overlay.Stream) error {
			if _, err := s.Write([]byte{1, 0, 1, 1, given}); err != nil { // 256 × (2 + 65,535) and a byte
				return err
			}
			for {
				if _, err := s.Write(make([]byte, pace)); err != nil {
					return err
				}
				time.Sleep(time.Second)
			}
		})
		w := newTown(t, pacing, pacing, honest(held))
		s, done := w.source()
		defer done()
		if err := readAll(t, s, held); err != nil {
			t.Error(err)
		}
	})
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget()
		var frees []func()
		for range maxSmall / small {
			free, err := b.take(t.Context(), small)
			if err != nil {
				t.Fatal(err)
			}
			frees = append(frees, free)
		}
		large, err := b.take(t.Context(), small+1)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1, small + 1} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := b.take(ctx, size); err == nil {
				t.Errorf("%d bytes more fit", size)
			}
			cancel()
		}
		got := make(chan error, 2)
		for _, size := range []int{small, small + 1} {
			go func() { _, err := b.take(t.Context(), size); got <- err }()
		}
		synctest.Wait()
		large()
		frees[0]()
		for range 2 {
			if err := <-got; err != nil {
				t.Error(err)
			}
		}
	})
}

// F26: what is announced costs nothing, and what is wrong is refused.
func TestAnswerBombs(t *testing.T) {
	for name, b := range map[string][]byte{
		"2^32 bytes": {0xff, 0xff, 0xff, 0xff, given}, "the most": {1, 0, 1, 1, given}, "the most of a tile": {0, 0, 0x20, 1, given},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newTown(t, answering(func(_ string, s overlay.Stream) error { _, err := s.Write(b); return err }))
			s, done := w.source()
			defer done()
			allocated, held := overlaytest.Spent(func() {
				for range 20 {
					if _, err := s.Read(t.Context(), ledger.Tile{Kind: ledger.Entries, Width: ledger.Full}); err == nil {
						t.Errorf("%s was read", name)
					}
				}
			})
			t.Logf("%s: %d bytes allocated a request, %d held", name, allocated/20, held)
			if allocated > overlaytest.MostSpent || held > overlaytest.MostSpent {
				t.Errorf("%s: %d bytes were allocated, %d are held", name, allocated, held)
			}
		})
	}
}
