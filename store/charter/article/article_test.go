package article_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/policy"
	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

var update = flag.Bool("update", false, "write testdata anew: only when a format is added, never to change one")

var federation = wire.CID([]byte("a federation"))

func key(purpose string) keys.Private { return chartertest.Key(purpose, "article") }

func heads(issuers ...uint32) []motion.AnchoredHead {
	var list []motion.AnchoredHead
	for _, i := range issuers {
		list = append(list, motion.AnchoredHead{Issuer: i, Epoch: 2, Sequence: 300 + uint64(i), Digest: merkle.Hash{byte(i)}, Frozen: i%2 == 1})
	}
	return list
}

func endorsed[I article.Item](t testing.TB, it I, by ...keys.Private) I {
	t.Helper()
	for _, k := range by {
		if err := article.Endorse(it, federation, k); err != nil {
			t.Fatal(err)
		}
	}
	return it
}

func member() article.Member {
	return article.Member{
		ID: "op-1", Name: "Operator One", NameZh: "一号", Roles: []article.Role{article.Operator, article.Vendor}, Group: "one", Contact: "desk",
		Hosts: []keys.Public{key("host").Public()}, Recovery: key("recovery").Public(),
	}
}

func rng(t testing.TB, text string) []byte {
	return chartertest.RangeBytes(chartertest.Range(t, text))
}

// samples is a motion of each kind, with every field set where there is one.
func samples(t testing.TB) [][]article.Item {
	t.Helper()
	withIssuer := member()
	withIssuer.Issuers = []keys.Public{key("issuer").Public()}
	seat := article.Seat{Member: "op-1", Jurisdiction: "CN-31", Vote: key("vote").Public(), Cosign: key("cosign").Public(), CosignName: "op-1.example/c"}
	grant := article.Grant{Range: rng(t, "+86139*/13"), Allocatee: "op-1", ResoldTo: "mno", HostedBy: "op-2"}
	setting := &article.PolicySetting{Policy: policy.Default(), Taxonomy: taxonomy.Version, Protected: [][]byte{rng(t, "+86!110"), rng(t, "+86!95588*")}}
	setting.Policy.MemberWeights = []policy.MemberWeight{{Member: "op-1", Permille: 7}}
	return [][]article.Item{
		{endorsed(t, &article.MemberAdmission{Member: withIssuer}, key("issuer"), key("recovery"))},
		{&article.MemberChange{Member: member()}},
		{&article.MemberRemoval{Member: "op-1", How: article.Expel, Heads: heads(3, 8)}},
		{endorsed(t, &article.IssuerAdmission{Member: "op-1", Key: key("issuer").Public()}, key("issuer"))},
		{
			endorsed(t, &article.IssuerEnd{Issuer: key("issuer").Public(), How: article.Rotate, Successor: key("next").Public(), Heads: heads(3)}, key("next"), key("issuer")),
			&article.IssuerEnd{Issuer: key("issuer").Public(), How: article.Leave},
		},
		{endorsed(t, &article.RegulatorAdmission{Seat: seat}, key("vote"), key("cosign"))},
		{&article.RegulatorRemoval{Member: "op-1", Roles: []article.Role{article.Sector}}},
		{endorsed(t, &article.RegulatorRekeying{Member: "op-1", Vote: key("vote").Public(), Cosign: key("next").Public()}, key("next"))},
		{endorsed(t, &article.Reinstatement{Issuer: key("issuer").Public(), Epoch: 3, Base: heads(3)}, key("recovery"))},
		{&article.Granting{Grant: grant}, &article.Granting{Grant: article.Grant{Range: rng(t, "+86!96110*"), Allocatee: "op-1"}}},
		{&article.GrantEnd{Range: grant.Range, Heads: heads(3), Next: []article.Grant{grant}}},
		{setting},
	}
}

func encode(t testing.TB, items ...article.Item) []motion.Opening {
	t.Helper()
	encoded, err := article.Encode(items...)
	if err != nil {
		t.Fatal(err)
	}
	var openings []motion.Opening
	for _, b := range encoded {
		openings = append(openings, motion.Opening{Item: b})
	}
	return openings
}

