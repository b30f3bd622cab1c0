package succession

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
)

// house is the ring of a member "own", whose first keys are those of chartertest.
type house struct {
	*testing.T
	Heir
}

func (h house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func newHouse(t *testing.T) house {
	t.Helper()
	base := t.TempDir()
	h := house{t, Heir{Dir: filepath.Join(base, "keys"), Unlock: keys.KeyFile(filepath.Join(base, "key")), Random: rand.Reader}}
	h.must(keys.CreateKeyFile(filepath.Join(base, "key"), rand.Reader))
	for _, p := range []keys.Purpose{keys.PurposeIssuer, keys.PurposeVote, keys.PurposeCosign} {
		_, err := keys.Import(h.Dir, p, chartertest.Key(string(p), "own"), h.Unlock, h.Random)
		h.must(err)
	}
	return h
}

// waits has a key wait for the place of the one of its purpose.
func (h house) waits(p keys.Purpose) keys.Private {
	h.Helper()
	key, err := keys.CreateNext(h.Dir, p, h.Unlock, h.Random)
	h.must(err)
	return key
}

// holds fails the test unless that key of a purpose is in its place, on disk, and something
// waits behind it or nothing.
func (h house) holds(p keys.Purpose, want keys.Public, waiting bool) {
	h.Helper()
	ring, err := keys.Open(h.Dir, h.Unlock)
	h.must(err)
	if got, err := ring.Private(p); err != nil || got.Public() != want {
		h.Errorf("the %s key is %s, %v; want %s", p, got.Public().Short(), err, want.Short())
	}
	if _, waits, err := keys.Next(h.Dir, p); err != nil || waits != waiting {
		h.Errorf("a %s key waits: %v, %v", p, waits, err)
	}
}

// takes asks for the issuer's succession, and whether one took place.
func (h house) takes(s *charter.State, now keys.Public) *keys.Ring {
	h.Helper()
	ring, err := h.Issuer(s, now)
	h.must(err)
	return ring
}

// An issuer's key takes the place of another once the ledger admits it and has ended that
// one, neither before nor twice; the one that it replaced is kept aside.
func TestAnIssuersKeySucceedsOnceTheLedgerSaysBoth(t *testing.T) {
	h := newHouse(t)
	s := chartertest.Found(t, "own: vendor", "other: vendor")
	old := chartertest.Issuer("own")
	if h.takes(s, old.Public()) != nil {
		t.Fatal("a key succeeds where none waits")
	}
	next := h.waits(keys.PurposeIssuer)
	if h.takes(s, old.Public()) != nil {
		t.Fatal("a key succeeds that nobody admitted")
	}
	both := chartertest.Enact(t, s, chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "own", Key: next.Public()}, old, next))
	if h.takes(both, old.Public()) != nil {
		t.Fatal("a key succeeds one that is in force")
	}
	neither := chartertest.Enact(t, s, &article.MemberRemoval{Member: "own", How: article.Expel})
	if h.takes(neither, old.Public()) != nil {
		t.Fatal("a key succeeds whose member was expelled")
	}
	h.holds(keys.PurposeIssuer, old.Public(), true)

	rotated := chartertest.Enact(t, s, chartertest.Endorsed(t, s, &article.IssuerEnd{Issuer: old.Public(), How: article.Rotate, Successor: next.Public()}, old, next))
	ring := h.takes(rotated, old.Public())
	if ring == nil {
		t.Fatal("the successor does not succeed")
	}
	if got, err := ring.Private(keys.PurposeIssuer); err != nil || got.Public() != next.Public() {
		t.Errorf("the ring holds %s, %v", got.Public().Short(), err)
	}
	h.holds(keys.PurposeIssuer, next.Public(), false)
	if aside, err := os.ReadDir(filepath.Join(h.Dir, "ended")); err != nil || len(aside) == 0 {
		t.Errorf("nothing is kept of the key before: %v", err)
	}
	if h.takes(rotated, next.Public()) != nil {
		t.Error("it succeeds twice")
	}
}

