package stage

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/publish"
	"ringfence/node/publish/publication"
	"ringfence/node/speak"
	"ringfence/simulations/data"
	"ringfence/store/charter/chartertest"
	"ringfence/store/keys"
	"ringfence/store/memory"
	"ringfence/store/taxonomy"
)

// home is the data directory of a member whose word labels, as ringfence init
// and a founder leave it.
type home struct {
	t   testing.TB
	dir string
	now time.Time // of nodes that a test opens itself
}

const floorOfHome = 1 << 20

func newHome(t testing.TB, dir string, now time.Time) *home {
	t.Helper()
	h := &home{t: t, dir: dir, now: now}
	must(t, os.MkdirAll(dir, 0o700))
	must(t, keys.CreateKeyFile(h.keyFile(), rand.Reader))
	half, err := keys.Create(filepath.Join(dir, node.KeysDir), keys.PurposeIssuer, keys.KeyFile(h.keyFile()), rand.Reader)
	must(t, err)
	host, err := keys.Create(filepath.Join(dir, node.KeysDir), keys.PurposeHost, keys.KeyFile(h.keyFile()), rand.Reader)
	must(t, err)
	must(t, node.NewStore(dir, half.Public))
	cfg := founding(t)
	for i := range cfg.Cards {
		if cfg.Cards[i].ID == member {
			cfg.Cards[i].Issuers, cfg.Cards[i].Hosts = []keys.Public{half.Public}, []keys.Public{host.Public}
		}
	}
	sealed, err := chartertest.Seal(t, cfg).Encode()
	must(t, err)
	write(t, filepath.Join(dir, node.GenesisFile), sealed)
	write(t, filepath.Join(dir, "ringfence.yaml"), fmt.Appendf(nil, "key_file: %q\nfree_floor: %d\nlisten: none\n", h.keyFile(), floorOfHome))
	return h
}

func (h *home) keyFile() string { return filepath.Join(h.dir, "key") }

func (h *home) socket() string { return filepath.Join(h.dir, "node.sock") }

// open opens the directory in this process, as a verb does; free tells how much
// room there is, nil asks the system.
func (h *home) open(floor uint64, free func(string) (uint64, uint64, error)) *node.Node {
	h.t.Helper()
	n, err := node.Open(node.Config{
		Dir: h.dir, Unlock: keys.KeyFile(h.keyFile()), FreeFloor: floor, Free: free, Version: "test", Now: func() time.Time { return h.now },
	})
	must(h.t, err)
	return n
}

// client asks the node that runs on the directory.
func (h *home) client() *client.Client {
	h.t.Helper()
	c, err := client.New(client.Config{Socket: h.socket()})
	must(h.t, err)
	return c
}

// newestOn is where the tests move the newest creation day of the file.
func (h *home) newestOn() string { return h.now.UTC().AddDate(0, 0, -1).Format(time.DateOnly) }

// publish publishes a text of the FTC's ninety-day file.
func (h *home) publish(s api.Speaker, text []byte, progress func(api.Progress)) (api.Published, error) {
	asked := api.Publish{Mapping: "ftc-90days", File: data.FTC90Days, Size: int64(len(text)), NewestOn: h.newestOn()}
	return s.Publish(context.Background(), asked, bytes.NewReader(text), api.Hearing{Progress: progress})
}

// drafts are what a text of that file says, in the order of publication.
func (h *home) drafts(text []byte) []publish.Draft {
	h.t.Helper()
	cfg := config(found(h.t), memory.New())
	s, err := New(cfg)
	must(h.t, err)
	f := file(text)
	f.Newest = taxonomy.DayOf(h.now.Unix()) - 1
	read, err := s.Read(context.Background(), f)
	must(h.t, err)
	var all []publish.Draft
	for d := range speak.Delivery(f.Name, read).Drafts {
		all = append(all, d)
	}
	return all
}

// stand looks for the flags that were acknowledged.
func stand(t testing.TB, n *node.Node, acknowledged []publish.Draft) {
	t.Helper()
	l := n.View().List()
	if l.Counts().Statements < len(acknowledged) {
		t.Fatalf("%d flags were acknowledged, %d are there", len(acknowledged), l.Counts().Statements)
	}
	who, _ := l.State().MemberByID(member)
	for i, d := range acknowledged {
		if i%499 != 0 && i != len(acknowledged)-1 { // each reads a batch
			continue
		}
		if s, ok := l.Standing(who, d.Number.Range(), d.Category); !ok || s.Issuer.IsZero() {
			t.Fatalf("flag %d of %d that were acknowledged, of %s, does not stand", i+1, len(acknowledged), d.Number.Masked())
		}
	}
}

// checkNode compares a node with what an undisturbed run comes to.
func (want ideal) checkNode(t testing.TB, n *node.Node) {
	t.Helper()
	l := n.View().List()
	if l.Stamp().Root != want.root || l.Counts().Statements != want.statements || l.Counts().Void != 0 {
		t.Errorf("root %x, %+v; an undisturbed run has root %x and %d statements", l.Stamp().Root, l.Counts(), want.root, want.statements)
	}
	all, err := n.Publications(context.Background())
	if err != nil || len(all) != 1 || all[0].State != string(publication.Complete) {
		t.Errorf("the publications are %+v, %v", all, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
