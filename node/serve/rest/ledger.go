package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/api"
	"ringfence/store/ledger"
)

// Ledger is what is served of the ledger, to everybody. It is called concurrently.
type Ledger interface {
	ledger.Source
	// Checkpoint returns the newest certified checkpoint as a note, and how many
	// entries it has; nothing and 0 while there is none. Nothing beyond is served.
	Checkpoint() (note []byte, size uint64)
	// Genesis returns the sealed genesis; nothing when it is not known.
	Genesis() []byte
	// Policy returns the policy file of the regulators in force
	// (checkpoint.Set.Policy); "" while nobody knows them.
	Policy() string
}

// pathLedger is the prefix of the layout of C2SP tlog-tiles, and of what lies beside it.
const (
	pathLedger  = "/ledger/"
	pathGenesis = "genesis"
	pathPolicy  = "policy"
)

// How long caches may keep an answer. What is certified never changes. Openings can be
// erased, and are to be gone then: a cache asks each time whether they are the same.
const (
	keptForEver = "public, max-age=31536000, immutable"
	keptShortly = "public, max-age=5"
	askedAgain  = "public, no-cache"
)

// Media types, as tlog-tiles has them.
const (
	mediaText  = "text/plain; charset=utf-8"
	mediaBytes = "application/octet-stream"
)

// registerLedger serves the ledger, if there is one, and documents it. The paths are
// not for the library: a tile's number may have several parts.
func (f *face) registerLedger(a huma.API, mux *http.ServeMux) {
	if f.Ledger == nil {
		return
	}
	mux.HandleFunc("GET "+pathLedger+"{path...}", f.ledger)
	number := &huma.Param{Name: "number", In: "path", Required: true, Schema: &huma.Schema{Type: "string"},
		Description: "Number of the tile as tlog-tiles writes it, with .p/ and its width when it is not full; it may have several parts: x001/234.p/7"}
	level := &huma.Param{Name: "level", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}, Description: "0 to 7: a hash stands for 256 to the power of it entries"}
	for _, op := range []struct {
		id, path, media, summary string
		params                   []*huma.Param
	}{
		{"ledger-checkpoint", ledger.CheckpointPath, mediaText, "The newest certified checkpoint (C2SP tlog-checkpoint)", nil},
		{"ledger-genesis", pathGenesis, mediaBytes, "The sealed genesis charter", nil},
		{"ledger-policy", pathPolicy, mediaText, "Who certifies checkpoints now, as a policy file for tools of others", nil},
		{"ledger-hashes", "tile/{level}/{number}", mediaBytes, "A tile of hashes (C2SP tlog-tiles)", []*huma.Param{level, number}},
		{"ledger-entries", "tile/entries/{number}", mediaBytes, "Up to 256 entries, each behind its length", []*huma.Param{number}},
		{"ledger-openings", "tile/openings/{number}", mediaBytes, "The openings beside these entries, packed alike; erased ones are empty", []*huma.Param{number}},
	} {
		a.OpenAPI().AddOperation(&huma.Operation{
			OperationID: op.id, Method: http.MethodGet, Path: pathLedger + op.path, Summary: op.summary, Tags: []string{tagLedger}, Parameters: op.params,
			Security:   []map[string][]string{{}},
			Extensions: map[string]any{"x-ringfence-role": anyone, "x-ringfence-loopback": true},
			Responses: map[string]*huma.Response{
				"200": {Description: "OK", Content: map[string]*huma.MediaType{op.media: {Schema: &huma.Schema{Type: "string"}}}},
				"404": {Description: "Not Found"},
			},
		})
	}
}

// ledger answers what lies below pathLedger.
func (f *face) ledger(w http.ResponseWriter, r *http.Request) {
	note, size := f.Ledger.Checkpoint()
	path, media, kept := r.PathValue("path"), mediaText, keptShortly
	var content []byte
	switch path {
	case ledger.CheckpointPath:
		content = note
	case pathPolicy:
		content = []byte(f.Ledger.Policy())
	case pathGenesis:
		content, media = f.Ledger.Genesis(), mediaBytes
	default:
		t, err := ledger.ParsePath(path)
		if err != nil || !t.In(size) {
			break
		}
		media, kept = mediaBytes, keptForEver
		if t.Kind == ledger.Openings {
			kept = askedAgain
		}
		if content, err = f.Ledger.Read(r.Context(), t); err != nil {
			f.unread(w, r, t, err)
			return
		}
	}
	if len(content) == 0 {
		f.write(w, r, problemOf(http.StatusNotFound, api.NotFound, "the certified ledger has nothing at this path; its size stands in "+pathLedger+ledger.CheckpointPath))
		return
	}
	hash := sha256.Sum256(content)
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Cache-Control", kept)
	h.Set("ETag", `"`+hex.EncodeToString(hash[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// unread answers that a certified tile cannot be read here, and tells the log of it
// once a minute: everybody may ask.
func (f *face) unread(w http.ResponseWriter, r *http.Request, t ledger.Tile, err error) {
	if !errors.Is(err, context.Canceled) {
		f.unreadTold.Do(func() {
			f.Logger.Error("a tile of the ledger cannot be read", "tile", t, "missing", errors.Is(err, fs.ErrNotExist), "error", err)
		})
	}
	w.Header().Set("Retry-After", "5")
	f.write(w, r, problemOf(http.StatusServiceUnavailable, api.Unavailable, "this node cannot read that tile now; ask another node"))
}

// ofLedger reports whether a request is about the ledger, which everybody may ask for.
func (f *face) ofLedger(r *http.Request) bool {
	return f.Ledger != nil && strings.HasPrefix(r.URL.Path, pathLedger)
}