// Each kind is read back as it was written, and from no other bytes.
func TestItemsComeBack(t *testing.T) {
	for i, items := range samples(t) {
		kind := items[0].Kind()
		if int(kind) != i+1 || !article.Changes(kind) {
			t.Fatalf("sample %d is of kind %s", i, kind)
		}
		openings := encode(t, items...)
		back, err := article.Open(federation, kind, openings)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if again := encode(t, back...); !reflect.DeepEqual(again, openings) {
			t.Errorf("%s comes back as %+v", kind, back[0])
		}
		whole := openings[0].Item
		for n := range whole {
			if _, err := article.Open(federation, kind, []motion.Opening{{Item: whole[:n]}}); err == nil {
				t.Errorf("%s: the first %d of %d bytes are an item", kind, n, len(whole))
			}
		}
		if _, err := article.Open(federation, kind, []motion.Opening{{Item: append(slices.Clone(whole), 0)}}); err == nil {
			t.Errorf("%s: a byte too many is not noticed", kind)
		}
	}
	for _, kind := range []motion.Kind{0, motion.Ratify, motion.NoteFork, 99} {
		if _, err := article.Open(federation, kind, encode(t, samples(t)[1]...)); err == nil || article.Changes(kind) {
			t.Errorf("a %s motion changes the constitution", kind)
		}
	}
}

// An endorsement is of everything that the item says, of its kind and federation.
func TestEndorsementsAreBound(t *testing.T) {
	for _, items := range samples(t) {
		kind, openings := items[0].Kind(), encode(t, items...)
		_, err := article.Open(wire.CID([]byte("another")), kind, openings)
		takes := article.Endorse(items[0], federation, key("x")) == nil
		if takes != (err != nil) || takes && !strings.Contains(err.Error(), "endorsements[0]: the signature of") {
			t.Errorf("%s is endorsable: %t; in another federation: %v", kind, takes, err)
		}
		if !takes || kind == motion.SetPolicy {
			continue
		}
		// Whatever bit of the item flips, it is refused.
		for bit := range 8 * len(openings[0].Item) {
			b := slices.Clone(openings[0].Item)
			b[bit/8] ^= 1 << (bit % 8)
			if _, err := article.Open(federation, kind, []motion.Opening{{Item: b}}); err == nil {
				t.Errorf("%s: bit %d flips unnoticed", kind, bit)
			}
		}
	}
	end := endorsed(t, &article.IssuerEnd{Issuer: key("issuer").Public(), How: article.Leave}, key("issuer"))
	if err := article.Endorse(end, federation, key("issuer")); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("endorsed twice: %v", err)
	}
	end.How = article.Expel
	if _, err := article.Open(federation, motion.EndIssuer, encode(t, end)); err == nil {
		t.Error("what was changed after it was endorsed is endorsed still")
	}
}

