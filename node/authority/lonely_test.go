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
)

// A node from which the last member goes asks for the ledger at once, and not when it would
// have asked anyway: its member may have left, and until it knows it signs what counts for
// nothing.
func TestWhoIsLeftAloneAsks(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	synctest.Test(t, func(t *testing.T) {
		store := memory.New().Ledger()
		tree, additions, err := ledger.Tree{}.Append(append([]ledger.Entry{f.First}, f.Entries...))
		if err == nil {
			err = store.Write(additions)
		}
		c := checkpoint.Checkpoint{Origin: checkpoint.Origin(f.State.Constitution().Federation()), Tree: tree.Head()}
		var note checkpoint.Note
		if err == nil {
			note, err = checkpoint.Sign(c, chartertest.Key("log", ""))
		}
		if key := chartertest.Key("cosign", "reg"); err == nil {
			note, err = note.With(checkpoint.Cosigner("reg.example/cosign", key.Public()), c.Cosign(key, f.Now))
		}
		if err == nil {
			err = store.Keep(note) // with no ledger at all it asks each second
		}
		if err != nil {
			t.Fatal(err)
		}
		a, err := Open(t.Context(), Config{
			Genesis: f.Genesis, Ledger: store, Exhibits: memory.New(), Enacted: func([]charter.Enacted) error { return nil },
			Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		var asked atomic.Int32
		source, err := tiles.New(tiles.Config{
			Peers: func() []keys.Public { return []keys.Public{chartertest.Key("host", "reg").Public()} },
			Open: func(context.Context, keys.Public) (overlay.Stream, error) {
				asked.Add(1)
				return nil, errors.New("nobody is there")
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		ctx, stop := context.WithCancel(t.Context())
		var alone atomic.Bool
		done := make(chan struct{})
		go func() { a.follow(ctx, source, alone.Load); close(done) }()
		time.Sleep(askEvery / 3) // it has asked, as it begins
		before := asked.Load()
		alone.Store(true)
		time.Sleep(2 * time.Second)
		if asked.Load() == before {
			t.Error("it does not ask although it is alone")
		}
		stop()
		<-done
	})
}
