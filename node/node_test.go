package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/store/assertion"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/disk"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// noon is when these tests happen.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// home is a data directory in a federation of its own: the operator "mno",
// whose keys it holds, a trusted list publisher, two desks, and the regulator.
type home struct {
	t    *testing.T
	cfg  Config
	now  time.Time
	node *Node
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{t: t, now: noon}
	dir := t.TempDir()
	keyFile := filepath.Join(dir, "key.txt")
	must(t, keys.CreateKeyFile(keyFile, rand.Reader))
	h.cfg = Config{
		Dir: filepath.Join(dir, "data"), Unlock: keys.KeyFile(keyFile), FreeFloor: 1, Version: "test",
		Now: func() time.Time { return h.now },
	}
	must(t, os.Mkdir(h.cfg.Dir, 0o700))
	card := charter.Card{ID: "mno", Name: "Mobile", Group: "mno", Contact: "desk", Roles: []charter.Role{charter.Operator}}
	half, err := keys.Create(filepath.Join(h.cfg.Dir, KeysDir), keys.PurposeIssuer, h.cfg.Unlock, rand.Reader)
	must(t, err)
	card.Issuers = []keys.Public{half.Public}
	host, err := keys.Create(filepath.Join(h.cfg.Dir, KeysDir), keys.PurposeHost, h.cfg.Unlock, rand.Reader)
	must(t, err)
	card.Hosts = []keys.Public{host.Public}
	found := chartertest.Config(t, "list: vendor; trusted", "west: vendor", "south: vendor")
	found.Cards = append(found.Cards, card)
	found.Grants = append(found.Grants, chartertest.Grant(t, "+86138*/13", "mno", "", ""))
	found.Protected = append(found.Protected, chartertest.Range(t, "+86!12321"), chartertest.Range(t, "+86!95588"))
	genesis, err := chartertest.Seal(t, found).Encode()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(h.cfg.Dir, GenesisFile), genesis, 0o600))
	must(t, NewStore(h.cfg.Dir, half.Public, chartertest.Issuer("list").Public(), chartertest.Issuer("west").Public(), chartertest.Issuer("south").Public()))
	h.open()
	return h
}

func (h *home) open() {
	h.t.Helper()
	n, err := Open(h.cfg)
	must(h.t, err)
	h.node = n
	h.t.Cleanup(func() { _ = n.Close() })
}

// reopen closes the node and opens the directory again.
func (h *home) reopen() {
	h.t.Helper()
	must(h.t, h.node.Close())
	h.open()
}

func (h *home) as(member string) api.Speaker {
	h.t.Helper()
	p, err := h.node.publisher(chartertest.Issuer(member))
	must(h.t, err)
	return h.node.speaking(p, nil)
}

func (h *home) lookup(number string) api.Lookup {
	h.t.Helper()
	got, err := h.node.Lookup(context.Background(), api.Query{Number: number})
	must(h.t, err)
	return got
}

// list publishes numbers, one a line, as the trusted list.
func (h *home) list(asOf string, numbers ...string) api.Published {
	h.t.Helper()
	got, err := h.deliver(api.Publish{AsOf: asOf}, api.Hearing{}, numbers...)
	must(h.t, err)
	return got
}

