package intake

import (
	"testing"

	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/keys"
)

// proof proves that two batches of a drawing are of two stories.
func proof(t *testing.T, d *feedtest.Drawing, one, other string) feed.ForkProof {
	t.Helper()
	var two [2]feed.Verified
	for i, name := range []string{one, other} {
		var err error
		if two[i], err = feed.Verify(d.Batch(name).Signed, feedtest.Federation()); err != nil {
			t.Fatal(err)
		}
	}
	p, err := feed.NewForkProof(two[0], two[1])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A proof that the ledger holds is kept also of an epoch that it has closed since, of which
// none is taken from peers; it is told once.
func TestNoteKeepsWhatTheLedgerHolds(t *testing.T) {
	d := feedtest.Draw(t, "A1 <- A2; A1 <- A2'")
	told := 0
	door, s := open(t, func(c *Config) {
		c.Opened = func(keys.Public) uint64 { return 1 }
		c.Forked = func(feed.ForkProof) { told++ }
	})
	p := proof(t, d, "A2", "A2'")
	if o, err := door.AdmitFork(p.Bytes()); err != nil || o.Reason != FrozenEpoch {
		t.Fatalf("from a peer: %v, %v", o, err)
	}
	for range 2 {
		if err := door.Note(p); err != nil {
			t.Fatal(err)
		}
	}
	if held, ok, _ := s.Fork(p.Issuer(), 0); !ok || held.Compare(p) != 0 || told != 1 {
		t.Errorf("held %v, told %d times", ok, told)
	}
}
