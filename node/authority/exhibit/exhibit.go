// Package exhibit keeps what proves that a regulator, or a quorum of them, told two
// stories of the ledger: the signed words themselves, so that whoever is shown them can
// check them alone. They outlive the process that heard them.
//
// Floor 11, a room of node/authority.
package exhibit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"ringfence/consensus/follow"
	"ringfence/consensus/quorum/certify"
	"ringfence/node/api"
)

// Store is where exhibits are kept, durably.
type Store interface {
	Get(space, key string) (value []byte, held bool, err error)
	Put(space, key string, value []byte) error
	List(space string, fn func(key string, value []byte) error) error
}

const (
	space    = "exhibit"
	seenForm = "2006-01-02T15:04:05.000Z" // RFC 3339 that sorts
)

// Words are two words of one regulator that no honest one says both.
func Words(c *certify.Conflict, member string, seen time.Time) api.LedgerEvidence {
	story := func(w *certify.Word) api.LedgerStory {
		return api.LedgerStory{Size: w.Tree.Size, Root: w.Tree.Root.String(), Bytes: w.Bytes()}
	}
	return api.LedgerEvidence{
		Kind: "two_stories", Member: member, Key: c.First.By.Key.String(), Said: c.First.Saying.String(), Generation: c.First.Generation.Number,
		Seen: seen.UTC().Format(seenForm), First: story(&c.First), Second: story(&c.Second),
	}
}

// Trouble is what ended following: the checkpoint held, and the one that does not fit. Of
// what a newer release wrote there is nothing to prove.
func Trouble(t *follow.Trouble, seen time.Time) (e api.LedgerEvidence, proves bool) {
	e = api.LedgerEvidence{
		Kind: t.Kind.String(), Seen: seen.UTC().Format(seenForm), Why: t.Error(),
		First:  api.LedgerStory{Size: t.Held.Size, Root: t.Held.Root.String(), Bytes: t.Held.Bytes()},
		Second: api.LedgerStory{Size: t.Shown.Size, Root: t.Shown.Root.String(), Bytes: t.Shown.Bytes()},
	}
	return e, t.Kind != follow.Newer
}

// Keep keeps an exhibit: the first against each regulator, and of what ended following
// each pair of trees once.
func Keep(s Store, e *api.LedgerEvidence) error {
	key := "by " + e.Key
	if e.Key == "" {
		key = fmt.Sprintf("%s %s %s", e.Kind, e.First.Root, e.Second.Root)
	}
	_, held, err := s.Get(space, key)
	if err != nil || held {
		return err
	}
	value, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.Put(space, key, value)
}

// All returns what is kept, oldest first.
func All(s Store) ([]api.LedgerEvidence, error) {
	all := []api.LedgerEvidence{}
	err := s.List(space, func(key string, value []byte) error {
		var e api.LedgerEvidence
		if err := json.Unmarshal(value, &e); err != nil {
			return fmt.Errorf("authority: read the kept evidence %q: %w", key, err)
		}
		all = append(all, e)
		return nil
	})
	slices.SortStableFunc(all, func(a, b api.LedgerEvidence) int { return cmp.Compare(a.Seen, b.Seen) })
	return all, err
}
