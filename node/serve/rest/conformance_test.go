package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/phrase"
)

// question is one question to a service: how it is put, and what the service
// must have been asked.
type question struct {
	name string
	put  func(context.Context, api.Service) (any, error)
	want any
	file string
}

func questions() []question {
	number := api.Query{Number: "+861380013800*/13", Country: "86", Caller: true, Lang: "zh"}
	then := number
	then.At = "2026-11-30T12:00:00+08:00"
	why := then
	why.WhyNot = "vendor-a/b"
	proof := api.ProofQuery{Number: "+8613800138000", Country: "86", What: "ratified", Full: true, At: "17"}
	call := api.Call{Caller: "+86 138 0013 8000", Asserted: "tel:+8613800138000", Called: "110", Ingress: "international", Trunk: "t1", Roaming: "yes", Attest: "A", Medium: "voice", At: "2026-07-01T00:00:00Z", Lang: "en"}
	confidence := uint16(0)
	say := api.Say{Kind: "flag", Subject: "+8613800138000", Category: "mkt.finance.loan", Label: "贷款 <b>", Reports: 3, Confidence: &confidence, Derived: []string{"a", "b"}, Preview: true}
	publish := api.Publish{Mapping: "ftc-daily", File: "a & b.csv", Size: 12, Country: "1", AsOf: "2026-07-01", NewestOn: "2026-07-02", DryRun: true}
	own := publish
	own.Text = "version: 1\ncolumns: {}\n"
	plan := api.PlanImport{Format: "cn-ranges", Country: "86", Date: "2026-07-01", Source: "a gazette"}
	anonymous := api.Query{Caller: true}
	proposal := api.Proposal{
		Kind: "ratify", Items: []api.ProposedItem{{Number: "+8613800138000", Action: "block", Category: "crm.fraud.loan", Grounds: "flags", Citations: []string{"bafy/1"}}},
		Entries: []string{"7"}, File: "number\n1234\n", FileName: "a.csv", FromList: "class=crm groups>=2", Until: "2027-01-31", Reason: "<审定>", VotedDays: 3, Preview: true,
	}
	return []question{
		{"lookup", func(ctx context.Context, s api.Service) (any, error) { return s.Lookup(ctx, number) }, number, ""},
		{"lookup then", func(ctx context.Context, s api.Service) (any, error) { return s.Lookup(ctx, then) }, then, ""},
		{"prove", func(ctx context.Context, s api.Service) (any, error) { return s.Prove(ctx, proof) }, proof, ""},
		{"prove sets", func(ctx context.Context, s api.Service) (any, error) { return s.ProveSets(ctx, true) }, true, ""},
		{"constitution", func(ctx context.Context, s api.Service) (any, error) { return s.Constitution(ctx, "2026-11-30") }, "2026-11-30", ""},
		{"lookup dots", func(ctx context.Context, s api.Service) (any, error) {
			return s.Lookup(ctx, api.Query{Number: ".."})
		}, api.Query{Number: ".."}, ""},
		{"lookup bytes", func(ctx context.Context, s api.Service) (any, error) {
			return s.Lookup(ctx, api.Query{Number: "a/b?c#%2F\x00 ;"})
		}, api.Query{Number: "a/b?c#%2F\x00 ;"}, ""},
		{"explain", func(ctx context.Context, s api.Service) (any, error) { return s.Explain(ctx, why) }, why, ""},
		{"explain anonymous", func(ctx context.Context, s api.Service) (any, error) { return s.Explain(ctx, anonymous) }, anonymous, ""},
		{"statement", func(ctx context.Context, s api.Service) (any, error) { return s.Statement(ctx, "bafy/4095") }, "bafy/4095", ""},
		{"status", func(ctx context.Context, s api.Service) (any, error) { return s.Status(ctx) }, nil, ""},
		{"peers", func(ctx context.Context, s api.Service) (any, error) { return s.Peers(ctx) }, nil, ""},
		{"say again", func(ctx context.Context, s api.Service) (any, error) { return s.SayAgain(ctx) }, nil, ""},
		{"audit", func(ctx context.Context, s api.Service) (any, error) { return s.Audit(ctx) }, nil, ""},
		{"contests", func(ctx context.Context, s api.Service) (any, error) {
			return s.Contests(ctx, api.ContestQuery{Mine: true, Lang: "zh"})
		}, api.ContestQuery{Mine: true, Lang: "zh"}, ""},
		{"evidence", func(ctx context.Context, s api.Service) (any, error) { return s.Evidence(ctx) }, nil, ""},
		{"screen", func(ctx context.Context, s api.Service) (any, error) { return s.Screen(ctx, call) }, call, ""},
		{"switches", func(ctx context.Context, s api.Service) (any, error) { return s.Enforce(ctx, api.Enforce{}) }, api.Enforce{}, ""},
		{"enforce", func(ctx context.Context, s api.Service) (any, error) {
			return s.Enforce(ctx, api.Enforce{Target: "rest"})
		}, api.Enforce{Target: "rest"}, ""},
		{"say", func(ctx context.Context, s api.Service) (any, error) { return s.Say(ctx, say) }, say, ""},
		{"retract", func(ctx context.Context, s api.Service) (any, error) {
			return s.Retract(ctx, api.Retract{Publication: "p", Reason: "wrong file", Preview: true})
		}, api.Retract{Publication: "p", Reason: "wrong file", Preview: true}, ""},
		{"publications", func(ctx context.Context, s api.Service) (any, error) { return s.Publications(ctx) }, nil, ""},
		{"lift", func(ctx context.Context, s api.Service) (any, error) { return nil, s.Lift(ctx, "bafyhead") }, "bafyhead", ""},
		{"publish", func(ctx context.Context, s api.Service) (any, error) {
			return s.Publish(ctx, publish, strings.NewReader("number\r\n1234"), api.Hearing{})
		}, publish, "number\r\n1234"},
		{"publish own mapping", func(ctx context.Context, s api.Service) (any, error) {
			return s.Publish(ctx, own, strings.NewReader("number\r\n1234"), api.Hearing{})
		}, own, "number\r\n1234"},
		{"plan", func(ctx context.Context, s api.Service) (any, error) {
			return s.ImportPlan(ctx, plan, strings.NewReader("130;China Unicom\n"))
		}, plan, "130;China Unicom\n"},
		{"plan remove", func(ctx context.Context, s api.Service) (any, error) { return s.RemovePlan(ctx, "86", "2026-07-01") }, []string{"86", "2026-07-01"}, ""},
		{"backup", func(ctx context.Context, s api.Service) (any, error) {
			var b strings.Builder
			err := s.Backup(ctx, &b)
			return b.String(), err
		}, nil, ""},
		{"token", func(ctx context.Context, s api.Service) (any, error) {
			return s.Token(ctx, api.TokenRequest{Name: "desk", Role: api.RolePublisher})
		}, api.TokenRequest{Name: "desk", Role: api.RolePublisher}, ""},
		{"tokens", func(ctx context.Context, s api.Service) (any, error) { return s.Tokens(ctx) }, nil, ""},
		{"propose", func(ctx context.Context, s api.Service) (any, error) { return s.ProposeMotion(ctx, proposal) }, proposal, ""},
		{"motions", func(ctx context.Context, s api.Service) (any, error) {
			return s.Motions(ctx, api.MotionQuery{Mine: true})
		}, api.MotionQuery{Mine: true}, ""},
		{"motion", func(ctx context.Context, s api.Service) (any, error) { return s.Motion(ctx, "bafy/…") }, "bafy/…", ""},
		{"vote", func(ctx context.Context, s api.Service) (any, error) {
			return s.VoteMotion(ctx, api.MotionVote{ID: "bafyvoted", For: true})
		}, api.MotionVote{ID: "bafyvoted", For: true}, ""},
		{"withdraw", func(ctx context.Context, s api.Service) (any, error) { return s.WithdrawMotion(ctx, "bafymine") }, "bafymine", ""},
		{"ledger", func(ctx context.Context, s api.Service) (any, error) { return s.LedgerState(ctx) }, nil, ""},
		{"entries", func(ctx context.Context, s api.Service) (any, error) {
			return s.LedgerEntries(ctx, api.LedgerQuery{Since: 1 << 60, Count: 7})
		}, api.LedgerQuery{Since: 1 << 60, Count: 7}, ""},
		{"heads", func(ctx context.Context, s api.Service) (any, error) {
			return s.FeedHeads(ctx, api.FeedHeadQuery{Issuer: "aa", Member: "op & co", At: "none"})
		}, api.FeedHeadQuery{Issuer: "aa", Member: "op & co", At: "none"}, ""},
		{"quorum", func(ctx context.Context, s api.Service) (any, error) { return s.QuorumState(ctx) }, nil, ""},
		{"realign", func(ctx context.Context, s api.Service) (any, error) { return s.RealignQuorum(ctx, true) }, nil, ""},
		{"revoke", func(ctx context.Context, s api.Service) (any, error) { return nil, s.Revoke(ctx, "a/b c") }, "a/b c", ""},
	}
}

