package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/simulations/realmtest"
	"ringfence/store/keys"
)

// desk is the verbs at a node, whose proposals the regulators enact.
type desk struct {
	*realmtest.Realm
	at *realmtest.Station
	// put is what becomes of a proposal; nil: the regulators enact it.
	put func(api.Proposal) error
	// said has what the verb shows; nil: nobody looks.
	said *bytes.Buffer
	// noted has what it tells on the way; nil: nobody looks.
	noted *bytes.Buffer
}

func (d desk) do(args ...string) error {
	d.Helper()
	h := Host{
		Place:  func(*cobra.Command) (string, keys.Unlock, error) { return d.at.Dir, d.at.Cfg.Unlock, nil },
		Random: rand.Reader,
		Ask:    func(_ *cobra.Command, _ bool, question func(api.Council) error) error { return question(d.at.Node) },
		Put: func(_ *cobra.Command, p api.Proposal, _ bool) error {
			if d.put != nil {
				return d.put(p)
			}
			d.Enact(p, "reg")
			return nil
		},
		Answer: func(_ *cobra.Command, _ any, human func(*show.Page)) error {
			if d.said != nil {
				human(show.NewPage(d.said, locale.New().Match("en"), false))
			}
			return nil
		},
		Note: func(_ *cobra.Command, human func(*show.Page)) error {
			if d.noted != nil {
				human(show.NewPage(d.noted, locale.New().Match("en"), false))
			}
			return nil
		},
	}
	root := &cobra.Command{Use: "ringfence", SilenceErrors: true, SilenceUsage: true}
	root.SetErr(io.Discard)
	root.AddCommand(h.Keys(), h.Leave())
	root.SetArgs(args)
	return root.Execute()
}

func (d desk) must(args ...string) {
	d.Helper()
	if err := d.do(args...); err != nil {
		d.Fatalf("%v: %v", args, err)
	}
}

// settled writes what ringfence init leaves beside the keys of a realm's node.
func settled(r *realmtest.Realm, member string) desk {
	r.Helper()
	s := r.Of(member)
	text, err := s.Card.YAML()
	r.Must(err)
	r.Must(os.WriteFile(filepath.Join(s.Dir, found.CardFile), text, 0o600))
	return desk{Realm: r, at: s}
}

// flags waits until every node that runs counts so many flags.
func (d desk) flags(want int) {
	d.Helper()
	d.Everywhere("it counts the flags", func(n *node.Node) bool { return n.View().List().Counts().Statements == want })
}

// An issuer's key is rotated, the new one is lost and recovered by the recovery key, and
// the member leaves: each by its verb, each seen on every node.
func TestTheKeysOfAMember(t *testing.T) {
	r := realmtest.Found(t, []string{"op: operator, vendor", "third: operator", "fourth: operator"})
	r.Ticked()
	d := settled(r, "op")
	flag := func(number string, all int) {
		t.Helper()
		r.Until("it signs", func() bool { return d.at.Flag(number) == nil })
		d.flags(all)
	}
	flag("13900139000", 1)
	var waits string
	proposes := d
	proposes.put = func(p api.Proposal) error {
		made, err := d.at.Node.ProposeMotion(context.Background(), p)
		waits = made.Motion.ID
		return err
	}
	proposes.must("keys", "rotate", "--reason", "a new machine")
	if err := d.do("keys", "rotate"); err == nil || !strings.Contains(err.Error(), "ringfence motion withdraw "+waits) {
		t.Errorf("a second rotation beside one that nobody decided: %v", err)
	}
	_, err := d.at.Node.WithdrawMotion(context.Background(), waits)
	r.Must(err)
	d.must("keys", "rotate", "--reason", "a new machine")
	flag("13900139001", 2)

	safe, dir := filepath.Join(t.TempDir(), "safe"), filepath.Join(d.at.Dir, found.KeysDir)
	_, err = keys.Import(safe, keys.PurposeRecovery, realmtest.Recovery("op"), d.at.Cfg.Unlock, rand.Reader)
	r.Must(err)
	halves, err := keys.List(dir)
	r.Must(err)
	lost := ""
	for _, h := range halves {
		if h.Purpose == keys.PurposeIssuer {
			lost = h.Text()
		}
	}
	if lost == d.at.Voice.Issuer.Public().String() {
		t.Fatal("the key was not rotated")
	}
	if err := d.do("keys", "recover", "--lost", lost); err == nil || !strings.Contains(err.Error(), "with --recovery") {
		t.Errorf("a key is recovered without the recovery key: %v", err)
	}
	if err := d.do("keys", "recover", "--lost", lost, "--recovery-key-file", "safe.key"); err == nil || !strings.Contains(err.Error(), "--recovery is missing") {
		t.Errorf("a key file for no directory: %v", err)
	}
	d.must("keys", "recover", "--lost", lost, "--recovery", safe)
	d.must("keys", "recover", "--lost", lost, "--recovery", safe, "--end")
	flag("13900139002", 3)

	file := filepath.Join(t.TempDir(), "leave.yaml")
	d.noted = new(bytes.Buffer)
	d.must("leave", "--out", file, "--reason", "it closes")
	if !strings.Contains(d.noted.String(), "What op says from now on counts for nothing once the regulators enact this") {
		t.Errorf("before it leaves it is told %q", d.noted)
	}
	text, err := os.ReadFile(file)
	r.Must(err)
	r.Enact(api.Proposal{File: string(text), FileName: file}, "reg")
	r.Everywhere("op is no member", func(n *node.Node) bool {
		m, ok := n.State().MemberByID("op")
		return !ok || !n.State().IsMember(m)
	})
	d.flags(3) // what it said stays
	if err := d.at.Flag("13900139003"); err == nil || strings.Contains(err.Error(), "goes on under another key") {
		t.Errorf("it speaks on, or is told to: %v", err)
	}
}