// A ring without an issuer's key takes the one that waits as soon as that is admitted.
func TestAnIssuersKeyFillsAnEmptyPlace(t *testing.T) {
	h := newHouse(t)
	for _, suffix := range []string{".key.age", ".pub"} {
		h.must(os.Remove(filepath.Join(h.Dir, string(keys.PurposeIssuer)+suffix)))
	}
	s := chartertest.Found(t, "own: vendor")
	next := h.waits(keys.PurposeIssuer)
	if h.takes(s, keys.Public{}) != nil {
		t.Fatal("a key succeeds that nobody admitted")
	}
	admitted := chartertest.Enact(t, s, chartertest.Endorsed(t, s, &article.IssuerAdmission{Member: "own", Key: next.Public()}, chartertest.Issuer("own"), next))
	if h.takes(admitted, keys.Public{}) == nil {
		t.Fatal("it does not fill the place")
	}
	h.holds(keys.PurposeIssuer, next.Public(), false)
}

// A seat's keys succeed once a seat names them, each by itself; the constitution is asked
// for where one waits and nowhere else, and its failure changes nothing.
func TestASeatsKeysSucceedOnceASeatNamesThem(t *testing.T) {
	h := newHouse(t)
	s := chartertest.Found(t, "own: regulator", "east: regulator", "west: regulator")
	asked := 0
	seated := func(s *charter.State) *keys.Ring {
		t.Helper()
		ring, err := h.Seat(func() (*charter.State, error) { asked++; return s, nil })
		h.must(err)
		return ring
	}
	if seated(s) != nil || asked != 0 {
		t.Fatalf("where nothing waits the constitution is asked for %d times", asked)
	}
	vote, cosign := h.waits(keys.PurposeVote), h.waits(keys.PurposeCosign)
	if seated(s) != nil || asked != 1 {
		t.Fatalf("keys that no seat names succeed, or the constitution is asked for %d times", asked)
	}
	gone := errors.New("the disk is gone")
	if _, err := h.Seat(func() (*charter.State, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Fatalf("it hides that the constitution cannot be had: %v", err)
	}
	h.holds(keys.PurposeVote, chartertest.Key("vote", "own").Public(), true)
	h.holds(keys.PurposeCosign, chartertest.Key("cosign", "own").Public(), true)

	a := &article.RegulatorRekeying{Member: "own", Vote: vote.Public(), Cosign: cosign.Public()}
	rekeyed := chartertest.Enact(t, s, chartertest.Endorsed(t, s, a, vote, cosign))
	h.must(keys.Promote(h.Dir, keys.PurposeVote, h.Unlock, h.Random)) // where a stop left it
	ring := seated(rekeyed)
	if ring == nil {
		t.Fatal("what a stop cut short is not finished")
	}
	for p, want := range map[keys.Purpose]keys.Public{keys.PurposeVote: vote.Public(), keys.PurposeCosign: cosign.Public()} {
		h.holds(p, want, false)
		if got, err := ring.Private(p); err != nil || got.Public() != want {
			t.Errorf("the ring holds the %s key %s, %v", p, got.Public().Short(), err)
		}
	}
	if seated(rekeyed) != nil {
		t.Error("they succeed twice")
	}
}

// A key that waits and does not open is an error that says so, and nothing moves.
func TestAKeyThatDoesNotOpenChangesNothing(t *testing.T) {
	h := newHouse(t)
	s := chartertest.Found(t, "own: vendor")
	old, next := chartertest.Issuer("own"), h.waits(keys.PurposeIssuer)
	rotated := chartertest.Enact(t, s, chartertest.Endorsed(t, s, &article.IssuerEnd{Issuer: old.Public(), How: article.Rotate, Successor: next.Public()}, old, next))
	h.must(os.WriteFile(filepath.Join(h.Dir, "next", string(keys.PurposeIssuer)+".key.age"), []byte("damaged"), 0o600))
	if ring, err := h.Issuer(rotated, old.Public()); err == nil || ring != nil {
		t.Fatalf("a damaged key succeeds: %v", err)
	}
	h.holds(keys.PurposeIssuer, old.Public(), true)
}
