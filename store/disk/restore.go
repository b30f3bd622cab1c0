package disk

import (
	"errors"
	"fmt"
	"io"

	"ringfence/store/disk/internal/datadir"
	"ringfence/store/disk/internal/restore"
)

// Restore reads an archive into cfg.Dir, which must be empty or missing, and
// verifies each batch as Scrub does. Every issuer is barred from signing from
// the store until Lift, for nobody here knows what was published after the
// backup. When it returns nil the store is durable and can be opened. On an
// error the directory is emptied again, for what was read of an archive that
// turns out to be cut short or changed is worth nothing, and Open refuses it
// until a restore succeeds: a store that begins anew would sign from the start.
func Restore(r io.Reader, cfg Config) error {
	s, err := begin(cfg)
	if err != nil {
		return err
	}
	return s.release(s.restore(r))
}

// restore fills the directory, which is locked until it is a store or empty.
func (s *Store) restore(r io.Reader) error {
	if err := datadir.RefuseUsed(s.cfg.Dir); err != nil {
		return err
	}
	if err := datadir.MarkUnfinished(s.cfg.Dir); err != nil {
		return err
	}
	err := datadir.Empty(s.cfg.Dir)
	if err == nil {
		err = s.fill(r)
	}
	if err == nil {
		// Only now is the directory a store.
		err = errors.Join(datadir.WriteFormat(s.cfg.Dir, 1+len(migrations())), datadir.MarkFinished(s.cfg.Dir))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("disk: restore into %s: %w", s.cfg.Dir, err), datadir.Empty(s.cfg.Dir))
	}
	return nil
}

// fill reads an archive into the files that it makes.
func (s *Store) fill(r io.Reader) error {
	if err := s.open(); err != nil {
		return err
	}
	err := s.db.Always(func() error {
		state, err := restore.Read(r, s.db, s.cfg.Federation)
		if err != nil {
			return err
		}
		return s.promise(state)
	})
	return errors.Join(err, s.shut())
}
