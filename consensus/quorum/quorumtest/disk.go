package quorumtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/raft"
)

// Disk is a log and votes in memory. It stays what it is when the group on it ends
// and another begins; it is as strict about gaps as raft-wal.
type Disk struct {
	mu      sync.Mutex
	entries map[uint64]raft.Log
	first   uint64
	last    uint64
	values  map[string][]byte
	hang    chan struct{} // writes wait until it is closed
	fail    bool
}

// NewDisk returns an empty disk.
func NewDisk() *Disk {
	return &Disk{entries: make(map[uint64]raft.Log), values: make(map[string][]byte)}
}

// Hang makes every write wait until release is called.
func (d *Disk) Hang() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	hang := make(chan struct{})
	d.hang = hang
	return sync.OnceFunc(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.hang = nil
		close(hang)
	})
}

// Fail makes every write fail from now on, or not.
func (d *Disk) Fail(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = on
}

// Rot flips a bit of an entry's data.
func (d *Disk) Rot(index uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.entries[index]
	if !ok || len(l.Data) == 0 {
		return fmt.Errorf("quorumtest: no data at %d", index)
	}
	l.Data = append([]byte(nil), l.Data...)
	l.Data[len(l.Data)/2] ^= 4
	d.entries[index] = l
	return nil
}

func (d *Disk) write(f func() error) error {
	d.mu.Lock()
	hang := d.hang
	d.mu.Unlock()
	if hang != nil {
		<-hang
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail {
		return errors.New("quorumtest: the disk was told to fail")
	}
	return f()
}

// Close is io.Closer's.
func (d *Disk) Close() error { return nil }

// IsMonotonic is raft.MonotonicLogStore's.
func (d *Disk) IsMonotonic() bool { return true }

// FirstIndex is raft.LogStore's.
func (d *Disk) FirstIndex() (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.first, nil
}

// LastIndex is raft.LogStore's.
func (d *Disk) LastIndex() (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last, nil
}

// GetLog is raft.LogStore's.
func (d *Disk) GetLog(index uint64, l *raft.Log) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	held, ok := d.entries[index]
	if !ok {
		return raft.ErrLogNotFound
	}
	*l = held
	return nil
}

// StoreLog is raft.LogStore's.
func (d *Disk) StoreLog(l *raft.Log) error { return d.StoreLogs([]*raft.Log{l}) }

// StoreLogs is raft.LogStore's.
func (d *Disk) StoreLogs(logs []*raft.Log) error {
	return d.write(func() error {
		for _, l := range logs {
			if d.last != 0 && l.Index != d.last+1 {
				return fmt.Errorf("quorumtest: entry %d after %d", l.Index, d.last)
			}
			if d.first == 0 {
				d.first = l.Index
			}
			d.entries[l.Index], d.last = *l, l.Index
		}
		return nil
	})
}

// DeleteRange is raft.LogStore's.
func (d *Disk) DeleteRange(from, to uint64) error {
	return d.write(func() error {
		for i := from; i <= to; i++ {
			delete(d.entries, i)
		}
		switch {
		case from <= d.first && to >= d.last:
			d.first, d.last = 0, 0
		case from <= d.first:
			d.first = to + 1
		case to >= d.last:
			d.last = from - 1
		default:
			return errors.New("quorumtest: a hole in the middle")
		}
		return nil
	})
}

// Set is raft.StableStore's.
func (d *Disk) Set(key, val []byte) error {
	return d.write(func() error {
		d.values[string(key)] = append([]byte(nil), val...)
		return nil
	})
}

// Get is raft.StableStore's.
func (d *Disk) Get(key []byte) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.values[string(key)]
	if !ok {
		return nil, errors.New("not found") // what hashicorp/raft looks for
	}
	return v, nil
}

// SetUint64 is raft.StableStore's.
func (d *Disk) SetUint64(key []byte, val uint64) error {
	return d.Set(key, binary.BigEndian.AppendUint64(nil, val))
}

// GetUint64 is raft.StableStore's.
func (d *Disk) GetUint64(key []byte) (uint64, error) {
	v, err := d.Get(key)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(v), nil
}
