package pen

import (
	"fmt"

	"ringfence/node/phrase"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// Feed is what the reason of a bar is found in.
type Feed interface {
	Latest(issuer keys.Public) (feed.Tip, bool, error)
	HighestReserved(issuer keys.Public) (feed.Tip, bool, error)
	Fork(issuer keys.Public, epoch uint64) (feed.ForkProof, bool, error)
	Barred(issuer keys.Public) (feed.Bar, bool, error)
}

// ends returns the last batch held and the highest place ever reserved, of an issuer's
// open epoch; zero for none.
func ends(s Feed, issuer keys.Public, open feed.Epoch) (tip, highest feed.Tip, err error) {
	if tip, _, err = s.Latest(issuer); err != nil {
		return tip, highest, fmt.Errorf("publish: read the feed's end: %w", err)
	}
	if highest, _, err = s.HighestReserved(issuer); err != nil {
		return tip, highest, fmt.Errorf("publish: read the highest reserved place: %w", err)
	}
	return open.Within(tip), open.Within(highest), nil
}

// Forked returns the proof that the feed of an issuer is forked in its open epoch, if one
// is held: nothing that is signed there counts. Of forks of epochs that the ledger has
// closed nothing follows any more.
func Forked(s Feed, issuer keys.Public, open feed.Epoch) (feed.ForkProof, bool, error) {
	tip, _, err := s.Latest(issuer)
	if err != nil {
		return feed.ForkProof{}, false, fmt.Errorf("publish: read the feed's end: %w", err)
	}
	proof, forked, err := s.Fork(issuer, max(open.Number, tip.Epoch))
	if err != nil {
		return feed.ForkProof{}, false, fmt.Errorf("publish: ask for a fork proof: %w", err)
	}
	return proof, forked, nil
}

// Barred says why an issuer must not sign in its open epoch and what ends that, one way
// and a true one: a fork outweighs whatever else bars it. spare says whether the charter
// names another key of its member. It says nothing of an issuer that is not barred, and
// bars nobody.
func Barred(s Feed, issuer keys.Public, open feed.Epoch, spare bool) (phrase.Phrase, error) {
	proof, forked, err := Forked(s, issuer, open)
	if err != nil {
		return phrase.Phrase{}, err
	}
	if forked {
		return forkedBar(proof, spare), nil
	}
	bar, _, err := s.Barred(issuer)
	if err != nil {
		return phrase.Phrase{}, fmt.Errorf("publish: ask whether signing is barred: %w", err)
	}
	why := phrase.Read(bar.Reason, reasons()...)
	switch {
	case bar == feed.Bar{}:
		return phrase.Phrase{}, nil
	case bar.Kind == feed.Restored:
		return phrase.Join(phrase.New("bar.restored", "this node does not sign yet"), why, phrase.New("remedy.confirm",
			"while it runs it asks two other members that have caught up where its feed ends, and signs again by itself once they confirm it; with fewer in reach, ringfence restore lift HEAD ends the bar, HEAD being the last batch that it published as another node shows it, or none if there never was one")), nil
	}
	return phrase.Join(phrase.New("bar.stolen", "this node does not sign, since somebody else may hold its key"), why, phrase.New("remedy.lift",
		"if that was another machine of this member, which has stopped for good, ringfence restore lift HEAD ends the bar, HEAD being the last batch that was signed; if it was not, leave the bar"), otherKey(spare)), nil
}

// forkedBar is the bar that nobody lifts.
func forkedBar(proof feed.ForkProof, spare bool) phrase.Phrase {
	return phrase.Join(phrase.New("bar.forked", "this node does not sign until the regulators reinstate its key, and restore lift does not end that, since it signed two batches for place %d/%d and nothing new under it counts", proof.Epoch(), proof.Sequence()), otherKey(spare))
}

// otherKey says how a member goes on without this node's key.
func otherKey(spare bool) phrase.Phrase {
	if spare {
		return phrase.New("remedy.other_key", "the member goes on under another key that the charter names for it, on the node that holds that key")
	}
	return phrase.New("remedy.no_key", "the charter names no other key of this member: the regulators can admit one, or reinstate this one; until then the member only reads and screens here")
}

// reasons are the forms of what is kept as the reason of a bar, by every floor that
// bars: the store keeps English alone.
func reasons() []phrase.Form {
	return []phrase.Form{
		{Code: "why.restored", Format: "it was restored from a backup, and the key may have signed since"},
		{Code: "why.no_store", Format: "there was no store, so what the key has signed is not known here"},
		{Code: "why.new_key", Format: "the key is new in this store, and the other members have yet to confirm that it has signed nothing"},
		{Code: "why.no_promises", Format: "the file of promises is gone from the store"},
		{Code: "why.lost_batch", Format: "the disk lost the batch reserved for place %d/%d"},
		{Code: "why.older_store", Format: "place %d/%d was signed and is not held: the store is older than the feed"},
		{Code: "why.two_headers", Format: "two headers that it signed are known for place %d/%d"},
		{Code: "why.foreign_batch", Format: "a foreign batch stands at place %d/%d of the feed"},
		{Code: "why.unsigned_batch", Format: "batch %s (%d/%d) came in under it, and this node did not sign it"},
		{Code: "why.new_epoch", Format: "the regulators reinstated the key in epoch %d, and it may have signed there elsewhere"},
		{Code: "why.unopened_epoch", Format: "a header under it claims epoch %d, which was never opened"},
	}
}
