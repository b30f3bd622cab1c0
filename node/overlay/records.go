package overlay

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/store/keys"
	"ringfence/store/wire"
)

// sessionSize is the size in bytes of what names one life of a node.
const sessionSize = 8

func newSession() (s [sessionSize]byte) {
	_, _ = rand.Read(s[:]) // it never fails
	return s
}

// greeting is what each end of an exchange says: which life of its node speaks,
// and signed peer records, its own first when it can be reached. A brief one has
// no records and wants none: it only asks whether the other end is still there.
//
//	[version, session (8 bytes), brief (0 or 1), [record, …]]
type greeting struct {
	session [sessionSize]byte
	brief   bool
	records [][]byte
}

const greetingVersion = 1

func (g greeting) encode() []byte {
	b := wire.AppendArray(nil, 4)
	b = wire.AppendUint(b, greetingVersion)
	b = wire.AppendBytes(b, g.session[:])
	b = wire.AppendUint(b, flag(g.brief))
	b = wire.AppendArray(b, len(g.records))
	for _, r := range g.records {
		b = wire.AppendBytes(b, r)
	}
	return b
}

func decodeGreeting(b []byte) (greeting, error) {
	r := wire.NewReader("greeting", b)
	r.Array("greeting", 4, 4)
	r.Version(greetingVersion)
	var g greeting
	copy(g.session[:], r.Bytes("session", sessionSize, sessionSize))
	g.brief = r.Uint("brief", 1) == 1
	most := maxRecords
	if g.brief {
		most = 0
	}
	for range r.Array("records", 0, most) {
		one := r.Bytes("record", 1, maxRecord)
		if r.Err() != nil {
			break
		}
		g.records = append(g.records, one)
	}
	return g, r.End()
}

// ownRecord is the own signed record. The Overlay's mutex guards it.
type ownRecord struct {
	signed []byte
	number uint64
	addrs  []ma.Multiaddr
}

// greeting returns what this node says: its own record and others, at random
// when there are more than one message carries.
func (o *Overlay) greeting(brief bool) greeting {
	if brief {
		return greeting{session: o.session, brief: true}
	}
	addrs := o.reach()
	o.mu.Lock()
	defer o.mu.Unlock()
	g := greeting{session: o.session}
	if len(addrs) > 0 {
		if err := o.sign(addrs); err != nil {
			o.cfg.Logger.Error("sign the own peer record", "error", err)
		} else {
			g.records = append(g.records, o.own.signed)
		}
	}
	var others [][]byte
	for _, w := range o.ways {
		if w.record != nil {
			others = append(others, w.record)
		}
	}
	mathrand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	g.records = append(g.records, others[:min(len(others), maxRecords-len(g.records))]...)
	return g
}

// sign makes the own record when the addresses are not those of the last one.
// Sequence numbers follow the clock, so that they grow over restarts. The caller
// holds the lock.
func (o *Overlay) sign(addrs []ma.Multiaddr) error {
	if o.own.signed != nil && slices.EqualFunc(addrs, o.own.addrs, func(a, b ma.Multiaddr) bool { return a.Equal(b) }) {
		return nil
	}
	number := max(uint64(max(o.cfg.Now().UnixNano(), 0)), o.own.number+1)
	envelope, err := record.Seal(&peer.PeerRecord{PeerID: o.host.ID(), Addrs: addrs, Seq: number}, o.private)
	if err != nil {
		return err
	}
	signed, err := envelope.Marshal()
	if err != nil {
		return err
	}
	o.own = ownRecord{signed, number, addrs}
	return nil
}

// readRecord checks a signed record: the host that it is of has signed it.
func readRecord(b []byte) (keys.Public, *peer.PeerRecord, error) {
	if len(b) > maxRecord {
		return keys.Public{}, nil, fmt.Errorf("overlay: a peer record of %d bytes, the most is %d", len(b), maxRecord)
	}
	rec := new(peer.PeerRecord)
	envelope, err := record.ConsumeTypedEnvelope(b, rec)
	if err != nil {
		return keys.Public{}, nil, fmt.Errorf("overlay: read a peer record: %w", err)
	}
	k, ok := HostKey(rec.PeerID)
	if !ok || !rec.PeerID.MatchesPublicKey(envelope.PublicKey) {
		return keys.Public{}, nil, errors.New("overlay: a peer record that another has signed than the host it is of")
	}
	return k, rec, nil
}

