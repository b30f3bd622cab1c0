package desk

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/frame"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/wire"
)

// Welcome is what the desk tells everybody.
type Welcome struct {
	Federation      cid.Cid
	Name            string // of the federation
	Lowest, Highest int    // versions of the protocols that are spoken there
	Time            time.Time
	Member          bool   // the asker's host key is in the charter as it is known there
	Genesis         []byte // when asked for
	Version         string // of the release
}

const (
	deskVersion = 1
	maxVersions = 1 << 20
)

// Encode writes the welcome as it goes over the wire: [version, federation, name, lowest, highest, time, member,
// release, genesis].
func (w Welcome) Encode() []byte {
	b := wire.AppendArray(nil, 9)
	b = wire.AppendUint(b, deskVersion)
	b = wire.AppendBytes(b, w.Federation.Bytes())
	b = wire.AppendText(b, w.Name)
	b = wire.AppendUint(b, uint64(w.Lowest))
	b = wire.AppendUint(b, uint64(w.Highest))
	b = wire.AppendUint(b, uint64(max(w.Time.Unix(), 0)))
	b = wire.AppendBool(b, w.Member)
	b = wire.AppendText(b, w.Version)
	return wire.AppendBytes(b, w.Genesis)
}

func decodeWelcome(b []byte) (Welcome, error) {
	const maxCID, maxTime = 64, 1 << 40
	r := wire.NewReader("welcome", b)
	r.Array("welcome", 9, 9)
	r.Version(deskVersion)
	federation := r.Bytes("federation", 1, maxCID)
	w := Welcome{
		Name: r.Text("name", layout.MaxName), Lowest: int(r.Uint("lowest version", maxVersions)), Highest: int(r.Uint("highest version", maxVersions)),
		Time: time.Unix(int64(r.Uint("time", maxTime)), 0), Member: r.Bool("member"),
		Version: r.Text("release", layout.MaxRelease), Genesis: r.Bytes("genesis", 0, layout.MaxGenesis),
	}
	if err := r.End(); err != nil {
		return Welcome{}, err
	}
	if len(w.Genesis) == 0 {
		w.Genesis = nil
	}
	var err error
	if w.Federation, err = cid.Cast(federation); err != nil {
		return Welcome{}, fmt.Errorf("overlay: welcome: federation: %w", err)
	}
	return w, nil
}

// question is what the asker says: [version, wants the genesis].
type question struct{ genesis bool }

func (q question) encode() []byte {
	b := wire.AppendArray(nil, 2)
	return wire.AppendBool(wire.AppendUint(b, deskVersion), q.genesis)
}

func decodeQuestion(b []byte) (question, error) {
	r := wire.NewReader("question", b)
	r.Array("question", 2, 2)
	r.Version(deskVersion)
	q := question{genesis: r.Bool("genesis")}
	return q, r.End()
}

// Config says whose desk it is.
type Config struct {
	Federation cid.Cid
	Name       string             // of the federation; a long one is cut
	Genesis    func() []byte      // what is handed out; nil: nothing
	Member     func(peer.ID) bool // whether the charter names a host
	Now        func() time.Time
	Version    string // of the release
}

// Desk answers strangers, and members that are not understood elsewhere. An
// empty frame means that it is busy.
type Desk struct {
	cfg   Config
	total *rate.Limiter
	big   *rate.Limiter // geneses

	mu   sync.Mutex
	at   map[netip.Prefix]*rate.Limiter
	busy map[network.Conn]bool // one question at a time
}

// New opens a desk.
func New(cfg Config) *Desk {
	return &Desk{
		cfg: cfg, total: rate.NewLimiter(layout.DeskRate, layout.DeskBurst), big: rate.NewLimiter(layout.GenesisRate, layout.GenesisBurst),
		at: make(map[netip.Prefix]*rate.Limiter), busy: make(map[network.Conn]bool),
	}
}

// Serve answers one question.
func (d *Desk) Serve(s network.Stream) {
	conn := s.Conn()
	if !d.begin(conn) {
		_ = s.Reset() // it is gone either way
		return
	}
	defer d.end(conn)
	if err := d.answer(s); err != nil {
		_ = s.Reset() // it is gone either way
		return
	}
	_ = s.Close() // the answer is written
}

func (d *Desk) begin(conn network.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[conn] {
		return false
	}
	d.busy[conn] = true
	return true
}

func (d *Desk) end(conn network.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, conn)
}

func (d *Desk) answer(s network.Stream) error {
	if err := s.SetDeadline(time.Now().Add(layout.DeskTime)); err != nil {
		return err
	}
	b, err := frame.Read(s, layout.MaxQuestion)
	if err != nil {
		return err
	}
	q, err := decodeQuestion(b)
	if err != nil {
		return err
	}
	if !d.allow(address.Neighbourhood(s.Conn().RemoteMultiaddr())) || (q.genesis && !d.big.Allow()) {
		return frame.Write(s, nil)
	}
	cfg := d.cfg
	w := Welcome{
		Federation: cfg.Federation, Name: hosts.Clip(cfg.Name, layout.MaxName), Lowest: layout.Version, Highest: layout.Version,
		Time: cfg.Now(), Member: cfg.Member(s.Conn().RemotePeer()), Version: hosts.Clip(cfg.Version, layout.MaxRelease),
	}
	if q.genesis && cfg.Genesis != nil {
		w.Genesis = cfg.Genesis()
	}
	return frame.Write(s, w.Encode())
}

// allow counts a question from an address and in total.
func (d *Desk) allow(at netip.Prefix) bool {
	d.mu.Lock()
	l := d.at[at]
	if l == nil {
		if len(d.at) >= layout.MaxDeskAddresses {
			clear(d.at) // the limit in total still holds
		}
		l = rate.NewLimiter(layout.DeskRateAt, layout.DeskBurstA)
		d.at[at] = l
	}
	d.mu.Unlock()
	return l.Allow() && d.total.Allow()
}