// The ledger's key goes to another regulator, and that one gets a seat.
func TestTheKeysOfASeat(t *testing.T) {
	r := realmtest.Found(t, []string{"east: operator"})
	r.Ticked()
	reg, d := settled(r, "reg"), settled(r, "east")
	half, err := keys.Create(filepath.Join(d.at.Dir, found.KeysDir), keys.PurposeAudience, d.at.Cfg.Unlock, rand.Reader)
	r.Must(err)
	file := filepath.Join(t.TempDir(), "log.age")
	reg.must("keys", "export-log", "--to", half.Recipient, "--out", file)
	seat := filepath.Join(t.TempDir(), "seat.yaml")
	r.Must(os.WriteFile(seat+".txt", []byte("no key\n"), 0o600))
	other, err := keys.Create(filepath.Join(t.TempDir(), "other"), keys.PurposeAudience, d.at.Cfg.Unlock, rand.Reader)
	r.Must(err)
	reg.must("keys", "export-log", "--to", other.Recipient, "--out", seat+".age")
	for _, wrong := range []string{seat + ".age", seat + ".txt"} { // for another directory, and of another kind
		if err := d.do("keys", "import-log", wrong); phrase.From(err).Code != "keys.not_handed" || !strings.HasPrefix(err.Error(), wrong) || strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s is opened: %v", wrong, err)
		}
	}
	if err := d.do("keys", "seat", "--out", seat); err == nil || !strings.Contains(err.Error(), "ringfence keys import-log") {
		t.Errorf("a seat without the ledger's key: %v", err)
	}
	d.must("keys", "import-log", file)

	r.Must(os.WriteFile(seat, nil, 0o600))
	if err := d.do("keys", "seat", "--out", seat); phrase.From(err).Code != "usage.file_exists" || !strings.HasPrefix(err.Error(), seat+" exists already") {
		t.Errorf("onto another file: %v", err)
	}
	r.Must(os.Remove(seat))
	d.said = new(bytes.Buffer)
	d.must("keys", "seat", "--out", seat, "--cosign-name", "east.example/cosign")
	if got := d.said.String(); !strings.Contains(got, "before anybody votes") || strings.Contains(got, "once the motion is enacted") {
		t.Errorf("of a first seat it says %q", got)
	}
	d.at.Stop()
	d.at.Start()
	text, err := os.ReadFile(seat)
	r.Must(err)
	r.Enact(api.Proposal{File: string(text), FileName: seat}, "reg")
	r.Until("it cosigns", func() bool { return r.Sits("east") })
}

// A regulator's keys are replaced by three of four; its node takes up the new ones when it is
// started anew, and cosigns by them.
func TestTheKeysOfASeatAreReplaced(t *testing.T) {
	r := realmtest.Found(t, []string{"east: regulator", "south: regulator", "west: regulator"})
	r.Ticked()
	d := settled(r, "west")
	rekeyed := filepath.Join(t.TempDir(), "rekey.yaml")
	d.must("keys", "seat", "--out", rekeyed)
	text, err := os.ReadFile(rekeyed)
	r.Must(err)
	old := d.at.Voice.Cosign.Public()
	r.Enact(api.Proposal{File: string(text), FileName: rekeyed}, "reg", "east", "south")
	d.at.Stop()
	r.Until("nobody cosigns for it", func() bool { return !r.Sits("west") })
	d.at.Start()
	r.Until("it cosigns", func() bool { return r.Sits("west") })
	if seat, ok := d.at.Node.State().Regulator(d.at.Voice.Vote.Public()); ok || seat.Cosign == old {
		t.Errorf("its seat is %+v", seat)
	}
}
