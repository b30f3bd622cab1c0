package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/consensus/ballot"
	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/api"
	"ringfence/node/federation"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/disk"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/motion"
)

// council is the one regulator of a home's federation, who runs no node: what it decides
// the test brings to the node.
type council struct {
	*ballottest.Federation
	h       *home
	decided []charter.Enacted
	told    int
}

// withCouncil founds a home's federation anew, as change has it, and opens its node.
func withCouncil(t *testing.T, change func(*charter.FoundingConfig)) (*home, *council) {
	h := newHome(t)
	must(t, h.node.Close())
	state := h.node.founded
	c := &council{h: h, Federation: ballottest.Found(t, 1, func(cfg *charter.FoundingConfig) {
		for _, m := range state.Members() {
			if m.ID != "reg" {
				cfg.Cards = append(cfg.Cards, charter.Card{ID: m.ID, Name: m.Name, Group: m.Group, Contact: m.Contact, Roles: m.Roles, Issuers: m.Issuers, Hosts: m.Hosts})
			}
		}
		if change != nil {
			change(cfg)
		}
	})}
	c.Now = h.now.Unix()
	sealed, err := c.Genesis.Encode()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(h.cfg.Dir, GenesisFile), sealed, 0o600))
	must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, StoreDir)))
	must(t, NewStore(h.cfg.Dir, h.key().Public()))
	h.open()
	c.take(c.Tick())
	return h, c
}

func (c *council) take(r ballot.Result) {
	c.Helper()
	if r.Outcome != ballot.Entered {
		c.Fatalf("the ledger takes no %v: %v, %v", r.Verb, r.Outcome, r.Refusal)
	}
	c.decided = append(c.decided, r.Enacted)
}

// decide carries a motion of one article.
func (c *council) decide(kind motion.Kind, a article.Item, endorsers ...keys.Private) {
	c.Helper()
	c.take(c.Try(c.Motion(kind, c.Article(a, endorsers...), nil), "reg"))
}

// tell brings what was decided to the node while it is open.
func (c *council) tell() {
	c.Helper()
	if err := c.h.node.enact(c.decided[c.told:]); err != nil {
		c.Fatal(err)
	}
	c.told = len(c.decided)
}

// keep closes the node, puts the ledger into its store, certified now by the council's
// clock, and opens it again.
func (c *council) keep() {
	t := c.h.t
	must(t, c.h.node.Close())
	store, err := disk.Open(disk.Config{Dir: filepath.Join(c.h.cfg.Dir, StoreDir), FreeFloor: 1})
	must(t, err)
	tree, additions, err := ledger.Tree{}.Append(append([]ledger.Entry{c.First}, c.Entries...))
	must(t, err)
	must(t, store.Ledger().Write(additions))
	cp := checkpoint.Checkpoint{Origin: checkpoint.Origin(c.State.Constitution().Federation()), Tree: tree.Head()}
	note, err := checkpoint.Sign(cp, chartertest.Key("log", ""))
	must(t, err)
	cosign := chartertest.Key("cosign", "reg")
	note, err = note.With(checkpoint.Cosigner("reg.example/cosign", cosign.Public()), cp.Cosign(cosign, c.Now))
	must(t, err)
	must(t, store.Ledger().Keep(note))
	must(t, store.Close())
	c.h.open()
}

// flags tries to flag a number as the node's own member.
func (h *home) flags() error {
	_, err := h.node.Say(context.Background(), api.Say{Kind: "flag", Subject: "13900139000", Category: "mkt.retail"})
	return err
}

// A node whose key the genesis does not name speaks once the ledger admits it, without a
// restart, and goes on after one; once the ledger has ended the key it signs nothing
// more and says so, also after a restart.
func TestANodeSpeaksWhileTheLedgerSaysSo(t *testing.T) {
	h, c := withCouncil(t, func(cfg *charter.FoundingConfig) {
		cfg.Cards = slices.DeleteFunc(cfg.Cards, func(card charter.Card) bool { return card.ID == "mno" })
	})
	own := h.key()
	mute := func(why string) {
		t.Helper()
		err := h.flags()
		status, failed := h.node.Status(context.Background())
		must(t, failed)
		if api.KindOf(err) != api.Refused || !strings.Contains(err.Error(), why) || !strings.Contains(fmt.Sprint(status.Problems), "cannot speak: ") || !strings.Contains(fmt.Sprint(status.Problems), why) {
			t.Errorf("it should be mute because %q: %v; status tells %q", why, err, fmt.Sprint(status.Problems))
		}
	}
	mute("the charter names no issuer with the key")
	mno := chartertest.Card(t, "mno", "operator")
	mno.Issuers = []keys.Public{own.Public()}
	admission := &article.MemberAdmission{Member: mno.Member()}
	c.decide(motion.AdmitMember, admission, own)
	c.tell()
	must(t, h.flags())
	if m, ok := h.node.member(); !ok || h.node.State().Member(m).ID != "mno" {
		t.Errorf("it speaks for member %d, %v", m, ok)
	}
	c.keep()
	must(t, h.flags())
	c.decide(motion.EndIssuer, &article.IssuerEnd{Issuer: own.Public(), How: article.Expel})
	c.tell()
	mute("ended the issuer key")
	c.keep()
	mute("ended the issuer key")
}

