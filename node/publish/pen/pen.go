// Package pen signs one issuer's batches, and no place of its feed twice.
//
// Two signed headers for one place are a fork, which costs the issuer its key, and a
// signature cannot be taken back. So a place is reserved durably, header and body,
// before a signature for it leaves. What was reserved and did not get into the feed
// is signed again byte for byte, which tells no second story, since signing is
// deterministic (RFC 8032). Where that is not enough, because the store may be older
// than what was once signed or somebody else may hold the key, the issuer is barred,
// durably, until somebody who knows better names the last head that it published.
//
// Floor 10, a room of node/publish. It looks into no batch, makes no list and tells
// nobody: whoever holds the pen does.
package pen

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/keys"
)

// Config is what a Pen needs. All but MaySign must be set.
type Config struct {
	Key        keys.Private // of the issuer whose feed is written
	Federation cid.Cid
	Store      Store
	Door       Door
	Now        func() time.Time
	// Epoch returns the epoch of the feed that the ledger opened last; nil: the first.
	Epoch func() feed.Epoch
	// MaySign returns why nothing may be signed now, nil when it may be; a nil
	// MaySign lets everything be signed.
	MaySign func() error
	// Spare reports whether the charter names another key of the issuer's member; nil:
	// it does not.
	Spare func() bool
}

// Store keeps what must outlive a crash.
type Store interface {
	Journal
	Bars
}

// Journal makes sure that no place of a feed is signed twice.
type Journal interface {
	Latest(issuer keys.Public) (feed.Tip, bool, error)
	Batch(batch cid.Cid) (feed.Record, bool, error)
	HighestReserved(issuer keys.Public) (feed.Tip, bool, error)
	Reserve(issuer keys.Public, drafts []feed.Reservation) error
	Reserved(issuer keys.Public) ([]feed.Reservation, error)
}

// Bars keeps an issuer from signing.
type Bars interface {
	Bar(issuer keys.Public, bar feed.Bar) error
	Barred(issuer keys.Public) (feed.Bar, bool, error)
	Lift(issuer keys.Public, most feed.BarKind) error
	Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error)
}

// Door is the one door into feeds: intake.Door.
type Door interface {
	Admit(offers []intake.Offer, now time.Time) ([]intake.Outcome, error)
}

// Pen writes one feed. One goroutine at a time may use it.
type Pen struct {
	cfg    Config
	issuer keys.Public
}

// New returns a Pen.
func New(cfg Config) *Pen { return &Pen{cfg, cfg.Key.Public()} }

// Settle makes the feed whole: it signs and admits what is reserved, the very same
// headers. It returns how many batches that were, and those of them that were not
// admitted before. The error is ErrHeld or feed.ErrBarred when nothing may be signed.
func (p *Pen) Settle() (recovered int, admitted []*intake.Admitted, err error) {
	if err := p.MaySign(); err != nil {
		return 0, nil, err
	}
	reserved, err := p.cfg.Store.Reserved(p.issuer)
	if err != nil {
		return 0, nil, fmt.Errorf("publish: read reservations: %w", err)
	}
	// Of an epoch that is closed nobody takes any more.
	open := p.epoch()
	reserved = slices.DeleteFunc(reserved, func(r feed.Reservation) bool { return r.Tip.Epoch < open.Number })
	if len(reserved) > 0 {
		if admitted, err = p.signAndAdmit(reserved); err != nil {
			return 0, nil, err
		}
	}
	if err := p.checkWhole(); err != nil {
		return 0, nil, err
	}
	return len(reserved), admitted, nil
}

// ErrHeld says that the node must not sign for the time being.
var ErrHeld = errors.New("publish: nothing is signed for now")