func (h *home) deliver(p api.Publish, who api.Hearing, numbers ...string) (api.Published, error) {
	h.t.Helper()
	p.Mapping, p.File, p.Country = "plain-list", "list.txt", "86"
	return h.as("list").Publish(context.Background(), p, strings.NewReader(strings.Join(numbers, "\n")+"\n"), who)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Each row is told of while the file is worked on, and counted once: as taken,
// or under its reason. What a rule refuses is counted by the rule, not by what
// it says of one row.
func TestRowsAreToldAndCountedOnce(t *testing.T) {
	h := newHome(t)
	var rejected []api.RejectedRow
	var receipts []api.ReceiptLine
	who := api.Hearing{
		Rejected: func(r api.RejectedRow) error { rejected = append(rejected, r); return nil },
		Receipt:  func(r api.ReceiptLine) error { receipts = append(receipts, r); return nil },
	}
	p := api.Publish{AsOf: "2026-11-23"}
	got, err := h.deliver(p, who, "nonsense", "13800138000", "12321", "12321")
	must(t, err)
	want := map[string]int{"not digits": 1, "protected number": 2}
	if got.Rows != 4 || got.Accepted != 1 || got.Rejected != 3 || got.Refused != 1 || got.Drafts != 2 || !maps.Equal(got.RejectedBy, want) {
		t.Errorf("published %+v", got)
	}
	if len(rejected) != 3 || rejected[0].Line != 1 || rejected[1].Line != 3 || rejected[2].Line != 4 || rejected[2].Reason != "protected number" ||
		len(receipts) != 1 || receipts[0].Line != 2 || !strings.HasSuffix(receipts[0].Statement, "/0") {
		t.Errorf("told of %+v and %+v", rejected, receipts)
	}
	// The same again: nothing is said, every receipt is given and every refusal.
	first := receipts
	receipts, rejected = nil, nil
	if got, err = h.deliver(p, who, "13800138000", "12321", "12321"); err != nil || !got.Already || !slices.Equal(receipts, []api.ReceiptLine{{Line: 1, Number: first[0].Number, Category: first[0].Category, Statement: first[0].Statement}}) {
		t.Errorf("again: %+v, receipts %+v, %v", got, receipts, err)
	}
	if got.Rows != 3 || got.Accepted != 1 || got.Rejected != 2 || got.Refused != 1 || len(rejected) != 2 {
		t.Errorf("again: %+v, told of %+v", got, rejected)
	}
	p.DryRun, rejected = true, nil
	if got, err = h.deliver(p, who, "13800138000", "12321", "12321"); err != nil || !got.Already || got.Accepted != 1 || got.Rejected != 2 || len(rejected) != 2 {
		t.Errorf("dry run: %+v, told of %+v, %v", got, rejected, err)
	}
	p.DryRun = false
	deaf := errors.New("no space")
	if _, err = h.deliver(p, api.Hearing{Rejected: func(api.RejectedRow) error { return deaf }}, "nonsense", "13800138001"); !errors.Is(err, deaf) || api.KindOf(err) != api.Internal {
		t.Errorf("whoever is told fails: %v", err)
	}
}

// Where nothing can be said the answer tells why and keeps no publication open.
func TestNothingIsSaid(t *testing.T) {
	h := newHome(t)
	for name, c := range map[string]struct {
		number, asOf, says string
		refused            int
	}{
		"no numbers": {"nonsense", "2026-11-23", "no row of the file can be used", 0},
		"a rule":     {"12321", "2026-11-23", "rules refuse every row", 1},
		"old":        {"13800138000", "2024-11-23", "rules refuse every row", 1},
	} {
		for _, dry := range []bool{true, false} {
			got, err := h.deliver(api.Publish{AsOf: c.asOf, DryRun: dry}, api.Hearing{}, c.number)
			if err != nil || got.Statements != 0 || got.Rejected != 1 || got.Accepted != 0 || got.Refused != c.refused || !strings.Contains(got.Note.Text, c.says) {
				t.Errorf("%s, dry %t: %+v, %v", name, dry, got, err)
			}
		}
	}
	if got := h.list("2026-11-23", "13800138000"); got.Statements != 1 {
		t.Errorf("then %+v", got)
	}
}

func TestFromAFileToAVerdict(t *testing.T) {
	h := newHome(t)
	got := h.list("2026-11-23", "13800138000", "010-6230 1234", "nonsense")
	if got.Statements != 2 || got.Rejected != 1 || got.Labelled != 2 {
		t.Fatalf("published %+v", got)
	}
	if again := h.list("2026-11-23", "010-6230 1234", "13800138000"); !again.Already || again.Statements != 0 {
		t.Errorf("published again: %+v", again)
	}
	l := h.lookup("13800138000")
	if l.Action != "label" || l.Basis != "number" || l.NumberClass != "mobile" || len(l.Sources) != 1 || l.Sources[0].Member != "list" || l.ScorePermille == 0 {
		t.Errorf("look-up %+v", l)
	}
	if l.List.LedgerSize != 1 || l.List.Root == "" || l.List.Day != "2026-11-24" || l.List.CheckpointAgeSeconds != nil {
		t.Errorf("stamp %+v", l.List)
	}
	v, err := h.node.Screen(context.Background(), api.Call{Caller: "+8613800138000", Called: "+861062301234", Ingress: "national"})
	must(t, err)
	if v.Action != "label" || v.Rule != "list.label" || v.ScorePermille != l.ScorePermille || v.Text == "" {
		t.Errorf("verdict %+v", v)
	}
	x, err := h.node.Explain(context.Background(), api.Query{Number: "13800138000", WhyNot: "west", Lang: "en"})
	must(t, err)
	if len(x.Keys) != 1 || !strings.Contains(x.Keys[0].Sentence, "single-source threshold") || x.WhyNot != "west said nothing about this number." {
		t.Errorf("explanation %+v", x)
	}
	zh, err := h.node.Explain(context.Background(), api.Query{Number: "13800138000", WhyNot: "list", Lang: "zh-CN"})
	must(t, err)
	if !strings.Contains(zh.Keys[0].Sentence, "单一来源") || zh.WhyNot == "" {
		t.Errorf("in Chinese: %+v", zh)
	}
}

// A publication that labels nothing says which rule kept it from doing so.
func TestAPublicationThatLabelsNothingSaysWhy(t *testing.T) {
	h := newHome(t)
	for _, dry := range []bool{true, false} {
		got, err := h.as("west").Publish(context.Background(), api.Publish{Mapping: "plain-list", File: "list.txt", Country: "86", AsOf: "2026-11-23", DryRun: dry},
			strings.NewReader("13800138000\n13800138001\n"), api.Hearing{})
		must(t, err)
		if got.Statements != 2 || got.Labelled != 0 || !strings.Contains(got.Note.Text, "2 statements change no label") ||
			!strings.Contains(got.Note.Text, "single-source threshold") || !strings.Contains(got.Note.Text, "docs/policy.md") {
			t.Errorf("dry run %t: %+v", dry, got)
		}
	}
}

// Issue examples 3, 4 and 5, by the plans that ship.
func TestExamplesOfScreening(t *testing.T) {
	h := newHome(t)
	for _, c := range []struct {
		name         string
		call         api.Call
		action, rule string
	}{
		{"192 is never unallocated", api.Call{Caller: "+8619200001234", Called: "+861062301234", Ingress: "national"}, "allow", ""},
		{"landline from abroad", api.Call{Caller: "+861062301234", Called: "+8613800138001", Ingress: "international"}, "block", "cli.foreign_domestic"},
		{"roaming mobile", api.Call{Caller: "+8613900139000", Called: "+8613800138001", Ingress: "international", Roaming: "yes"}, "allow", ""},
		{"mobile of unknown place", api.Call{Caller: "+8613900139000", Called: "+8613800138001", Ingress: "international", Roaming: "unknown"}, "label", "cli.foreign_domestic"},
		{"blocked caller to 110", api.Call{Caller: "+861062301234", Called: "110", Ingress: "international"}, "allow", "callee.emergency"},
		{"95588 from a foreign trunk", api.Call{Caller: "95588", Called: "+8613800138001", Ingress: "international"}, "block", "cli.foreign_domestic"},
	} {
		v, err := h.node.Screen(context.Background(), c.call)
		must(t, err)
		if v.Action != c.action || v.Rule != c.rule {
			t.Errorf("%s: %s by %q, want %s by %q", c.name, v.Action, v.Rule, c.action, c.rule)
		}
	}
}

func TestSayingAndUndoing(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	preview, err := h.node.Say(ctx, api.Say{Kind: "flag", Subject: "13900139000", Category: "mkt.retail", Reports: 10, Preview: true})
	must(t, err)
	if len(preview.Statements) != 0 || preview.Changed != 1 || preview.Changes[0].After != "label mkt.retail" {
		t.Errorf("preview %+v", preview)
	}
	said, err := h.node.Say(ctx, api.Say{Kind: "flag", Subject: "13900139000", Category: "mkt.retail", Reports: 10, Label: "推销"})
	must(t, err)
	if h.lookup("13900139000").Action != "label" || h.lookup("13900139000").Sources[0].Label != "推销" {
		t.Errorf("an operator's ten reports: %+v", h.lookup("13900139000"))
	}
	s, err := h.node.Statement(ctx, said.Statements[0])
	must(t, err)
	if s.Kind != "flag" || s.Member != "mno" || s.Count != 10 {
		t.Errorf("statement %+v", s)
	}
	undone, err := h.node.Retract(ctx, api.Retract{Ref: said.Statements[0], Reason: "mistake"})
	must(t, err)
	if undone.Undone != 1 || h.lookup("13900139000").Listed {
		t.Errorf("retracted: %+v, %+v", undone, h.lookup("13900139000"))
	}
	_, err = h.node.Say(ctx, api.Say{Kind: "flag", Subject: "12321", Category: "mkt.retail"})
	if api.KindOf(err) != api.Refused || !strings.Contains(err.Error(), "protected number") {
		t.Errorf("flag on a protected number: %v", err)
	}
	_, err = h.node.Say(ctx, api.Say{Kind: "reassign", Subject: "13900139000"})
	if api.KindOf(err) != api.Refused {
		t.Errorf("reassign of a foreign number: %v", err)
	}
	_, err = h.node.Retract(ctx, api.Retract{})
	if api.KindOf(err) != api.BadInput {
		t.Errorf("retract of nothing: %v", err)
	}
}

// Many things are said in one batch and undone in one step, or none of them.
func TestSayTogether(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	flag := func(number string) api.Say { return api.Say{Kind: "flag", Subject: number, Category: "mkt.retail"} }
	must(t, h.node.SayTogether(ctx, "by hand", []api.Say{flag("13900139000"), flag("13900139001")}))
	all, err := h.node.Publications(ctx)
	must(t, err)
	if len(all) != 1 || all[0].File != "by hand" || all[0].Statements != 2 || !h.lookup("13900139001").Listed {
		t.Errorf("publications %+v", all)
	}
	err = h.node.SayTogether(ctx, "by hand", []api.Say{flag("13900139002"), flag("12321")})
	if api.KindOf(err) != api.Refused || h.lookup("13900139002").Listed {
		t.Errorf("one of two is refused: %v", err)
	}
	if err = h.node.SayTogether(ctx, "by hand", []api.Say{flag("xyz")}); api.KindOf(err) != api.BadInput {
		t.Errorf("no number: %v", err)
	}
}

func TestOwnBlocksActAtOnce(t *testing.T) {
	h := newHome(t)
	call := api.Call{Caller: "+8613900139000", Called: "+8613800138001", Ingress: "national"}
	said, err := h.node.Say(context.Background(), api.Say{Kind: "block", Subject: "+8613900139000", Category: "mkt.retail", Scope: "own", Reason: "test"})
	must(t, err)
	v, err := h.node.Screen(context.Background(), call)
	must(t, err)
	if v.Action != "block" || v.Rule != "local.block" {
		t.Errorf("verdict %+v", v)
	}
	if l := h.lookup("13900139000"); l.Listed || !slices.Equal(l.OwnBlocks, []string{"mno"}) {
		t.Errorf("an own block reached the shared list, or is not told: %+v", l)
	}
	if said.Changed != 0 || !strings.Contains(said.Note.Text, "local.block on this member's own nodes") {
		t.Errorf("said %+v", said)
	}
	// A node whose keys are locked still knows whose it is.
	unlock := h.cfg.Unlock
	h.cfg.Unlock = keys.Unlock{}
	h.reopen()
	if v, err := h.node.Screen(context.Background(), call); err != nil || v.Rule != "local.block" {
		t.Errorf("with locked keys: %+v, %v", v, err)
	}
	h.cfg.Unlock = unlock
	h.reopen()
	_, err = h.node.Retract(context.Background(), api.Retract{Ref: said.Statements[0]})
	must(t, err)
	if v, _ = h.node.Screen(context.Background(), call); v.Action != "allow" {
		t.Errorf("after undoing: %+v", v)
	}
}

func TestPublicationIsUndoneWhole(t *testing.T) {
	h := newHome(t)
	got := h.list("2026-11-23", "13800138000", "13800138001")
	ctx := context.Background()
	list := h.as("list")
	preview, err := list.Retract(ctx, api.Retract{Publication: got.Publication, Preview: true})
	must(t, err)
	if preview.Undone != 2 || preview.Changed != 2 || !h.lookup("13800138000").Listed {
		t.Errorf("preview %+v", preview)
	}
	_, err = list.Retract(ctx, api.Retract{Publication: got.Publication, Reason: "wrong file"})
	must(t, err)
	if h.lookup("13800138000").Listed || h.lookup("13800138001").Listed {
		t.Error("still listed after the publication was retracted")
	}
	all, err := list.Publications(ctx)
	must(t, err)
	if len(all) != 1 || all[0].State != "retracted" {
		t.Errorf("publications %+v", all)
	}
}

// A retraction is final, so one that nobody can mean is not signed: of what is
// unknown, of what another member said, of what is retracted already.
func TestARetractionOfNothingIsNotSigned(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	got := h.list("2026-11-23", "13800138000")
	said, err := h.node.Say(ctx, api.Say{Kind: "flag", Subject: "13900139000", Category: "mkt.retail", Reports: 10})
	must(t, err)
	batch, _, _ := strings.Cut(said.Statements[0], "/")
	refuse := func(name string, by api.Speaker, r api.Retract, kind api.Kind, want ...string) {
		t.Helper()
		for _, r.Preview = range []bool{true, false} {
			before := h.node.view.List().Counts().Statements
			_, err := by.Retract(ctx, r)
			if api.KindOf(err) != kind || h.node.view.List().Counts().Statements != before {
				t.Errorf("%s: %v, want kind %s; %d statements were signed", name, err, kind, h.node.view.List().Counts().Statements-before)
				continue
			}
			for _, part := range append(want, "nothing was signed") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%s: %q does not say %q", name, err, part)
				}
			}
		}
	}
	const unknown = "00112233445566778899aabbccddeeff"
	const lists = "ringfence publications lists yours"
	elsewhere := assertion.CID([]byte("unknown")).String()
	refuse("an unknown publication", h.node, api.Retract{Publication: unknown}, api.NotFound, "publication "+unknown, lists)
	refuse("another member's publication", h.node, api.Retract{Publication: got.Publication}, api.NotFound, "publication "+got.Publication, lists)
	refuse("an unknown statement", h.node, api.Retract{Ref: elsewhere + "/3"}, api.NotFound, "statement "+elsewhere+"/3")
	refuse("a statement that its batch does not have", h.node, api.Retract{Ref: batch + "/1"}, api.NotFound, "statement "+batch+"/1")
	refuse("an unknown batch", h.node, api.Retract{Batch: elsewhere}, api.NotFound, "batch "+elsewhere)

	list := h.as("list")
	_, err = list.Retract(ctx, api.Retract{Publication: got.Publication})
	must(t, err)
	refuse("a publication again", list, api.Retract{Publication: got.Publication}, api.Refused, "publication "+got.Publication+", by bafy")
	for _, r := range []api.Retract{{Ref: said.Statements[0]}, {Batch: batch}} {
		if _, err = h.node.Retract(ctx, api.Retract{Ref: r.Ref, Batch: r.Batch, Preview: true}); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	undone, err := h.node.Retract(ctx, api.Retract{Ref: said.Statements[0]})
	must(t, err)
	refuse("a statement again", h.node, api.Retract{Ref: said.Statements[0]}, api.Refused, "statement "+said.Statements[0]+", by "+undone.Statements[0])
	refuse("the batch of which all is retracted", h.node, api.Retract{Batch: batch}, api.Refused, "batch "+batch+", by "+undone.Statements[0])
}

