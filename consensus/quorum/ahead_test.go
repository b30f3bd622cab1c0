package quorum_test

import (
	"testing"
	"time"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum"
	"ringfence/consensus/quorum/certify"
	"ringfence/store/checkpoint"
)

// A regulator that dated its cosignature far ahead is not there for ever: when it goes, the
// others know that they cannot spare another.
func TestACosignatureDatedAheadIsNoSignOfLife(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := sit(t, 4)
		defer c.close()
		c.begun(c.Seats()...)
		tree := c.settled(c.Seats()...)
		key := c.all["reg4"].cosign
		c.leave("reg4")
		signed := checkpoint.Checkpoint{Origin: checkpoint.Origin(c.State.Constitution().Federation()), Tree: tree}.Cosign(key, time.Now().Add(24*time.Hour).Unix())
		w := certify.Word{Saying: certify.Cosigned, Tree: tree, By: cosign.Signer{Key: key.Public(), Signature: signed.Signature}, Time: signed.Time}
		if err := c.tell("reg4", "reg", quorum.Message(quorum.AboutWords, w.Bytes())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if s := c.status("reg"); s.Live != 3 || !s.Alarm {
			t.Errorf("%d are live, alarm %t", s.Live, s.Alarm)
		}
	})
}
