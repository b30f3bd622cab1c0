package slots_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/slots"
	"ringfence/store/disk/internal/slots/torn"
)

const path = "/dir/file"

func form(copies int) slots.Form {
	return slots.Form{Magic: "MAGIC-1\n", Size: 8 << 10, Copies: copies}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, fs slots.FS, copies int) *slots.File {
	t.Helper()
	f, err := slots.Open(fs, path, form(copies))
	must(t, err)
	return f
}

// value is some sectors long, and none of its sectors is that of another.
func value(n int) []byte { return bytes.Repeat(fmt.Appendf(nil, "value %06d;", n), 200) }

// TestCrashes is a power cut at every step of making and of writing a file, with any
// of the sectors and names that were not synced. What was acknowledged last stands, or
// what was being written.
func TestCrashes(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 1))
	for _, copies := range []int{1, 2} {
		for steps := range 6 {
			kept := map[int]int{}
			for range 100 {
				fs := &torn.FS{}
				f, err := slots.Create(fs, path, form(copies), value(0))
				must(t, err)
				for n := range steps {
					must(t, f.Keep(value(n+1)))
				}
				fs.FailAt = fs.Syncs + 1 // the next never comes to its end
				if err := f.Keep(value(steps + 1)); !errors.Is(err, slots.ErrFailed) {
					t.Fatalf("a sync failed, and the answer is %v", err)
				}
				again := open(t, fs.Crash(random), copies)
				for n := range 2 {
					if bytes.Equal(again.Now(), value(steps+n)) {
						kept[n]++
					}
				}
				must(t, again.Keep(value(9)))
			}
			if kept[0]+kept[1] != 100 || kept[0] == 0 {
				t.Errorf("%d copies, after %d: %d times what was acknowledged, %d times what was being written, of 100", copies, steps, kept[0], kept[1])
			}
		}
	}
}

// TestCreateIsWhole: a file that was being made is there whole, or what was there
// before is.
func TestCreateIsWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 2))
	for _, before := range []bool{false, true} {
		for failAt := 1; failAt <= 2; failAt++ {
			for range 100 {
				fs := &torn.FS{}
				if before {
					_, err := slots.Create(fs, path, form(2), value(1))
					must(t, err)
				}
				fs.FailAt = fs.Syncs + failAt
				if _, err := slots.Create(fs, path, form(2), value(2)); !errors.Is(err, torn.ErrIO) {
					t.Fatalf("a sync failed, and the answer is %v", err)
				}
				left := fs.Crash(random)
				if !left.Has(path) {
					if before {
						t.Fatal("what was there is gone")
					}
				} else if now := open(t, left, 2).Now(); !bytes.Equal(now, value(2)) && !(before && bytes.Equal(now, value(1))) {
					t.Fatalf("%d bytes are there", len(now))
				}
				_, err := slots.Create(left, path, form(2), value(3))
				must(t, err)
			}
		}
	}
}

// TestFailedSyncIsFinal: a sync that works later proves nothing about the one that
// failed.
func TestFailedSyncIsFinal(t *testing.T) {
	fs := &torn.FS{}
	f := open(t, fs, 1)
	must(t, f.Keep(value(1)))
	fs.FailAt = fs.Syncs + 1
	if err := f.Keep(value(2)); !errors.Is(err, slots.ErrFailed) || !errors.Is(err, torn.ErrIO) {
		t.Fatalf("the sync failed: %v", err)
	}
	syncs := fs.Syncs
	if err := f.Keep(value(3)); !errors.Is(err, slots.ErrFailed) || fs.Syncs != syncs {
		t.Errorf("after a failed sync: %v, %d more syncs", err, fs.Syncs-syncs)
	}
	if !bytes.Equal(f.Now(), value(1)) {
		t.Error("what could not be made durable counts as kept")
	}
}