func TestRestartKeepsTheList(t *testing.T) {
	h := newHome(t)
	h.list("2026-11-23", "13800138000", "13800138001")
	before := h.node.View().List().Stamp()
	h.reopen()
	if after := h.node.View().List().Stamp(); after != before {
		t.Errorf("from the snapshot: %+v, before %+v", after, before)
	}
	snapshot := filepath.Join(h.cfg.Dir, SnapshotFile)
	must(t, h.node.Close())
	b, err := os.ReadFile(snapshot)
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, os.WriteFile(snapshot, b, 0o600))
	h.open()
	if after := h.node.View().List().Stamp(); after.Root != before.Root || after.Session == before.Session {
		t.Errorf("replayed over a damaged snapshot: %+v, before %+v", after, before)
	}
	h.now = h.now.Add(40 * 24 * time.Hour)
	h.reopen()
	if h.lookup("13800138000").Action != "allow" {
		t.Error("forty days later the label of an old list still stands")
	}
}

func TestOneProcessOwnsADirectory(t *testing.T) {
	h := newHome(t)
	_, err := Open(h.cfg)
	if !errors.Is(err, disk.ErrLocked) {
		t.Errorf("a second open: %v", err)
	}
}

func TestANodeWithoutKeysReads(t *testing.T) {
	h := newHome(t)
	h.list("2026-11-23", "13800138000")
	h.cfg.Unlock = keys.Unlock{}
	h.reopen()
	if h.lookup("13800138000").Action != "label" {
		t.Error("it does not read")
	}
	_, err := h.node.Say(context.Background(), api.Say{Kind: "flag", Subject: "13800138000", Category: "mkt.retail"})
	if api.KindOf(err) != api.Refused {
		t.Errorf("it speaks: %v", err)
	}
	s, err := h.node.Status(context.Background())
	must(t, err)
	if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Text, "cannot speak") {
		t.Errorf("problems %q", s.Problems)
	}
}

