package membership

import (
	"bytes"
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/admission"
	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/federation"
	"ringfence/node/locale"
	"ringfence/simulations/realmtest"
	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
)

// newcomer is a directory that ringfence init made, and what join says in it.
type newcomer struct {
	found.Member
	w *world

	mu   sync.Mutex
	said bytes.Buffer
}

func (w *world) newcomer(id string) *newcomer {
	w.Helper()
	dir := w.TempDir()
	file := filepath.Join(dir, id+".key")
	w.Must(keys.CreateKeyFile(file, rand.Reader))
	n := &newcomer{w: w, Member: found.Member{
		Dir: filepath.Join(dir, id), ID: id, Name: "Newcomer " + id, Roles: []charter.Role{charter.Vendor}, Unlock: keys.KeyFile(file), KeyFile: file, Random: rand.Reader,
	}}
	_, err := found.Init(n.Member)
	w.Must(err)
	return n
}

// join runs the verb in the directory, over the node of a member.
func (n *newcomer) join(ctx context.Context, over string, flags ...string) error {
	page := func(_ *cobra.Command, human func(*show.Page)) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		p := show.NewPage(&n.said, locale.New().Match("en"), false)
		human(p)
		return p.Err()
	}
	verb := admission.Host{
		Settings: func(*cobra.Command) (config.Config, error) {
			return config.Config{Dir: n.Dir, KeyFile: n.KeyFile, Socket: filepath.Join(n.Dir, "node.sock")}, nil
		},
		Unlock: func(file string) keys.Unlock { return keys.KeyFile(file) },
		Answer: func(cmd *cobra.Command, _ any, human func(*show.Page)) error { return page(cmd, human) },
		Note:   page, Version: "test", Now: time.Now,
	}.Join()
	verb.SilenceErrors, verb.SilenceUsage = true, true
	verb.SetArgs(append([]string{n.w.node("op").State().Federation().String(), "--peer", n.w.address(over)}, flags...))
	return verb.ExecuteContext(ctx)
}

func (n *newcomer) says(what string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Contains(n.said.String(), what)
}

// address returns where a member's node is reached by TCP.
func (w *world) address(member string) string {
	w.Helper()
	for _, a := range w.node(member).Standing().Addresses {
		if strings.Contains(a, "/tcp/") {
			return a
		}
	}
	w.Fatalf("%s is reached at no address by TCP", member)
	return ""
}

// run starts the node of a directory.
func (n *newcomer) run() *realmtest.Station {
	n.w.Helper()
	return n.w.Run(n.ID, node.Config{
		Dir: n.Dir, FreeFloor: 1, Version: "test", Unlock: n.Unlock, Network: federation.Network{Listen: []string{"127.0.0.1:0"}, Every: time.Second},
	})
}

func admits(member string) func(m *api.Motion) bool {
	return func(m *api.Motion) bool { return m.Kind == "admit_member" && m.Subject == member }
}

// A stranger asks to join over an operator's node, with the keys that its card names; its
// node runs meanwhile. It is told each of the three signatures that it takes, is in
// without a restart, publishes and is heard by all. Then it leaves, by its own proposal.
func TestAStrangerIsAdmittedSpeaksAndLeaves(t *testing.T) {
	w := begin(t)
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	defer stop()
	late := w.newcomer("late")
	w.Must(late.join(ctx, "op"))
	if !late.says("waits in the inbox of regulators") || late.says("this node is in") {
		t.Errorf("join says %q", late.said.String())
	}
	n := late.run()
	watched := make(chan error, 1)
	go func() { watched <- late.join(ctx, "op", "--watch") }()
	for _, r := range regulators {
		m := w.waiting(r, admits("late"))
		if m.State != api.MotionInbox || !strings.HasPrefix(m.Does.Text, "admits late (Newcomer late) as a member with the roles vendor") {
			t.Errorf("what waits for %s: %+v", r, m)
		}
		full, err := w.node(r).Motion(ctx, m.ID)
		w.Must(err)
		if full.Effect.Votes != 3 || len(full.Effect.Refusals) > 0 {
			t.Errorf("%s sees %+v", r, full.Effect)
		}
	}
	// The card, as it was handed over, names the request that says the same.
	card, err := found.ReadCard(filepath.Join(late.Dir, found.CardFile))
	w.Must(err)
	text, err := card.YAML()
	w.Must(err)
	made, err := w.node("reg").ProposeMotion(ctx, api.Proposal{Kind: "admit_member", File: string(text), Reason: "contract"})
	w.Must(err)
	w.Until("join tells the first signature", func() bool { return late.says("1 of 3 signatures") })
	if m := w.votes("reg-2", admits("late")); m.ID != made.Motion.ID || m.Missing != 1 {
		t.Fatalf("the second votes on %+v", m)
	}
	w.Until("join tells the second signature", func() bool { return late.says("2 of 3 signatures") })
	again, err := w.node("reg-3").ProposeMotion(ctx, api.Proposal{Kind: "admit_member", File: string(text)})
	w.Must(err)
	if again.Motion.ID != made.Motion.ID {
		t.Errorf("a proposal of the same divides the votes: %+v", again.Motion)
	}
	select {
	case err := <-watched:
		w.Must(err)
		for _, count := range []string{"1 of 3 signatures", "2 of 3 signatures", "3 of 3 signatures"} {
			if !late.says(count) {
				t.Errorf("join never told %s: %q", count, late.said.String())
			}
		}
		if late.says("no regulator could be reached") {
			t.Errorf("join told what passes: %q", late.said.String())
		}
		if !late.says("late is a member of the federation, and this node is in") {
			t.Errorf("at the end join says %q", late.said.String())
		}
	case <-time.After(time.Minute):
		t.Fatalf("join goes on waiting, and says %q", late.said.String())
	}
	w.Until("it is met, and may speak", func() bool {
		_, err := n.Node.Say(ctx, api.Say{Kind: "flag", Subject: fraud, Category: "mkt.retail", Reports: 10})
		return err == nil
	})
	w.Everywhere("it is heard by all", func(p *node.Node) bool { return p.View().List().Counts().Statements == 1 })
	w.leaves(n)
}

// leaves has a member leave, by its own proposal and three votes.
func (w *world) leaves(s *realmtest.Station) {
	w.Helper()
	left := func(m *api.Motion) bool { return m.Kind == "remove_member" && m.Subject == s.ID }
	stuck, err := s.Node.ProposeMotion(context.Background(), api.Proposal{Kind: "ratify", Category: "mkt.retail", Grounds: "flags", Items: []api.ProposedItem{{Number: fraud}}})
	w.Must(err)
	made, err := s.Node.ProposeMotion(context.Background(), api.Proposal{File: "kind: remove_member\nhow: leave\n", Reason: "it ends"})
	w.Must(err)
	for _, r := range regulators[:3] {
		if m := w.waiting(r, left); m.ID != made.Motion.ID || !strings.HasPrefix(m.Does.Text, "lets the member late leave") {
			w.Errorf("what waits for %s: %+v", r, m)
		}
		w.votes(r, left)
	}
	n, err := number.Parse(fraud)
	w.Must(err)
	w.Everywhere("it is nowhere a member any more", func(q *node.Node) bool { _, ok := q.State().MemberByID(s.ID); return !ok })
	if _, err := s.Node.WithdrawMotion(context.Background(), stuck.Motion.ID); api.KindOf(err) != api.Refused {
		w.Errorf("who has left takes back what can never enter: %v", err)
	}
	w.Everywhere("its word goes on counting", func(q *node.Node) bool { return len(q.View().List().Explain(n).Keys) > 0 })
}
