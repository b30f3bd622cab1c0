package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/store/archive"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

// -update writes the vector anew, for a new version of the form only.
var update = flag.Bool("update", false, "write testdata anew")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sample has an entry of every kind.
func sample(t testing.TB) []archive.Entry {
	t.Helper()
	d := feedtest.Draw(t, "A0 <- A1 <- A2; A0 <- A1'; B0")
	proof, err := feed.NewForkProof(d.Verified("A1"), d.Verified("A1'"))
	must(t, err)
	signed, err := assertion.DecodeSignedHeader(d.Batch("A2").Signed)
	must(t, err)
	aside := d.Batch("B0").Record()
	aside.Body = nil
	a, b := feedtest.Key("A").Public(), feedtest.Key("B").Public()
	return []archive.Entry{
		archive.Record{Arrival: 1, Record: d.Batch("A0").Record()},
		archive.Record{Arrival: 3, Record: aside, Quarantine: "broken"},
		archive.Record{Arrival: 9, Record: d.Batch("A1").Record()},
		archive.Fork{Proof: proof},
		archive.Reservation{Issuer: a, Reservation: feed.Reservation{Tip: d.Batch("A2").Tip(), Header: signed.Header, Body: d.Batch("A2").Body}},
		archive.Signer{Issuer: a, Highest: d.Batch("A2").Tip()},
		archive.Signer{Issuer: b, Bar: feed.Bar{Kind: feed.Restored, Reason: "a foreign batch"}},
		archive.Named{Space: "space", Key: "key", Value: []byte("value")},
		archive.Named{Space: "space", Key: "empty"},
	}
}

func write(t testing.TB, entries []archive.Entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := archive.NewWriter(&out)
	must(t, err)
	for _, e := range entries {
		must(t, w.Write(e))
	}
	must(t, w.Close())
	return out.Bytes()
}

// read returns what is read of b, and the error that ends it, nil at its end.
func read(b []byte) ([]archive.Entry, error) {
	r, err := archive.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var out []archive.Entry
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			if _, again := r.Next(); !errors.Is(again, err) {
				return out, errors.New("an error was not final")
			}
			return out, err
		}
		out = append(out, e)
	}
}

func TestRoundTrip(t *testing.T) {
	want := sample(t)
	b := write(t, want)
	got, err := read(b)
	must(t, err)
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Kind() != want[i].Kind() {
			t.Errorf("entry %d is of kind %d, want %d", i, got[i].Kind(), want[i].Kind())
		}
	}
	if !bytes.Equal(write(t, got), b) {
		t.Error("written again it differs")
	}
	if empty, err := read(write(t, nil)); err != nil || len(empty) > 0 {
		t.Errorf("an empty archive: %d entries, %v", len(empty), err)
	}
}

// Why a key must not sign outlives the backup, in frames that an archive of
// before has too but for the kind.
func TestBarsAreCarried(t *testing.T) {
	of := feedtest.Key("A").Public()
	for _, bar := range []feed.Bar{{}, {Kind: feed.Restored, Reason: "an older disk"}, {Kind: feed.Stolen, Reason: "a foreign batch"}} {
		got, err := read(write(t, []archive.Entry{archive.Signer{Issuer: of, Bar: bar}}))
		if err != nil || len(got) != 1 || got[0] != archive.Entry(archive.Signer{Issuer: of, Bar: bar}) {
			t.Errorf("%+v is read as %+v, %v", bar, got, err)
		}
	}
	if _, err := read(write(t, []archive.Entry{archive.Signer{Issuer: of, Bar: feed.Bar{Kind: feed.Stolen}}})); err == nil || !strings.Contains(err.Error(), "not why") {
		t.Errorf("stolen for no reason: %v", err)
	}
}

// TestVector holds the form: a backup of today must be readable for ever.
func TestVector(t *testing.T) {
	name := filepath.Join("testdata", "v1.backup")
	b := write(t, sample(t))
	if *update {
		must(t, os.WriteFile(name, b, 0o600))
	}
	kept, err := os.ReadFile(name)
	must(t, err)
	if !bytes.Equal(kept, b) {
		t.Error("the archive is written otherwise than in version 1")
	}
	got, err := read(kept)
	must(t, err)
	if !bytes.Equal(write(t, got), kept) {
		t.Error("the archive of version 1 is read otherwise")
	}
	end := len(kept) - sha256.Size
	if sum := sha256.Sum256(kept[:end]); !bytes.Equal(sum[:], kept[end:]) {
		t.Errorf("it does not end in the hash of what is before, %s", hex.EncodeToString(sum[:]))
	}
}

func TestCutShort(t *testing.T) {
	b := write(t, sample(t))
	for n := range b {
		if _, err := read(b[:n]); !errors.Is(err, archive.ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

func TestChanged(t *testing.T) {
	b := write(t, sample(t))
	for i := range b {
		b[i] ^= 1
		if _, err := read(b); err == nil {
			t.Fatalf("a bit of byte %d was changed and nobody saw it", i)
		}
		b[i] ^= 1
	}
	if _, err := read(append(bytes.Clone(b), 0)); err == nil {
		t.Error("bytes behind the end were accepted")
	}
}

func TestReaderRefuses(t *testing.T) {
	head := []byte("ringfence/backup/v1\n")
	order := sample(t)
	order[0], order[2] = order[2], order[0]
	for name, b := range map[string][]byte{
		"an unknown kind":           append(bytes.Clone(head), 77, 0, 0, 0, 0),
		"a length beyond the bound": append(bytes.Clone(head), 1, 0xFF, 0xFF, 0xFF, 0xFF),
		"an empty entry":            append(bytes.Clone(head), 1, 0, 0, 0, 0),
		"an end of another size":    append(bytes.Clone(head), 0, 0, 0, 0, 1, 0),
		"arrivals out of order":     write(t, order),
		"a newer version":           []byte("ringfence/backup/v2\n"),
	} {
		if _, err := read(b); err == nil || errors.Is(err, archive.ErrTruncated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failing struct{ after int }

var errFull = errors.New("no room")

func (f *failing) Write(b []byte) (int, error) {
	if f.after -= len(b); f.after < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func (f *failing) Read([]byte) (int, error) { return 0, errFull }

func TestWriterRefuses(t *testing.T) {
	w, err := archive.NewWriter(io.Discard)
	must(t, err)
	for name, e := range map[string]archive.Entry{
		"no arrival":   archive.Record{Record: feedtest.Draw(t, "A0").Batch("A0").Record()},
		"no proof":     archive.Fork{},
		"a huge value": archive.Named{Space: "s", Key: "k", Value: make([]byte, archive.MaxPayload)},
	} {
		if w.Write(e) == nil {
			t.Errorf("%s: written", name)
		}
	}
	w, err = archive.NewWriter(&failing{})
	must(t, err) // buffered
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("close: %v", err)
	}
	if _, err := archive.NewReader(&failing{}); !errors.Is(err, errFull) {
		t.Errorf("read: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	whole := write(f, sample(f))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(write(f, nil))
	f.Add(write(f, withLedger(f)))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := read(b)
		if err == nil && !bytes.Equal(write(t, got), b) {
			t.Error("an archive that was accepted is written otherwise")
		}
	})
}
