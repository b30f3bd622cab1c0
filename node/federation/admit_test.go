package federation

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringfence/node/gossip"
	"ringfence/node/overlay"
	"ringfence/node/publish/pen"
	"ringfence/store/assertion"
	"ringfence/store/feed"
	"ringfence/store/feed/feedtest"
	"ringfence/store/intake"
)

// TestJudge: rejected is what every honest node refuses for ever, accepted what is
// sound and waits for the door, ignored all else.
func TestJudge(t *testing.T) {
	d := feedtest.Draw(t, "B0 <- B1; C0; C0'; Z0")
	b1 := d.Batch("B1")
	dated := func(ahead time.Duration) feedtest.Batch {
		return resign(t, b1, "B", func(h *assertion.Header) { h.Time = noon().Add(ahead).Unix() })
	}
	abroad := resign(t, b1, "B", func(h *assertion.Header) { h.Federation = assertion.CID([]byte("another")) })
	flipped := bytes.Clone(b1.Signed)
	flipped[len(flipped)-1] ^= 1
	tests := []struct {
		name         string
		header, body []byte
		fail         string
		want         gossip.Verdict
	}{
		{"sound", b1.Signed, b1.Body, "", gossip.Accept},
		{"its header alone", b1.Signed, nil, "", gossip.Accept},
		{"ten minutes ahead", dated(intake.Ahead).Signed, b1.Body, "", gossip.Accept},
		{"further ahead", dated(intake.Ahead + time.Second).Signed, b1.Body, "", gossip.Ignore},
		{"held", d.Batch("B0").Signed, d.Batch("B0").Body, "", gossip.Ignore},
		{"of an epoch that is frozen", d.Batch("C0").Signed, d.Batch("C0").Body, "", gossip.Ignore},
		{"of an epoch that is not open", inEpoch(t, b1, "B", 1).Signed, b1.Body, "", gossip.Ignore},
		{"of a stranger", d.Batch("Z0").Signed, d.Batch("Z0").Body, "", gossip.Ignore},
		{"more than goes in a message", b1.Signed, make([]byte, overlay.MaxGossipBody+1), "", gossip.Reject},
		{"no header", []byte{1, 2, 3}, nil, "", gossip.Reject},
		{"another federation's", abroad.Signed, abroad.Body, "", gossip.Reject},
		{"wrongly signed", flipped, b1.Body, "", gossip.Reject},
		{"another body", b1.Signed, d.Batch("B0").Body, "", gossip.Reject},
		{"the store does not say whether it is held", b1.Signed, b1.Body, "has", gossip.Ignore},
		{"the store does not say whether it is frozen", b1.Signed, b1.Body, "fork", gossip.Ignore},
	}
	for _, tt := range tests {
		p := newPlace(t)
		p.hold(t, d, "B0")
		must(t, p.store.PutFork(forkOf(t, d.Batch("C0"), d.Batch("C0'"))))
		var counted []string
		p.cfg.Gossiped = func(topic, verdict string) { counted = append(counted, topic+" "+verdict) }
		p.store.fail[tt.fail] = true
		header, body := bytes.Clone(tt.header), bytes.Clone(tt.body)
		got := p.hearBatch(context.Background(), host("a"), header, body)
		if got != tt.want || len(counted) != 1 || counted[0] != "batches "+tt.want.String() {
			t.Errorf("%s: %v, counted %v", tt.name, got, counted)
		}
		if waits := len(p.pushed); waits != 0 != (tt.want == gossip.Accept) {
			t.Errorf("%s: %d wait for the door", tt.name, waits)
			continue
		}
		if tt.want != gossip.Accept {
			continue
		}
		clear(header) // gossip uses its bytes again
		clear(body)
		if a := <-p.pushed; !bytes.Equal(a.offer.Header, tt.header) || !bytes.Equal(a.offer.Body, tt.body) || a.from != host("a") || a.issuer != issuer("B") || a.tip.Sequence != 1 {
			t.Errorf("%s: what waits is another: %+v", tt.name, a)
		}
	}
}

func TestJudgeWhenTooMuchWaits(t *testing.T) {
	d := feedtest.Draw(t, "B0 <- B1 <- B2 <- B3 <- B4")
	p := newPlace(t)
	accepted := 0
	for _, b := range d.All() {
		if p.hearBatch(context.Background(), host("a"), b.Signed, b.Body) == gossip.Accept {
			accepted++
		}
	}
	if accepted != cap(p.pushed) {
		t.Errorf("%d of %d are accepted where %d can wait", accepted, len(d.All()), cap(p.pushed))
	}
	b := d.Batch("B4")
	if p.hearBatch(context.Background(), host("own"), b.Signed, b.Body) != gossip.Accept {
		t.Error("what this node says itself is judged")
	}
}

