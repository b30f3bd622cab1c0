package proof

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"ringfence/store/disk/internal/damage"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
)

func TestCheck(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1++; A0 <- A1'; B0")
	for name, c := range map[string]struct {
		change func(*feed.Record)
		want   string // in the reason; empty for a batch that proves itself
	}{
		"sound":               {func(*feed.Record) {}, ""},
		"no header":           {func(r *feed.Record) { r.Header = nil }, "SignedHeader"},
		"header of another":   {func(r *feed.Record) { r.Header = d.Batch("A1").Signed }, "place"},
		"issuer of another":   {func(r *feed.Record) { r.Issuer = feedtest.Key("B").Public() }, "place"},
		"another sequence":    {func(r *feed.Record) { r.Tip.Sequence++ }, "place"},
		"another epoch":       {func(r *feed.Record) { r.Tip.Epoch++ }, "place"},
		"another time":        {func(r *feed.Record) { r.Tip.Time++ }, "place"},
		"another CID":         {func(r *feed.Record) { r.Tip.CID = d.Batch("B0").CID }, "place"},
		"another signature":   {func(r *feed.Record) { r.Header[len(r.Header)-1] ^= 1 }, "signature"},
		"no body":             {func(r *feed.Record) { r.Body = nil }, "body"},
		"body cut short":      {func(r *feed.Record) { r.Body = r.Body[:len(r.Body)-1] }, "body"},
		"a flipped statement": {func(r *feed.Record) { r.Body[len(r.Body)/2] ^= 1 }, ""},
		"body of one more":    {func(r *feed.Record) { r.Body = d.Batch("A1").Body }, "the header says 1"},
		"body of another":     {func(r *feed.Record) { r.Body = d.Batch("B0").Body }, "root"},
	} {
		r := d.Batch("A1'").Record()
		r.Header, r.Body = bytes.Clone(r.Header), bytes.Clone(r.Body)
		c.change(&r)
		err := Check(&r)
		switch {
		case name == "sound":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.Is(err, damage.Err) || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v", name, err)
		}
	}
}