func TestTokens(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	made, err := h.node.Token(ctx, api.TokenRequest{Name: "desk", Role: api.RolePublisher})
	must(t, err)
	if role, ok := h.node.Authenticate(made.Secret); !ok || role != api.RolePublisher {
		t.Errorf("role %q %v", role, ok)
	}
	if _, ok := h.node.Authenticate(made.Secret + "0"); ok {
		t.Error("another secret passes")
	}
	if _, err := h.node.Token(ctx, api.TokenRequest{Name: "desk", Role: api.RoleAdmin}); api.KindOf(err) != api.Refused {
		t.Errorf("a second token of one name: %v", err)
	}
	h.reopen()
	all, err := h.node.Tokens(ctx)
	must(t, err)
	if len(all) != 1 || all[0].Secret != "" {
		t.Errorf("tokens %+v", all)
	}
	must(t, h.node.Revoke(ctx, "desk"))
	if _, ok := h.node.Authenticate(made.Secret); ok {
		t.Error("a revoked token passes")
	}
}

func TestEnforcementIsKept(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	if v := h.node.FaceREST(api.Verdict{Action: "block", Rule: "list.ratified"}); v.Action != "allow" || v.WouldBe != "block" || v.WouldBeRule != "list.ratified" {
		t.Errorf("a new node's face answers %+v", v)
	}
	_, err := h.node.Enforce(ctx, api.Enforce{Target: "rest", On: true})
	must(t, err)
	h.reopen()
	if v := h.node.FaceREST(api.Verdict{Action: "block"}); v.Action != "block" {
		t.Errorf("after enforcing: %+v", v)
	}
	if _, err := h.node.Enforce(ctx, api.Enforce{Target: "nothing", On: true}); api.KindOf(err) != api.BadInput {
		t.Errorf("an unknown target: %v", err)
	}
}

