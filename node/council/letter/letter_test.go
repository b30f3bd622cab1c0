package letter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/ballot/enact"
	"ringfence/node/council/letter"
	"ringfence/node/phrase"
	"ringfence/store/charter/chartertest"
	"ringfence/store/motion"
	"ringfence/store/wire"
)

// samples are a letter with a motion, and one with a request.
func samples(t testing.TB) (*ballottest.Federation, []letter.Letter) {
	t.Helper()
	f := ballottest.Begun(t, 1, nil)
	p := f.MotionBy(chartertest.Issuer("op"), motion.Ratify, ballottest.Label(t, "+8613800138000", "+8613800138001"), nil)
	m, err := letter.Motion(&p.Signed, p.Items)
	if err != nil {
		t.Fatal(err)
	}
	s := f.State.Constitution()
	r, err := letter.Request(chartertest.Admission(t, s, "late", "operator"), s.Federation())
	if err != nil {
		t.Fatal(err)
	}
	return f, []letter.Letter{m, r}
}

// A letter is read back from its bytes and from a file, and from no other bytes: whatever
// bit flips, a signature no longer fits.
func TestLettersComeBack(t *testing.T) {
	f, all := samples(t)
	federation := f.State.Constitution().Federation()
	text := "Please see below.\n" + string(letter.Armour(all...))
	back, err := letter.Read(text, federation, 2)
	if err != nil || len(back) != 2 || !letter.Armoured(text) {
		t.Fatalf("%d letters, %v", len(back), err)
	}
	for i := range all {
		if !back[i].ID.Equals(all[i].ID) || !slices.Equal(back[i].Bytes(), all[i].Bytes()) || back[i].IsRequest() != (i == 1) {
			t.Errorf("letter %d comes back as %+v", i, back[i])
		}
		for bit := range 8 * len(all[i].Bytes()) {
			b := slices.Clone(all[i].Bytes())
			b[bit/8] ^= 1 << (bit % 8)
			if _, err := letter.Open(b, federation); err == nil {
				t.Fatalf("letter %d: bit %d flips unnoticed", i, bit)
			}
		}
		if _, err := letter.Open(append(slices.Clone(all[i].Bytes()), 0), federation); err == nil {
			t.Errorf("letter %d: a byte too many is not noticed", i)
		}
		if _, err := letter.Open(all[i].Bytes(), wire.CID([]byte("another"))); err == nil {
			t.Errorf("letter %d is one of another federation too", i)
		}
	}
	if _, err := letter.Read(text, federation, 1); err == nil {
		t.Error("more letters than asked for")
	}
	if _, err := letter.Read(strings.Replace(text, "A", "B", 1), federation, 2); err == nil {
		t.Error("a text that was changed")
	}
	if _, err := letter.Open(make([]byte, letter.MaxMotion+1), federation); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("too large: %v", err)
	}
}

// What is asked and answered comes back; votes that nobody cast, or on another motion, do
// not.
func TestQuestionsAndAnswersComeBack(t *testing.T) {
	f, all := samples(t)
	federation := f.State.Constitution().Federation()
	for _, q := range []letter.Question{{Letter: all[0].Bytes()}, {Letter: all[1].Bytes(), Place: "8 bytes."}, {IDs: []cid.Cid{all[0].ID, all[1].ID}}, {Withdrawal: []byte{1, 2}}} {
		back, err := letter.DecodeQuestion(q.Encode())
		if err != nil || !slices.Equal(back.Encode(), q.Encode()) || back.Place != q.Place {
			t.Errorf("%+v comes back as %+v, %v", q, back, err)
		}
	}
	p := ballottest.Proposal{Signed: all[0].Matter.Signed, Items: all[0].Matter.Items}
	v := f.Vote(p, "reg", nil)
	s := letter.Standing{ID: all[0].ID, State: letter.Tabled, Motion: p.ID, Needed: 3, Hands: 1, Votes: []motion.Vote{v}, Why: phrase.Coded("ballot.expired", "it expired", "it expired")}
	back, err := letter.DecodeAnswer(letter.EncodeAnswer([]letter.Standing{s}), federation)
	if err != nil || len(back) != 1 || back[0].State != letter.Tabled || len(back[0].Votes) != 1 || back[0].Votes[0].By != v.By || back[0].Why.Code != "ballot.expired" || back[0].Why.Args[0] != "it expired" {
		t.Fatalf("%+v, %v", back, err)
	}
	s.Why = phrase.Coded("cli.motion", "click here", "x")
	if back, err = letter.DecodeAnswer(letter.EncodeAnswer([]letter.Standing{s}), federation); err != nil || back[0].Why.Code != "" {
		t.Errorf("words of this node's own in a stranger's mouth: %+v, %v", back, err)
	}
	s.Motion = all[1].ID
	if _, err := letter.DecodeAnswer(letter.EncodeAnswer([]letter.Standing{s}), federation); err == nil || !strings.Contains(err.Error(), "a vote is on the motion") {
		t.Errorf("a vote on another motion: %v", err)
	}
	if _, err := letter.DecodeAnswer(letter.EncodeAnswer(make([]letter.Standing, letter.MaxAsked+1)), federation); err == nil {
		t.Error("more answers than may be asked for")
	}
}

// The votes of an answer are signed, and on the motion that the answer names; they count on
// the motion that was sent and on no other, whatever a regulator says that this became.
func TestVotesOnAnotherMotionDoNotCount(t *testing.T) {
	f := ballottest.Begun(t, 4, nil)
	p, other := f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil), f.Motion(motion.Ratify, ballottest.Label(t, "+8613900139000"), nil)
	m, r := enact.OpenMatter(p.Federation, p.Bytes(), [][]byte{p.Items[0].Bytes()})
	if r != nil {
		t.Fatal(r)
	}
	s := letter.Standing{ID: p.ID, State: letter.Tabled, Motion: other.ID, Needed: 3, Votes: []motion.Vote{f.Vote(other, "reg", nil), f.Vote(other, "reg2", nil)}}
	seats := f.State.Constitution().Regulators()
	if o := s.Open(m, seats); len(o.For) != 0 || len(o.Votes) != 0 || len(o.Silent) != 4 || o.MissingVotes != 3 {
		t.Errorf("for it %v, silent %v, %d are missing", o.For, o.Silent, o.MissingVotes)
	}
	s.Motion, s.Votes = p.ID, []motion.Vote{f.Vote(p, "reg", nil)}
	if o := s.Open(m, seats); len(o.For) != 1 || o.MissingVotes != 2 {
		t.Errorf("for it %v, %d are missing", o.For, o.MissingVotes)
	}
}

func FuzzOpen(f *testing.F) {
	fed, all := samples(f)
	federation := fed.State.Constitution().Federation()
	for i := range all {
		f.Add(all[i].Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := letter.Open(slices.Clone(b), federation); err == nil && !slices.Equal(l.Bytes(), b) {
			t.Error("what was read is written otherwise")
		}
	})
}

func FuzzTalk(f *testing.F) {
	fed, all := samples(f)
	federation := fed.State.Constitution().Federation()
	f.Add((&letter.Question{IDs: []cid.Cid{all[0].ID}}).Encode())
	f.Add(letter.EncodeAnswer([]letter.Standing{{ID: all[0].ID, State: letter.Inbox}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, err := letter.DecodeQuestion(b); err == nil && !slices.Equal(q.Encode(), b) {
			t.Error("a question is written otherwise than it was read")
		}
		if _, err := letter.DecodeAnswer(b, federation); err != nil {
			return
		}
	})
}
