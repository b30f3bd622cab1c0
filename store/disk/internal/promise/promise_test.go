package promise

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/store/assertion"
	"ringfence/store/disk/internal/damage"
	"ringfence/store/disk/internal/slots"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func key(n byte) keys.Public { return keys.FromSeed([32]byte{n}).Public() }

func place(n uint64) feed.Tip {
	return feed.Tip{Epoch: 1, Sequence: n, Time: 1793491200, CID: assertion.CID([]byte{byte(n)})}
}

func sample() State {
	return State{Arrivals: 7, Others: "restored", Signers: map[keys.Public]Signer{
		key(1): {Highest: place(4)},
		key(2): {Bar: feed.Bar{Kind: feed.Stolen, Reason: "a foreign batch"}},
		key(3): {Highest: place(0), Bar: feed.Bar{Kind: feed.Restored, Reason: "lost"}},
	}}
}

func equal(a, b State) bool { return bytes.Equal(encode(a), encode(b)) }

func open(t *testing.T, dir string) *File {
	t.Helper()
	p, err := Open(dir)
	must(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestKeep(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	if !p.IsNew() || p.Now().Arrivals != 0 || len(p.Now().Signers) != 0 {
		t.Fatalf("a new file promises %+v", p.Now())
	}
	for n := range uint64(5) {
		next := sample()
		next.Arrivals = n
		must(t, p.Keep(next))
		if p.IsNew() || !equal(p.Now(), next) {
			t.Fatalf("after %d: %+v", n, p.Now())
		}
		if again := open(t, dir); !equal(again.Now(), next) || again.IsNew() {
			t.Fatalf("opened after %d: %+v", n, again.Now())
		}
	}
}

// TestTornWrite cuts a write short after every byte: what stands is the state
// before, or the new one when nothing of it was missing.
func TestTornWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, fileName)
	p := open(t, dir)
	before, after := sample(), sample()
	before.Arrivals, after.Arrivals = 1, 2
	must(t, p.Keep(State{}))
	must(t, p.Keep(before))
	old, err := os.ReadFile(name)
	must(t, err)
	must(t, p.Keep(after))
	full, err := os.ReadFile(name)
	must(t, err)
	slot := make([]byte, len(encode(after))+slots.Overhead)
	const at = slotSize // generation 3 is odd
	for n := 0; n <= len(slot); n += 7 {
		torn := bytes.Clone(full)
		copy(torn[at:], old[at:])
		if len(old) < len(full) {
			clear(torn[max(at, len(old)):])
		}
		copy(torn[at:], full[at:at+n])
		must(t, os.WriteFile(name, torn, 0o600))
		want := before
		if bytes.Equal(torn, full) {
			want = after
		}
		if got := open(t, dir).Now(); !equal(got, want) {
			t.Fatalf("torn after %d of %d bytes: %+v", n, len(slot), got)
		}
	}
}

func TestOneSlotIsEnough(t *testing.T) {
	for slot := range 2 {
		dir := t.TempDir()
		p := open(t, dir)
		states := []State{sample(), sample()}
		states[1].Arrivals++
		must(t, p.Keep(states[0])) // generation 1, in slot 1
		must(t, p.Keep(states[1])) // generation 2, in slot 0
		name := filepath.Join(dir, fileName)
		b, err := os.ReadFile(name)
		must(t, err)
		b[slot*slotSize+30] ^= 1
		must(t, os.WriteFile(name, b, 0o600))
		if got := open(t, dir).Now(); !equal(got, states[slot]) {
			t.Errorf("with slot %d damaged: %+v", slot, got)
		}
		b[(1-slot)*slotSize+30] ^= 1
		must(t, os.WriteFile(name, b, 0o600))
		if _, err := Open(dir); !errors.Is(err, damage.Err) {
			t.Errorf("with both slots damaged: %v", err)
		}
	}
}