// TestFlippedBits: with two copies no bit takes the value back to the one before, with
// one copy it may; with both slots damaged that is told.
func TestFlippedBits(t *testing.T) {
	for _, copies := range []int{1, 2} {
		back := 0
		for bit := 0; bit < 8*len(value(0)); bit += 11 {
			fs := &torn.FS{}
			f := open(t, fs, copies)
			must(t, f.Keep(value(1)))
			must(t, f.Keep(value(2))) // generation 2, in the first slot
			fs.Flip(path, bit)
			if again := open(t, fs, copies); bytes.Equal(again.Now(), value(1)) {
				back++
			} else if !bytes.Equal(again.Now(), value(2)) {
				t.Fatalf("bit %d: another value", bit)
			}
		}
		if (back == 0) != (copies == 2) {
			t.Errorf("with %d copies %d bits took the value back", copies, back)
		}
	}
	fs := &torn.FS{}
	must(t, open(t, fs, 2).Keep(value(1)))
	for place := range 4 {
		if at := 8 * (place*(8<<10) + 30); at < 8*fs.Len(path) {
			fs.Flip(path, at)
		}
	}
	if _, err := slots.Open(fs, path, form(2)); !errors.Is(err, damage.Err) {
		t.Errorf("with both slots damaged: %v", err)
	}
}

func TestBounds(t *testing.T) {
	fs := &torn.FS{}
	f := open(t, fs, 1)
	if !f.IsNew() || f.Now() != nil {
		t.Error("an empty file is not new")
	}
	if err := f.Keep(make([]byte, 8<<10-slots.Overhead+1)); !errors.Is(err, slots.ErrTooLarge) {
		t.Errorf("a value too large: %v", err)
	}
	most := bytes.Repeat([]byte{7}, 8<<10-slots.Overhead)
	must(t, f.Keep(most))
	if again := open(t, fs, 1); !bytes.Equal(again.Now(), most) || again.IsNew() {
		t.Error("the largest value is not kept")
	}
	must(t, f.Keep(nil))
	if again := open(t, fs, 1); again.IsNew() || len(again.Now()) != 0 {
		t.Error("an empty value is not kept")
	}
}

// TestOlderForms are read where they are asked for, and the newest slot is what stands,
// of whichever form.
func TestOlderForms(t *testing.T) {
	fs := &torn.FS{}
	old := form(1)
	old.Magic = "MAGIC-0\n"
	f, err := slots.Open(fs, path, old)
	must(t, err)
	must(t, f.Keep(value(1)))
	if _, err := slots.Open(fs, path, form(1)); !errors.Is(err, damage.Err) {
		t.Fatalf("an older form: %v", err)
	}
	both := form(1)
	both.Older = []string{old.Magic}
	f, err = slots.Open(fs, path, both)
	must(t, err)
	if f.Magic() != old.Magic || !bytes.Equal(f.Now(), value(1)) {
		t.Fatalf("read as of %q", f.Magic())
	}
	must(t, f.Keep(value(2)))
	if f.Magic() != both.Magic {
		t.Errorf("kept as of %q", f.Magic())
	}
	if now := open(t, fs, 1).Now(); !bytes.Equal(now, value(2)) {
		t.Error("the newer form is not what stands")
	}
}

// TestVector holds the form of a slot.
func TestVector(t *testing.T) {
	fs := &torn.FS{}
	must(t, open(t, fs, 2).Keep([]byte("value"))) // in the second slot
	h, err := fs.Open(path)
	must(t, err)
	const want = "4d414749432d310a" + "0000000000000001" + "00000025" + "76616c7565" // magic, generation, size, value
	for _, at := range []int64{16 << 10, 24 << 10} {
		b := make([]byte, len(want)/2)
		_, err = h.ReadAt(b, at)
		must(t, err)
		if got := hex.EncodeToString(b); got != want {
			t.Errorf("at %d stands %s, want %s", at, got, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	fs := &torn.FS{}
	file := open(f, fs, 1)
	must(f, file.Keep([]byte("value")))
	h, _ := fs.Open(path)
	b := make([]byte, fs.Len(path))
	_, err := h.ReadAt(b, 0)
	must(f, err)
	f.Add(b)
	f.Add(b[8<<10:])
	f.Fuzz(func(t *testing.T, b []byte) {
		fs := &torn.FS{}
		h, _ := fs.Open(path)
		_, err := h.WriteAt(b, 0)
		must(t, err)
		file, err := slots.Open(fs, path, form(1))
		if err != nil {
			return
		}
		if err := file.Keep([]byte("next")); err != nil || string(open(t, fs, 1).Now()) != "next" {
			t.Errorf("what was opened cannot be written on: %v", err)
		}
	})
}