func TestImportedPlanAnswersAndStays(t *testing.T) {
	h := newHome(t)
	file := "Prefix ; Length ; Type ; Tariff ; Operator ; Format ; Timezone ; Regions\n20 ; 10 ; FIXED_LINE ; STANDARD_RATE ; \"bt\" ; ; ; \"GB\"\n"
	p, err := h.node.ImportPlan(context.Background(), api.PlanImport{Format: "libphonenumber-ranges", Country: "44", Date: "2026-07-01", Source: "test"}, strings.NewReader(file))
	must(t, err)
	if p.Country != "44" || p.Ranges != 1 {
		t.Errorf("plan %+v", p)
	}
	for range 2 {
		if l := h.lookup("+442079460148"); l.Allocated != "yes" || l.PlanDate != "2026-07-01" || l.Holder != "bt" {
			t.Errorf("look-up %+v", l)
		}
		if l := h.lookup("+441632960001"); l.Allocated != "no" {
			t.Errorf("outside the plan: %+v", l)
		}
		h.reopen()
	}
	if !p.Note.IsZero() {
		t.Errorf("the first plan of a country is narrower than none: %s", p.Note)
	}
	few, err := h.node.ImportPlan(context.Background(), api.PlanImport{Format: "libphonenumber-ranges", Country: "34", Date: "2026-11-20", Source: "test"},
		strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(file, "\"GB\"", "\"ES\""), "20 ; 10", "91 ; 9")))
	must(t, err)
	if !strings.Contains(few.Note.Text, "this plan has 1 ranges") || !strings.Contains(few.Note.Text, "plan remove 34 2026-11-20") {
		t.Errorf("a plan of one range: %q", few.Note)
	}
	_, err = h.node.RemovePlan(context.Background(), "34", "2026-11-20")
	must(t, err)
	// Imported again, it stands once.
	_, err = h.node.ImportPlan(context.Background(), api.PlanImport{Format: "libphonenumber-ranges", Country: "44", Date: "2026-07-01", Source: "test"}, strings.NewReader(file))
	must(t, err)
	if s, err := h.node.Status(context.Background()); err != nil || len(s.Plans) != 4 || !s.Plans[2].Imported || s.Plans[0].Imported {
		t.Errorf("plans %+v, %v", s.Plans, err)
	}
	_, err = h.node.ImportPlan(context.Background(), api.PlanImport{Format: "libphonenumber-ranges", Country: "44", Date: "July", Source: "test"}, strings.NewReader(file))
	if api.KindOf(err) != api.BadInput {
		t.Errorf("a plan without a date: %v", err)
	}
}

