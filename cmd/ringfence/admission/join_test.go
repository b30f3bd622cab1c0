package admission_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/admission"
	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/config"
	"ringfence/node/council/letter"
	"ringfence/node/locale"
	"ringfence/node/overlay"
	"ringfence/node/overlay/overlaytest"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// asked is a node of a federation that answers a request for admission as a test has it.
type asked struct {
	*ballottest.Federation
	address string
	says    func(l *letter.Letter) letter.Standing
}

func ask(t *testing.T) *asked {
	t.Helper()
	a := &asked{Federation: ballottest.Begun(t, 4, nil)}
	state := a.State.Constitution()
	federation := state.Federation()
	genesis, err := a.Genesis.Encode()
	if err != nil {
		t.Fatal(err)
	}
	key := chartertest.Key("host", "op")
	o, _ := overlaytest.Start(t, overlay.Config{
		Key: key, Federation: federation, Roster: state, Listen: []string{"127.0.0.1:0"}, Name: "Test", Version: "test",
		Hosts: func() []keys.Public { return []keys.Public{key.Public()} }, Genesis: func() []byte { return genesis },
	}, func(o *overlay.Overlay) {
		o.HandleAll(overlay.ProtocolsOf(federation).Propose, func(s overlay.Stream) {
			defer func() { _ = s.Close() }() // it is gone either way
			b, err := overlay.ReadFrame(s, letter.MaxSmall)
			if err != nil {
				return
			}
			q, err := letter.DecodeQuestion(b)
			if err != nil {
				return
			}
			l, err := letter.Open(q.Letter, federation)
			if err != nil {
				return
			}
			_ = overlay.WriteFrame(s, letter.EncodeAnswer([]letter.Standing{a.says(&l)})) // the test sees that nothing came
		})
	})
	overlaytest.Within(t, time.Minute, "it is reached by TCP", func() bool {
		for _, one := range o.Addresses() {
			if strings.Contains(one, "/tcp/") {
				a.address = one
			}
		}
		return a.address != ""
	})
	return a
}

// on is a motion with one item, as a docket would show it on a request.
func (a *asked) on(l *letter.Letter, kind motion.Kind, item []byte, votes func(p ballottest.Proposal) []motion.Vote) letter.Standing {
	p := a.Motion(kind, [][]byte{item}, nil)
	o := ballot.Open{Motion: p.Signed, Items: p.Items}
	return letter.Standing{ID: l.ID, State: letter.Tabled, Motion: p.ID, Shown: letter.Show(&o), Needed: 1, Votes: votes(p)}
}

// of are votes of members' regulators.
func (a *asked) of(members ...string) func(p ballottest.Proposal) []motion.Vote {
	return func(p ballottest.Proposal) (all []motion.Vote) {
		for _, m := range members {
			all = append(all, a.Vote(p, m, nil))
		}
		return all
	}
}

// join runs the verb in a new directory and returns what it says.
func (a *asked) join(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "late.key")
	if err := keys.CreateKeyFile(file, rand.Reader); err != nil {
		t.Fatal(err)
	}
	m := found.Member{
		Dir: filepath.Join(dir, "late"), ID: "late", Name: "Late", Roles: []charter.Role{charter.Vendor}, Unlock: keys.KeyFile(file), KeyFile: file, Random: rand.Reader,
	}
	if _, err := found.Init(m); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	page := func(_ *cobra.Command, human func(*show.Page)) error {
		p := show.NewPage(&said, locale.New().Match("en"), false)
		human(p)
		return p.Err()
	}
	verb := admission.Host{
		Settings: func(*cobra.Command) (config.Config, error) {
			return config.Config{Dir: m.Dir, KeyFile: file, Socket: filepath.Join(m.Dir, "node.sock")}, nil
		},
		Unlock: func(file string) keys.Unlock { return keys.KeyFile(file) },
		Answer: func(cmd *cobra.Command, _ any, human func(*show.Page)) error { return page(cmd, human) },
		Note:   page, Version: "test", Now: time.Now,
	}.Join()
	verb.SilenceErrors, verb.SilenceUsage = true, true
	verb.SetArgs([]string{a.State.Constitution().Federation().String(), "--peer", a.address})
	if err := verb.ExecuteContext(context.Background()); err != nil {
		t.Fatal(err)
	}
	return said.String()
}

// The node that is asked may say what it likes: join counts the votes of the regulators
// whom the genesis names, on a motion that admits this very node, and says which that is.
func TestJoinCountsWhatRegulatorsSigned(t *testing.T) {
	a := ask(t)
	strangers := func(p ballottest.Proposal) (all []motion.Vote) {
		for _, name := range []string{"one", "two", "three"} {
			all = append(all, a.VoteBy(p, ballottest.VoteKey(name), nil))
		}
		return all
	}
	other, err := article.Encode(chartertest.Admission(t, a.State.Constitution(), "another", "vendor"))
	if err != nil {
		t.Fatal(err)
	}
	const unproved = "shows nothing signed that proves it"
	for _, c := range []struct {
		name string
		says func(l *letter.Letter) letter.Standing
		want []string
	}{
		{"two regulators vote for it", func(l *letter.Letter) letter.Standing {
			return a.on(l, l.Kind, l.Item, a.of("reg", "reg3"))
		}, []string{"2 of 3 signatures on the motion bafyrei"}},
		{"keys that are nobody's", func(l *letter.Letter) letter.Standing { return a.on(l, l.Kind, l.Item, strangers) },
			[]string{"0 of 3 signatures on the motion", "by keys of no regulator known here, which do not count: 3"}},
		{"one regulator, three times", func(l *letter.Letter) letter.Standing { return a.on(l, l.Kind, l.Item, a.of("reg", "reg", "reg")) },
			[]string{"1 of 3 signatures"}},
		{"against it", func(l *letter.Letter) letter.Standing {
			return a.on(l, l.Kind, l.Item, func(p ballottest.Proposal) []motion.Vote {
				return []motion.Vote{a.Vote(p, "reg", func(v *motion.Vote) { v.For = false })}
			})
		}, []string{"0 of 3 signatures"}},
		{"votes on who else is admitted", func(l *letter.Letter) letter.Standing {
			return a.on(l, motion.AdmitMember, other[0], a.of("reg", "reg2", "reg3"))
		}, []string{unproved}},
		{"votes on another motion", func(l *letter.Letter) letter.Standing {
			return a.on(l, motion.Ratify, ballottest.Label(t, "+8613800138000")[0], a.of("reg", "reg2", "reg3"))
		}, []string{unproved}},
		{"no motion is shown", func(l *letter.Letter) letter.Standing {
			s := a.on(l, l.Kind, l.Item, a.of("reg", "reg2", "reg3"))
			s.Shown = letter.Shown{}
			return s
		}, []string{unproved}},
		{"it is in the ledger", func(l *letter.Letter) letter.Standing { return letter.Standing{ID: l.ID, State: letter.Entered} },
			[]string{"is the word of the node at " + a.address + " alone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a.says = c.says
			got := a.join(t)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			if c.want[0] == unproved && strings.Contains(got, "signatures on") {
				t.Errorf("signatures are counted:\n%s", got)
			}
		})
	}
}