// What an item can show by itself is checked before it is written and after it is read.
func TestItemsThatAreWrong(t *testing.T) {
	seat := func(edit func(*article.Seat)) *article.RegulatorAdmission {
		a := samples(t)[5][0].(*article.RegulatorAdmission)
		a.Endorsements = nil
		edit(&a.Seat)
		return endorsed(t, a, key("vote"), key("cosign"))
	}
	change := func(edit func(*article.Member)) *article.MemberChange {
		m := member()
		edit(&m)
		return &article.MemberChange{Member: m}
	}
	admission := func(edit func(*article.Member), by ...keys.Private) *article.MemberAdmission {
		m := member()
		m.Issuers = []keys.Public{key("issuer").Public()}
		edit(&m)
		return endorsed(t, &article.MemberAdmission{Member: m}, by...)
	}
	setting := func(edit func(*article.PolicySetting)) *article.PolicySetting {
		p := &article.PolicySetting{Policy: policy.Default(), Taxonomy: taxonomy.Version}
		edit(p)
		return p
	}
	small := keys.Public{keys.Ed25519, 1}
	sm2 := keys.Public{2, 1}
	grant := article.Grant{Range: rng(t, "+86139*/13"), Allocatee: "a"}
	for _, c := range []struct {
		item  article.Item
		want  string
		newer bool
	}{
		{admission(func(*article.Member) {}, key("recovery")), "the issuer, " + key("issuer").Public().Short() + ", has not endorsed", false},
		{admission(func(*article.Member) {}, key("issuer"), key("host")), "neither an issuer nor the recovery key", false},
		{admission(func(m *article.Member) { m.Roles = []article.Role{article.Regulator} }, key("issuer")), "admit_regulator", false},
		{admission(func(m *article.Member) { m.Issuers = []keys.Public{small} }), "member.issuers[0]: keys:", false},
		{admission(func(m *article.Member) { m.Issuers = []keys.Public{sm2} }), "member.issuers[0]: key algorithm 2", true},
		{change(func(m *article.Member) { m.Issuers = []keys.Public{key("issuer").Public()} }), "names no issuers", false},
		{change(func(m *article.Member) { m.ID = "A" }), "member.id", false},
		{change(func(m *article.Member) { m.Name = "a\nb" }), "member.name", false},
		{change(func(m *article.Member) { m.Group = "" }), "member.group", false},
		{change(func(m *article.Member) { m.Roles = nil }), "member.roles", false},
		{change(func(m *article.Member) { m.Roles = []article.Role{0} }), "role code 0 is none", false},
		{change(func(m *article.Member) { m.Roles = []article.Role{article.Vendor, article.Operator} }), "operator stands twice or out of order", false},
		{change(func(m *article.Member) { m.Roles = []article.Role{11} }), "role code 11 is unknown", true},
		{change(func(m *article.Member) { m.Hosts = []keys.Public{{}} }), "member.hosts[0]: the key is missing", false},
		{change(func(m *article.Member) { m.Hosts = append(m.Hosts, m.Hosts[0]) }), "member.hosts[1]: out of order", false},
		{change(func(m *article.Member) { m.Recovery = small }), "member.recovery: keys:", false},
		{change(func(m *article.Member) { m.Audience = "age1" }), "member.audience", false},
		{&article.MemberRemoval{Member: "a", How: article.Rotate}, "leaves or is expelled", false},
		{&article.MemberRemoval{Member: "a"}, "not said how", false},
		{&article.MemberRemoval{Member: "a", How: 4}, "manner 4", true},
		{&article.MemberRemoval{Member: "a", How: article.Leave, Heads: heads(3, 3)}, "heads[1]: issuers do not ascend", false},
		{&article.IssuerAdmission{Member: "a", Key: key("issuer").Public()}, "the new issuer, ", false},
		{&article.IssuerAdmission{Member: "a", Key: small}, "key: keys:", false},
		{&article.IssuerEnd{How: article.Expel, Successor: key("next").Public()}, "only a rotation names", false},
		{&article.IssuerEnd{How: article.Expel, Heads: heads(3, 4)}, "heads: 2 of them; at most 1", false},
		{&article.IssuerEnd{Issuer: key("issuer").Public(), How: article.Rotate}, "successor: the key is missing", false},
		{endorsed(t, &article.IssuerEnd{Issuer: key("issuer").Public(), How: article.Rotate, Successor: key("next").Public()}, key("issuer")), "the new key, ", false},
		{endorsed(t, &article.IssuerEnd{Issuer: key("issuer").Public(), How: article.Rotate, Successor: key("next").Public()}, key("next")), "the old key, ", false},
		{seat(func(s *article.Seat) { s.Jurisdiction = "Shanghai" }), "seat.jurisdiction", false},
		{seat(func(s *article.Seat) { s.CosignName = "a b" }), "seat.cosign_name", false},
		{seat(func(s *article.Seat) { s.Vote = small }), "seat.vote: keys:", false},
		{seat(func(s *article.Seat) { s.Cosign = key("x").Public() }), "the cosigning key, ", false},
		{seat(func(s *article.Seat) { s.Vote = key("x").Public() }), "the voting key, ", false},
		{&article.RegulatorRemoval{Member: "a", Roles: []article.Role{article.Regulator}}, "does not keep the role", false},
		{&article.RegulatorRemoval{Member: "a"}, "roles: a member has at least one", false},
		{&article.RegulatorRekeying{Member: "a", Vote: key("vote").Public()}, "cosign: the key is missing", false},
		{&article.Reinstatement{Issuer: key("issuer").Public()}, "the first is opened by the admission", false},
		{&article.Reinstatement{Epoch: 1, Base: heads(1, 2)}, "at most 1", false},
		{&article.Granting{Grant: article.Grant{Range: []byte{1}}}, "grant.range: a range has 9 bytes", false},
		{&article.GrantEnd{Range: make([]byte, 9)}, "range: ", false},
		{&article.GrantEnd{Range: grant.Range, Next: []article.Grant{grant, grant}}, "not 2", false},
		{&article.GrantEnd{Range: rng(t, "+86138*/13"), Next: []article.Grant{grant}}, "the very range that ends", false},
		{&article.GrantEnd{Range: grant.Range, Heads: heads(2, 1)}, "do not ascend", false},
		{setting(func(p *article.PolicySetting) { p.Policy.RulesVersion = 2 }), "policy.rules_version 2", true},
		{setting(func(p *article.PolicySetting) { p.Policy.LabelPermille = 0 }), "policy.label_permille", false},
		{setting(func(p *article.PolicySetting) { p.Taxonomy = taxonomy.Version + 1 }), "taxonomy version", true},
		{setting(func(p *article.PolicySetting) { p.Taxonomy = 0 }), "taxonomy: version 0", false},
		{setting(func(p *article.PolicySetting) { p.Protected = [][]byte{rng(t, "+86!95588*"), rng(t, "+86!110")} }), "protected[1]", false},
	} {
		_, err := article.Encode(c.item)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, wire.ErrNewer) != c.newer {
			t.Errorf("%T: %v; want %q, of a newer release: %t", c.item, err, c.want, c.newer)
		}
		// As if one who does not check had written it.
		raw := wire.Format(unchecked{Version: 1, Body: c.item})
		if c.item.Kind() == motion.SetPolicy {
			raw = wire.Format(unchecked{Version: 1, Body: raw})
		}
		_, err = article.Open(federation, c.item.Kind(), []motion.Opening{{Item: raw}})
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, wire.ErrNewer) != c.newer {
			t.Errorf("%T as written by one who does not check: %v; want %q", c.item, err, c.want)
		}
	}
	if _, err := article.Encode(); err == nil {
		t.Error("a motion of nothing")
	}
	if _, err := article.Encode(&article.MemberRemoval{Member: "a", How: article.Leave}, &article.Granting{Grant: grant}); err == nil {
		t.Error("a motion of two kinds")
	}
}