func TestAnImportCanBeUndone(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	before := h.lookup("+34600123456")
	file := "Prefix;Length;Type;Tariff;Operator\n6;9;PAGER;;x\n"
	_, err := h.node.ImportPlan(ctx, api.PlanImport{Format: "libphonenumber-ranges", Country: "34", Date: "2026-07-02", Source: "test"}, strings.NewReader(file))
	must(t, err)
	if l := h.lookup("+34600123456"); l.NumberClass != "pager" {
		t.Errorf("after the import: %+v", l)
	}
	removed, err := h.node.RemovePlan(ctx, "+34", "2026-07-02")
	must(t, err)
	if removed.Source != "test" {
		t.Errorf("removed %+v", removed)
	}
	for range 2 {
		if l := h.lookup("+34600123456"); l.NumberClass != before.NumberClass || l.Holder != before.Holder || l.PlanDate != before.PlanDate {
			t.Errorf("after the removal: %+v, before the import %+v", l, before)
		}
		h.reopen()
	}
	if _, err := h.node.RemovePlan(ctx, "34", "2026-07-02"); api.KindOf(err) != api.NotFound {
		t.Errorf("twice: %v", err)
	}
	if _, err := h.node.RemovePlan(ctx, "34", before.PlanDate); api.KindOf(err) != api.Refused || !strings.Contains(err.Error(), "ships with the program") {
		t.Errorf("a plan that ships: %v", err)
	}
	if _, err := h.node.RemovePlan(ctx, "../keys/x", "2026-07-02"); api.KindOf(err) != api.NotFound {
		t.Errorf("no country: %v", err)
	}
}

