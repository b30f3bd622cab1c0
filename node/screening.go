package node

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/screen"
	"ringfence/node/screen/enforce"
	"ringfence/node/screen/local"
	"ringfence/node/screen/record"
	"ringfence/node/speak"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
)

// Names under which the store keeps what screening remembers.
const (
	spaceScreening = "screening"
	keySwitches    = "switches"
	keyRecordKey   = "record-key"
)

// openScreening reads rule files and switches and makes the first Screener.
func (n *Node) openScreening() error {
	var files []local.File
	for _, name := range n.cfg.LocalRules {
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("node: read local rules: %w", err)
		}
		files = append(files, local.File{Name: filepath.Base(name), Data: b})
	}
	rules, err := local.Parse(files...)
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.rules = rules
	saved, ok, err := n.store.Get(spaceScreening, keySwitches)
	if err != nil {
		return fmt.Errorf("node: read switches: %w", err)
	}
	if ok {
		if err := json.Unmarshal(saved, &n.switches); err != nil {
			return fmt.Errorf("node: switches of screening: %w", err)
		}
	}
	if err := n.openRecordKey(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rescreen(n.switches)
}

// openRecordKey reads the key by which records tag numbers, or draws it once.
func (n *Node) openRecordKey() error {
	b, ok, err := n.store.Get(spaceScreening, keyRecordKey)
	if err != nil {
		return fmt.Errorf("node: read the key of records: %w", err)
	}
	if !ok || len(b) != record.KeySize {
		b = make([]byte, record.KeySize)
		if _, err := io.ReadFull(n.cfg.Random, b); err != nil {
			return fmt.Errorf("node: draw the key of records: %w", err)
		}
		if err := n.store.Put(spaceScreening, keyRecordKey, b); err != nil {
			// A full disk must not keep a node from screening: records of this
			// life get tags of their own.
			n.log.Warn("the key of records is not kept", "reason", err)
		}
	}
	n.recordKey = record.NewKey([record.KeySize]byte(b))
	return nil
}

// rescreen makes the Screener anew. The caller holds mu.
func (n *Node) rescreen(switches enforce.Switches) error {
	own, signature, err := n.ownBlocks()
	if err != nil {
		return err
	}
	var protected []number.Range
	for _, b := range n.State().Charter().Protected {
		r, err := number.RangeFromBytes([number.KeySize]byte(b))
		if err != nil {
			return fmt.Errorf("node: protected numbers: %w", err)
		}
		protected = append(protected, r)
	}
	s, err := screen.New(screen.Config{
		Home: n.cfg.Home, Plan: planned{n.book.Load().Plans}, Protected: protected,
		Members: responsible{n}, Local: n.rules, Own: own, Switches: switches, Policy: n.cfg.Screening,
	})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.screener.Store(s)
	n.switches, n.ownKeys = switches, signature
	return nil
}

// ownBlocks compiles the member's own blocks as the list has them, with a
// signature that tells whether they, or the charter's numbers, changed.
func (n *Node) ownBlocks() (*local.Rules, string, error) {
	standing := n.State().Standing() // which tells of the protected numbers too
	member, ok := n.member()
	if !ok {
		return nil, string(standing[:]), nil
	}
	var own []local.Own
	var signature strings.Builder
	signature.Write(standing[:])
	for _, b := range n.view.List().OwnBlocks(member) {
		own = append(own, local.Own{Key: b.Key, Action: taxonomy.Block, Category: b.Category, Until: time.Unix(b.Until.Start(), 0)})
		signature.WriteString(b.Ref.String() + "\n")
	}
	rules, err := local.Compile(own)
	if err != nil {
		return nil, "", fmt.Errorf("node: own blocks: %w", err)
	}
	return rules, signature.String(), nil
}

// refreshOwn makes the Screener anew if the member's own blocks changed.
func (n *Node) refreshOwn() {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, signature, err := n.ownBlocks()
	if err == nil && signature != n.ownKeys {
		err = n.rescreen(n.switches)
	}
	if err != nil {
		n.log.Error("screening goes on with the old rules", "reason", err)
	}
}

// planned asks tables alone, which never allocate.
type planned struct{ set *plan.Set }

// Lookup implements screen.Plan.
func (p planned) Lookup(n number.Number) plan.Info {
	info, _ := p.set.Planned(n)
	return info
}

// responsible names the member that serves a number.
type responsible struct{ n *Node }

// Responsible implements screen.Members.
func (r responsible) Responsible(n number.Number) (string, bool) {
	state := r.n.State()
	m, ok := state.Server(n)
	if !ok {
		return "", false
	}
	member := state.Member(m)
	if member == nil {
		return "", false
	}
	return member.ID, true
}

// Screen implements api.Screener: the verdict itself, whatever a face in
// shadow would answer.
func (n *Node) Screen(_ context.Context, c api.Call) (api.Verdict, error) {
	book := n.book.Load()
	call, err := book.Call(c, n.cfg.Now())
	if err != nil {
		return api.Verdict{}, err
	}
	v := n.Decide(&call)
	return n.told(book, &call, &v, c.Lang), nil
}

// Decide decides one call and keeps the record of a refusal. The face that
// asks counts it.
func (n *Node) Decide(call *screen.Call) screen.Verdict {
	s := n.screener.Load()
	v := s.Decide(screenList{n.view.List(), n.asOf(), n.under.Fresh()}, call)
	if record.Kept(&v) { // tags cost more than the decision
		n.log.Info("call refused", "decision", record.New(n.recordKey, call, &v, s.Digest()))
	}
	return v
}

// told tells a verdict with the score of the evidence behind it.
func (n *Node) told(book *answer.Book, call *screen.Call, v *screen.Verdict, lang string) api.Verdict {
	var score uint16
	if caller, ok := v.Caller.Number(); ok && !v.Key.IsZero() {
		for _, k := range n.view.List().Explain(caller).Keys {
			if k.Key == v.Key {
				score = k.Result.Score
			}
		}
	}
	return book.Verdict(call, v, n.stamp(), score, lang)
}

// Enforce implements api.Screener.
func (n *Node) Enforce(_ context.Context, e api.Enforce) ([]api.Switch, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.Target != "" {
		next, err := n.switches.Set(e.Target, e.On)
		if err != nil {
			return nil, api.Errorf(api.BadInput, "%v", err)
		}
		text, err := json.Marshal(next)
		if err != nil {
			return nil, err
		}
		if err := n.store.Put(spaceScreening, keySwitches, text); err != nil {
			return nil, speak.Refusal(err)
		}
		if err := n.rescreen(next); err != nil {
			return nil, err
		}
		n.log.Warn("enforcement changed", "target", e.Target, "acts", e.On)
	}
	return n.switchboard(), nil
}

func (n *Node) switchboard() []api.Switch {
	out := []api.Switch{}
	for _, s := range n.switches.All() {
		out = append(out, api.Switch{Target: s.Target, Acts: s.Acts})
	}
	return out
}

// FaceREST returns what the REST face answers: in shadow it allows and tells
// the verdict as what would have been done.
func (n *Node) FaceREST(v api.Verdict) api.Verdict {
	n.mu.Lock()
	acts := n.switches.Face(enforce.REST)
	n.mu.Unlock()
	if acts || v.Action == taxonomy.Allow.String() {
		return v
	}
	v.WouldBe, v.WouldBeRule = v.Action, v.Rule
	v.Action, v.Treatment, v.Rule, v.Basis = taxonomy.Allow.String(), "", "", ""
	return v
}