// MaySign refuses when the node must not sign now (ErrHeld), or the issuer is barred
// from signing (feed.ErrBarred).
func (p *Pen) MaySign() error {
	if p.cfg.MaySign != nil {
		if err := p.cfg.MaySign(); err != nil {
			return fmt.Errorf("%w: %w", ErrHeld, err)
		}
	}
	if _, err := Reopen(p.cfg.Store, p.issuer, p.epoch()); err != nil {
		return err
	}
	if _, err := p.forked(); err != nil {
		return err
	}
	return p.barred()
}

// epoch is the open epoch of the feed.
func (p *Pen) epoch() feed.Epoch {
	if p.cfg.Epoch == nil {
		return feed.Epoch{}
	}
	return p.cfg.Epoch()
}

// barred returns why the issuer must not sign and what ends that, nil when nothing
// bars it.
func (p *Pen) barred() error {
	why, err := Barred(p.cfg.Store, p.issuer, p.epoch(), p.cfg.Spare != nil && p.cfg.Spare())
	if err != nil || why.IsZero() {
		return err
	}
	return fmt.Errorf("publish: %w for issuer %s: %w", feed.ErrBarred, p.issuer.Short(), why)
}

// forked reports whether the feed is proved to be forked in the epoch where it
// ends, and bars the issuer then, whoever took the proof in, and when: what it
// signed now would count for nothing.
func (p *Pen) forked() (bool, error) {
	proof, forked, err := Forked(p.cfg.Store, p.issuer, p.epoch())
	if err != nil {
		return false, err
	}
	if forked {
		err = p.bar(feed.Stolen, "two headers that it signed are known for place %d/%d", proof.Epoch(), proof.Sequence())
	}
	return forked, err
}

// bar keeps the issuer from signing.
func (p *Pen) bar(kind feed.BarKind, format string, args ...any) error {
	bar := feed.Bar{Kind: kind, Reason: fmt.Sprintf(format, args...)}
	if err := p.cfg.Store.Bar(p.issuer, bar); err != nil {
		return fmt.Errorf("publish: bar signing (%s): %w", bar.Reason, err)
	}
	return nil
}

// checkWhole compares what was ever reserved with what is held. A feed that
// ends below the highest place ever reserved has lost a batch that may have
// left: going on from there would be a fork.
func (p *Pen) checkWhole() error {
	tip, highest, err := p.ends()
	if err != nil {
		return err
	}
	if !tip.Before(highest) {
		return nil
	}
	if err := p.bar(feed.Restored, "place %d/%d was signed and is not held: the store is older than the feed", highest.Epoch, highest.Sequence); err != nil {
		return err
	}
	return p.MaySign()
}

// ErrClock says that this node's clock is behind its own feed, further than
// anybody would accept a batch ahead of time. Nothing is reserved or signed.
var ErrClock = errors.New("publish: the clock went back")

// ends returns the last batch held and the highest place ever reserved, of the open
// epoch; zero for none.
func (p *Pen) ends() (tip, highest feed.Tip, err error) {
	return ends(p.cfg.Store, p.issuer, p.epoch())
}

// ErrOtherHead says that the named head is not the last one held here.
var ErrOtherHead = errors.New("publish: not the last batch held here")

// ErrNotBarred says that there is no bar to lift.
var ErrNotBarred = errors.New("publish: nothing bars this issuer")