// Every answer carries the age of the newest certified checkpoint; one that is older than
// the charter bears is a problem and makes what is served stale, and nothing else. Where
// the regulators never certified anything there is none to be old.
func TestTheCheckpointAges(t *testing.T) {
	h, c := withCouncil(t, nil)
	h.now = h.now.Add(24 * time.Hour)
	if s := h.lookup("+8613800138000").List; s.CheckpointAgeSeconds != nil || slices.Contains(h.problems(), "problem.checkpoint_stale") || h.node.stale() != "" {
		t.Fatalf("without a checkpoint: %+v, %q", s, h.problems())
	}
	h.now = h.now.Add(-24 * time.Hour)
	c.keep()
	stale := time.Duration(h.node.State().Policy().CheckpointStaleSec) * time.Second
	for _, one := range []struct {
		age   time.Duration
		stale bool
	}{{-time.Minute, false}, {0, false}, {stale, false}, {stale + time.Second, true}} {
		h.now = time.Unix(c.Now, 0).Add(one.age)
		s := h.lookup("+8613800138000").List
		if s.CheckpointAgeSeconds == nil || *s.CheckpointAgeSeconds != int64(max(one.age, 0)/time.Second) || s.LedgerSize != c.State.Size() {
			t.Errorf("%v old: %+v", one.age, s)
		}
		told := slices.Contains(h.problems(), "problem.checkpoint_stale")
		if told != one.stale || (h.node.stale() != "") != one.stale {
			t.Errorf("%v old: %q, stale %q", one.age, h.problems(), h.node.stale())
		}
		v, err := h.node.Screen(context.Background(), api.Call{Caller: "+8613800138000", Called: "+861012345678", Ingress: "national"})
		if err != nil || v.Stale || v.Action != "allow" {
			t.Errorf("%v old: %+v, %v", one.age, v, err)
		}
	}
}

// within waits until something that comes by itself is there.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// newcomer makes a directory of a member that no genesis names, beside the home of
// another, with keys of its own.
func (h *home) newcomer() (late *home, card charter.Card) {
	t := h.t
	late = &home{t: t, now: h.now}
	dir := t.TempDir()
	keyFile := filepath.Join(dir, "key.txt")
	must(t, keys.CreateKeyFile(keyFile, rand.Reader))
	late.cfg = Config{Dir: filepath.Join(dir, "data"), Unlock: keys.KeyFile(keyFile), FreeFloor: 1, Version: "test", Now: func() time.Time { return late.now }}
	must(t, os.Mkdir(late.cfg.Dir, 0o700))
	card = chartertest.Card(t, "late", "operator")
	for purpose, list := range map[keys.Purpose]*[]keys.Public{keys.PurposeIssuer: &card.Issuers, keys.PurposeHost: &card.Hosts} {
		half, err := keys.Create(filepath.Join(late.cfg.Dir, KeysDir), purpose, late.cfg.Unlock, rand.Reader)
		must(t, err)
		*list = []keys.Public{half.Public}
	}
	sealed, err := os.ReadFile(filepath.Join(h.cfg.Dir, GenesisFile))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(late.cfg.Dir, GenesisFile), sealed, 0o600))
	must(t, NewStore(late.cfg.Dir, card.Issuers[0]))
	return late, card
}

// A node that the genesis does not name fetches the ledger as a stranger, finds in it
// that its member was admitted, is met by the others and heard by them, all without a
// restart.
func TestANewcomerFollowsTheLedgerUntilItIsAdmitted(t *testing.T) {
	h, c := withCouncil(t, nil)
	late, card := h.newcomer()
	h.cfg.Network = federation.Network{Listen: []string{"127.0.0.1:0"}}
	c.decide(motion.AdmitMember, &article.MemberAdmission{Member: card.Member()}, late.key())
	c.keep()
	h.run()
	late.cfg.Network = federation.Network{Bootstrap: h.node.among.Load().Standing().Addresses, Every: time.Second}
	late.open()
	if err := late.node.apart(); err == nil || late.node.State().Size() != 1 {
		t.Fatalf("it begins at ledger size %d, apart: %v", late.node.State().Size(), err)
	}
	late.run()
	within(t, "it has followed the ledger", func() bool { return late.node.State().Size() == c.State.Size() })
	within(t, "both are connected", func() bool {
		return h.node.Standing().Connected == 1 && late.node.Standing().Connected == 1
	})
	if err := errors.Join(late.node.apart(), late.flags()); err != nil {
		t.Fatal(err)
	}
	within(t, "its flag is in the other's list", func() bool { return h.node.view.List().Counts().Statements == 1 })
	within(t, "both agree", func() bool { return late.node.Standing().Agreeing == 1 })
}