// TestServiceIsTheSameThroughTheWire puts every question to a service and to a
// client of it: same questions arrive, same answers and errors come back.
func TestServiceIsTheSameThroughTheWire(t *testing.T) {
	d := &double{}
	r := run(t, Config{Service: d})
	remote := map[string]api.Service{
		"direct": d,
		"socket": r.client(t),
		"token":  r.connect(t, client.Config{URL: r.url + "/", Token: adminToken}),
	}
	failures := []error{
		nil,
		api.Errorf(api.BadInput, "line 3, field %q: no date", "seen"),
		api.Errorf(api.NotFound, "nobody said that"),
		api.Errorf(api.Forbidden, "the key is not this member's"),
		api.Errorf(api.Refused, "quota: 10 of 10 used"),
		api.Errorf(api.Unavailable, "the disk is full; free 1 GiB"),
		fmt.Errorf("wrapped: %w", api.Errorf(api.Internal, "a fault of ours")),
		api.Tell(api.Refused, phrase.Join(phrase.New("test.barred", "place %d is barred", 7), phrase.New("test.remedy", "lift it"))),
	}
	for _, q := range questions() {
		for _, fail := range failures {
			d.fail = fail
			want, wantErr := q.put(t.Context(), d)
			for where, s := range remote {
				d.asked, d.file = "nothing", ""
				got, err := q.put(t.Context(), s)
				checkSame(t, fmt.Sprintf("%s, %s, %v", q.name, where, fail), got, want, err, wantErr)
				if fail == nil && !reflect.DeepEqual(d.asked, asSeen(q.want, where)) {
					t.Errorf("%s, %s: the service was asked %+v, not %+v", q.name, where, d.asked, q.want)
				}
				if fail == nil && d.file != q.file {
					t.Errorf("%s, %s: the service read %q", q.name, where, d.file)
				}
			}
		}
	}
}

