package realmtest

import (
	"crypto/rand"
	"path/filepath"
	"testing"

	"ringfence/node"
	"ringfence/node/council/paper"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
)

// enact has an article enacted that keys endorse.
func (r *Realm) enact(reason string, buildsOn uint64, a article.Item, endorsers []keys.Private, by string, voters ...string) {
	r.Helper()
	for _, key := range endorsers {
		r.Must(article.Endorse(a, r.Of(by).Node.State().Federation(), key))
	}
	p, err := paper.Propose(reason, buildsOn, a)
	r.Must(err)
	r.Enact(p, by, voters...)
}

// A member that the ledger admits as a regulator sits down, and sits down again after its
// node has been started anew; so it does with the keys by which the ledger replaced its
// own.
func TestARegulatorSitsWhomTheLedgerSeated(t *testing.T) {
	r := Found(t, []string{"op: operator"})
	r.Ticked()
	op := r.Of("op")
	op.Stop()
	dir := filepath.Join(op.Dir, node.KeysDir)
	seat := make(map[keys.Purpose]keys.Private)
	_, err := keys.Import(dir, keys.PurposeLog, r.Log, op.Cfg.Unlock, rand.Reader)
	r.Must(err)
	for _, p := range []keys.Purpose{keys.PurposeVote, keys.PurposeCosign} {
		half, err := keys.Create(dir, p, op.Cfg.Unlock, rand.Reader)
		r.Must(err)
		if p == keys.PurposeCosign {
			r.Must(node.NewCertification(op.Dir, half.Public))
		}
		ring, err := keys.Open(dir, op.Cfg.Unlock)
		r.Must(err)
		seat[p], err = ring.Private(p)
		r.Must(err)
	}
	op.Start()
	vote, cosign := seat[keys.PurposeVote], seat[keys.PurposeCosign]
	r.enact("a second regulator", 0, &article.RegulatorAdmission{Seat: charter.RegulatorSeat{
		Member: "op", Vote: vote.Public(), Cosign: cosign.Public(), CosignName: "op.example/cosign", Jurisdiction: "CN",
	}}, []keys.Private{vote, cosign}, "reg")
	r.Until("it cosigns", func() bool { return r.Sits("op") })
	op.Stop()
	op.Start()
	r.Until("it cosigns again", func() bool { return r.Sits("op") })
}
