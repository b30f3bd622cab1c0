package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	badger "github.com/dgraph-io/badger/v4"

	"ringfence/store/archive"
	"ringfence/store/feed"
)

// restoredReason is why every issuer that signed from the store is barred.
const restoredReason = "restored from a backup: it may have signed since; name the last published head"

// Restore reads an archive into cfg.Dir, which must be empty or missing, and
// verifies each batch as Scrub does. Every issuer that signed from the store is
// barred from signing, for nobody here knows what it published after the
// backup. When it returns nil the store is durable and can be opened. On an
// error the directory is emptied again, for what was read of an archive that
// turns out to be cut short or changed is worth nothing.
func Restore(r io.Reader, cfg Config) error {
	s, err := begin(cfg)
	if err != nil {
		return err
	}
	if err := refuseStore(s.cfg.Dir); err != nil {
		return errors.Join(err, s.lock.release())
	}
	if err := s.open(); err != nil {
		return errors.Join(err, empty(s.cfg.Dir))
	}
	err = s.asWriter(func() error { return s.restore(r) })
	if err = errors.Join(err, s.Close()); err == nil {
		// Only now is the directory a store.
		err = writeFormat(s.cfg.Dir, formatVersion)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("disk: restore into %s: %w", s.cfg.Dir, err), empty(s.cfg.Dir))
	}
	return nil
}

func refuseStore(dir string) error {
	names, err := contents(dir)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("disk: restore: %s is not empty: a backup is restored into an empty directory only", dir)
	}
	return nil
}

// empty removes what a restore has made. The lock stays, for whoever waits.
func empty(dir string) error {
	names, err := contents(dir)
	for _, name := range names {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return err
}

// restoring is what has been read of an archive.
type restoring struct {
	s      *Store
	batch  []archive.Entry // not yet written
	size   int             // of bodies and values in batch
	last   uint64          // arrival
	counts map[lane]uint64 // batches of each epoch
	next   promised
}

func (s *Store) restore(r io.Reader) error {
	in, err := archive.NewReader(r)
	if err != nil {
		return err
	}
	state := restoring{s: s, counts: make(map[lane]uint64), next: s.promises.now.clone()}
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			return state.finish()
		}
		if err != nil {
			return err
		}
		if err := state.take(e); err != nil {
			return err
		}
	}
}

func (x *restoring) take(e archive.Entry) error {
	size := 1 << 10
	switch e := e.(type) {
	case archive.Record:
		if err := checkRestored(&e); err != nil {
			return err
		}
		size += len(e.Record.Body)
		x.counts[lane{e.Record.Issuer, e.Record.Tip.Epoch}]++
	case archive.Reservation:
		size += len(e.Reservation.Body)
	case archive.Named:
		if err := checkName("restore", e.Space, e.Key); err != nil {
			return err
		}
		size += len(e.Value)
	case archive.Signer:
		own := promise{highest: e.Highest, barred: e.Barred}
		if own.barred == "" {
			own.barred = restoredReason
		}
		own.barred = own.barred[:min(len(own.barred), maxReason)]
		x.next.signers[e.Issuer] = own
		return nil
	case archive.Fork:
	}
	if x.size += size; x.size > valueChunk || len(x.batch) == chunkRecords {
		if err := x.flush(); err != nil {
			return err
		}
		x.size = size
	}
	x.batch = append(x.batch, e)
	return nil
}

func checkRestored(e *archive.Record) error {
	if e.Quarantine != "" {
		return nil
	}
	if err := checkRecord(&e.Record); err != nil {
		return err
	}
	return verifyRecord(&e.Record)
}

// flush commits what was read, when there is room for it.
func (x *restoring) flush() error {
	if err := x.s.room(x.size); err != nil {
		return err
	}
	err := x.s.commit(func(txn *badger.Txn) error {
		for _, e := range x.batch {
			if err := x.set(txn, e); err != nil {
				return err
			}
		}
		return nil
	})
	x.batch, x.size = x.batch[:0], 0
	return err
}

func (x *restoring) set(txn *badger.Txn, e archive.Entry) error {
	switch e := e.(type) {
	case archive.Record:
		return x.setRecord(txn, &e)
	case archive.Fork:
		p := e.Proof
		return set(txn, forkKey(lane{p.Issuer(), p.Epoch()}), p.Bytes())
	case archive.Reservation:
		return setReservations(txn, e.Issuer, []feed.Reservation{e.Reservation})
	case archive.Named:
		return set(txn, namedKey(e.Space, e.Key), e.Value)
	case archive.Signer:
	}
	return nil
}

func (x *restoring) setRecord(txn *badger.Txn, e *archive.Record) error {
	r, l := &e.Record, lane{e.Record.Issuer, e.Record.Tip.Epoch}
	v := batchValue{arrival: e.Arrival, issuer: r.Issuer, tip: r.Tip, body: extentOf(r.Body), header: r.Header}
	err := errors.Join(
		set(txn, batchKey(r.Tip.CID), v.encode()),
		set(txn, arrivalKey(e.Arrival), r.Tip.CID.Bytes()),
		set(txn, placeKey(l, r.Tip.Sequence), r.Tip.CID.Bytes()),
	)
	if e.Arrival > x.last+1 {
		err = errors.Join(err, set(txn, gapKey(x.last), binary.BigEndian.AppendUint64(nil, e.Arrival-1)))
	}
	x.last = e.Arrival
	if held, ok := x.s.heads[l.issuer][l.epoch]; !ok || held.Before(r.Tip) {
		x.s.heads.put(l.issuer, r.Tip)
		err = errors.Join(err, set(txn, tipKey(l), encodeTip(r.Tip)))
	}
	if e.Quarantine != "" {
		return errors.Join(err, set(txn, quarantineKey(r.Tip.CID), encodeQuarantine(e.Arrival, e.Quarantine)))
	}
	return errors.Join(err, txn.Set(bodyKey(r.Tip.CID), r.Body))
}

// finish makes the store durable once the archive is known to be whole and its
// feeds to have no gaps.
func (x *restoring) finish() error {
	if err := x.flush(); err != nil {
		return err
	}
	for l, n := range x.counts {
		if tip := x.s.heads[l.issuer][l.epoch]; tip.Sequence+1 != n {
			return fmt.Errorf("epoch %d of %s has %d batches up to place %d: the backup leaves some out", l.epoch, l.issuer.Short(), n, tip.Sequence)
		}
	}
	if err := x.s.settle(); err != nil {
		return err
	}
	x.next.arrivals = x.last
	return x.s.promise(x.next)
}
