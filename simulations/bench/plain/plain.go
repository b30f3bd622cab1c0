// Package plain is what the engine and the network do by themselves, with nothing of ours
// between: the baselines that a case measures in its own process.
//
// Floor 14, a room of simulations.
package plain

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"ringfence/store/disk"
	"ringfence/store/feed"
)

// Engine returns the engine's options: those of store/disk, but with Badger's own compactors.
func Engine(dir string) badger.Options {
	return badger.DefaultOptions(dir).
		WithMemTableSize(8 << 20).WithNumMemtables(3).WithNumCompactors(2).WithNumGoroutines(2).
		WithBlockCacheSize(16 << 20).WithIndexCacheSize(0).WithCompression(options.None).
		WithValueThreshold(4 << 10).WithValueLogFileSize(64 << 20).
		WithVerifyValueChecksum(true).WithChecksumVerificationMode(options.OnBlockRead).
		WithDetectConflicts(false).WithSyncWrites(false).WithMetricsEnabled(false).WithLogger(nil)
}

// Move takes how long the records of a store take over one stream between two plain hosts,
// hashed and written as they come.
func Move(ctx context.Context, from, to string) (took time.Duration, err error) {
	const protocol = "/bench/bytes/1"
	source, err := disk.Open(disk.Config{Dir: from})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	var records []feed.Record
	err = source.Since(0, func(_ uint64, r feed.Record) error { records = append(records, r); return nil })
	if err != nil {
		return 0, err
	}
	sender, receiver, err := plainHosts()
	if err != nil {
		return 0, err
	}
	defer func() { _, _ = sender.Close(), receiver.Close() }()
	sender.SetStreamHandler(protocol, func(s network.Stream) {
		for i := range records {
			head := binary.BigEndian.AppendUint32(nil, uint32(len(records[i].Body)))
			if _, err := s.Write(append(head, records[i].Body...)); err != nil {
				break
			}
		}
		_ = s.Close()
	})
	db, err := badger.Open(Engine(to).WithSyncWrites(true))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close(), os.RemoveAll(to)) }()
	began := time.Now()
	if err := receiver.Connect(ctx, peer.AddrInfo{ID: sender.ID(), Addrs: sender.Addrs()}); err != nil {
		return 0, err
	}
	stream, err := receiver.NewStream(ctx, sender.ID(), protocol)
	if err != nil {
		return 0, err
	}
	if err := receive(stream, db); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

func plainHosts() (sender, receiver host.Host, err error) {
	if sender, err = libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0")); err != nil {
		return nil, nil, err
	}
	if receiver, err = libp2p.New(libp2p.NoListenAddrs); err != nil {
		return nil, nil, errors.Join(err, sender.Close())
	}
	return sender, receiver, nil
}

// receive writes what comes under its hash, sixteen records a batch.
func receive(stream network.Stream, db *badger.DB) error {
	const together = 16
	if _, err := stream.Write([]byte{1}); err != nil {
		return err
	}
	for done := false; !done; {
		batch := db.NewWriteBatch()
		for range together {
			var head [4]byte
			if _, err := io.ReadFull(stream, head[:]); err != nil {
				if err != io.EOF {
					batch.Cancel()
					return err
				}
				done = true
				break
			}
			body := make([]byte, binary.BigEndian.Uint32(head[:]))
			if _, err := io.ReadFull(stream, body); err != nil {
				batch.Cancel()
				return err
			}
			key := sha256.Sum256(body)
			if err := batch.Set(key[:], body); err != nil {
				batch.Cancel()
				return err
			}
		}
		if err := batch.Flush(); err != nil {
			return err
		}
	}
	return db.Sync()
}