// asSeen is a question as it arrives: nothing presented has a word on the way.
func asSeen(want any, where string) any {
	if q, ok := want.(api.Query); ok && q.Number == "" && where != "direct" {
		q.Number = "anonymous"
		return q
	}
	return want
}

func checkSame(t *testing.T, where string, got, want any, err, wantErr error) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", where, got, want)
	}
	if (err == nil) != (wantErr == nil) || api.KindOf(err) != api.KindOf(wantErr) {
		t.Errorf("%s: error %v, want %v", where, err, wantErr)
	}
	var said *api.Error
	if said, want := phrase.From(err), phrase.From(wantErr); want.Code != "" && !reflect.DeepEqual(said, want) {
		t.Errorf("%s: the error says %+v, want %+v", where, said, want)
	}
	if wantErr != nil && (!errors.As(err, &said) || !strings.HasSuffix(wantErr.Error(), said.Message)) {
		t.Errorf("%s: error %v, want %v", where, err, wantErr)
	}
}

func TestPublishTellsProgressWhileTheFileIsSent(t *testing.T) {
	d := &double{}
	c := run(t, Config{Service: d}).client(t)
	said := make(chan api.Progress, 8)
	file := &gated{text: "first,last", open: make(chan struct{})}
	published := make(chan error, 1)
	go func() {
		_, err := c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f", Size: 10}, file, api.Hearing{Progress: func(p api.Progress) { said <- p }})
		published <- err
	}()
	if p := <-said; p != (api.Progress{Phase: "reading", Total: 10}) {
		t.Errorf("first progress %+v", p)
	}
	close(file.open) // only now the file goes on
	if p := <-said; p != (api.Progress{Phase: "reading", Done: 10, Total: 10}) {
		t.Errorf("last progress %+v", p)
	}
	if err := <-published; err != nil || d.file != "first,last" {
		t.Errorf("published %q, %v", d.file, err)
	}
}