// Lift allows the issuer to sign again, when a bar forbids it (ErrNotBarred) and none
// of a higher kind than most (feed.ErrBarred); Settle it then. Its peers, who may
// lift feed.Restored, or the operator, who may lift any bar, name the last head that
// it published, as other nodes hold it; that must be the last batch held here, or one
// whose place is reserved here. Reserved headers are signed again byte for byte, so
// they tell no second story; a place above them that was reserved once and is not
// here any more would. Nobody lifts the bar of an issuer whose feed is proved to be
// forked.
func (p *Pen) Lift(head cid.Cid, most feed.BarKind) error {
	if forked, err := p.forked(); err != nil {
		return err
	} else if forked {
		return p.barred()
	}
	if _, barred, err := p.cfg.Store.Barred(p.issuer); err != nil {
		return fmt.Errorf("publish: ask whether signing is barred: %w", err)
	} else if !barred {
		return fmt.Errorf("%w: %w", ErrNotBarred, phrase.New("lift.not_barred", "nothing bars this node from signing, so there is nothing to lift"))
	}
	tip, highest, err := p.ends()
	if err != nil {
		return err
	}
	waiting, err := p.cfg.Store.Reserved(p.issuer)
	if err != nil {
		return fmt.Errorf("publish: read reserved places: %w", err)
	}
	last, named := tip, tip.CID.Equals(head)
	for _, r := range waiting {
		last, named = r.Tip, named || r.Tip.CID.Equals(head)
	}
	switch {
	case !named:
		return p.otherHead(head, tip)
	case last.Before(highest):
		return fmt.Errorf("%w: %w", ErrOtherHead, phrase.New("lift.not_held", "place %d/%d was signed and is not held; fetch it from a peer", highest.Epoch, highest.Sequence))
	}
	if err := p.cfg.Store.Lift(p.issuer, most); err != nil {
		return fmt.Errorf("publish: lift the bar: %w", err)
	}
	return nil
}

// otherHead says what is wrong with a head that is not that of the feed here, which
// ends at tip.
func (p *Pen) otherHead(head cid.Cid, tip feed.Tip) error {
	why, err := p.misnamed(head, tip)
	if err != nil {
		return fmt.Errorf("publish: look for the head that was named: %w", err)
	}
	return fmt.Errorf("%w: %w", ErrOtherHead, why)
}

func (p *Pen) misnamed(head cid.Cid, tip feed.Tip) (phrase.Phrase, error) {
	switch {
	case !head.Defined():
		return phrase.New("lift.not_none", "a key that never signed was named, and the feed here ends at %s (%d/%d)", tip.CID, tip.Epoch, tip.Sequence), nil
	case !tip.CID.Defined():
		return phrase.New("lift.nothing_held", "%s was named, and nothing of the feed is held here; fetch it from a peer first", head), nil
	}
	record, held, err := p.cfg.Store.Batch(head)
	if err != nil {
		return phrase.Phrase{}, err
	}
	if !held {
		return phrase.New("lift.other_head", "%s was named, and the feed here ends at %s (%d/%d); fetch the missing batches from a peer first", head, tip.CID, tip.Epoch, tip.Sequence), nil
	}
	if h, _, err := feed.Peek(record.Header); err != nil || h.Issuer != p.issuer {
		return phrase.New("lift.other_feed", "%s was named, which is a batch of another feed; the one of this node ends here at %s (%d/%d)", head, tip.CID, tip.Epoch, tip.Sequence), err
	}
	return phrase.New("lift.older_head", "%s was named, which is older than what is held here: the feed ends at %s (%d/%d), and that is the head unless another node shows a later one", head, tip.CID, tip.Epoch, tip.Sequence), nil
}

// Write links batches to the end of the feed, reserves their places with one
// durable write, signs them and admits them with another. The error is ErrClock when
// the clock is too far behind the feed. Settle the feed first.
func (p *Pen) Write(batches []assertion.Batch) ([]*intake.Admitted, error) {
	open := p.epoch()
	tip, _, err := p.ends()
	if err != nil {
		return nil, err
	}
	held := tip.CID.Defined()
	if !held {
		if tip, err = p.begin(open); err != nil {
			return nil, err
		}
	}
	now := p.cfg.Now().Unix()
	if ahead := time.Duration(tip.Time-now) * time.Second; ahead > intake.Ahead {
		return nil, fmt.Errorf("%w: %w", ErrClock, phrase.New("problem.clock_back", "the clock of this node went back: its feed's last batch is dated %s, the clock says %s; set it right",
			time.Unix(tip.Time, 0).UTC().Format(time.RFC3339), time.Unix(now, 0).UTC().Format(time.RFC3339)))
	}
	reserved := make([]feed.Reservation, len(batches))
	for i, b := range batches {
		h := assertion.Header{
			Federation: p.cfg.Federation, Issuer: p.issuer, Epoch: max(open.Number, tip.Epoch), Previous: tip.CID,
			Time:  max(now, tip.Time), // batch times never decrease
			Count: b.Count, Root: b.Root,
		}
		if held {
			h.Sequence = tip.Sequence + 1
		}
		encoded, err := h.Encode()
		if err != nil {
			return nil, fmt.Errorf("publish: encode header: %w", err)
		}
		tip, held = feed.Tip{Epoch: h.Epoch, Sequence: h.Sequence, CID: assertion.CID(encoded), Time: h.Time}, true
		reserved[i] = feed.Reservation{Tip: tip, Header: encoded, Body: b.Body}
	}
	if err := p.cfg.Store.Reserve(p.issuer, reserved); err != nil {
		return nil, fmt.Errorf("publish: reserve %d places in the feed: %w", len(reserved), err)
	}
	return p.signAndAdmit(reserved)
}

