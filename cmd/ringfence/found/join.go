package found

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/config"
	"ringfence/node/overlay"
	"ringfence/node/overlay/desk"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// Joining says which node joins which federation, and by whom.
type Joining struct {
	Dir        string
	Config     string // the configuration file that learns of the peer; made when missing
	Federation cid.Cid
	Genesis    *charter.Genesis // when it is there already; nil: the peer gives it
	Peer       string           // multiaddr with /p2p/
	Host       keys.Private     // the host key of Dir
	Version    string           // of the release
	Now        func() time.Time
}

// Find sets the federation to be joined, by its ID or by the genesis file that a
// path names, and refuses it to a directory that belongs to another one.
func (j *Joining) Find(what string) error {
	if err := j.find(what); err != nil {
		return bad(err)
	}
	return j.free()
}

func (j *Joining) find(what string) (err error) {
	if j.Federation, err = cid.Decode(what); err == nil {
		return nil
	}
	if _, missing := os.Stat(what); errors.Is(missing, fs.ErrNotExist) && !strings.ContainsAny(what, "/.") {
		return phrase.New("join.no_id", "%q is neither a genesis file nor the ID of a federation (%v); an ID has 59 characters and begins with bafyrei, as ringfence federation show has it", what, err)
	}
	if j.Genesis, _, err = Read(what); err != nil {
		return err
	}
	state, err := charter.At(j.Genesis)
	if err != nil {
		return err
	}
	j.Federation = state.Federation()
	return nil
}

// free refuses a directory that belongs to another federation already: by its genesis
// charter or, where that is gone, by what its store holds. It needs no keys and
// nobody's answer.
func (j *Joining) free() error {
	path := filepath.Join(j.Dir, GenesisFile)
	if _, missing := os.Lstat(path); errors.Is(missing, fs.ErrNotExist) {
		of, err := node.FederationOf(j.Dir, j.Federation)
		if err != nil || !of.Defined() || of.Equals(j.Federation) {
			return err
		}
		return api.Tell(api.Refused, phrase.New("join.other_store", "the store in %s holds what was said in federation %s, and a directory belongs to one federation; nothing was changed. For %s make another directory with ringfence init, give its %s to the founders before they seal, and join from there",
			j.Dir, of, j.Federation, CardFile))
	}
	have, _, err := Read(path)
	if err != nil {
		return bad(err)
	}
	if of := have.CharterCID(); !of.Equals(j.Federation) {
		return api.Tell(api.Refused, phrase.New("join.other_directory", "%s is the charter of federation %s, and a directory belongs to one federation; nothing was changed. For %s make another directory with ringfence init, give its %s to the founders before they seal, and join from there",
			path, of, j.Federation, CardFile))
	}
	return nil
}

// Joined is what joining came to.
type Joined struct {
	State   *charter.State // of the genesis
	Member  string         // whose node this is
	Genesis string         // path
	Ahead   time.Duration  // of this machine's clock before the peer's, within a second or two
	// Stranger is set when the federation does not know this node: it has to be admitted.
	Stranger bool
}

// Join asks a peer whether this node has a place in the federation, and leaves the genesis
// charter and the peer's address where the node finds them: also for one that has none
// yet, which follows the ledger until that admits it. Nothing is trusted to the peer: the
// charter's CID is the federation. Whoever has lost his place is refused, and nothing is
// written.
func Join(ctx context.Context, j Joining) (Joined, error) {
	if err := config.CheckPeer(j.Peer); err != nil {
		return Joined{}, bad(err)
	}
	if err := j.free(); err != nil {
		return Joined{}, err
	}
	w, err := desk.Ask(ctx, desk.AskConfig{Key: j.Host, Address: j.Peer, Genesis: j.Genesis == nil, Version: j.Version})
	if err != nil {
		return Joined{}, api.Tell(api.Unavailable, j.unanswered(err))
	}
	ahead := j.Now().Sub(w.Time)
	if err := j.fits(&w); err != nil {
		return Joined{}, err
	}
	if j.Genesis == nil {
		if j.Genesis, err = charter.DecodeGenesis(w.Genesis); err != nil {
			return Joined{}, api.Errorf(api.Refused, "the peer's genesis is none: %v; ask another peer", err)
		}
	}
	state, err := charter.At(j.Genesis)
	if err != nil {
		return Joined{}, api.Errorf(api.Refused, "the genesis is not sealed: %v", err)
	}
	if state.Federation() != j.Federation {
		return Joined{}, api.Tell(api.Refused, phrase.New("join.peer_lies", "the peer's genesis is that of federation %s, not of %s: it lies, ask another peer", state.Federation(), j.Federation))
	}
	m, founding := state.Host(j.Host.Public())
	if founding && !w.Member {
		return Joined{}, expelled(state, j.Host.Public())
	}
	done := Joined{State: state, Genesis: filepath.Join(j.Dir, GenesisFile), Ahead: ahead, Stranger: !w.Member}
	if founding {
		done.Member = state.Member(m).ID
	} else if card, err := readCard(filepath.Join(j.Dir, CardFile)); err == nil {
		done.Member = card.ID
	}
	if err := j.keepGenesis(done.Genesis); err != nil {
		return Joined{}, bad(err)
	}
	return done, bad(j.keepPeer())
}

