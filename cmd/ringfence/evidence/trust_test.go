package evidence_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/consensus/prove/provetest"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/store/motion"
)

// deskOf is a desk with the genesis of a federation.
func deskOf(t *testing.T, w *provetest.World) *desk {
	d := &desk{t: t, dir: t.TempDir(), now: time.Unix(w.Now, 0)}
	genesis, err := w.Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d.keep("genesis.cbor", genesis)
	return d
}

const (
	beyondEn = "Taken for granted: no regulator came, went or changed its keys between ledger size "
	beyondZh = "监管机构未有加入、退出或更换密钥"
)

// Who names a chain that ends before the proof's checkpoint is told what it does not know:
// regulators that came since could be outvoted by those of before.
func TestVerifySaysUpToWhereTheRegulatorsAreKnown(t *testing.T) {
	w := provetest.Begun(t, 1)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	d := deskOf(t, w)
	early := d.keep("early.sets", w.Sets(true))
	then := w.Tree.Size()
	w.Seat("op")
	file := d.keep("entry.tlog-proof", w.Entry(at+1))
	if err := d.verify(file, "--sets", early); err != nil || d.last.Quorum != 1 || d.last.Known != then {
		t.Fatalf("%v, %+v", err, d.last)
	}
	d.says("en", "to the pinned checkpoint of ledger size", beyondEn)
	d.says("zh", beyondZh)
	w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138001"))
	pin := d.keep("checkpoint", w.Note(w.Seats()...).Bytes())
	for name, c := range map[string]struct {
		args   []string
		beyond bool
	}{
		"an old chain as the pin": {[]string{"--pin", early}, true},
		"the chain without a pin": {[]string{"--sets", d.keep("sets", w.Sets(false))}, true},
		"the chain to the pin":    {[]string{"--sets", d.keep("sets", w.Sets(false)), "--pin", pin}, false},
		"the genesis alone":       {nil, false}, // of which all is taken for granted, and said to be
	} {
		if err := d.verify(append([]string{file}, c.args...)...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(d.text["en"], beyondEn) != c.beyond || strings.Contains(d.text["zh"], beyondZh) != c.beyond {
			t.Errorf("%s: %s", name, d.text["en"])
		}
	}
}

// A proof of another federation is said to be that, whatever kind it is of.
func TestVerifyAProofOfAnotherFederation(t *testing.T) {
	other := provetest.Begun(t, 2)
	at := other.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	mine := provetest.Begun(t, 1)
	mine.Seat("op")
	d := deskOf(t, mine)
	ids := []string{other.State.Constitution().Federation().String(), mine.State.Constitution().Federation().String()}
	sets := d.keep("own.sets", mine.Sets(false))
	for name, file := range map[string][]byte{
		"entry": other.Entry(at + 1), "full": other.Must(other.Maker().Full(t.Context(), at+1)), "sets": other.Sets(true),
	} {
		for _, trust := range [][]string{nil, {"--sets", sets}} {
			if err := d.verify(append([]string{d.keep(name, file)}, trust...)...); err != errNo || d.last.Reason.Code != "proof.foreign" || !slices.Equal(d.last.Reason.Args, ids) { //nolint:errorlint // it is that one
				t.Errorf("%s: %v, %+v", name, err, d.last)
				continue
			}
			d.says("en", "NOT PROVED: the proof is of federation "+ids[0]+", the genesis of "+ids[1])
			d.says("zh", "该证明属联盟 "+ids[0])
		}
	}
}

// What is to be trusted and is not what it was named for is told by its flag and its name.
func TestVerifyNamesTheFileThatIsWrong(t *testing.T) {
	other := provetest.Begun(t, 2)
	w := provetest.Begun(t, 1)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	w.Seat("op")
	d := deskOf(t, w)
	file, text := d.keep("entry.tlog-proof", w.Entry(at+1)), d.keep("notes.txt", []byte("hello\n"))
	sets := w.Sets(false)
	good, note := d.keep("good.sets", sets), d.keep("checkpoint", w.Note(w.Seats()...).Bytes())
	bad := slices.Clone(sets)
	bad[len(bad)-9] ^= 1
	broken, cut := d.keep("broken.sets", bad), d.keep("cut.sets", sets[:len(sets)-60])
	longer, theirs := d.keep("longer.sets", append(slices.Clone(sets), make([]byte, 60)...)), d.keep("theirs.sets", other.Sets(true))
	for name, c := range map[string]struct {
		args []string
		code string
		says string
	}{
		"text as the pin":               {[]string{"--pin", text}, "usage.no_checkpoint", "--pin: " + text + " is no checkpoint"},
		"text as the pin, with a chain": {[]string{"--sets", good, "--pin", text}, "usage.no_checkpoint", "--pin: " + text + " is no checkpoint"},
		"a proof as the pin":            {[]string{"--pin", file}, "usage.no_checkpoint", "--pin: " + file + " is no checkpoint"},
		"a chain without a checkpoint":  {[]string{"--pin", good}, "usage.no_checkpoint", "--pin: " + good + " is no checkpoint, nor a set-chain file with one"},
		"another's pin":                 {[]string{"--pin", theirs}, "usage.foreign_file", "--pin: " + theirs + " is of federation"},
		"text as the chain":             {[]string{"--sets", text}, "usage.not_sets", "--sets: " + text + " is no set-chain file"},
		"a checkpoint as the chain":     {[]string{"--sets", note}, "usage.not_sets", "--sets: " + note + " is no set-chain file"},
		"a chain cut short":             {[]string{"--sets", cut}, "usage.not_sets", "--sets: " + cut + " is no set-chain file"},
		"a chain with more behind it":   {[]string{"--sets", longer}, "usage.not_sets", "--sets: " + longer + " is no set-chain file"},
		"a changed chain":               {[]string{"--sets", broken}, "usage.wrong_sets", "--sets: " + broken + " does not lead from the genesis on"},
		"another's chain":               {[]string{"--sets", theirs}, "usage.foreign_file", "--sets: " + theirs + " is of federation"},
	} {
		err := d.verify(append([]string{file}, c.args...)...)
		said := phrase.From(err)
		if !isInput(err) || said.Code != c.code || !strings.HasPrefix(said.Text, c.says) || strings.Contains(said.Text, "cbor:") || strings.Contains(said.Text, "no proof that") {
			t.Errorf("%s: %v (%s)", name, err, said.Code)
		}
		if zh := locale.New().Match("zh").Phrase(said); !strings.Contains(zh, c.args[len(c.args)-1]) || strings.Contains(zh, c.says) {
			t.Errorf("%s: %s", name, zh)
		}
	}
	for _, name := range []string{text, note} {
		if err := d.verify(name); phrase.From(err).Code != "proof.unreadable" || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s as the proof: %v", name, err)
		}
	}
}

// A revocation lasts: it has no day on which it ends, and none is shown.
func TestVerifyARevocation(t *testing.T) {
	w := provetest.Begun(t, 1)
	at := w.Enact(motion.Ratify, ballottest.Label(t, "+8613800138000"))
	revoked := w.Enact(motion.Revoke, ballottest.Reverse(at+1))
	d := deskOf(t, w)
	if err := d.verify(d.keep("revoked.tlog-proof", w.Entry(revoked+1))); err != nil {
		t.Fatal(err)
	}
	d.says("en", "Proved: the regulators revoked ledger entry")
	if text := d.text["en"] + d.text["zh"]; strings.Contains(text, "until") || strings.Contains(text, "有效至") {
		t.Errorf("it says until when: %s", text)
	}
}
