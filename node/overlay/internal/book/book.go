package book

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"ringfence/node/overlay/internal/address"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// Shelf keeps signed records over restarts. It is safe for concurrent use.
type Shelf interface {
	Records() ([][]byte, error)
	Keep(host keys.Public, record []byte) error
}

// Config says whose book it is.
type Config struct {
	Self   keys.Public
	Key    crypto.PrivKey              // of Self, to sign its record by
	Member func(host keys.Public) bool // whose records are of use; Self is not asked about
	Shelf  Shelf                       // nil: forgotten at the end
	// Learned is called when a record was taken: where the host may be trusted to
	// be, before and now. It may call the Book. nil: nobody hears.
	Learned func(host keys.Public, before, now []ma.Multiaddr)
	// Twin is called when another than this Book has signed a record by Key since
	// New, with where that one says that it is. It may call the Book. nil: nobody
	// hears.
	Twin   func(at []ma.Multiaddr)
	Now    func() time.Time
	Logger *slog.Logger
}

// Book is safe for concurrent use.
type Book struct {
	cfg   Config
	began uint64 // as the number of a record that was signed then

	mu   sync.Mutex // guards what follows
	own  own
	page map[keys.Public]*page

	shelving sync.Mutex             // guards what follows; held while the shelf writes, and never with mu
	kept     map[keys.Public]uint64 // number of the record that the shelf was last given
}

// own is the own signed record.
type own struct {
	signed []byte
	number uint64
	addrs  []ma.Multiaddr
}

// page is what is known of one host.
type page struct {
	record []byte         // signed by the host, the newest seen
	number uint64         // of the record
	taken  time.Time      // when it came
	told   []ma.Multiaddr // addresses by the record,
	given  []ma.Multiaddr // by the configuration,
	found  []ma.Multiaddr // on the local network
}

// trusted returns what the host has said, and the operator. Each may say as much as
// is of use, so that neither pushes the other out.
func (p *page) trusted() []ma.Multiaddr {
	return distinct(p.told, p.given)
}

// distinct returns the usable addresses of each list, each once.
func distinct(lists ...[]ma.Multiaddr) (out []ma.Multiaddr) {
	for _, list := range lists {
		for _, a := range address.Usables(list) {
			if !ma.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// New opens an empty book.
func New(cfg Config) *Book {
	if cfg.Learned == nil {
		cfg.Learned = func(keys.Public, []ma.Multiaddr, []ma.Multiaddr) {}
	}
	if cfg.Twin == nil {
		cfg.Twin = func([]ma.Multiaddr) {}
	}
	return &Book{cfg: cfg, began: numberAt(cfg.Now()), page: make(map[keys.Public]*page), kept: make(map[keys.Public]uint64)}
}

// numberAt returns the number of a record that is signed at a time: numbers follow
// the clock, so that they grow over restarts.
func numberAt(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

// Open takes what the shelf has. What is of no use any more is logged and left
// out.
func (b *Book) Open() error {
	if b.cfg.Shelf == nil {
		return nil
	}
	records, err := b.cfg.Shelf.Records()
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := b.take(r, false); err != nil {
			b.cfg.Logger.Warn("a peer record that was kept is of no use any more", "reason", err)
		}
	}
	return nil
}

// of returns the page of a member's host, made when it is new; nil when it is
// none, or the own one. The caller holds the lock.
func (b *Book) of(host keys.Public) *page {
	if p := b.page[host]; p != nil {
		return p
	}
	if host == b.cfg.Self || !b.cfg.Member(host) {
		return nil
	}
	p := new(page)
	b.page[host] = p
	return p
}

// Addresses returns where a host may be, best first.
func (b *Book) Addresses(host keys.Public) []ma.Multiaddr {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page[host]
	if p == nil {
		return nil
	}
	return distinct(p.told, p.given, p.found)
}

// Trusted returns where a host may be as it has said itself, or the operator.
func (b *Book) Trusted(host keys.Public) []ma.Multiaddr {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.page[host]; p != nil {
		return p.trusted()
	}
	return nil
}

// Give adds addresses of the configuration.
func (b *Book) Give(host keys.Public, addrs []ma.Multiaddr) {
	b.mu.Lock()
	p := b.of(host)
	if p == nil {
		b.mu.Unlock()
		return
	}
	before := p.trusted()
	p.given = append(p.given, addrs...)
	now := p.trusted()
	b.mu.Unlock()
	b.cfg.Learned(host, before, now)
}

// Find replaces what the local network said of a host, and reports whether it had
// said nothing before.
func (b *Book) Find(host keys.Public, addrs []ma.Multiaddr) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.of(host)
	if p == nil {
		return false
	}
	first = len(p.found) == 0
	p.found = address.Usables(addrs)
	return first
}

// Forget drops a host.
func (b *Book) Forget(host keys.Public) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.page, host)
}

