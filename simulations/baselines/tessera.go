package main

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const (
	entrySize   = 200
	batch       = 4096
	outstanding = 4 * batch
)

// appendEntries appends entries for so long, as many at once as fill batches,
// and returns how many a second are durable in the log. A future is resolved once its
// entry is integrated.
func appendEntries(ctx context.Context, dir string, lasts time.Duration) (float64, error) {
	private, _, err := note.GenerateKey(rand.Reader, "bench.example/log")
	if err != nil {
		return 0, err
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return 0, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return 0, err
	}
	o := tessera.NewAppendOptions().WithCheckpointSigner(signer).
		WithBatching(batch, 100*time.Millisecond).WithPushback(2 * outstanding).WithCheckpointInterval(time.Second)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, o)
	if err != nil {
		return 0, err
	}
	under := make(chan tessera.IndexFuture, outstanding)
	began := time.Now()
	end := began.Add(lasts)
	go func() {
		defer close(under)
		for time.Now().Before(end) && ctx.Err() == nil {
			entry := make([]byte, entrySize)
			_, _ = rand.Read(entry) // it never fails
			under <- appender.Add(ctx, tessera.NewEntry(entry))
		}
	}()
	n := 0
	for future := range under {
		if _, ferr := future(); ferr != nil && err == nil {
			err = ferr
		}
		n++
	}
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	return float64(n) / took.Seconds(), shutdown(ctx)
}