// begin returns what the first batch of an epoch follows: its base, with its time. The
// error is ErrHeld while the base is not held here.
func (p *Pen) begin(open feed.Epoch) (feed.Tip, error) {
	if !open.Base.CID.Defined() {
		return feed.Tip{}, nil
	}
	r, held, err := p.cfg.Store.Batch(open.Base.CID)
	if err != nil {
		return feed.Tip{}, fmt.Errorf("publish: read the base of epoch %d: %w", open.Number, err)
	}
	if !held {
		return feed.Tip{}, fmt.Errorf("%w: %w", ErrHeld, phrase.New("problem.no_base", "the feed goes on from batch %s (%d/%d), from which the regulators reinstated it, and that is not held here yet; it is fetched from the peers", open.Base.CID, open.Base.Epoch, open.Base.Sequence))
	}
	return r.Tip, nil
}

// signAndAdmit signs headers whose places are reserved. Signing is
// deterministic (RFC 8032): the same header gives the same signature.
func (p *Pen) signAndAdmit(reserved []feed.Reservation) ([]*intake.Admitted, error) {
	offers := make([]intake.Offer, len(reserved))
	for i := range reserved {
		signed, err := assertion.Sign(reserved[i].Header, p.cfg.Key)
		if err != nil {
			return nil, fmt.Errorf("publish: sign: %w", err)
		}
		offers[i] = intake.Offer{Header: signed, Body: reserved[i].Body}
	}
	outcomes, err := p.cfg.Door.Admit(offers, p.cfg.Now())
	if err != nil {
		return nil, fmt.Errorf("publish: admit own batches: %w; they are reserved, and are admitted when the node next publishes or starts", err)
	}
	admitted := make([]*intake.Admitted, 0, len(outcomes))
	for i := range outcomes {
		if err := p.judge(&outcomes[i]); err != nil {
			return nil, err
		}
		if outcomes[i].Batch != nil {
			admitted = append(admitted, outcomes[i].Batch)
		}
	}
	return admitted, nil
}

// judge takes what became of an own batch.
func (p *Pen) judge(o *intake.Outcome) error {
	switch o.Status {
	case intake.Fresh, intake.Known:
		return nil
	case intake.Forked:
		// Somebody signs with this key elsewhere, or an older store did.
		if err := p.bar(feed.Stolen, "a foreign batch stands at place %d/%d of the feed", o.Tip.Epoch, o.Tip.Sequence); err != nil {
			return err
		}
		return p.MaySign()
	case intake.Early:
		return fmt.Errorf("publish: own batch %d/%d is early (%s): %s; it is reserved and goes first next time", o.Tip.Epoch, o.Tip.Sequence, o.Reason, o.Detail)
	case intake.Refused:
	}
	return fmt.Errorf("publish: own batch %d/%d was refused (%s): %s", o.Tip.Epoch, o.Tip.Sequence, o.Reason, o.Detail)
}