func TestBackupAndRestoreBarsSigning(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	said, err := h.node.Say(ctx, api.Say{Kind: "flag", Subject: "13900139000", Category: "mkt.retail", Reports: 10})
	must(t, err)
	var backup bytes.Buffer
	must(t, h.node.Backup(ctx, &backup))
	must(t, h.node.Close())
	must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, StoreDir)))
	into := disk.Config{Dir: filepath.Join(h.cfg.Dir, StoreDir), FreeFloor: 1, Federation: assertion.CID([]byte("another"))}
	if err := disk.Restore(bytes.NewReader(backup.Bytes()), into); err == nil || !strings.Contains(err.Error(), "is of federation") {
		t.Errorf("a backup of another federation: %v", err)
	}
	into.Federation = h.node.State().Federation()
	must(t, disk.Restore(&backup, into))
	h.open()
	if h.lookup("13900139000").Action != "label" {
		t.Error("the list is not restored")
	}
	waits, err := h.node.Say(ctx, api.Say{Kind: "flag", Subject: "13900139002", Category: "mkt.retail", Reports: 10})
	must(t, err)
	if !waits.Queued || len(waits.Statements) > 0 || !strings.HasPrefix(waits.Note.Text, "queued, not signed yet: ") {
		t.Fatalf("a restored node signs, or keeps no draft: %+v", waits)
	}
	file, err := h.node.Publish(ctx, api.Publish{Mapping: "plain-list", File: "list.txt", Country: "86", AsOf: "2026-11-23"}, strings.NewReader("13900139003\n13900139004\n12321\n"), api.Hearing{})
	must(t, err)
	if file.Queued != 2 || file.Statements != 0 || !strings.HasPrefix(file.Note.Text, "queued, not signed yet: ") {
		t.Errorf("a file: %+v", file)
	}
	h.reopen()
	status, err := h.node.Status(ctx)
	must(t, err)
	if status.Queued != 3 || h.lookup("13900139002").Listed {
		t.Errorf("%d drafts are queued after a restart, want 3; listed %v", status.Queued, h.lookup("13900139002").Listed)
	}
	head, _, _ := strings.Cut(said.Statements[0], "/")
	var log bytes.Buffer
	h.node.log = slog.New(slog.NewTextHandler(&log, nil))
	if err := h.node.Lift(ctx, "none"); err == nil || log.Len() > 0 {
		t.Errorf("what was not lifted: %v, and the log says %q", err, log.String())
	}
	must(t, h.node.Lift(ctx, head))
	if !strings.Contains(log.String(), "lifted by hand") || !strings.Contains(log.String(), head) {
		t.Errorf("the log says nothing of a lift by hand: %q", log.String())
	}
	all, err := h.node.Publications(ctx)
	must(t, err)
	if status, err = h.node.Status(ctx); err != nil || status.Queued != 0 || h.lookup("13900139002").Action != "label" || len(all) != 3 {
		t.Errorf("once it may sign: %d are queued, %s, %+v, %v", status.Queued, h.lookup("13900139002").Action, all, err)
	}
	for _, one := range all {
		if one.State != "complete" || one.Statements == 0 {
			t.Errorf("%+v", one)
		}
	}
	_, err = h.node.Say(ctx, api.Say{Kind: "flag", Subject: "13900139001", Category: "mkt.retail"})
	must(t, err)
}

// Keys without their store, as after a lost disk or in a copy of the keys, sign
// nothing: from the beginning of the feed they would tell a second story.
func TestKeysWithoutTheirStoreAreBarred(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	flag := func(number string) (api.Said, error) {
		return h.node.Say(ctx, api.Say{Kind: "flag", Subject: number, Category: "mkt.retail", Reports: 10})
	}
	said, err := flag("13900139000")
	must(t, err)
	head, _, _ := strings.Cut(said.Statements[0], "/")
	lose := func() {
		must(t, h.node.Close())
		must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, StoreDir)))
	}
	lose()
	for range 2 { // the bar outlives a restart
		h.open()
		waits, err := flag("13900139001")
		if err != nil || !waits.Queued || !strings.Contains(waits.Note.Text, "there was no store") || !strings.Contains(waits.Note.Text, "ringfence restore lift") {
			t.Errorf("without its store the key signs: %+v, %v", waits, err)
		}
		if err := h.node.Lift(ctx, head); api.KindOf(err) != api.Refused {
			t.Errorf("lifted by a head that is not held: %v", err)
		}
		must(t, h.node.Close())
	}

	// A node that only read has a store that knows nothing of the keys put there
	// since.
	must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, StoreDir)))
	unlock := h.cfg.Unlock
	h.cfg.Unlock = keys.Unlock{}
	h.open()
	h.cfg.Unlock = unlock
	h.reopen()
	if waits, err := flag("13900139001"); err != nil || !waits.Queued {
		t.Errorf("in a reader's store the key signs: %+v, %v", waits, err)
	}
	must(t, h.node.Lift(ctx, "none")) // as somebody says who is sure
	_, err = flag("13900139001")
	must(t, err)
}

