package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

const (
	members  = 3
	clients  = 1000 // at once, as `etcdctl check perf --load xl` has
	patience = 30 * time.Second
)

// writeKeys writes values of 1 KiB into three members and returns how many a second are
// acknowledged, each synced to a majority of disks.
func writeKeys(ctx context.Context, dir string, lasts time.Duration) (float64, error) {
	if _, err := exec.LookPath("etcd"); err != nil {
		return 0, fmt.Errorf("%w: install Debian's etcd-server", err)
	}
	var peers, endpoints, cluster []string
	for i := range members {
		ports, err := free(2)
		if err != nil {
			return 0, err
		}
		peers, endpoints = append(peers, "http://"+ports[0]), append(endpoints, "http://"+ports[1])
		cluster = append(cluster, fmt.Sprintf("m%d=%s", i, peers[i]))
	}
	for i := range members {
		log, err := os.Create(filepath.Join(dir, fmt.Sprintf("m%d.log", i)))
		if err != nil {
			return 0, err
		}
		cmd := exec.CommandContext(ctx, "etcd", "--name", fmt.Sprintf("m%d", i), "--data-dir", filepath.Join(dir, fmt.Sprintf("m%d", i)),
			"--listen-peer-urls", peers[i], "--initial-advertise-peer-urls", peers[i], "--listen-client-urls", endpoints[i],
			"--advertise-client-urls", endpoints[i], "--initial-cluster", strings.Join(cluster, ","))
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Start(); err != nil {
			return 0, errors.Join(err, log.Close())
		}
		defer func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			_ = log.Close()
		}()
	}
	return put(ctx, endpoints, lasts)
}

// put writes as often as all clients together can, for so long, once the cluster answers.
func put(ctx context.Context, endpoints []string, lasts time.Duration) (float64, error) {
	value := strings.Repeat("v", 1<<10)
	c, err := clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: patience, Logger: zap.NewNop()})
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	first, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for err := errors.New("none"); err != nil; time.Sleep(300 * time.Millisecond) {
		if first.Err() != nil {
			return 0, fmt.Errorf("etcd does not come up: %w", err)
		}
		_, err = c.Put(first, "begin", value)
	}
	began := time.Now()
	var n atomic.Int64
	var under sync.WaitGroup
	for i := range clients {
		under.Go(func() {
			for k := 0; time.Since(began) < lasts && ctx.Err() == nil; k++ {
				if _, err := c.Put(ctx, fmt.Sprintf("%d/%d", i, k), value); err == nil {
					n.Add(1)
				}
			}
		})
	}
	under.Wait()
	return float64(n.Load()) / time.Since(began).Seconds(), ctx.Err()
}

// free returns addresses on loopback on which nobody listens now.
func free(n int) (addresses []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