// Take learns from a signed record: of a member, and newer than what is known.
// What others may have (records of hosts that this node does not know, older
// ones) is passed over; an error means that nobody should have sent it.
func (b *Book) Take(record []byte) error { return b.take(record, true) }

func (b *Book) take(record []byte, keep bool) error {
	if b.holds(record) {
		return nil
	}
	by, err := signer(record)
	if err != nil {
		return err
	}
	if by != b.cfg.Self && !b.cfg.Member(by) {
		return nil // not worth a look at its signature
	}
	host, rec, err := read(record)
	if err != nil {
		return err
	}
	if host == b.cfg.Self {
		b.outdo(rec, keep)
		return nil
	}
	now := time.Now()
	b.mu.Lock()
	p := b.of(host)
	if p == nil || rec.Seq <= p.number || now.Sub(p.taken) < layout.RecordEvery {
		b.mu.Unlock()
		return nil
	}
	before := p.trusted()
	p.record, p.number, p.taken, p.told = bytes.Clone(record), rec.Seq, now, address.Usables(rec.Addrs)
	trusted := p.trusted()
	b.mu.Unlock()
	b.cfg.Learned(host, before, trusted)
	if keep {
		b.keep(host, record, rec.Seq)
	}
	return nil
}

// keep puts a record on the shelf, unless a newer one of the host is there by now. The
// caller does not hold the lock: the disk may be slow.
func (b *Book) keep(host keys.Public, record []byte, number uint64) {
	if b.cfg.Shelf == nil {
		return
	}
	b.shelving.Lock()
	defer b.shelving.Unlock()
	if number <= b.kept[host] {
		return
	}
	b.kept[host] = number
	if err := b.cfg.Shelf.Keep(host, record); err != nil {
		b.cfg.Logger.Error("keep a peer record", "host", host.Short(), "error", err)
	}
}

// outdo takes in a record of Self: the next own one will be later.
//
// A later record than the own last one is by an earlier life, whose clock was ahead,
// or by somebody who lives by the same key now, as a copy of the directory does. The
// shelf knows what earlier lives have signed, and what they signed is dated before
// this one; so one that was heard, is later than all of that and dated after New is
// taken for a twin's. Only the holder of the key can make one, and each but once:
// who repeats it is not heard again.
func (b *Book) outdo(rec *peer.PeerRecord, heard bool) {
	b.mu.Lock()
	later := rec.Seq > b.own.number
	if later {
		b.own = own{number: rec.Seq}
	}
	b.mu.Unlock()
	if later && heard && rec.Seq > b.began {
		b.cfg.Twin(rec.Addrs)
	}
}

// holds reports whether this very record is known already.
func (b *Book) holds(record []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bytes.Equal(record, b.own.signed) {
		return true
	}
	for _, p := range b.page {
		if bytes.Equal(record, p.record) {
			return true
		}
	}
	return false
}

// Records returns at most so many signed records for others: the own one first,
// if there are addresses by which this host is reached, and then others', at
// random when there are more.
func (b *Book) Records(reach []ma.Multiaddr) [][]byte {
	var all [][]byte
	if len(reach) > 0 {
		if own, err := b.sign(reach); err != nil {
			b.cfg.Logger.Error("sign the own peer record", "error", err)
		} else {
			// So that the next life knows it for its own, before anybody has it.
			b.keep(b.cfg.Self, own.signed, own.number)
			all = append(all, own.signed)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var others [][]byte
	for _, p := range b.page {
		if p.record != nil {
			others = append(others, p.record)
		}
	}
	rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	return append(all, others[:min(len(others), layout.MaxRecords-len(all))]...)
}

// sign returns the own record, made anew when the addresses are not those of the last
// one.
func (b *Book) sign(addrs []ma.Multiaddr) (own, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.own.signed != nil && slices.EqualFunc(addrs, b.own.addrs, func(a, c ma.Multiaddr) bool { return a.Equal(c) }) {
		return b.own, nil
	}
	number := max(numberAt(b.cfg.Now()), b.own.number+1)
	signed, err := sign(b.cfg.Key, addrs, number)
	if err != nil {
		return own{}, err
	}
	b.own = own{signed, number, addrs}
	return b.own, nil
}