type unchecked struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Body    any
}

func TestEndorsementsOutOfOrder(t *testing.T) {
	a := samples(t)[0][0].(*article.MemberAdmission)
	slices.Reverse(a.Endorsements)
	if _, err := article.Encode(a); err == nil || !strings.Contains(err.Error(), "do not ascend") {
		t.Error(err)
	}
	if err := article.Endorse(&article.Granting{}, federation, key("x")); err == nil || !strings.Contains(err.Error(), "takes no endorsement") {
		t.Error(err)
	}
}

// A policy is cut in one way only.
func TestPiecesOfAPolicy(t *testing.T) {
	setting := samples(t)[11][0].(*article.PolicySetting)
	setting.Policy.MemberWeights = nil
	for i := range 2000 {
		setting.Policy.MemberWeights = append(setting.Policy.MemberWeights, policy.MemberWeight{Member: fmt.Sprintf("a-member-of-a-longer-name-%05d", i), Permille: 1})
	}
	openings := encode(t, setting)
	if len(openings) != 3 {
		t.Fatalf("%d items", len(openings))
	}
	back, err := article.Open(federation, motion.SetPolicy, openings)
	if err != nil || len(back) != 1 || !reflect.DeepEqual(encode(t, back...), openings) {
		t.Fatalf("%d items: %v", len(back), err)
	}
	piece := func(b []byte) motion.Opening {
		return motion.Opening{Item: wire.Format(unchecked{Version: 1, Body: b})}
	}
	var whole []byte
	for _, o := range openings {
		var p struct {
			_       struct{} `cbor:",toarray"`
			Version uint8
			Body    []byte
		}
		if err := wire.Decode(o.Item, &p); err != nil {
			t.Fatal(err)
		}
		whole = append(whole, p.Body...)
	}
	for name, wrong := range map[string][]motion.Opening{
		"none":              {},
		"in another order":  {openings[1], openings[0], openings[2]},
		"without the last":  openings[:2],
		"a smaller first":   {piece(whole[:100]), piece(whole[100 : 100+32<<10]), piece(whole[100+32<<10:])},
		"a larger one":      {piece(whole[:32<<10+1]), piece(whole[32<<10+1:])},
		"an empty last":     append(slices.Clone(openings), piece(nil)),
		"not even a policy": {piece([]byte("?"))},
	} {
		if _, err := article.Open(federation, motion.SetPolicy, wrong); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// The longest lists that there may be fit into a motion.
	setting.Policy.MemberWeights, setting.Protected = nil, nil
	for i := range wire.MaxElements {
		setting.Policy.MemberWeights = append(setting.Policy.MemberWeights, policy.MemberWeight{Member: fmt.Sprintf("%05d-a-member-of-a-name-so-longer", i), Permille: 999})
		setting.Protected = append(setting.Protected, rng(t, fmt.Sprintf("+86!96%05d", 10000+i)))
	}
	if _, err := (&motion.Header{}).Commit(encode(t, setting)); err != nil {
		t.Error(err)
	}
	longer := *setting
	longer.Protected = append(longer.Protected, rng(t, "+86!9699999"))
	if _, err := article.Encode(&longer); err == nil || !strings.Contains(err.Error(), "protected: 4097 of them") {
		t.Error(err)
	}
	setting.Policy.MemberWeights = append(setting.Policy.MemberWeights, policy.MemberWeight{Member: "z", Permille: 1})
	if _, err := article.Encode(setting); err == nil || !strings.Contains(err.Error(), "member_weights: 4097 of them") {
		t.Error(err)
	}
}

func TestMannerWords(t *testing.T) {
	for m, want := range map[article.Manner]string{article.Rotate: "rotate", article.Leave: "leave", article.Expel: "expel", 0: "manner(0)", 4: "manner(4)"} {
		if m.String() != want {
			t.Errorf("%d is %q", m, m)
		}
	}
}

func TestHeadsThatItemsName(t *testing.T) {
	var got []uint32
	for _, items := range samples(t) {
		for _, h := range article.Heads(items) {
			got = append(got, h.Issuer)
		}
	}
	if !slices.Equal(got, []uint32{3, 8, 3, 3, 3}) {
		t.Errorf("%v", got)
	}
}

// vector is a motion's items as they are committed.
type vector struct {
	Kind       string   `json:"kind"`
	Federation string   `json:"federation"`
	Items      []string `json:"items"`
}

func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "items.json")
	var now []vector
	for _, items := range samples(t) {
		v := vector{Kind: items[0].Kind().String(), Federation: hex.EncodeToString(federation.Bytes())}
		for _, o := range encode(t, items...) {
			v.Items = append(v.Items, hex.EncodeToString(o.Item))
		}
		now = append(now, v)
	}
	if *update {
		b, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if fixed := fixedVectors(t, path); !reflect.DeepEqual(fixed, now) {
		t.Error("items are written otherwise than they were")
	}
}

