package authority

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/overlay"
	"ringfence/node/reconcile/tiles"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
	"ringfence/store/ledger"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// member is a member's node that follows a ledger which it has, and whose only peer gives
// nothing.
type member struct {
	*testing.T
	*ballottest.Federation
	*Authority
	source *tiles.Source
	asked  atomic.Int32
	alone  atomic.Bool
}

func newMember(t *testing.T, f *ballottest.Federation) *member {
	l := &member{T: t, Federation: f}
	store := memory.New().Ledger()
	tree, additions, err := ledger.Tree{}.Append(append([]ledger.Entry{f.First}, f.Entries...))
	if err == nil {
		err = store.Write(additions)
	}
	if err == nil {
		err = store.Keep(l.note(tree)) // with no ledger at all it asks each second
	}
	if err == nil {
		l.Authority, err = Open(t.Context(), Config{
			Genesis: f.Genesis, Ledger: store, Exhibits: memory.New(), Enacted: func([]charter.Enacted) error { return nil },
			Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		})
	}
	if err == nil {
		l.source, err = tiles.New(tiles.Config{
			Peers: func() []keys.Public { return []keys.Public{chartertest.Key("host", "reg").Public()} },
			Open: func(context.Context, keys.Public) (overlay.Stream, error) {
				l.asked.Add(1)
				return nil, errors.New("nobody is there")
			},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.peers.set(l.source)
	return l
}

// note is a certified checkpoint of a tree.
func (l *member) note(tree ledger.Tree) checkpoint.Note {
	c := checkpoint.Checkpoint{Origin: checkpoint.Origin(l.State.Constitution().Federation()), Tree: tree.Head()}
	note, err := checkpoint.Sign(c, chartertest.Key("log", ""))
	if key := chartertest.Key("cosign", "reg"); err == nil {
		note, err = note.With(checkpoint.Cosigner("reg.example/cosign", key.Public()), c.Cosign(key, l.Now))
	}
	if err != nil {
		l.T.Fatal(err)
	}
	return note
}

// asks returns how often a peer is asked within a time after something happened, while
// the ledger is followed.
func (l *member) asks(within time.Duration, happens func()) int32 {
	ctx, stop := context.WithCancel(l.T.Context())
	done := make(chan struct{})
	go func() { l.follow(ctx, l.source, l.alone.Load); close(done) }()
	defer func() { stop(); <-done; l.source.Close() }()
	time.Sleep(askEvery / 3) // it has asked, as it begins
	before := l.asked.Load()
	happens()
	time.Sleep(within)
	return l.asked.Load() - before
}

// A node from which the last member goes asks for the ledger at once, and not when it would
// have asked anyway: its member may have left, and until it knows it signs what counts for
// nothing.
func TestWhoIsLeftAloneAsks(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	synctest.Test(t, func(t *testing.T) {
		l := newMember(t, f)
		if l.asks(2*time.Second, func() { l.alone.Store(true) }) == 0 {
			t.Error("it does not ask although it is alone")
		}
	})
}

// What was certified and nobody can give yet is asked for again soon, and not when the
// node would have asked anyway.
func TestWhatNobodyHasYetIsAskedForAgain(t *testing.T) {
	asks := func(within time.Duration) (n int32) {
		f := ballottest.Begun(t, 1, nil)
		synctest.Test(t, func(t *testing.T) {
			l := newMember(t, f)
			f.Carry(f.Motion(motion.Ratify, ballottest.Label(t, "+8613800138000"), nil))
			tree, _, err := ledger.Tree{}.Append(append([]ledger.Entry{f.First}, f.Entries...))
			if err != nil {
				t.Fatal(err)
			}
			n = l.asks(within, func() { l.offers <- l.note(tree).Bytes() })
		})
		return n
	}
	if once, often := asks(retrySoon/2), asks(8*retrySoon); once == 0 || often < 3*once {
		t.Errorf("at once it asks %d times, and %d within some seconds", once, often)
	}
}
