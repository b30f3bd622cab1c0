package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ringfence/node/publish"
	"ringfence/simulations/stage"
	"ringfence/store/disk"
	"ringfence/store/merkle"
)

const (
	restartNumbers = 1_000_000
	restartGoal    = 2 * time.Second
)

// restart measures how long a node with a million numbers takes from nothing in
// memory to answering: opening the store, reading the snapshot, checking its
// hash and the list's root, following what came since. The baseline does
// without the snapshot, by replay.
func restart(ctx context.Context, o *Options) (Result, error) {
	dir, saved := filepath.Join(o.Dir, "store"), filepath.Join(o.Dir, "view.snapshot")
	w, root, err := fillStore(ctx, o, dir, saved)
	if err != nil {
		return Result{}, err
	}
	var values, baselines, ratios []float64
	for range o.Runs {
		v, err := w.start(dir, saved, root)
		if err != nil {
			return Result{}, err
		}
		b, err := w.start(dir, "", root)
		if err != nil {
			return Result{}, err
		}
		values, baselines, ratios = append(values, v), append(baselines, b), append(ratios, b/v)
		o.tell("restart: %.2f s from the snapshot, %.2f s by replay", v, b)
	}
	r := Result{Value: median(values), Unit: "s", Goal: "under 2 s"}
	r.against("replay of the same feeds", median(baselines), median(ratios))
	r.Met = r.Value < restartGoal.Seconds()
	return r, nil
}

// fillStore publishes a million numbers and saves the view.
func fillStore(ctx context.Context, o *Options, dir, saved string) (*world, merkle.Hash, error) {
	store, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	defer func() { _ = store.Close() }()
	w, err := newWorld(store)
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	all, err := numbers(o.scaled(restartNumbers), 3)
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	p, err := w.Publisher(w.lists)
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	o.tell("restart: publishing %d numbers first", len(all))
	if _, err := p.Publish(ctx, w.delivery("numbers", all), publish.Options{}); err != nil {
		return nil, merkle.Hash{}, err
	}
	file, err := os.OpenFile(saved, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, merkle.Hash{}, err
	}
	err = w.View.Save(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	return w, w.View.List().Stamp().Root, err
}

// start opens the store and returns in how many seconds the list stood.
func (w *world) start(dir, saved string, root merkle.Hash) (float64, error) {
	began := time.Now()
	store, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		return 0, err
	}
	defer func() { _ = store.Close() }()
	cfg := w.config(store)
	if saved != "" {
		if cfg.Snapshot, err = os.ReadFile(saved); err != nil {
			return 0, err
		}
	}
	s, err := stage.New(cfg)
	if err != nil {
		return 0, err
	}
	took := time.Since(began).Seconds()
	if got := s.View.List().Stamp().Root; got != root {
		return 0, fmt.Errorf("the list's root is %x, was %x", got[:4], root[:4])
	}
	return took, nil
}