func TestHearEvidence(t *testing.T) {
	d := feedtest.Draw(t, "B0; B0'; B0''; Z0; Z0'")
	lower := feed.Lower(forkOf(t, d.Batch("B0"), d.Batch("B0''")), forkOf(t, d.Batch("B0'"), d.Batch("B0''"))).Bytes()
	proof := forkOf(t, d.Batch("B0"), d.Batch("B0'")).Bytes()
	unopened := forkOf(t, inEpoch(t, d.Batch("B0"), "B", 9), inEpoch(t, d.Batch("B0'"), "B", 9)).Bytes()
	p := newPlace(t)
	for _, c := range []struct {
		name  string
		proof []byte
		fail  bool
		want  gossip.Verdict
		kept  int
	}{
		{"the store fails", proof, true, gossip.Ignore, 0},
		{"of an epoch that was never opened", unopened, false, gossip.Ignore, 0},
		{"of a stranger", forkOf(t, d.Batch("Z0"), d.Batch("Z0'")).Bytes(), false, gossip.Ignore, 0},
		{"rubbish", []byte{1}, false, gossip.Reject, 0},
		{"of a later release", append([]byte{proof[0], 2}, proof[2:]...), false, gossip.Ignore, 0},
		{"news", proof, false, gossip.Accept, 1},
		{"known", proof, false, gossip.Ignore, 1},
		{"another of the same epoch, of which a liar makes many", lower, false, gossip.Ignore, 1},
	} {
		p.store.fail["fork"] = c.fail
		if got := p.hearEvidence(context.Background(), host("a"), c.proof); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if kept, err := p.store.Forks(); err != nil || len(kept) != c.kept {
			t.Errorf("%s: %d proofs are kept, %v", c.name, len(kept), err)
		}
	}
	if held, _, err := p.store.Fork(issuer("B"), 0); err != nil || !bytes.Equal(held.Bytes(), proof) {
		t.Errorf("a second proof that was pushed is kept: %v", err)
	}
	if !strings.Contains(p.log.String(), "a fork proof is not kept") {
		t.Errorf("nobody is told that the store fails: %s", p.log.String())
	}
	if p.hearEvidence(context.Background(), host("own"), []byte{1}) != gossip.Accept {
		t.Error("what this node says itself is judged")
	}
}

// TestWhatSaysThatTheKeyIsStolen: the node stops signing by whatever way it learns
// that somebody else signs by its key, and by nothing else.
func TestWhatSaysThatTheKeyIsStolen(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'; B0; B0'")
	pushed := func(b feedtest.Batch) func(*testing.T, *place) {
		return func(_ *testing.T, p *place) { p.hearBatch(context.Background(), host("a"), b.Signed, b.Body) }
	}
	pulled := func(b feedtest.Batch) func(*testing.T, *place) {
		return func(t *testing.T, p *place) {
			_, err := p.Admit([]intake.Offer{{Header: b.Signed, Body: b.Body}})
			must(t, err)
		}
	}
	proved := func(a, b feedtest.Batch) func(*testing.T, *place) {
		return func(t *testing.T, p *place) {
			_, err := p.AdmitFork(forkOf(t, a, b).Bytes())
			must(t, err)
		}
	}
	bars := func(t *testing.T, p *place) { must(t, p.store.Bar(issuer("A"), restored)) }
	damaged := func(t *testing.T, p *place) { must(t, p.store.Quarantine(d.Batch("A0").CID, "a bit flipped")) }
	keep := func(t *testing.T, p *place) {
		must(t, p.store.PutFork(forkOf(t, d.Batch("A1"), d.Batch("A1'"))))
	}
	none := func(*testing.T, *place) {}
	next, epoch := d.Batch("A1"), inEpoch(t, d.Batch("A1"), "A", 3)
	late := resign(t, next, "A", func(h *assertion.Header) { h.Time += 1 << 20 })
	wrong := next
	wrong.Signed = bytes.Clone(wrong.Signed)
	wrong.Signed[len(wrong.Signed)-1] ^= 1
	tests := []struct {
		name           string
		before, happen func(*testing.T, *place)
		want           feed.BarKind
	}{
		{"its own batch comes back", none, pushed(d.Batch("A0")), 0},
		{"its own batch is pulled", none, pulled(d.Batch("A0")), 0},
		{"its own batch, damaged here, comes back", damaged, pulled(d.Batch("A0")), 0},
		{"its own batch, damaged here, is pushed", damaged, pushed(d.Batch("A0")), 0},
		{"a batch with a wrong signature", none, pushed(wrong), 0},
		{"a fork of somebody else", none, proved(d.Batch("B0"), d.Batch("B0'")), 0},
		{"its history comes back", bars, pulled(next), feed.Restored},
		{"a foreign batch is pushed", none, pushed(next), feed.Stolen},
		{"a foreign batch is pulled", none, pulled(next), feed.Stolen},
		{"a foreign batch that waits for its time is pushed", none, pushed(late), feed.Stolen},
		{"a foreign batch that waits for its time is pulled", none, pulled(late), feed.Stolen},
		{"a batch of an epoch that is not open is pushed", none, pushed(epoch), feed.Stolen},
		{"a batch of an epoch that is not open is pulled", bars, pulled(epoch), feed.Stolen},
		{"a fork of an epoch that is not open", none, proved(epoch, inEpoch(t, d.Batch("A1'"), "A", 3)), feed.Stolen},
		{"a proof", none, proved(d.Batch("A1"), d.Batch("A1'")), feed.Stolen},
		{"a proof while it is restored", bars, proved(d.Batch("A1"), d.Batch("A1'")), feed.Stolen},
		{"a proof that was kept before", keep, proved(d.Batch("A1"), d.Batch("A1'")), feed.Stolen},
		{"a foreign batch, then the proof", func(t *testing.T, p *place) { pulled(next)(t, p) }, proved(d.Batch("A1"), d.Batch("A1'")), feed.Stolen},
		{"another batch at a place while it is restored", func(t *testing.T, p *place) {
			bars(t, p)
			p.hold(t, d, "A1")
		}, pulled(d.Batch("A1'")), feed.Stolen},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t)
			p.hold(t, d, "A0")
			tt.before(t, p)
			tt.happen(t, p)
			if got := p.bar(t); got.Kind != tt.want {
				t.Errorf("barred by %+v", got)
			}
			bar, err := pen.Barred(p.store, issuer("A"), feed.Epoch{}, false)
			must(t, err)
			last := p.log.String()[strings.LastIndex(strings.TrimSpace(p.log.String()), "\n")+1:]
			if told := strings.Contains(last, `"this node stops signing" reason=`+strconv.Quote(bar.Text)); told != (tt.want == feed.Stolen) {
				t.Errorf("told %v: %s; the status says %q", told, p.log.String(), bar.Text)
			}
		})
	}
}