// Rows cross the wire one by one, as many as there are; whoever cannot keep
// them ends the work.
func TestPublishTellsOfRows(t *testing.T) {
	d := &double{rows: 150_000}
	c := run(t, Config{Service: d}).client(t)
	rejected, receipts := 0, 0
	_, err := c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, strings.NewReader("x"), api.Hearing{
		Rejected: func(r api.RejectedRow) error {
			if r.Line != rejected || r.Reason != "blank" {
				t.Fatalf("rejected %+v after %d", r, rejected)
			}
			rejected++
			return nil
		},
		Receipt: func(r api.ReceiptLine) error {
			if r.Line != receipts || r.Statement != "bafy/1" {
				t.Fatalf("receipt %+v after %d", r, receipts)
			}
			receipts++
			return nil
		},
	})
	if err != nil || rejected != d.rows || receipts != d.rows {
		t.Errorf("%d rejected rows, %d receipts, %v", rejected, receipts, err)
	}
	full := errors.New("no space")
	_, err = c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, strings.NewReader("x"), api.Hearing{
		Rejected: func(api.RejectedRow) error { return nil },
		Receipt:  func(api.ReceiptLine) error { return full },
	})
	if !errors.Is(err, full) {
		t.Errorf("a full disk here: %v", err)
	}
}

func TestPublishThatFailsLate(t *testing.T) {
	d := &double{late: api.Errorf(api.Unavailable, "the disk is full; free 1 GiB")}
	c := run(t, Config{Service: d}).client(t)
	_, err := c.Publish(t.Context(), api.Publish{Mapping: "m", File: "f"}, strings.NewReader("x"), api.Hearing{})
	if api.KindOf(err) != api.Unavailable || err.Error() != "the disk is full; free 1 GiB" {
		t.Errorf("publish: %v", err)
	}
}

func TestBackupThatBreaksOffLooksBroken(t *testing.T) {
	d := &double{late: errors.New("bad table")}
	c := run(t, Config{Service: d}).client(t)
	var b strings.Builder
	err := c.Backup(t.Context(), &b)
	if api.KindOf(err) != api.Unavailable || !strings.Contains(err.Error(), "the backup from") || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("backup: %v after %d bytes", err, b.Len())
	}
}

func TestLookupMany(t *testing.T) {
	d := &double{}
	c := run(t, Config{Service: d}).client(t)
	got, err := c.LookupMany(t.Context(), api.LookupMany{Numbers: []string{"110", "!", "95588"}, Country: "86", Lang: "zh", At: "4"})
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if got[0].Lookup.Number != "110" || got[2].Lookup.Number != "95588" || got[1].Lookup != nil {
		t.Errorf("answers %+v", got)
	}
	if e := got[1].Error; e == nil || e.Kind != api.BadInput || e.Message != `"!" is no number` {
		t.Errorf("the second answer is %+v", got[1])
	}
	if q := (api.Query{Number: "95588", Country: "86", Lang: "zh", At: "4"}); d.asked != q {
		t.Errorf("asked %+v", d.asked)
	}
	if got, err := c.LookupMany(t.Context(), api.LookupMany{Numbers: []string{"110"}, At: "never"}); api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), `"never" is no moment`) {
		t.Errorf("at no moment: %+v, %v", got, err)
	}
	for _, numbers := range [][]string{nil, {}, make([]string, api.MaxLookups+1)} {
		if _, err := c.LookupMany(t.Context(), api.LookupMany{Numbers: numbers}); api.KindOf(err) != api.BadInput {
			t.Errorf("%d numbers: %v", len(numbers), err)
		}
	}
}

// gated is a file whose second half waits for the gate.
type gated struct {
	text string
	read int
	open chan struct{}
}

func (g *gated) Read(p []byte) (int, error) {
	half := len(g.text) / 2
	if g.read == 0 {
		g.read = copy(p, g.text[:half])
		return g.read, nil
	}
	<-g.open
	n := copy(p, g.text[g.read:])
	g.read += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
