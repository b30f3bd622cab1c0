package inbox_test

import (
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/council/inbox"
	"ringfence/node/council/letter"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// box is an inbox in a federation of one regulator and two operators.
type box struct {
	*ballottest.Federation
	*inbox.Inbox
	store *memory.Store
	now   time.Time
	most  int
	n     int
}

func open(t *testing.T) *box {
	b := &box{store: memory.New(), Federation: ballottest.Begun(t, 1, func(cfg *charter.FoundingConfig) {
		cfg.Cards = append(cfg.Cards, chartertest.Card(t, "op2", "operator"))
	})}
	b.now = time.Unix(b.Now, 0)
	b.again()
	return b
}

func (b *box) again() {
	b.Helper()
	var err error
	b.Inbox, err = inbox.Open(inbox.Config{Store: b.store, State: b.State.Constitution, Now: func() time.Time { return b.now }, Most: b.most})
	if err != nil {
		b.Fatal(err)
	}
}

// letter makes a letter of a member with a motion of some bytes.
func (b *box) letter(key keys.Private, items [][]byte) *letter.Letter {
	b.Helper()
	b.n++
	p := b.MotionBy(key, motion.Ratify, items, func(h *motion.Header) { h.Time, h.Expires = h.Time+int64(b.n), h.Time+86400 })
	l, err := letter.Motion(&p.Signed, p.Items)
	if err != nil {
		b.Fatal(err)
	}
	return &l
}

func (b *box) label() [][]byte { return ballottest.Label(b, "+8613800138000") }

// request asks for the admission of a member, as its own keys endorse it.
func (b *box) request(id string) *letter.Letter {
	b.Helper()
	s := b.State.Constitution()
	a := chartertest.Admission(b, s, id, "operator")
	l, err := letter.Request(a, s.Federation())
	if err != nil {
		b.Fatal(err)
	}
	return &l
}

func (b *box) put(l *letter.Letter, from string) letter.Standing {
	b.Helper()
	return b.putFrom(l, from, "")
}

func (b *box) putFrom(l *letter.Letter, member, place string) letter.Standing {
	b.Helper()
	s, err := b.Put(l, letter.Bearer{Member: member, Place: place})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// Each member has room of its own, in letters and in bytes, and whoever fills it takes
// none from another; who carries a motion matters not.
func TestEachMemberHasRoomOfItsOwn(t *testing.T) {
	b := open(t)
	op, op2 := chartertest.Issuer("op"), chartertest.Issuer("op2")
	for range inbox.MaxLetters {
		if s := b.put(b.letter(op, b.label()), "op2"); s.State != letter.Inbox {
			t.Fatalf("letter %d: %+v", b.n, s)
		}
	}
	if s := b.put(b.letter(op, b.label()), "op2"); s.State != letter.Refused || !strings.Contains(s.Why.Text, "64 proposals of op with") {
		t.Errorf("one more: %+v", s)
	}
	if s := b.put(b.letter(op2, b.label()), "op2"); s.State != letter.Inbox {
		t.Errorf("another member's: %+v", s)
	}
	if got := len(b.Lies()); got != inbox.MaxLetters+1 {
		t.Errorf("%d letters wait", got)
	}
}

func TestAMembersBytesAreBounded(t *testing.T) {
	b := open(t)
	op := chartertest.Issuer("op")
	var large [][]byte
	for i := range motion.MaxItems {
		large = append(large, ballottest.Label(t, "+86138"+string(rune('0'+i%10))+strings.Repeat("0", 7))...)
	}
	taken := 0
	for range inbox.MaxLetters {
		if b.put(b.letter(op, large), "op").State != letter.Inbox {
			break
		}
		taken++
	}
	size := len(b.letter(op, large).Bytes())
	if taken != inbox.MaxBytes/size || taken == inbox.MaxLetters {
		t.Errorf("%d letters of %d bytes are taken", taken, size)
	}
}

// Members who fill the inbox together keep nobody out: who has most gives way, the last
// letter first.
func TestWhoFillsTheInboxGivesWay(t *testing.T) {
	b := open(t)
	op, op2 := chartertest.Issuer("op"), chartertest.Issuer("op2")
	b.most = 10 * len(b.letter(op, b.label()).Bytes())
	b.again()
	var of []*letter.Letter
	for range 10 {
		of = append(of, b.letter(op, b.label()))
		if s := b.put(of[len(of)-1], "op"); s.State != letter.Inbox {
			t.Fatalf("%+v", s)
		}
		b.now = b.now.Add(time.Second)
	}
	if s := b.put(b.letter(op, b.label()), "op"); s.State != letter.Refused {
		t.Errorf("who fills it pushes itself out: %+v", s)
	}
	for range 5 {
		if s := b.put(b.letter(op2, b.label()), "op2"); s.State != letter.Inbox {
			t.Errorf("another is kept out: %+v", s)
		}
	}
	if s := b.put(b.letter(op2, b.label()), "op2"); s.State != letter.Refused {
		t.Errorf("they go on pushing each other out: %+v", s)
	}
	if _, there := b.Letter(of[0].ID); !there {
		t.Error("the first letter went before the last")
	}
	if got := len(b.Lies()); got != 10 {
		t.Errorf("%d letters wait", got)
	}
}

// Requests cost nothing, so each who brings them in has a few places, in which the newest
// push out the oldest; strangers share theirs and take no member's.
func TestRequestsPushOutOnlyTheirOwn(t *testing.T) {
	b := open(t)
	carried := b.request("carried")
	if s := b.put(carried, "op"); s.State != letter.Inbox {
		t.Fatalf("%+v", s)
	}
	var first *letter.Letter
	for i := range inbox.MaxRequests + 1 {
		l := b.request("stranger-" + string(rune('a'+i)))
		if first == nil {
			first = l
		}
		if s := b.put(l, ""); s.State != letter.Inbox {
			t.Fatalf("request %d: %+v", i, s)
		}
		b.now = b.now.Add(time.Second)
	}
	if s := b.Standing(first.ID); s.State != letter.Unknown {
		t.Errorf("the oldest of strangers: %+v", s)
	}
	if s := b.Standing(carried.ID); s.State != letter.Inbox || len(b.Lies()) != inbox.MaxRequests+1 {
		t.Errorf("that of a member: %+v; %d wait", s, len(b.Lies()))
	}
	b.now = b.now.Add(inbox.RequestTime)
	if got := len(b.Lies()); got != 0 {
		t.Errorf("%d requests wait after %v", got, inbox.RequestTime)
	}
}

// What nobody in force proposes and what has expired is refused; what was set aside stays
// so, over a restart, without its content, until it could no longer be voted on.
func TestWhatIsSetAsideStaysAside(t *testing.T) {
	b := open(t)
	if s := b.put(b.letter(chartertest.Issuer("nobody"), b.label()), "op"); s.State != letter.Refused || !strings.Contains(s.Why.Text, "no issuer in force") {
		t.Errorf("of nobody: %+v", s)
	}
	l, other := b.letter(chartertest.Issuer("op"), b.label()), b.letter(chartertest.Issuer("op"), b.label())
	b.put(l, "op")
	b.put(other, "op")
	if err := b.End(l.ID, letter.Aside); err != nil {
		t.Fatal(err)
	}
	b.again()
	if s := b.put(l, "op"); s.State != letter.Aside {
		t.Errorf("brought again: %+v", s)
	}
	if all := b.Lies(); len(all) != 1 || !all[0].ID.Equals(other.ID) {
		t.Errorf("%d letters wait after a restart", len(all))
	}
	b.now = time.Unix(l.Matter.Expires, 0)
	if s := b.put(l, "op"); s.State != letter.Refused || !strings.Contains(s.Why.Text, "expired") {
		t.Errorf("expired: %+v", s)
	}
	b.put(b.request("late"), "op")
	kept := 0
	if err := b.store.List("inbox", func(string, []byte) error { kept++; return nil }); err != nil || kept != 1 {
		t.Errorf("%d entries are kept of what expired, %v", kept-1, err)
	}
}

// Whoever makes a key can request an admission, over the node of any member, which is
// charged for it. Those push out one another, and not what holders of keys of the
// federation ask for.
func TestAdmissionsPushOutNoOtherRequests(t *testing.T) {
	b := open(t)
	vote, cosign := chartertest.Key("vote", "new"), chartertest.Key("cosign", "new")
	a := &article.RegulatorRekeying{Member: "reg", Vote: vote.Public(), Cosign: cosign.Public()}
	for _, key := range []keys.Private{vote, cosign} {
		if err := article.Endorse(a, b.State.Constitution().Federation(), key); err != nil {
			t.Fatal(err)
		}
	}
	rekeying, err := letter.Request(a, b.State.Constitution().Federation())
	if err != nil {
		t.Fatal(err)
	}
	if s := b.put(&rekeying, "op"); s.State != letter.Inbox {
		t.Fatalf("%+v", s)
	}
	for i := range inbox.MaxRequests + 1 {
		b.now = b.now.Add(time.Second)
		b.put(b.request("stranger-"+string(rune('a'+i))), "op")
	}
	if s := b.Standing(rekeying.ID); s.State != letter.Inbox || len(b.Lies()) != inbox.MaxRequests+1 {
		t.Errorf("new keys of a seat: %+v; %d wait", s, len(b.Lies()))
	}
	b.again()
	for i := range inbox.MaxRequests {
		b.now = b.now.Add(time.Second)
		b.put(b.request("later-"+string(rune('a'+i))), "op")
	}
	if s := b.Standing(rekeying.ID); s.State != letter.Inbox || len(b.Lies()) != inbox.MaxRequests+1 {
		t.Errorf("after a restart: %+v; %d wait", s, len(b.Lies()))
	}
}

// One stranger makes requests without end, over one member's node: each pushes out an
// older one of his own, and whoever asks from elsewhere stays heard, over a restart too.
func TestOneStrangerPushesOutHisOwnRequests(t *testing.T) {
	b := open(t)
	honest := b.request("honest")
	b.putFrom(honest, "op", "\x01234567\x00")
	flood := func(first rune) {
		for i := range rune(2 * inbox.MaxRequests) {
			b.now = b.now.Add(time.Second)
			b.putFrom(b.request("flood-"+string(first)+"-"+string('a'+i%26)+string('a'+i/26)), "op", "\x02234567\x00")
		}
	}
	flood('a')
	b.again()
	flood('b')
	if s := b.Standing(honest.ID); s.State != letter.Inbox || len(b.Lies()) != inbox.MaxRequests {
		t.Errorf("the one of elsewhere: %+v; %d wait", s, len(b.Lies()))
	}
	later := b.request("later")
	b.putFrom(later, "op", "\x03234567\x00")
	flood('c')
	if s := b.Standing(later.ID); s.State != letter.Inbox || len(b.Lies()) != inbox.MaxRequests {
		t.Errorf("one who comes into the flood: %+v; %d wait", s, len(b.Lies()))
	}
}

// As many places as there is room for have one each; one more makes the oldest yield.
func TestOfManyPlacesTheOldestYields(t *testing.T) {
	b := open(t)
	var all []*letter.Letter
	for i := range rune(inbox.MaxRequests + 1) {
		all = append(all, b.request("place-"+string('a'+i)))
		b.now = b.now.Add(time.Second)
		b.putFrom(all[i], "op", strings.Repeat(string('a'+i), letter.PlaceSize))
	}
	if first, last := b.Standing(all[0].ID), b.Standing(all[len(all)-1].ID); first.State != letter.Unknown || last.State != letter.Inbox || len(b.Lies()) != inbox.MaxRequests {
		t.Errorf("%+v, %+v; %d wait", first, last, len(b.Lies()))
	}
}

// What a key proposed that has ended since waits for nobody: it could never enter.
func TestWhatAnEndedKeyProposedWaitsNoMore(t *testing.T) {
	b := open(t)
	op, op2, next := chartertest.Issuer("op"), chartertest.Issuer("op2"), chartertest.Issuer("op next")
	orphan, other := b.letter(op, b.label()), b.letter(op2, b.label())
	b.put(orphan, "op")
	b.put(other, "op2")
	a := &article.IssuerEnd{Issuer: op.Public(), How: article.Rotate, Successor: next.Public()}
	b.Carry(b.Motion(motion.EndIssuer, b.Article(a, op, next), nil))
	for range 2 {
		if lies := b.Lies(); len(lies) != 1 || lies[0].ID != other.ID {
			t.Fatalf("%d letters wait, want the other member's alone", len(lies))
		}
		b.again()
	}
	if s := b.Standing(orphan.ID); s.State != letter.Refused || !strings.Contains(s.Why.Text, "is no issuer in force") {
		t.Errorf("of the orphan it tells %v, %s", s.State, s.Why.Text)
	}
	b.put(b.letter(next, b.label()), "op")
	if s := b.Standing(orphan.ID); s.State != letter.Unknown {
		t.Errorf("it is kept: %v", s.State)
	}
}
