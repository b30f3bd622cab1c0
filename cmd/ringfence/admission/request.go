package admission

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/cmd/ringfence/found"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/council/courier"
	"ringfence/node/council/letter"
	"ringfence/node/council/request"
	"ringfence/node/overlay"
	"ringfence/node/overlay/desk"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
)

// RequestFile is where the request of a directory for its admission lies.
const RequestFile = "request.pem"

// Request writes what asks for the admission of the member of a directory: what its card
// says, endorsed by the keys in ring. What was written before stays while it says the
// same, so that asking again is asking once.
func Request(dir string, ring *keys.Ring, federation cid.Cid) (letter.Letter, error) {
	card, err := found.ReadCard(filepath.Join(dir, found.CardFile))
	if err != nil {
		return letter.Letter{}, bad(err)
	}
	a := &article.MemberAdmission{Member: card.Member()}
	path := filepath.Join(dir, RequestFile)
	if text, err := os.ReadFile(path); err == nil {
		if have, err := letter.Read(string(text), federation, 1); err == nil && have[0].IsRequest() && request.Same(have[0].Requested(), a) {
			return have[0], nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return letter.Letter{}, err
	}
	if _, err := request.Endorse(a, federation, ring); err != nil {
		return letter.Letter{}, err
	}
	l, err := letter.Request(a, federation)
	if err != nil {
		return l, bad(err)
	}
	return l, os.WriteFile(path, letter.Armour(l), 0o600)
}

// asker asks one node of the federation.
type asker struct {
	key        keys.Private
	peer       string
	version    string
	federation cid.Cid
	founding   *charter.State // of the genesis
	socket     string         // of the node that this is the key of, which may run
	seen       bool           // by that node, in the ledger: that it is admitted
}

// askTime is how long an answer may take: the node asks the regulators meanwhile.
const askTime = 9 * time.Second

// put brings a letter to the regulators and returns how it stands.
func (a *asker) put(ctx context.Context, l *letter.Letter) (s letter.Standing, err error) {
	protocol := overlay.ProtocolsOf(a.federation).Propose
	err = desk.Talk(ctx, desk.AskConfig{Key: a.key, Address: a.peer, Version: a.version}, protocol, func(line desk.Line) error {
		all, err := courier.Converse(line, time.Now().Add(askTime), &letter.Question{Letter: l.Bytes()}, a.federation)
		s = courier.Together(l.ID, all)
		return err
	})
	if err != nil {
		err = api.Tell(api.Unavailable, phrase.Join(phrase.New("join.not_carried", "the node at %s does not carry this node's request to the regulators; give its %s to a member or a regulator, who says ringfence admit %s", a.peer, RequestFile, RequestFile), phrase.From(err)))
	}
	return s, err
}

// admitted reports whether this node is admitted by now: as it sees itself in the ledger,
// where it runs, and is then connected, and nobody else by its key let in beside it; else
// as the node that is asked says.
func (a *asker) admitted(ctx context.Context) bool {
	if own, err := client.New(client.Config{Socket: a.socket}); err == nil {
		defer func() { _ = own.Close() }()
		if s, err := own.Status(ctx); err == nil && s.Running {
			a.seen = s.Member != ""
			return a.seen
		}
	}
	w, err := desk.Ask(ctx, desk.AskConfig{Key: a.key, Address: a.peer, Version: a.version})
	return err == nil && w.Member
}

func bad(err error) error {
	if err == nil {
		return nil
	}
	return api.Tell(api.BadInput, phrase.From(err))
}
