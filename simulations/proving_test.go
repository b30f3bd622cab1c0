package simulations

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/prove"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/store/charter"
)

// proves asks a node of the running demo for proofs of what four regulators ratified of the
// real data, and checks each with what the node serves as its genesis, as a stranger would
// who got that from elsewhere; and asks how it was before they did. Numbers of which that
// was taken back since are left out.
func proves(t *testing.T, url string, takenBack ...string) {
	t.Helper()
	c, err := client.New(client.Config{URL: url})
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = c.Close() }()
	v, err := stranger(url)
	if err != nil {
		t.Error(err)
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	defer stop()
	all, err := c.LedgerEntries(ctx, api.LedgerQuery{Count: api.MaxLedgerEntries})
	if err != nil {
		t.Error(err)
		return
	}
	var sizes []int
	asked := 0
	for _, e := range all.Entries {
		if e.Type != "item" || e.Kind != "ratify" || e.Index%7 != 0 || e.Says == nil {
			continue
		}
		number, _, _ := strings.Cut(e.Says.Text, " ")
		if slices.Contains(takenBack, number) {
			continue
		}
		p, err := c.Prove(ctx, api.ProofQuery{Number: number, What: api.ProofRatified, Full: e.Index%2 == 0})
		if err != nil {
			t.Errorf("%s: %v", number, err)
			return
		}
		f, err := v.Verify(p.Proof)
		if err != nil || f.Entry == nil || f.Entry.Ratified.Subject.String() != number || f.Certified.Quorum != 3 {
			t.Errorf("%s: %+v, %v", number, f, err)
			return
		}
		if e.Index%2 == 1 {
			sizes = append(sizes, p.Bytes)
		} else if len(f.Entry.Voted) < 3 || f.Entry.Held == 0 {
			t.Errorf("%s in full: %+v", number, f.Entry)
		}
		p.Proof[len(p.Proof)/3] ^= 2
		if _, err := v.Verify(p.Proof); err == nil {
			t.Errorf("%s: a tampered proof passes", number)
		}
		if asked++; asked > 1 {
			continue // each moment is computed anew, from all feeds, which takes seconds
		}
		if l, err := c.Lookup(ctx, api.Query{Number: number, At: strconv.FormatUint(all.Size, 10)}); err != nil || l.Basis != "ratified" {
			t.Errorf("%s now: %s, %v", number, l.Basis, err)
		}
		var told *api.Error
		if l, err := c.Lookup(ctx, api.Query{Number: number, At: "2"}); !errors.As(err, &told) || told.Code != "past.not_recomputable" {
			t.Errorf("%s before the first motion: %s, %v", number, l.Basis, err)
		}
	}
	slices.Sort(sizes)
	if len(sizes) < 50 || sizes[len(sizes)-1] > 4<<10 {
		t.Errorf("%d proofs, of %v bytes", len(sizes), sizes)
		return
	}
	t.Logf("%d proofs of ratified entries: p50 %d bytes, most %d", len(sizes), sizes[len(sizes)/2], sizes[len(sizes)-1])
}

// stranger verifies by the genesis that a node serves.
func stranger(url string) (*prove.Verifier, error) {
	answer, err := http.Get(url + "/ledger/genesis")
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	sealed, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	genesis, err := charter.DecodeGenesis(sealed)
	if err != nil {
		return nil, err
	}
	return prove.NewVerifier(prove.Trust{Genesis: genesis})
}