func TestStateIsNotShared(t *testing.T) {
	s := sample()
	c := s.Clone()
	c.Signers[key(1)] = Signer{Bar: feed.Bar{Kind: feed.Restored, Reason: "changed"}}
	if s.Signers[key(1)].Bar.Reason != "" {
		t.Error("a clone shares its signers")
	}
	empty := State{}.Clone()
	empty.Signers[key(1)] = Signer{}
}

func TestOthers(t *testing.T) {
	s := sample()
	for n, want := range map[byte]feed.Bar{1: {}, 2: {Kind: feed.Stolen, Reason: "a foreign batch"}, 9: {Kind: feed.Restored, Reason: "restored"}} {
		if got := s.Signer(key(n)).Bar; got != want {
			t.Errorf("issuer %d is barred by %+v, want %+v", n, got, want)
		}
	}
	if got := (State{}).Signer(key(1)); got != (Signer{}) {
		t.Errorf("nobody promised, yet %+v", got)
	}
}

func TestTooMany(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	must(t, p.Keep(sample()))
	many := sample()
	for n := range 400 {
		var issuer keys.Public
		issuer[1], issuer[2] = byte(n), byte(n>>8)
		many.Signers[issuer] = Signer{Bar: feed.Bar{Kind: feed.Restored, Reason: strings.Repeat("x", feed.MaxBarReason)}}
	}
	if err := p.Keep(many); !errors.Is(err, ErrTooMany) {
		t.Fatalf("400 issuers: %v", err)
	}
	if !equal(open(t, dir).Now(), sample()) {
		t.Fatal("what was refused was written")
	}
}

func TestLongReasonIsCut(t *testing.T) {
	s := State{Signers: map[keys.Public]Signer{key(1): {Bar: feed.Bar{Kind: feed.Restored, Reason: strings.Repeat("x", 70_000)}}}}
	got, ok := decode(encode(s))
	if !ok || len(got.Signers[key(1)].Bar.Reason) != feed.MaxBarReason {
		t.Fatalf("kept are %d bytes (%v)", len(got.Signers[key(1)].Bar.Reason), ok)
	}
}

// TestVector holds the form of a slot.
func TestVector(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	for range 5 {
		must(t, p.Keep(State{Arrivals: 3, Others: "o", Signers: map[keys.Public]Signer{
			{1, 2}: {Bar: feed.Bar{Kind: feed.Restored, Reason: "b"}},
			{1, 3}: {Bar: feed.Bar{Kind: feed.Stolen, Reason: "c"}},
		}}))
	}
	const want = "524650524f4d320a" + "0000000000000005" + "000000eb" + // magic, generation, size
		"0000000000000003" + "0001" + "6f" + // arrivals, others
		"0102" + "00000000000000000000000000000000000000000000000000000000000000" + // issuer
		"0000000000000000" + "0000000000000000" + "0000000000000000" + // highest
		"000000000000000000000000000000000000000000000000000000000000000000000000" + // its CID
		"0001" + "62" + // reason
		"0103" + "00000000000000000000000000000000000000000000000000000000000000" +
		"0000000000000000" + "0000000000000000" + "0000000000000000" +
		"000000000000000000000000000000000000000000000000000000000000000000000000" +
		"8001" + "63" // reason, that the key is stolen
	b, err := os.ReadFile(filepath.Join(dir, fileName))
	must(t, err)
	b = b[slotSize:] // of generation 5
	if got := hex.EncodeToString(b[:len(want)/2]); got != want {
		t.Errorf("a slot is\n%s, want\n%s", got, want)
	}
	if sum := sha256.Sum256(b[:len(want)/2]); !bytes.Equal(b[len(want)/2:], sum[:]) {
		t.Errorf("a slot ends in %x, want %x", b[len(want)/2:], sum)
	}
}

func FuzzDecode(f *testing.F) {
	b := encode(sample())
	f.Add(b)
	f.Add(b[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := decode(b)
		if !ok {
			return
		}
		if again, ok := decode(encode(s)); !ok || !equal(again, s) {
			t.Error("a state that was accepted is read otherwise once it is written")
		}
	})
}
