package chartertest

import (
	"testing"

	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// Motion puts items, all of one kind, to the regulators of s, as a motion of the member
// "reg" that builds on the size of s. It returns it with its openings.
func Motion(t testing.TB, s *charter.State, items ...article.Item) (motion.Signed, []motion.Opening) {
	t.Helper()
	h := motion.Header{
		Federation: s.Federation(), Kind: items[0].Kind(), Proposer: Issuer("reg").Public(),
		Time: Created, Expires: Created + 7*86400, Until: taxonomy.NeverDay, Reason: "a test",
	}
	if h.Kind.Constitutes() {
		h.Standing = s.Standing()
	}
	if h.Kind.NamesHeads() {
		h.BuildsOn = s.Size()
	}
	encoded, err := article.Encode(items...)
	if err != nil {
		t.Fatal(err)
	}
	return Sign(t, h, encoded)
}

// Sign signs a motion of the member "reg" over encoded items.
func Sign(t testing.TB, h motion.Header, items [][]byte) (motion.Signed, []motion.Opening) {
	t.Helper()
	openings := make([]motion.Opening, len(items))
	for i, b := range items {
		openings[i] = motion.Opening{Salt: [merkle.SaltSize]byte{byte(i), byte(i >> 8)}, Item: b}
	}
	if _, err := h.Commit(openings); err != nil {
		t.Fatal(err)
	}
	m, err := motion.Sign(h, Issuer("reg"))
	if err != nil {
		t.Fatal(err)
	}
	return m, openings
}

// Enact returns the constitution after a motion of these items at the size of s.
func Enact(t testing.TB, s *charter.State, items ...article.Item) *charter.State {
	t.Helper()
	m, openings := Motion(t, s, items...)
	next, err := s.Enact(m, s.Size(), openings)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// Endorsed returns an item after these keys have endorsed it.
func Endorsed[I article.Item](t testing.TB, s *charter.State, it I, by ...keys.Private) I {
	t.Helper()
	for _, k := range by {
		if err := article.Endorse(it, s.Federation(), k); err != nil {
			t.Fatal(err)
		}
	}
	return it
}

// Admission returns the admission of a new member as Card knows it, endorsed by its
// issuer.
func Admission(t testing.TB, s *charter.State, id string, roleWords ...string) *article.MemberAdmission {
	t.Helper()
	card := Card(t, id, roleWords...)
	return Endorsed(t, s, &article.MemberAdmission{Member: card.Member()}, Issuer(id))
}

// SeatFor returns the admission of a member as a regulator, endorsed by its keys.
func SeatFor(t testing.TB, s *charter.State, id string) *article.RegulatorAdmission {
	t.Helper()
	card := Card(t, id, charter.Regulator.String())
	return Endorsed(t, s, &article.RegulatorAdmission{Seat: card.Seat()}, Key("vote", id), Key("cosign", id))
}

// Granting returns a grant by its texts, as Grant reads them.
func Granting(t testing.TB, text, allocatee, resoldTo, hostedBy string) *article.Granting {
	t.Helper()
	g := Grant(t, text, allocatee, resoldTo, hostedBy)
	return &article.Granting{Grant: charter.Grant{Range: RangeBytes(g.Range), Allocatee: allocatee, ResoldTo: resoldTo, HostedBy: hostedBy}}
}

// RangeBytes returns a range as articles write it.
func RangeBytes(r number.Range) []byte {
	b := r.Bytes()
	return b[:]
}
