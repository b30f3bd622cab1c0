package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"ringfence/node/phrase"
	"ringfence/node/serve/rest"
)

// serving is what a running node has and an opened one has not.
type serving struct {
	running atomic.Bool
	ready   chan struct{} // closed once the faces listen
	addr    atomic.Pointer[net.TCPAddr]
}

// How often a running node looks after itself.
const (
	lookEvery = 5 * time.Second  // at the feeds and the day; what is admitted wakes it
	saveEvery = 10 * time.Minute // the list's snapshot
)

// Run serves until ctx ends or a face fails. The node is still open after it.
func (n *Node) Run(ctx context.Context) error {
	handler, err := rest.New(rest.Config{
		Service: n, Authenticate: n.Authenticate, Face: n.FaceREST, Metrics: n.metrics, Gatherer: n.gather,
		// A full disk stops writing, not screening, and stands in the status.
		Ready: n.readiness, Stale: n.stale, Ledger: n.under, Version: n.cfg.Version, Logger: n.log,
	})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	server, err := rest.NewServer(rest.ServerConfig{Handler: handler, Logger: n.log})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	among, err := n.meet()
	if err != nil {
		return err
	}
	listeners, err := n.listen(ctx)
	if err != nil {
		if among != nil {
			err = errors.Join(err, among.Close())
		}
		return err
	}
	n.among.Store(among)
	served := func() {}
	if among != nil {
		served = n.under.Serve(among.Overlay())
		n.Council.Serve(among.Overlay())
	}
	defer served()
	n.metrics.SetHolds(n.problems())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	looked, drained, met, followed := make(chan struct{}), make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() {
		defer close(looked)
		n.lookAfter(ctx)
	}()
	go func() {
		defer close(drained)
		n.voice.Drain(ctx)
	}()
	go func() {
		defer stop() // a node that lost its place among the others ends and says so
		met <- n.runFederation(ctx, among)
	}()
	go func() {
		defer stop()
		followed <- n.runLedger(ctx, among)
	}()
	n.serving.running.Store(true)
	close(n.serving.ready)
	err = server.Serve(ctx, listeners...)
	n.serving.running.Store(false)
	stop()
	<-looked
	<-drained
	if err = errors.Join(err, <-followed, <-met); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// listen opens the owner's socket and, if asked for, REST on TCP.
func (n *Node) listen(ctx context.Context) ([]net.Listener, error) {
	socket, err := rest.ListenSocket(n.cfg.Socket)
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	all := []net.Listener{socket}
	if n.cfg.Listen == "" {
		return all, nil
	}
	var lc net.ListenConfig
	tcp, err := lc.Listen(ctx, "tcp", n.cfg.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("node: %w", phrase.New("run.port", "listen on %s: %s; another program may hold the port: name another with --listen, or none", n.cfg.Listen, err)), socket.Close())
	}
	if a, ok := tcp.Addr().(*net.TCPAddr); ok {
		n.serving.addr.Store(a)
	}
	return append(all, tcp), nil
}

// Ready is closed once the faces listen.
func (n *Node) Ready() <-chan struct{} { return n.serving.ready }

// Addr returns where REST listens on TCP; "" when it does not.
func (n *Node) Addr() string {
	if a := n.serving.addr.Load(); a != nil {
		return a.String()
	}
	return ""
}

// lookAfter turns the day, follows the feeds and saves the list now and then.
// What fails is told and tried again: a node that cannot write still screens.
func (n *Node) lookAfter(ctx context.Context) {
	look, save := time.NewTicker(lookEvery), time.NewTicker(saveEvery)
	defer look.Stop()
	defer save.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			n.view.TurnTo(n.today())
			err = n.follow()
			n.succeed()
			n.refreshOwn()
			n.measurePeers()
			n.metrics.SetHolds(n.problems())
		case <-n.news:
			err = n.follow()
			n.succeed()
			n.refreshOwn() // another node of this member may have blocked
		case <-save.C:
			err = n.saveSnapshot()
		}
		if err != nil {
			n.log.Error("the node looks after itself", "reason", err)
		}
	}
}
