package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/witness"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"ringfence/node/reconcile/tiles"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/ledger/ledgertest"
)

const testOrigin = "ringfence/test"

func keyOf(b byte) keys.Private { return keys.FromSeed([32]byte{b}) }

// shelf is a Ledger in memory, whose checkpoint three of four regulators cosigned.
type shelf struct {
	*ledgertest.Memory
	tree   ledger.Tree
	note   []byte
	policy string

	read func() error // before each Read; nil: nothing
}

func (s *shelf) Checkpoint() ([]byte, uint64) { return s.note, s.tree.Size() }
func (s *shelf) Genesis() []byte              { return []byte("genesis") }
func (s *shelf) Policy() string               { return s.policy }

func (s *shelf) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	if s.read != nil {
		if err := s.read(); err != nil {
			return nil, err
		}
	}
	return s.Memory.Read(ctx, t)
}

// certified returns a ledger of which so many entries are certified; there are more.
func certified(t testing.TB, size uint64) *shelf {
	t.Helper()
	store := &ledgertest.Memory{}
	return certifiedOf(t, store, ledgertest.Grow(t, store, ledger.Tree{}, ledgertest.Entries(0, size+400)), size)
}

// certifiedOf is certified, of a tree that is held already.
func certifiedOf(t testing.TB, store *ledgertest.Memory, held ledger.Tree, size uint64) *shelf {
	t.Helper()
	s := &shelf{Memory: store}
	var err error
	if s.tree, err = ledger.NewReader(held, store).At(t.Context(), size); err != nil {
		t.Fatal(err)
	}
	c := checkpoint.Checkpoint{Origin: testOrigin, Tree: s.tree.Head()}
	n, err := checkpoint.Sign(c, keyOf(1))
	if err != nil {
		t.Fatal(err)
	}
	var set checkpoint.Set
	for i := range byte(4) {
		set = append(set, checkpoint.Cosigner(fmt.Sprintf("regulator-%d.example", i), keyOf(10+i).Public()))
		if i == 2 {
			continue
		}
		if n, err = n.With(set[i], c.Cosign(keyOf(10+i), 1_700_000_000)); err != nil {
			t.Fatal(err)
		}
	}
	s.note = n.Bytes()
	if s.policy, err = set.Policy(theLog()); err != nil {
		t.Fatal(err)
	}
	return s
}

func theLog() checkpoint.Verifier { return checkpoint.Log(testOrigin, keyOf(1).Public()) }

// sizes are the sizes around which bundles and tiles begin and end.
func sizes() []uint64 { return []uint64{1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537} }

// sumdb reads tiles over HTTP for golang.org/x/mod/sumdb/tlog, whose paths carry the
// height.
type sumdb struct {
	t testing.TB
	r running
}

func (sumdb) Height() int { return 8 }

func (s sumdb) ReadTiles(tiles []tlog.Tile) (rows [][]byte, err error) {
	for _, tile := range tiles {
		got := s.r.send(s.t, "GET", "/ledger/"+strings.Replace(tile.Path(), "tile/8/", "tile/", 1), "")
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/octet-stream" {
			return nil, fmt.Errorf("%s: %d %s", tile.Path(), got.status, got.body)
		}
		rows = append(rows, []byte(got.body))
	}
	return rows, nil
}

func (sumdb) SaveTiles([]tlog.Tile, [][]byte) {}

// TestStrangersAuditWhatIsServed: at every edge of a bundle, transparency-dev's code
// opens the checkpoint and finds it certified by the policy file that is served beside
// it, x/mod's tlog proves entries by the tiles, and so does Tessera's client, unchanged,
// which reads all entries too.
func TestStrangersAuditWhatIsServed(t *testing.T) {
	store, most := &ledgertest.Memory{}, slices.Max(sizes())+400
	held := ledgertest.Grow(t, store, ledger.Tree{}, ledgertest.Entries(0, most))
	for _, size := range sizes() {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r := run(t, Config{Service: &double{}, Ledger: certifiedOf(t, store, held, size)})
			served := r.send(t, "GET", "/ledger/checkpoint", "")
			if served.status != http.StatusOK || served.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Fatalf("checkpoint: %d %v", served.status, served.header)
			}
			verifier, err := note.NewVerifier(theLog().String())
			if err != nil {
				t.Fatal(err)
			}
			cp, _, _, err := log.ParseCheckpoint([]byte(served.body), testOrigin, verifier)
			if err != nil || cp.Size != size {
				t.Fatalf("checkpoint %+v, %v", cp, err)
			}
			policy, err := witness.ParsePolicy([]byte(r.send(t, "GET", "/ledger/policy", "").body))
			if err != nil || policy.N != 3 || !policy.Satisfied([]byte(served.body)) {
				t.Errorf("policy %+v, %v", policy, err)
			}
			tree := tlog.Tree{N: int64(size), Hash: tlog.Hash(cp.Hash)}
			hashes := tlog.TileHashReader(tree, sumdb{t, r})
			for i := range uint64(10) {
				index := i * 104_729 % size
				path, err := tlog.ProveRecord(tree.N, int64(index), hashes)
				if err == nil {
					err = tlog.CheckRecord(path, tree.N, tree.Hash, int64(index), tlog.RecordHash(ledgertest.Entry(index).Data))
				}
				if err != nil {
					t.Errorf("entry %d: %v", index, err)
				}
			}
			readByTessera(t, r, size)
		})
	}
}