// A bar is told of once, and again when it comes back after somebody lifted it.
func TestABarThatComesBackIsToldAgain(t *testing.T) {
	d := feedtest.Draw(t, "A0")
	p := newPlace(t)
	p.hold(t, d, "A0")
	for told := 1; told <= 2; told++ {
		for range 2 {
			must(t, p.stolen("a batch came in"))
		}
		if n := strings.Count(p.log.String(), "this node stops signing"); n != told {
			t.Errorf("told %d times, want %d", n, told)
		}
		must(t, p.store.Lift(issuer("A"), feed.Stolen))
	}
}

// When the bar cannot be kept, what would need it is not taken in, or is offered
// again.
func TestABarThatIsNotKept(t *testing.T) {
	d := feedtest.Draw(t, "A0 <- A1; A0 <- A1'")
	offer := []intake.Offer{{Header: d.Batch("A1").Signed, Body: d.Batch("A1").Body}}
	proof := forkOf(t, d.Batch("A1"), d.Batch("A1'")).Bytes()
	for _, at := range []string{"bar", "barred", "header"} {
		p := newPlace(t)
		p.hold(t, d, "A0")
		p.store.fail[at] = true
		if _, err := p.Admit(offer); err == nil {
			t.Errorf("%s fails, and a foreign batch is taken in", at)
		}
		if held, err := p.store.Store.Has(d.Batch("A1").CID); held || err != nil {
			t.Errorf("%s fails, and a foreign batch is held: %v", at, err)
		}
		if got := p.hearBatch(context.Background(), host("a"), offer[0].Header, offer[0].Body); got != gossip.Ignore {
			t.Errorf("%s fails, and a foreign batch is passed on: %v", at, got)
		}
	}
	p := newPlace(t)
	p.store.fail["bar"] = true
	if _, err := p.AdmitFork(proof); err == nil {
		t.Error("a proof is taken and no bar kept")
	}
	p.store.fail["bar"] = false
	if o, err := p.AdmitFork(proof); err != nil || o.Reason != intake.KnownFork || p.bar(t).Kind != feed.Stolen {
		t.Errorf("the same proof again: %v, %v, barred by %+v", o.Reason, err, p.bar(t))
	}
}

// TestAdmitArrivals: what gossip brings in any order goes through the door in the
// feeds' order, and what lacks its parent waits for it.
func TestAdmitArrivals(t *testing.T) {
	d := feedtest.Draw(t, "B0 <- B1 <- B2 <- B3; C0")
	p := newPlace(t)
	arrive := func(names ...string) {
		for _, name := range names {
			b := d.Batch(name)
			if got := p.hearBatch(context.Background(), host("a"), b.Signed, b.Body); got != gossip.Accept {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
	arrive("B2", "B3", "C0")
	waiting := p.admitArrivals(p.drain(nil))
	if len(waiting) != 2 || waiting[0].tip.Sequence != 2 || waiting[1].tip.Sequence != 3 {
		t.Fatalf("%d wait for a parent", len(waiting))
	}
	arrive("B1", "B0")
	if waiting = p.admitArrivals(p.drain(waiting)); len(waiting) != 0 {
		t.Errorf("%d wait although all is there", len(waiting))
	}
	for _, b := range d.All() {
		if held, err := p.store.Has(b.CID); !held || err != nil {
			t.Errorf("%d/%d is not held, %v", b.Header.Epoch, b.Header.Sequence, err)
		}
	}
	if p.admitted != 2 || p.net.stirred != 2 {
		t.Errorf("for two calls of the door the list is woken %d times, the peers are told %d times", p.admitted, p.net.stirred)
	}
}