// take learns from a signed record: of a member, and newer than what is known.
// What others may have (records of hosts that this node does not know, older
// ones) is passed over; an error means that nobody should have sent it.
func (o *Overlay) take(b []byte, keep bool) error {
	if o.holds(b) {
		return nil
	}
	k, rec, err := readRecord(b)
	if err != nil {
		return err
	}
	now := time.Now()
	o.mu.Lock()
	if k == o.self {
		o.outdo(rec.Seq)
	}
	w := o.way(k)
	if w == nil || rec.Seq <= w.number || now.Sub(w.taken) < recordEvery {
		o.mu.Unlock()
		return nil
	}
	old := w.told
	w.record, w.number, w.taken, w.told = bytes.Clone(b), rec.Seq, now, usables(rec.Addrs)
	o.learned = true
	id, addrs := w.id, w.told
	if len(old) == 0 {
		w.next = now // until now there was nowhere to look for it
	}
	o.mu.Unlock()
	o.trust(id, old, addrs)
	o.nudge()
	if keep && o.cfg.Book != nil {
		if err := o.cfg.Book.Keep(k, b); err != nil {
			o.cfg.Logger.Error("keep a peer record", "host", k.Short(), "error", err)
		}
	}
	return nil
}

// holds reports whether this very record is known already.
func (o *Overlay) holds(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if bytes.Equal(b, o.own.signed) {
		return true
	}
	for _, w := range o.ways {
		if bytes.Equal(b, w.record) {
			return true
		}
	}
	return false
}

// outdo makes the own record newer than one of an earlier life whose clock was
// ahead. The caller holds the lock.
func (o *Overlay) outdo(number uint64) {
	if number > o.own.number {
		o.own = ownRecord{number: number}
	}
}

// exchange begins an exchange with a member that is connected; with it the
// member is met.
func (o *Overlay) exchange(with keys.Public, brief bool, within time.Duration) error {
	ctx, cancel := context.WithTimeout(o.ctx, within)
	defer cancel()
	s, err := o.stream(ctx, with, o.protocols.Peers)
	if err != nil {
		return err
	}
	g, err := o.greetOn(s, brief, within)
	if err != nil {
		_ = s.Reset() // it is gone either way
		return err
	}
	_ = s.Close() // all is read
	o.meet(with, g.session)
	return nil
}

func (o *Overlay) greetOn(s *stream, brief bool, within time.Duration) (greeting, error) {
	if err := s.SetDeadline(time.Now().Add(within)); err != nil {
		return greeting{}, err
	}
	if err := WriteFrame(s, o.greeting(brief).encode()); err != nil {
		return greeting{}, err
	}
	return o.hear(s)
}

// hear reads the other end's greeting and learns from it.
func (o *Overlay) hear(s Stream) (greeting, error) {
	b, err := ReadFrame(s, maxExchange)
	if err != nil {
		return greeting{}, err
	}
	g, err := decodeGreeting(b)
	if err != nil {
		return greeting{}, err
	}
	for _, r := range g.records {
		if err := o.take(r, true); err != nil {
			return greeting{}, err
		}
	}
	return g, nil
}

// serveExchange answers one that another member begins. It reads before it
// writes: two ends that both write first can wait for each other.
func (o *Overlay) serveExchange(s Stream) {
	defer func() { _ = s.Close() }() // nothing is left to be read
	o.mu.Lock()
	w := o.way(s.Peer())
	allowed := w != nil && w.limit.Allow()
	o.mu.Unlock()
	if !allowed || s.SetDeadline(time.Now().Add(exchangeTime)) != nil {
		return
	}
	g, err := o.hear(s)
	if err == nil {
		err = WriteFrame(s, o.greeting(g.brief).encode())
	}
	if err != nil {
		o.cfg.Logger.Info("an exchange of records failed", "host", s.Peer().Short(), "error", err)
		return
	}
	o.meet(s.Peer(), g.session)
}

// greet exchanges records with a member that was just dialled. When that fails
// the desk tells why, the connection is of no use, and the redial goes on.
func (o *Overlay) greet(host keys.Public, conn network.Conn) {
	err := o.exchange(host, false, exchangeTime)
	if err == nil || o.ctx.Err() != nil {
		return
	}
	trouble := o.diagnose(host)
	o.mu.Lock()
	w := o.way(host)
	met := w != nil && w.met
	if w != nil && !met {
		w.trouble = trouble
	}
	o.mu.Unlock()
	o.cfg.Logger.Debug("a member is connected, but of no use", "host", host.Short(), "trouble", trouble, "error", err)
	if !met {
		_ = conn.Close() // it is gone either way
	}
}