// readByTessera reads all entries and proves some of them by the client of Tessera,
// which is made for logs in this layout and knows nothing of this one.
func readByTessera(t *testing.T, r running, size uint64) {
	t.Helper()
	root, err := url.Parse(r.url + "/ledger/")
	if err != nil {
		t.Fatal(err)
	}
	fetcher, err := client.NewHTTPFetcher(root, r.http)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(theLog().String())
	if err != nil {
		t.Fatal(err)
	}
	cp, _, _, err := client.FetchCheckpoint(t.Context(), fetcher.ReadCheckpoint, verifier, testOrigin)
	if err != nil || cp.Size != size {
		t.Fatalf("Tessera's client reads the checkpoint %+v, %v", cp, err)
	}
	read := uint64(0)
	for i := range (size + ledger.Full - 1) / ledger.Full {
		bundle, err := client.GetEntryBundle(t.Context(), fetcher.ReadEntryBundle, i, size)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range bundle.Entries {
			if want := ledgertest.Entry(read).Data; !bytes.Equal(entry, want) {
				t.Fatalf("Tessera's client reads %q as entry %d, want %q", entry, read, want)
			}
			read++
		}
	}
	if read != size {
		t.Errorf("Tessera's client reads %d entries of %d", read, size)
	}
	builder, err := client.NewProofBuilder(t.Context(), size, fetcher.ReadTile)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(10) {
		index := i * 104_729 % size
		path, err := builder.InclusionProof(t.Context(), index)
		if err == nil {
			leaf := rfc6962.DefaultHasher.HashLeaf(ledgertest.Entry(index).Data)
			err = proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf, path, cp.Hash)
		}
		if err != nil {
			t.Errorf("Tessera's client proves entry %d: %v", index, err)
		}
	}
}

// TestAuditorsReadOverHTTP: our own way for who has no node.
func TestAuditorsReadOverHTTP(t *testing.T) {
	held := certified(t, 1000)
	r := run(t, Config{Service: &double{}, Ledger: held})
	web, err := tiles.NewWeb(r.url + "/ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	tree, err := ledger.Open(t.Context(), web, held.tree.Head())
	if err == nil {
		err = ledger.NewReader(tree, web).Check(t.Context(), 0)
	}
	if err != nil {
		t.Error(err)
	}
	if b, err := web.Checkpoint(t.Context()); err != nil || !bytes.Equal(b, held.note) {
		t.Errorf("checkpoint %q, %v", b, err)
	}
	if b, err := web.Genesis(t.Context()); err != nil || string(b) != "genesis" {
		t.Errorf("genesis %q, %v", b, err)
	}
	lying := run(t, Config{Service: &double{}, Ledger: flipped{held}})
	if web, err = tiles.NewWeb(lying.url + "/ledger"); err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	if err := ledger.NewReader(tree, web).Check(t.Context(), 0); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("a server that lies: %v", err)
	}
}

// flipped serves every tile with one bit that is wrong.
type flipped struct{ *shelf }

func (f flipped) Read(ctx context.Context, t ledger.Tile) ([]byte, error) {
	b, err := f.shelf.Read(ctx, t)
	if err != nil {
		return nil, err
	}
	b = bytes.Clone(b)
	b[len(b)-1] ^= 1
	return b, nil
}