// A proved fork takes the issuer out of the list at once, and a restart gives
// the same list.
func TestForkFreezesAtOnce(t *testing.T) {
	h := newHome(t)
	h.list("2026-11-23", "13800138000")
	h.fork(chartertest.Issuer("list"))
	if h.lookup("13800138000").Listed {
		t.Error("what the forked key said is listed")
	}
	status, err := h.node.Status(context.Background())
	must(t, err)
	again, err := h.node.SayAgain(context.Background())
	must(t, err)
	if status.Suspended != 0 || again.Suspended != 0 || len(again.Statements) != 0 {
		t.Errorf("another member's fork is told as the own: %d, %+v", status.Suspended, again)
	}
	root := h.node.View().List().Stamp().Root
	h.reopen()
	if after := h.node.View().List().Stamp().Root; after != root {
		t.Errorf("root %s after a restart, %s before", after, root)
	}
}

// fork tells a second story at the first place of an issuer's feed.
func (h *home) fork(issuer keys.Private) {
	h.t.Helper()
	signed, ok, err := h.node.Store().Header(issuer.Public(), 0, 0)
	if err != nil || !ok {
		h.t.Fatal(ok, err)
	}
	s, err := assertion.DecodeSignedHeader(signed)
	must(h.t, err)
	header, err := assertion.DecodeHeader(s.Header)
	must(h.t, err)
	header.Time--
	encoded, err := header.Encode()
	must(h.t, err)
	other, err := assertion.Sign(encoded, issuer)
	must(h.t, err)
	got, err := h.node.door.Admit([]intake.Offer{{Header: other}}, h.now)
	must(h.t, err)
	if got[0].Status != intake.Forked {
		h.t.Fatal(got[0].Status)
	}
}

// A member whose own key was forked is told how many of its statements lost effect,
// and which it has to say again; also after a restart, and with its keys locked.
func TestWhoseKeyWasForkedIsTold(t *testing.T) {
	h := newHome(t)
	ctx := context.Background()
	var refs []string
	for _, number := range []string{"13900139000", "13900139001"} {
		said, err := h.node.Say(ctx, api.Say{Kind: "flag", Subject: number, Category: "mkt.retail", Reports: 10})
		must(t, err)
		refs = append(refs, said.Statements...)
	}
	_, err := h.node.Retract(ctx, api.Retract{Ref: refs[0], Reason: "a mistake"})
	must(t, err)
	ring, err := keys.Open(filepath.Join(h.cfg.Dir, KeysDir), h.cfg.Unlock)
	must(t, err)
	issuer, err := ring.Private(keys.PurposeIssuer)
	must(t, err)
	h.fork(issuer)
	for _, unlock := range []keys.Unlock{h.cfg.Unlock, {}} {
		status, err := h.node.Status(ctx)
		must(t, err)
		if status.Suspended != 3 || !strings.Contains(fmt.Sprint(status.Problems), "3 statements of this member count for nothing") {
			t.Errorf("%d are suspended; problems %q", status.Suspended, status.Problems)
		}
		again, err := h.node.SayAgain(ctx)
		must(t, err)
		if again.Suspended != 3 || again.More || len(again.Statements) != 1 || again.Statements[0].Ref != refs[1] || again.Statements[0].Subject != "+8613900139001" {
			t.Errorf("to be said again: %+v", again)
		}
		h.cfg.Unlock = unlock
		h.reopen()
	}
}

// A snapshot of another store is not taken for this one's.
func TestSnapshotOfAnotherStore(t *testing.T) {
	h := newHome(t)
	h.list("2026-11-23", "13800138000")
	must(t, h.node.Close())
	must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, StoreDir)))
	must(t, os.WriteFile(filepath.Join(h.cfg.Dir, SnapshotFile+partSuffix), []byte("half"), 0o600))
	h.open()
	if h.lookup("13800138000").Listed {
		t.Error("the list of a store that is gone is shown")
	}
	if left, _ := filepath.Glob(filepath.Join(h.cfg.Dir, "*"+partSuffix)); len(left) != 0 {
		t.Errorf("unfinished files are left: %v", left)
	}
}
