package checkpoint_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/transparency-dev/formats/log"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/merkle"
)

// The vector of a log of eight leaves, as other implementations of the C2SP
// formats make it: seeds of 32 bytes 1 (log) and 2 (cosigner).
const (
	vectorOrigin = "ringfence.example/ledger"
	vectorLog    = "ringfence.example/ledger+97d2d782+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
	vectorBy     = "regulator-a.example+12eafaa7+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
	vectorTime   = 1700000000
	vectorText   = "ringfence.example/ledger\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
	vectorLine1  = "— ringfence.example/ledger l9LXguDZa4tPAAFFaVdpelYJRMJISmBmb79XU4t1+/oB1TeH7N8L+jwvQndqVERDkoj6aIud4iEB2IrUqw56nzpCdQg=\n"
	vectorLine2  = "— regulator-a.example Eur6pwAAAABlU/EAGqgnUtgqHRSvG+KBzmI1bL9p1muGCBlJaEYZ4jRH8Hj3wisdk9PtdfY6/OAfIn3ihWs7ZITFL98CMGTjEveXDA==\n"
)

func key(b byte) keys.Private {
	var seed [keys.SeedSize]byte
	for i := range seed {
		seed[i] = b
	}
	return keys.FromSeed(seed)
}

func vector(t *testing.T) checkpoint.Checkpoint {
	t.Helper()
	root, err := base64.StdEncoding.DecodeString("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=")
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint.Checkpoint{Origin: vectorOrigin, Tree: checkpoint.Tree{Size: 8, Root: merkle.Hash(root)}}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestVector makes the note of the vector, byte by byte, and reads it.
func TestVector(t *testing.T) {
	theLog := checkpoint.Log(vectorOrigin, key(1).Public())
	by := checkpoint.Cosigner("regulator-a.example", key(2).Public())
	if theLog.String() != vectorLog || by.String() != vectorBy {
		t.Fatalf("keys are written %s and %s", theLog, by)
	}
	c := vector(t)
	n := must[checkpoint.Note](t)(checkpoint.Sign(c, key(1)))
	n = must[checkpoint.Note](t)(n.With(by, c.Cosign(key(2), vectorTime)))
	if want := vectorText + "\n" + vectorLine1 + vectorLine2; string(n.Bytes()) != want {
		t.Fatalf("written\n%swant\n%s", n.Bytes(), want)
	}
	read := must[checkpoint.Note](t)(checkpoint.Open(n.Bytes(), theLog))
	if read.Checkpoint != c {
		t.Errorf("read %+v", read.Checkpoint)
	}
	if fresh, ok := (checkpoint.Set{by}).Certified(read); !ok || fresh != vectorTime {
		t.Errorf("certified %v as of %d", ok, fresh)
	}
}

// TestOthersReadOurs lets the tools of transparency-dev check what was made here,
// and the other way round.
func TestOthersReadOurs(t *testing.T) {
	theirLog, err := note.NewVerifier(vectorLog)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := formats.NewVerifierForCosignatureV1(vectorBy)
	if err != nil {
		t.Fatal(err)
	}
	by := checkpoint.Cosigner("regulator-a.example", key(2).Public())
	same := func(size uint64, root merkle.Hash, at uint32) bool {
		c := checkpoint.Checkpoint{Origin: vectorOrigin, Tree: checkpoint.Tree{Size: size, Root: root}}
		n := must[checkpoint.Note](t)(checkpoint.Sign(c, key(1)))
		n = must[checkpoint.Note](t)(n.With(by, c.Cosign(key(2), int64(at))))
		got, _, opened, err := log.ParseCheckpoint(n.Bytes(), vectorOrigin, theirLog, theirs)
		if err != nil || got.Size != size || merkle.Hash(got.Hash) != root || len(opened.Sigs) != 2 {
			t.Errorf("%+v: they read %+v, %v", c, got, err)
			return false
		}
		when, err := formats.CoSigV1Timestamp(opened.Sigs[1])
		return err == nil && when.Equal(time.Unix(int64(at), 0))
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
	seed := base64.StdEncoding.EncodeToString(append([]byte{1}, []byte(strings.Repeat("\x02", 32))...))
	signer, err := formats.NewSignerForCosignatureV1("PRIVATE+KEY+regulator-a.example+12eafaa7+" + seed)
	if err != nil {
		t.Fatal(err)
	}
	c := vector(t)
	n := must[checkpoint.Note](t)(checkpoint.Sign(c, key(1)))
	signed, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	line := string(signed[strings.Index(string(signed), "— "):])
	ours := must[checkpoint.Note](t)(checkpoint.Open(append(n.Bytes(), line...), checkpoint.Log(vectorOrigin, key(1).Public())))
	if _, ok := (checkpoint.Set{by}).Certified(ours); !ok {
		t.Error("their cosignature does not count here")
	}
}

// TestOpenRefuses changes one thing each in the note of the vector.
func TestOpenRefuses(t *testing.T) {
	theLog := checkpoint.Log(vectorOrigin, key(1).Public())
	whole := vectorText + "\n" + vectorLine1
	resign := func(text string) string {
		return string(must[[]byte](t)(note.Sign(&note.Note{Text: text}, noteSigner{theLog, key(1)})))
	}
	for name, c := range map[string]struct{ note, want string }{
		"nothing":             {"", "malformed"},
		"no signature":        {vectorText + "\n", "malformed"},
		"another size":        {strings.Replace(whole, "\n8\n", "\n9\n", 1), "invalid signature"},
		"another log's":       {strings.Replace(whole, vectorLine1, vectorLine2, 1), "no verifiable signatures"},
		"a leading zero":      {resign(strings.Replace(vectorText, "\n8\n", "\n08\n", 1)), "not written as"},
		"a plus":              {resign(strings.Replace(vectorText, "\n8\n", "\n+8\n", 1)), "no number of entries"},
		"below zero":          {resign(strings.Replace(vectorText, "\n8\n", "\n-8\n", 1)), "no number of entries"},
		"a short root":        {resign(vectorOrigin + "\n8\nXcna\n"), "not 32 bytes"},
		"an extension":        {resign(vectorText + "more\n"), "no more"},
		"two lines":           {resign(vectorOrigin + "\n8\n"), "no more"},
		"of another origin":   {resign(strings.Replace(vectorText, vectorOrigin, "other.example/ledger", 1)), "of the log other.example/ledger"},
		"larger than allowed": {whole + strings.Repeat("x", checkpoint.MaxNote), "at most"},
	} {
		if _, err := checkpoint.Open([]byte(c.note), theLog); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// noteSigner signs whatever text as the log.
type noteSigner struct {
	checkpoint.Verifier
	key keys.Private
}

func (s noteSigner) Sign(msg []byte) ([]byte, error) {
	sig := s.key.Sign(keys.DomainNote, msg)
	return sig[1:], nil
}

// regulators returns a set of n and their keys.
func regulators(n int) (set checkpoint.Set, private []keys.Private) {
	for i := range n {
		k := key(byte(10 + i))
		private = append(private, k)
		set = append(set, checkpoint.Cosigner(fmt.Sprintf("r%d.example", i), k.Public()))
	}
	return set, private
}

// TestCertified counts distinct regulators, each apart.
func TestCertified(t *testing.T) {
	set, private := regulators(4)
	strangers, strange := regulators(6)
	c := vector(t)
	begun := must[checkpoint.Note](t)(checkpoint.Sign(c, key(1)))
	with := func(n checkpoint.Note, who ...int) checkpoint.Note {
		for i, at := range who {
			n = must[checkpoint.Note](t)(n.With(strangers[at], c.Cosign(strange[at], int64(1000*(i+1)))))
		}
		return n
	}
	count := func(n checkpoint.Note) (found int) {
		for _, s := range set.Cosignatures(n) {
			if s != nil {
				found++
			}
		}
		return found
	}
	lines := func(n checkpoint.Note) string { return string(n.Bytes()[len(c.Text())+1:]) }
	open := func(b string) checkpoint.Note {
		return must[checkpoint.Note](t)(checkpoint.Open([]byte(b), checkpoint.Log(vectorOrigin, key(1).Public())))
	}
	spoilt := func(i int) string { // a line of nonsense under the name and key of regulator i
		other := vector(t)
		other.Size++
		n := must[checkpoint.Note](t)(checkpoint.Sign(other, key(1)))
		n = must[checkpoint.Note](t)(n.With(set[i], other.Cosign(private[i], 5)))
		all := strings.SplitAfter(string(n.Bytes()), "\n")
		return all[len(all)-2]
	}
	three := with(begun, 0, 1, 3)
	for name, tc := range map[string]struct {
		note  checkpoint.Note
		count int
		fresh int64
		ok    bool
	}{
		"nobody":                     {begun, 0, 0, false},
		"two of four":                {with(begun, 0, 2), 2, 0, false},
		"three of four":              {three, 3, 1000, true},
		"all: since three of them":   {with(three, 2, 2, 2, 2), 4, 2000, true},
		"two and two strangers":      {with(begun, 0, 2, 4, 5), 2, 0, false},
		"two, one of them twice":     {open(string(with(begun, 0, 2).Bytes()) + lines(with(begun, 2))[len(lines(begun)):]), 2, 0, false},
		"three and one spoilt":       {open(string(three.Bytes()) + spoilt(2)), 3, 1000, true},
		"one of the three is spoilt": {open(c.Text() + "\n" + spoilt(1) + lines(three)), 2, 0, false},
	} {
		if got := count(tc.note); got != tc.count {
			t.Errorf("%s: %d cosigned, want %d", name, got, tc.count)
		}
		if fresh, ok := set.Certified(tc.note); ok != tc.ok || fresh != tc.fresh {
			t.Errorf("%s: certified %v as of %d, want %v, %d", name, ok, fresh, tc.ok, tc.fresh)
		}
	}
	if _, ok := (checkpoint.Set{}).Certified(three); ok {
		t.Error("a set of nobody certifies")
	}
	if _, err := begun.With(set[0], c.Cosign(private[1], 1)); err == nil {
		t.Error("one regulator's cosignature was added as another's")
	}
	if _, err := begun.With(set[0], c.Cosign(private[0], -1)); err == nil {
		t.Error("a cosignature before 1970 was added")
	}
}

// The table of the design: f liars among n, q to decide.
func TestQuorum(t *testing.T) {
	for n, want := range map[int][2]int{
		-1: {0, 0}, 0: {0, 0}, 1: {1, 0}, 2: {2, 0}, 3: {3, 0}, 4: {3, 1}, 5: {4, 1}, 6: {4, 1}, 7: {5, 2}, 8: {6, 2}, 10: {7, 3}, 13: {9, 4}, 31: {21, 10},
	} {
		if q, f := checkpoint.Quorum(n); q != want[0] || f != want[1] {
			t.Errorf("Quorum(%d) = %d, %d; want %d, %d", n, q, f, want[0], want[1])
		}
	}
	for n := 4; n <= 200; n++ {
		q, f := checkpoint.Quorum(n)
		// Two quorums share an honest regulator; without the liars one remains.
		if 2*q-n <= f || n-f < q {
			t.Errorf("Quorum(%d) = %d, %d is unsafe or cannot go on", n, q, f)
		}
	}
}

// TestPeek: without the log's key a note says the same, and not more is believed.
func TestPeek(t *testing.T) {
	whole := vectorText + "\n" + vectorLine1 + vectorLine2
	if got, err := checkpoint.Peek([]byte(whole)); err != nil || got != vector(t) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, b := range map[string]string{
		"nothing": "", "no signature": vectorText + "\n", "another text": "text\n\n" + vectorLine1,
		"a size written otherwise": strings.Replace(whole, "\n", "\n0", 1), "too long": whole + strings.Repeat(vectorLine1, 200),
	} {
		if got, err := checkpoint.Peek([]byte(b)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// turned are the vector's notes with bits turned that the base64 of a signature has and its
// bytes have not.
func turned() []string {
	return []string{
		vectorText + "\n" + strings.Replace(vectorLine1, "Qg=\n", "Qh=\n", 1) + vectorLine2,
		vectorText + "\n" + vectorLine1 + strings.Replace(vectorLine2, "DA==\n", "DB==\n", 1),
		vectorText + "\n" + vectorLine1 + "— somebody.example AAAAAAB=\n",
	}
}

// A note is written in one way: no signature under it, whoever's it is, is read where its
// base64 is not that of its bytes.
func TestASignatureIsWrittenInOneWay(t *testing.T) {
	theLog := checkpoint.Log(vectorOrigin, key(1).Public())
	whole := vectorText + "\n" + vectorLine1 + vectorLine2 + "— somebody.example AAAAAAA=\n"
	if _, err := checkpoint.Open([]byte(whole), theLog); err != nil {
		t.Fatal(err)
	}
	for _, b := range turned() {
		if strings.Contains(whole, b) {
			t.Fatal("nothing is turned")
		}
		if _, err := checkpoint.Open([]byte(b), theLog); err == nil || !strings.Contains(err.Error(), "not written as") {
			t.Errorf("opened:\n%s%v", b, err)
		}
		if _, err := checkpoint.Peek([]byte(b)); err == nil {
			t.Errorf("peeked:\n%s", b)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(vectorText + "\n" + vectorLine1 + vectorLine2))
	f.Add([]byte(vectorText + "\n" + vectorLine1))
	f.Add([]byte("a\n\n— a aaaaaaaa\n"))
	for _, b := range turned() {
		f.Add([]byte(b))
	}
	theLog := checkpoint.Log(vectorOrigin, key(1).Public())
	set := checkpoint.Set{checkpoint.Cosigner("regulator-a.example", key(2).Public())}
	f.Fuzz(func(t *testing.T, b []byte) {
		peeked, errPeek := checkpoint.Peek(b)
		n, err := checkpoint.Open(b, theLog)
		if err != nil {
			return
		}
		if errPeek != nil || peeked != n.Checkpoint {
			t.Errorf("%q is %+v without its signature, %v", b, peeked, errPeek)
		}
		if string(n.Bytes()) != string(b) || !strings.HasPrefix(string(b), n.Text()+"\n") {
			t.Errorf("%q was read as %+v", b, n)
		}
		_, lines, _ := strings.Cut(string(b), "\n\n")
		for line := range strings.Lines(lines) {
			text := strings.TrimSuffix(line[strings.LastIndex(line, " ")+1:], "\n")
			if sig, err := base64.StdEncoding.DecodeString(text); err != nil || base64.StdEncoding.EncodeToString(sig) != text {
				t.Errorf("%q is written in another way than its bytes", line)
			}
		}
		set.Certified(n)
		again, err := n.With(set[0], n.Cosign(key(2), 7))
		if err != nil {
			t.Fatal(err)
		}
		if fresh, ok := set.Certified(again); !ok || fresh != 7 {
			t.Errorf("%q: cosigned, and not certified", again.Bytes())
		}
	})
}

// TestLeast: what is left of a certified note is certified still, as fresh as before, and
// every cosignature in it is needed.
func TestLeast(t *testing.T) {
	c := vector(t)
	for n := 1; n <= 7; n++ {
		set, private := regulators(n)
		whole := must[checkpoint.Note](t)(checkpoint.Sign(c, key(1)))
		for i := range n {
			if _, err := set.Least(whole); (err == nil) != (i >= set.Quorum()) {
				t.Errorf("%d of %d: %v", i, n, err)
			}
			whole = must[checkpoint.Note](t)(whole.With(set[i], c.Cosign(private[i], vectorTime+int64(i*5%7))))
		}
		fresh, _ := set.Certified(whole)
		least := must[checkpoint.Note](t)(set.Least(whole))
		if got, ok := set.Certified(least); !ok || got != fresh || strings.Count(string(least.Bytes()), "\n—") != 1+set.Quorum() {
			t.Errorf("of %d regulators: fresh since %d, not %d, %v:\n%s", n, got, fresh, ok, least.Bytes())
		}
		if names, err := set[1:].Unknown(whole); err != nil || len(names) != 1 || names[0] != set[0].Name() {
			t.Errorf("unknown to the others of %d: %v, %v", n, names, err)
		}
	}
}
