package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	badger "github.com/dgraph-io/badger/v4"

	"ringfence/node/publish"
	"ringfence/simulations/bench/plain"
	"ringfence/simulations/data"
	"ringfence/simulations/stage"
	"ringfence/store/assertion"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/taxonomy"
)

// What publishing has to reach.
const (
	publishRows  = 60_000 // a second
	publishRatio = 0.5
	publishPeak  = 300 << 20 // bytes
)

// once is what one run of publishing came to.
type once struct {
	rows       int
	statements int
	took       time.Duration // ours
	baseline   time.Duration
	peak       int64
}

// publishing measures the whole way of the FTC's ninety-day file, from its bytes
// on disk to statements that are durable and listed: reading, sorting, signing,
// verifying, storing, indexing by number, finding each entry's next change and
// the list root after each group of batches. The baseline stores the same
// statements with the engine alone.
func publishing(ctx context.Context, o *Options) (Result, error) {
	text, err := data.Read(data.FTC90Days)
	if err != nil {
		return Result{}, err
	}
	path := filepath.Join(o.Dir, data.FTC90Days)
	if err := os.WriteFile(path, head(text, o), 0o600); err != nil {
		return Result{}, err
	}
	var rates, baselines, ratios []float64
	peak := int64(0)
	r := Result{Unit: "rows/s"}
	for i := range o.Runs {
		one, err := publishOnce(ctx, o, path, fmt.Sprint(i))
		if err != nil {
			return Result{}, err
		}
		rows := float64(one.rows)
		rates, baselines = append(rates, rows/one.took.Seconds()), append(baselines, rows/one.baseline.Seconds())
		ratios = append(ratios, one.baseline.Seconds()/one.took.Seconds())
		peak = max(peak, one.peak)
		o.tell("publish: %d rows as %d statements in %.2f s, peak %d MiB; the engine alone %.2f s",
			one.rows, one.statements, one.took.Seconds(), one.peak>>20, one.baseline.Seconds())
	}
	r.Value = median(rates)
	r.against("Badger WriteBatch, one key a statement, synced at the end", median(baselines), median(ratios))
	r.Goal = fmt.Sprintf("at least %d rows/s and %.1f of the baseline, under %d MiB", publishRows, publishRatio, publishPeak>>20)
	r.Met = r.Value >= publishRows && *r.Ratio >= publishRatio && peak < publishPeak
	if peak > 0 {
		r.PeakBytes = &peak
	}
	return r, nil
}

// head returns the whole text, or of a small run its first lines.
func head(text []byte, o *Options) []byte {
	if !o.Small {
		return text
	}
	return text[:o.scaled(len(text))/12*12+8]
}

func publishOnce(ctx context.Context, o *Options, path, run string) (once, error) {
	store, err := disk.Open(disk.Config{Dir: filepath.Join(o.Dir, "store-"+run)})
	if err != nil {
		return once{}, err
	}
	defer func() { _ = store.Close() }()
	w, err := newWorld(store)
	if err != nil {
		return once{}, err
	}
	resetPeak()
	began := time.Now()
	file, err := os.Open(path)
	if err != nil {
		return once{}, err
	}
	defer func() { _ = file.Close() }()
	delivery, res, err := w.Publish(ctx, w.lists, stage.File{
		Name: data.FTC90Days, Mapping: "ftc-90days", Newest: taxonomy.DayOf(w.now.Unix()) - 1, Text: file,
	}, publish.Options{})
	if err != nil {
		return once{}, err
	}
	one := once{rows: delivery.Summary().Rows, statements: res.Said, took: time.Since(began), peak: peakBytes()}
	if got := w.View.List().Counts(); got.Statements != res.Said || got.Void != 0 || got.Entries == 0 {
		return once{}, fmt.Errorf("%d statements were said and the list stands on %+v", res.Said, got)
	}
	same, err := statements(store)
	if err != nil {
		return once{}, err
	}
	if one.baseline, err = writeBatch(filepath.Join(o.Dir, "baseline-"+run), same); err != nil {
		return once{}, err
	}
	return one, nil
}

// pair is a statement as the baseline stores it.
type pair struct{ key, value []byte }

// statements returns every statement of a store with its opening.
func statements(store *disk.Store) ([]pair, error) {
	var all []pair
	err := store.Since(0, func(_ uint64, r feed.Record) error {
		slots, err := assertion.DecodeSlots(r.Body)
		if err != nil {
			return err
		}
		for i := range slots {
			one, err := assertion.EncodeSlots(slots[i : i+1])
			if err != nil {
				return err
			}
			key := binary.BigEndian.AppendUint16(append([]byte("s"), r.Tip.CID.KeyString()...), uint16(i))
			all = append(all, pair{key, one})
		}
		return nil
	})
	return all, err
}

// writeBatch is the baseline: the engine with the options of store/disk and
// nothing of ours around it.
func writeBatch(dir string, all []pair) (time.Duration, error) {
	debug.FreeOSMemory()
	db, err := badger.Open(plain.Engine(dir))
	if err != nil {
		return 0, err
	}
	began := time.Now()
	err = fill(db, all)
	took := time.Since(began)
	if closing := db.Close(); err == nil {
		err = closing
	}
	return took, err
}

func fill(db *badger.DB, all []pair) error {
	batch := db.NewWriteBatch()
	defer batch.Cancel()
	for _, p := range all {
		if err := batch.Set(p.key, p.value); err != nil {
			return err
		}
	}
	if err := batch.Flush(); err != nil {
		return err
	}
	return db.Sync()
}
