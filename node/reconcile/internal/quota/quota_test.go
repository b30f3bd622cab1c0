package quota

import (
	"testing"
	"time"

	"ringfence/store/keys"
)

// TestQuotas lets an issuer have its burst and then its rate, and nobody pay for it.
func TestQuotas(t *testing.T) {
	q, now := Quotas{Rate: 1000}, time.Unix(0, 0)
	much, other := keys.Public{1}, keys.Public{2}
	q.Charge(much, Burst-1, now)
	if !q.Allow(much, now) {
		t.Error("it has not had its burst")
	}
	q.Charge(much, 2001, now)
	if q.Allow(much, now.Add(1900*time.Millisecond)) || !q.Allow(much, now.Add(2100*time.Millisecond)) {
		t.Error("what it had beyond its burst does not hold it back for as long as its rate takes")
	}
	if !q.Allow(other, now) {
		t.Error("who was not pulled from waits")
	}
}
