package checkpoint_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// The example of C2SP's signed-note: its key has the ID that is made of its name here, and
// the note verifies.
func TestExampleOfSignedNotes(t *testing.T) {
	const vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
	const text = "This is an example message.\n"
	const line = "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
	packed := must[[]byte](t)(base64.StdEncoding.DecodeString(vkey[strings.LastIndex(vkey, "+")+1:]))
	public := must[keys.Public](t)(keys.ParsePublic(packed))
	if got := checkpoint.Log("example.com/foo", public).String(); got != vkey {
		t.Errorf("the key is written %s, want %s", got, vkey)
	}
	verifier := must[note.Verifier](t)(note.NewVerifier(vkey))
	if _, err := note.Open([]byte(text+"\n"+line), note.VerifierList(verifier)); err != nil {
		t.Error(err)
	}
}

// What must not verify of the vector: another size, one bit of the cosignature; and a line
// that is there twice is one cosigner.
func TestVectorsThatAreWrong(t *testing.T) {
	theLog := checkpoint.Log(vectorOrigin, key(1).Public())
	set := checkpoint.Set{checkpoint.Cosigner("regulator-a.example", key(2).Public())}
	if _, err := checkpoint.Open([]byte(strings.Replace(vectorText, "\n8\n", "\n9\n", 1)+"\n"+vectorLine1+vectorLine2), theLog); err == nil {
		t.Error("the log's signature holds for another size")
	}
	flipped := strings.Replace(vectorLine2, "Hj3wisdk9Pt", "Hj3wisdk9Pu", 1)
	n := must[checkpoint.Note](t)(checkpoint.Open([]byte(vectorText+"\n"+vectorLine1+flipped), theLog))
	if _, ok := set.Certified(n); ok || checkpoint.Count(set.Cosignatures(n)) != 0 {
		t.Error("a cosignature of which a bit is flipped counts")
	}
	two := append(set, checkpoint.Cosigner("regulator-b.example", key(3).Public()))
	n = must[checkpoint.Note](t)(checkpoint.Open([]byte(vectorText+"\n"+vectorLine1+vectorLine2+vectorLine2), theLog))
	if got := checkpoint.Count(two.Cosignatures(n)); got != 1 {
		t.Errorf("a line that is there twice counts %d times", got)
	}
	if _, ok := two.Certified(n); ok {
		t.Error("one of two regulators certifies")
	}
}
