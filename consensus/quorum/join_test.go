package quorum

import (
	"testing"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/certify"
)

// What comes between judging a record and beginning with it does not take its place: it
// was not judged by the regulators at its start.
func TestAJudgedRecordIsTheOneToBeginWith(t *testing.T) {
	now := &run{certifier: certify.New(certify.Config{})}
	r := &Regulator{waking: make(chan struct{}, 1)}
	record := func(number uint64) cosign.Record {
		return cosign.Record{Generation: cosign.Generation{Number: number}}
	}
	r.join(now, record(1))
	r.join(now, record(2))
	if r.joining.record.Generation.Number != 2 {
		t.Fatal("a later record that comes in time does not count")
	}
	r.joining.ready = true
	r.join(now, record(3))
	if r.joining.record.Generation.Number != 2 {
		t.Error("a record that nobody judged took the place of the one that was")
	}
}
