package forks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/node/reconcile"
	"ringfence/store/charter"
	"ringfence/store/feed"
	"ringfence/store/keys"
	"ringfence/store/view"
)

// Forks answers about forks as of now.
type Forks struct {
	State *charter.State
	Store interface {
		Forks() ([]feed.ForkProof, error)
		Tip(issuer keys.Public, epoch uint64) (feed.Tip, bool, error)
	}
	Member *charter.MemberIndex // the node's own; nil: the charter names none
	// Claimed returns what connected nodes claim of the member's frozen epochs beyond
	// what is held here; nil: nobody is connected.
	Claimed func() []reconcile.FeedStanding
}

// Feeds returns each issuer's feed as far as a list has it, and each epoch that a fork
// froze, also where nothing of it is held; by issuer and epoch.
func (f *Forks) Feeds(l *view.List) []api.Feed {
	heads := l.Frontier()
	out := []api.Feed{}
	for _, key := range slices.SortedFunc(maps.Keys(heads), keys.Public.Compare) {
		tip := heads[key]
		row := f.feed(key, tip.Epoch)
		row.Sequence, row.Head, row.Said = tip.Sequence, tip.CID.String(), time.Unix(tip.Time, 0).UTC().Format(time.RFC3339)
		out = append(out, row)
	}
	proofs, err := f.Store.Forks()
	if err != nil {
		return out // a store that fails is told elsewhere
	}
	for _, p := range proofs {
		row := f.feed(p.Issuer(), p.Epoch())
		at, held := slices.BinarySearchFunc(out, &row, func(a api.Feed, b *api.Feed) int {
			return cmp.Or(strings.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Epoch, b.Epoch))
		})
		if !held {
			out = slices.Insert(out, at, row)
		}
		out[at].Frozen = true
	}
	return out
}

// feed returns the row of an epoch of which nothing is held.
func (f *Forks) feed(key keys.Public, epoch uint64) api.Feed {
	return api.Feed{Member: f.memberOf(key), Issuer: key.String(), Epoch: epoch}
}

func (f *Forks) memberOf(key keys.Public) string {
	if r, ok := f.State.Record(key); ok {
		return f.State.Member(r.Member).ID
	}
	return ""
}

// Evidence returns every proof that is held, and what it suspended of a list.
func (f *Forks) Evidence(l *view.List) ([]api.Fork, error) {
	proofs, err := f.Store.Forks()
	if err != nil {
		return nil, fmt.Errorf("forks: %w", err)
	}
	out := []api.Fork{}
	for _, p := range proofs {
		first, second := p.Headers()
		out = append(out, api.Fork{
			Member: f.memberOf(p.Issuer()), Issuer: p.Issuer().String(), Epoch: p.Epoch(), Sequence: p.Sequence(),
			First: first.CID().String(), Second: second.CID().String(),
			Suspended: l.StatementsOf(view.FeedEpoch{Issuer: p.Issuer(), Epoch: p.Epoch()}), ProofBytes: p.Bytes(),
		})
	}
	return out, nil
}

// own returns the proofs against keys of the node's member.
func (f *Forks) own() ([]feed.ForkProof, error) {
	all, err := f.Store.Forks()
	return slices.DeleteFunc(all, func(p feed.ForkProof) bool {
		r, ok := f.State.Record(p.Issuer())
		return f.Member == nil || !ok || r.Member != *f.Member
	}), err
}

// Problem says what the member has lost by a fork of a key of its own, of which so many
// statements are held here, and what it does; nothing when no key of it was forked.
func (f *Forks) Problem(statements int) phrase.Phrase {
	switch own, err := f.own(); {
	case err != nil:
		return phrase.From(err)
	case len(own) == 0:
		return phrase.Phrase{}
	case statements == 0:
		return phrase.New("problem.forked", "a key of this member signed two stories, so what it said counts for nothing; nothing of that is held here yet; ringfence status --say-again tells who holds it")
	case f.Spare():
		return phrase.New("problem.suspended", "%d statements of this member count for nothing, since a key of it signed two stories; ringfence status --say-again lists what to say again under another key that the charter names for it, on the node that holds that key", statements)
	}
	return phrase.New("problem.suspended_alone", "%d statements of this member count for nothing, since a key of it signed two stories; ringfence status --say-again lists what to say again once the member has another key, and the charter names none", statements)
}

// Spare reports whether the charter names another key of the node's member.
func (f *Forks) Spare() bool {
	return f.Member != nil && len(f.State.Member(*f.Member).Issuers) > 1
}

// Lacking returns what is frozen of the member's feeds and not held here.
func (f *Forks) Lacking() ([]api.Lacking, error) {
	proofs, err := f.own()
	if err != nil {
		return nil, fmt.Errorf("forks: %w", err)
	}
	var claimed []reconcile.FeedStanding
	if f.Claimed != nil && len(proofs) > 0 {
		claimed = f.Claimed()
	}
	out := []api.Lacking{}
	for _, p := range proofs {
		tip, held, err := f.Store.Tip(p.Issuer(), p.Epoch())
		if err != nil {
			return nil, fmt.Errorf("forks: %w", err)
		}
		one := api.Lacking{Issuer: p.Issuer().String(), Epoch: p.Epoch(), Holders: []string{}}
		if held {
			one.Held = tip.Sequence + 1
		}
		for _, c := range claimed {
			if c.Issuer == p.Issuer() && c.Epoch == p.Epoch() {
				one.Missing, one.Holders = c.Claimed, f.named(c.Asked)
			}
		}
		if !held || one.Missing > 0 {
			out = append(out, one)
		}
	}
	return out, nil
}

// named returns the member and the key of each host.
func (f *Forks) named(hosts []keys.Public) []string {
	out := []string{}
	for _, host := range hosts {
		if of, ok := f.State.Host(host); ok {
			out = append(out, f.State.Member(of).ID+" "+host.String())
		}
	}
	return out
}
