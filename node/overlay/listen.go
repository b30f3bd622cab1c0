package overlay

import (
	"fmt"
	"slices"

	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/phrase"
)

// listen listens on each address of the configuration, or says which it cannot
// have; libp2p itself is content with one of many.
func (o *Overlay) listen() error {
	if o.cfg.Options != nil {
		return nil
	}
	var all []ma.Multiaddr
	for _, hostport := range o.cfg.Listen {
		addrs, err := address.Listen(hostport)
		if err != nil {
			return err
		}
		for _, a := range addrs {
			if ma.Contains(all, a) {
				return fmt.Errorf("overlay: listen on %s: the address is named twice; name it once (peers.listen)", address.Place(a))
			}
			all = append(all, a)
			if err := o.host.Network().Listen(a); err != nil {
				return fmt.Errorf("overlay: listen on %s: %w; does another node or program listen there? End it, or give this node another address (peers.listen)", address.Place(a), err)
			}
		}
	}
	o.listening = slices.Clone(o.host.Network().ListenAddresses()) // with the ports that were given for 0
	return nil
}

// listenAgain takes up listening where it has ended: on an error of the system other
// than those that pass, libp2p closes a listener for good, and says so nowhere that
// an operator looks. The node would go on dialling, and nobody would reach it.
func (o *Overlay) listenAgain() {
	now := o.host.Network().ListenAddresses()
	var deaf []phrase.Phrase
	for _, a := range o.listening {
		if ma.Contains(now, a) {
			continue
		}
		err := o.host.Network().Listen(a)
		if err == nil {
			o.cfg.Logger.Warn("listening had ended and is taken up again", "address", address.Place(a))
			continue
		}
		deaf = append(deaf, phrase.New("problem.deaf", "this node does not listen on %s any more, and nobody reaches it there: %v; does another program listen there now? End it; the node tries again every few seconds", address.Place(a), err))
	}
	o.mu.Lock()
	before := o.deaf
	o.deaf = deaf
	o.mu.Unlock()
	for _, p := range deaf {
		if at := p.Args[0]; !slices.ContainsFunc(before, func(b phrase.Phrase) bool { return b.Args[0] == at }) {
			o.cfg.Logger.Error("nobody reaches this node any more where it should listen", "reason", p.Text)
		}
	}
}

// Deaf returns why peers do not reach this node where it should listen; none when they
// do, as far as it can tell.
func (o *Overlay) Deaf() []phrase.Phrase {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.deaf
}