// What lies beyond the certified size is not there, though the store holds it; nor is
// anything by a second name.
func TestNothingBeyondTheCertifiedSize(t *testing.T) {
	for _, size := range []uint64{1, 255, 256, 257, 512} {
		held := certified(t, size)
		r := run(t, Config{Service: &double{}, Ledger: held})
		for _, kind := range []ledger.Kind{ledger.Hashes, ledger.Entries, ledger.Openings} {
			for index := range uint64(3) {
				for _, width := range []int{1, 254, 255, 256} {
					tile := ledger.Tile{Kind: kind, Index: index, Width: width}
					got := r.send(t, "GET", "/ledger/"+tile.Path(), "")
					if want := tile.In(size); (got.status == http.StatusOK) != want || !want && got.status != http.StatusNotFound {
						t.Errorf("%s of %d entries: %d", tile, size, got.status)
					}
				}
			}
		}
		for _, path := range []string{"", "tile", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/00/000", "tile/entries/0/000", "checkpoint/", "Checkpoint", "tile/9/000", "tile/x/000"} {
			if got := r.send(t, "GET", "/ledger/"+path, ""); got.status != http.StatusNotFound {
				t.Errorf("%q: %d %s", path, got.status, got.body)
			}
		}
	}
	none := run(t, Config{Service: &double{}, Ledger: &shelf{}})
	for _, path := range []string{"checkpoint", "policy", "tile/0/000", "tile/entries/000.p/1"} {
		if got := none.send(t, "GET", "/ledger/"+path, ""); got.status != http.StatusNotFound || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("before there is a checkpoint, %s: %d, %v", path, got.status, got.header)
		}
	}
	without := run(t, Config{Service: &double{}})
	if got := without.send(t, "GET", "/ledger/checkpoint", ""); got.status != http.StatusNotFound {
		t.Errorf("without a ledger: %d", got.status)
	}
}

// Caches keep what never changes for ever, and openings, which are erased, never unasked.
func TestLedgerIsCached(t *testing.T) {
	r := run(t, Config{Service: &double{}, Ledger: certified(t, 300)})
	for path, want := range map[string]string{
		"checkpoint": "public, max-age=5", "policy": "public, max-age=5", "genesis": "public, max-age=5",
		"tile/0/000": "public, max-age=31536000, immutable", "tile/0/001.p/44": "public, max-age=31536000, immutable",
		"tile/entries/000": "public, max-age=31536000, immutable", "tile/openings/000": "public, no-cache",
	} {
		got := r.send(t, "GET", "/ledger/"+path, "")
		tag := got.header.Get("ETag")
		if got.status != http.StatusOK || got.header.Get("Cache-Control") != want || len(tag) != 34 {
			t.Errorf("%s: %d, kept %q as %s", path, got.status, got.header.Get("Cache-Control"), tag)
		}
		again := r.send(t, "GET", "/ledger/"+path, "", "If-None-Match", tag)
		if again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s again: %d, %d bytes", path, again.status, len(again.body))
		}
		if other := r.send(t, "GET", "/ledger/"+path, "", "If-None-Match", `"0123"`); other.status != http.StatusOK {
			t.Errorf("%s, of which something else is kept: %d", path, other.status)
		}
		head := r.send(t, "HEAD", "/ledger/"+path, "")
		if head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Length") != fmt.Sprint(len(got.body)) {
			t.Errorf("the head of %s: %d, %v", path, head.status, head.header)
		}
	}
	if got := r.send(t, "POST", "/ledger/checkpoint", "x"); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.status)
	}
}

// However many ask for the ledger, and however slow the disk is, who asks for something
// else has a place; and one too many is told to come back.
func TestLedgerHasPlacesOfItsOwn(t *testing.T) {
	held := certified(t, 300)
	arrived, leave := make(chan struct{}, 3), make(chan struct{})
	held.read = func() error { arrived <- struct{}{}; <-leave; return nil }
	r := run(t, Config{Service: &double{}, Ledger: held, Limits: Limits{Concurrent: 1, Ledger: 2}})
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			resp, err := r.http.Get(r.url + "/ledger/tile/0/000")
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("%d, %v", resp.StatusCode, err)
			}
			_ = resp.Body.Close()
		})
		<-arrived
	}
	if got := r.send(t, "GET", "/ledger/tile/0/000", ""); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" {
		t.Errorf("one too many: %d", got.status)
	}
	if got := r.send(t, "GET", "/v1/status", ""); got.status != http.StatusOK {
		t.Errorf("something else: %d", got.status)
	}
	close(leave)
	wait.Wait()
}

// A damaged disk is no reason to say that a tile does not exist.
func TestATileThatCannotBeRead(t *testing.T) {
	held := certified(t, 300)
	held.read = func() error { return errors.New("the disk is damaged") }
	r := run(t, Config{Service: &double{}, Ledger: held})
	got := r.send(t, "GET", "/ledger/tile/0/000", "")
	if got.status != http.StatusServiceUnavailable || got.header.Get("Cache-Control") != "no-store" || strings.Contains(got.body, "damaged") {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}
