package authority

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/disk/certification"
	"ringfence/store/keys"
	"ringfence/store/memory"
)

// A regulator's node that cannot take its seat says what it lacks: founders that are not
// told of the ledger's key would wait for a quorum for ever. A node without a seat says
// nothing.
func TestIdleSaysWhatASeatLacks(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	store := memory.New()
	follows, err := Open(t.Context(), Config{
		Genesis: f.Genesis, Ledger: store.Ledger(), Exhibits: store, Enacted: func([]charter.Enacted) error { return nil },
		Now: func() time.Time { return time.Unix(f.Now, 0) }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	vote, log, cosign := ballottest.VoteKey("reg2"), chartertest.Key("log", ""), chartertest.Key("cosign", "reg2")
	for name, c := range map[string]struct {
		have map[keys.Purpose]keys.Private
		want string // the code of the last sentence
	}{
		"no key of a seat":          {map[keys.Purpose]keys.Private{keys.PurposeLog: log}, ""},
		"another's vote":            {map[keys.Purpose]keys.Private{keys.PurposeVote: chartertest.Key("vote", "nobody")}, ""},
		"without the ledger's key":  {map[keys.Purpose]keys.Private{keys.PurposeVote: vote, keys.PurposeCosign: cosign}, "seat.no_log"},
		"a founder's own log key":   {map[keys.Purpose]keys.Private{keys.PurposeVote: vote, keys.PurposeLog: chartertest.Key("log", "reg2")}, "seat.other_log"},
		"without the cosigning key": {map[keys.Purpose]keys.Private{keys.PurposeVote: vote, keys.PurposeLog: log}, "seat.no_key"},
	} {
		t.Run(name, func(t *testing.T) {
			why := follows.Idle(ringOf(t, c.have))
			said := why.Sentences()
			switch {
			case c.want == "" && !why.IsZero():
				t.Errorf("it says %q", why.Text)
			case c.want != "" && (len(said) != 2 || said[0].Code != "problem.idle_seat" || said[1].Code != c.want || !strings.Contains(why.Text, "reg2")):
				t.Errorf("it says %+v", why)
			}
		})
	}
	if why := follows.Idle(nil); !why.IsZero() {
		t.Errorf("without keys it says %q", why.Text)
	}
}

// A node with all keys of a seat whose member regulates on another node says which.
func TestIdleSaysWhoseTheSeatIs(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	seat := func(host keys.Public) *Authority {
		store := memory.New()
		file, err := certification.Open(t.TempDir(), chartertest.Key("cosign", "reg2").Public())
		if err != nil {
			t.Fatal(err)
		}
		keeper, err := NewKeeper(file)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Open(t.Context(), Config{
			Genesis: f.Genesis, Ledger: store.Ledger(), Exhibits: store, Enacted: func([]charter.Enacted) error { return nil },
			Now: func() time.Time { return time.Unix(f.Now, 0) }, Logger: slog.New(slog.DiscardHandler),
			Seat: &Seat{
				Host: host, Vote: ballottest.VoteKey("reg2"), Cosign: chartertest.Key("cosign", "reg2"), Log: chartertest.Key("log", ""),
				Dir: t.TempDir(), Keeper: keeper,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Close() })
		return a
	}
	ring := ringOf(t, map[keys.Purpose]keys.Private{keys.PurposeVote: ballottest.VoteKey("reg2")})
	own := chartertest.Key("host", "reg2").Public()
	if why := seat(own).Idle(ring); !why.IsZero() {
		t.Errorf("on the node that regulates it says %q", why.Text)
	}
	why := seat(chartertest.Key("host", "reg2 again").Public()).Idle(ring)
	if said := why.Sentences(); len(said) != 2 || said[1].Code != "seat.other_host" || !strings.Contains(why.Text, own.String()) {
		t.Errorf("on another node it says %+v", why)
	}
}

// ringOf returns a ring of keys.
func ringOf(t *testing.T, have map[keys.Purpose]keys.Private) *keys.Ring {
	t.Helper()
	dir := t.TempDir()
	file, ring := filepath.Join(dir, "key"), filepath.Join(dir, "keys")
	if err := keys.CreateKeyFile(file, rand.Reader); err != nil {
		t.Fatal(err)
	}
	for purpose, key := range have {
		if _, err := keys.Import(ring, purpose, key, keys.KeyFile(file), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	r, err := keys.Open(ring, keys.KeyFile(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