func fixedVectors(t *testing.T, path string) []vector {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// A stranger who has only the page of formats reads the vectors: no type of ours, the
// standard library's signatures.
func TestAStrangerReadsTheVectors(t *testing.T) {
	canonical, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	// How many fields the body of a kind has; one that is endorsed has the list last.
	fields := map[string]int{
		"admit_member": 2, "change_member": 1, "remove_member": 3, "admit_issuer": 3, "end_issuer": 5, "admit_regulator": 2,
		"remove_regulator": 2, "rekey_regulator": 4, "reinstate": 4, "grant": 1, "end_grant": 3,
	}
	takes := map[string]bool{"admit_member": true, "admit_issuer": true, "end_issuer": true, "admit_regulator": true, "rekey_regulator": true, "reinstate": true}
	verified := 0
	for code, v := range fixedVectors(t, filepath.Join("testdata", "items.json")) {
		for _, text := range v.Items {
			b, err := hex.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			var item []any
			if err := cbor.Unmarshal(b, &item); err != nil || len(item) != 2 || item[0] != uint64(1) {
				t.Fatalf("%s: %v, %v", v.Kind, item, err)
			}
			if v.Kind == "set_policy" {
				var setting []any
				if err := cbor.Unmarshal(item[1].([]byte), &setting); err != nil || len(setting) != 2 || setting[0] != uint64(1) || len(setting[1].([]any)) != 3 {
					t.Errorf("a policy: %v, %v", setting, err)
				}
				continue
			}
			body := item[1].([]any)
			if len(body) != fields[v.Kind] {
				t.Errorf("%s has %d fields, want %d", v.Kind, len(body), fields[v.Kind])
			}
			if !takes[v.Kind] {
				continue
			}
			endorsements := body[len(body)-1].([]any)
			body[len(body)-1] = []any{}
			f, err := hex.DecodeString(v.Federation)
			if err != nil {
				t.Fatal(err)
			}
			message, err := canonical.Marshal([]any{1, f, code + 1, body})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range endorsements {
				pair := e.([]any)
				k, s := pair[0].([]byte), pair[1].([]byte)
				if k[0] != 1 || s[0] != 1 || !ed25519.Verify(k[1:], append([]byte("ringfence/article/v1\n"), message...), s[1:]) {
					t.Errorf("%s: the endorsement of %x is wrong", v.Kind, k[1:5])
				}
				verified++
			}
		}
	}
	if verified != 9 {
		t.Errorf("%d endorsements were verified", verified)
	}
}

// FuzzOpen reads whatever is handed in as the item of each kind.
func FuzzOpen(f *testing.F) {
	for _, items := range samples(f) {
		for _, o := range encode(f, items...) {
			f.Add(uint8(items[0].Kind()), o.Item)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		items, err := article.Open(federation, motion.Kind(kind), []motion.Opening{{Item: b}})
		if err != nil {
			return
		}
		again, err := article.Encode(items...)
		if err != nil || len(again) != 1 || !slices.Equal(again[0], b) {
			t.Errorf("what was read is written otherwise: %v", err)
		}
	})
}
