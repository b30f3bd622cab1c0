package assertion

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// when is 24 November 2026, 12:00 UTC.
const when int64 = 1795521600

func numberSubject(t testing.TB, digits string) Subject {
	t.Helper()
	n, err := number.International(digits)
	if err != nil {
		t.Fatal(err)
	}
	key := n.Range().Bytes()
	return Subject{Kind: SubjectNumber, Value: key[:8]}
}

// sampleFlag is the statement that most of the tests begin with.
func sampleFlag(t testing.TB) Statement {
	t.Helper()
	s := Statement{
		Subject:      numberSubject(t, "8617000001234"),
		Medium:       Voice,
		Audience:     All,
		ObservedFrom: when - 7*86400,
		ObservedTo:   when - 86400,
		Effective:    when,
		Expires:      when + 89*86400,
		Basis:        Basis{Kind: BasisReports, Count: 12},
	}
	loan, err := taxonomy.ParseCategory("mkt.finance.loan")
	if err != nil {
		t.Fatal(err)
	}
	setBody(t, &s, Flag{Category: loan, Label: "贷款推销", Confidence: 750, Reports: 12})
	return s
}

func setBody(t testing.TB, s *Statement, body Body) {
	t.Helper()
	if err := s.SetBody(body); err != nil {
		t.Fatal(err)
	}
}

func encode(t testing.TB, s Statement) []byte {
	t.Helper()
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sampleRef() taxonomy.Ref {
	return taxonomy.Ref{Batch: CID([]byte("a batch")), Index: 7}
}

// sampleKey is the key of every test vector: the seed is 32 bytes 0x01.
func sampleKey() keys.Private { return keys.FromSeed([32]byte(bytes.Repeat([]byte{1}, 32))) }

// sampleBodies has one well-formed body of each kind.
func sampleBodies() []Body {
	digest := sha256.Sum256([]byte("a register"))
	one, _ := number.International("8617000001234")
	key := one.Range().Bytes()
	ref := sampleRef().Bytes()
	return []Body{
		Flag{Category: taxonomy.Untyped, Label: "骚扰", Confidence: 550},
		Block{Category: taxonomy.Untyped, Reason: "complaints", Scope: ScopeAsk},
		Retract{Kind: TargetStatement, Target: ref, Reason: "wrong number"},
		Reassign{Date: when - 86400},
		Port{From: "carrier-a", To: "carrier-b", Date: when},
		Contest{Grounds: "a new customer", Targets: [][]byte{ref}},
		Answer{Upheld: true, Reason: "seen again"},
		Resource{
			AllocatedTo: "carrier-a", ResoldTo: "mvno-b", User: "Example Bank", AccessPoint: "Beijing",
			Access: []string{"carrier-a"}, Qualification: "B2-20260001", Purpose: "customer service",
			Calling: [][]byte{key[:]}, DisplayName: "Example Bank",
		},
		Line{Type: LineLeased, Customer: "Example Ltd", Location: "Shanghai", Purpose: "office"},
		Authorize{Presenter: "Example Bank", Access: []string{"carrier-a"}, Until: when + 86400},
		Campaign{
			Principal: "Example Bank", CallCentre: "Example Centre", Outsourced: true, Licence: "B2-20260002",
			Type: "survey", Outbound: [][]byte{key[:]}, Audience: "customers", Content: "satisfaction",
			Contact: "desk", HoursFrom: 540, HoursTo: 1080, Consent: digest[:], RetainedUntil: when + 365*86400,
		},
		Consent{Commitment: digest[:], Count: 1000, Day: 20000},
		Refusal{Commitment: digest[:], Count: 2000, Day: 20000},
		Preference{Commitment: digest[:], Count: 3000, Day: 20000},
		Report{Category: taxonomy.Untyped, Day: 20000, Channel: "12321", Receipt: digest[:], Accepting: "desk-a", Assigned: "carrier-a", Due: when + 5*86400},
		Disposition{Of: ref, Substantiated: true, Measure: MeasureSuspended, Feedback: when},
		Penalty{Decision: "2026-1", Authority: "administration", Basis: "Article 43", On: "Example Ltd", Published: when},
		Referral{To: "public security", Why: "fraud", Due: when + 86400},
		Notice{To: "carrier-b", Why: "open access", Due: when + 86400},
		Tool{Type: ToolSpoofing, Equipment: true, Offered: "a market", Removed: when},
		Inspection{Screened: "400 numbers", Findings: "none"},
		Trace{Hops: []Hop{{Member: "carrier-a", Received: "carrier-b", Time: when, Signature: bytes.Repeat([]byte{1}, keys.SignatureSize)}}},
		Tally{Day: 20000, Counts: []Count{{Rule: "cli.irregular", Screened: 10, Blocked: 1}, {Rule: "list.label", Screened: 10, Warned: 2}}},
	}
}

// statementOf returns a sound statement that says body.
func statementOf(t testing.TB, body Body) Statement {
	t.Helper()
	s := sampleFlag(t)
	s.Basis = Basis{Kind: BasisInvestigation}
	switch body := body.(type) {
	case Retract:
		s.Subject = Subject{Kind: SubjectStatement, Value: body.Target}
		s.Expires = taxonomy.Never
	case Answer, Disposition:
		s.Subject = Subject{Kind: SubjectStatement, Value: sampleRef().Bytes()}
	}
	setBody(t, &s, body)
	return s
}

// randomFlags returns n encoded, sound and differing flags.
func randomFlags(t testing.TB, n int) []Statement {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	labels := []string{"", "骚扰电话", "Reducing your debt (credit cards, mortgage, student loans)", "spam"}
	out := make([]Statement, n)
	for i := range out {
		s := sampleFlag(t)
		s.ObservedTo += r.Int64N(86400)
		reports := r.Uint32N(300)
		s.Basis.Count = reports
		v := bytes.Clone(s.Subject.Value)
		v[7] ^= byte(i)
		v[6] ^= byte(i >> 8)
		s.Subject.Value = v
		setBody(t, &s, Flag{Category: taxonomy.Untyped, Label: labels[r.IntN(len(labels))], Confidence: uint16(r.IntN(1001)), Reports: reports})
		out[i] = s
	}
	return out
}

// zeros is a source of salts for tests where salts do not matter.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// batchOf builds one body of statements.
func batchOf(t testing.TB, publication PublicationID, statements ...Statement) Batch {
	t.Helper()
	b := NewBuilder(zeros{})
	for i := range statements {
		added, err := b.Add(publication, &statements[i])
		if err != nil || !added {
			t.Fatalf("statement %d: added %v, %v", i, added, err)
		}
	}
	batch, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