// unanswered says why the peer gave no answer, and what to do.
func (j *Joining) unanswered(err error) phrase.Phrase {
	because := func(kind error) string { return strings.TrimPrefix(err.Error(), kind.Error()+": ") }
	switch {
	case errors.Is(err, desk.ErrBusy):
		return phrase.New("join.busy", "the node at %s is asked by too many just now: try again in a moment", j.Peer)
	case errors.Is(err, desk.ErrOtherIdentity):
		return phrase.New("join.other_identity", "another identity answers at %s than the address names: %s; check the address with those who gave it", j.Peer, because(desk.ErrOtherIdentity))
	case errors.Is(err, desk.ErrNoDesk):
		return phrase.New("join.no_desk", "what answers at %s does not talk as a node of Ringfence that can be joined: %s; check the address and that its port is that for peers (peers.listen), and that the node is of this release", j.Peer, because(desk.ErrNoDesk))
	case errors.Is(err, desk.ErrUnreachable):
		return phrase.New("join.nobody", "no node answers at %s: %s; check the address and that its port is that for peers (peers.listen), not the API's, and that the node runs", j.Peer, because(desk.ErrUnreachable))
	}
	return phrase.From(err)
}

// bad makes an error one of input.
func bad(err error) error {
	if err == nil {
		return nil
	}
	return api.Tell(api.BadInput, phrase.From(err))
}

// fits checks that the peer is of the same federation and speaks as we do.
func (j *Joining) fits(w *desk.Welcome) error {
	if w.Federation != j.Federation {
		return api.Tell(api.Refused, phrase.New("join.other_federation", "the node at %s is of another federation, %s (%s), not of %s: check the ID with those who gave it, or name a peer of that federation", j.Peer, w.Federation, w.Name, j.Federation))
	}
	switch {
	case overlay.Version < w.Lowest:
		return api.Tell(api.Refused, phrase.New("join.too_old", "this release speaks protocol version %d, too old for the node at %s (release %s), which speaks %d to %d: upgrade this node", overlay.Version, j.Peer, w.Version, w.Lowest, w.Highest))
	case overlay.Version > w.Highest:
		return api.Tell(api.Refused, phrase.New("join.peer_too_old", "the node at %s (release %s) speaks protocol versions %d to %d, too old for this release, which speaks %d: its operator has to upgrade it; try another peer", j.Peer, w.Version, w.Lowest, w.Highest, overlay.Version))
	}
	return nil
}

// expelled says that a host is no member's any more, and who could change that.
func expelled(state *charter.State, host keys.Public) error {
	var whom []string
	for _, f := range state.Charter().Founders {
		for _, m := range state.Members() {
			switch {
			case m.ID != f.Member:
			case m.Contact == m.Name: // as init has it, unless it was told another
				whom = append(whom, m.Name)
			default:
				whom = append(whom, fmt.Sprintf("%s (%s)", m.Name, m.Contact))
			}
		}
	}
	return api.Tell(api.Refused, phrase.New("join.not_any_more", "the host key of this directory, %s, is one of the genesis charter's, but the peer does not know it any longer as a member's of the federation %q; nothing was changed. Whom to ask, with this node's %s: %s",
		host, state.Charter().Name, CardFile, strings.Join(whom, ", ")))
}

// keepGenesis writes the genesis charter, unless it is there.
func (j *Joining) keepGenesis(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return Write(path, j.Genesis)
}

// keepPeer adds the peer to the configuration.
func (j *Joining) keepPeer() error {
	text, err := os.ReadFile(j.Config)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	with, err := config.AddPeer(text, j.Peer)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", j.Config, err)
	case fresh:
		return writeNew(j.Config, with)
	case string(with) == string(text):
		return nil
	}
	return replace(j.Config, with)
}
