package found

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringfence/store/charter"
	"ringfence/store/keys"
)

// Sign adds the signature of the founder whose data directory is given, and
// returns which member that is. It refuses a draft that names other keys for this
// member than its directory has: somebody would speak in its name.
func Sign(g *charter.Genesis, dir string, unlock keys.Unlock) (member string, err error) {
	state, err := charter.Preview(g)
	if err != nil {
		return "", err
	}
	card, err := readCard(filepath.Join(dir, CardFile))
	if err != nil {
		return "", err
	}
	if err := speaksFor(state, &card); err != nil {
		return "", err
	}
	ring, err := keys.Open(filepath.Join(dir, KeysDir), unlock)
	if err != nil {
		return "", err
	}
	founder, err := ring.Private(keys.PurposeFounder)
	if err != nil {
		return "", fmt.Errorf("%w; ringfence init --founder makes one", err)
	}
	return card.ID, g.Sign(founder)
}

// speaksFor checks that a charter has a member as its card says.
func speaksFor(state *charter.State, card *charter.Card) error {
	for _, m := range state.Members() {
		if m.ID != card.ID {
			continue
		}
		for _, k := range card.Issuers {
			if !slices.Contains(m.Issuers, k) {
				return fmt.Errorf("the draft leaves out issuer %s of %q, which its %s here has: let it be drafted anew with this card", k.Short(), m.ID, CardFile)
			}
		}
		for _, k := range card.Hosts {
			if !slices.Contains(m.Hosts, k) {
				return fmt.Errorf("the draft leaves out host %s of %q, which its %s here has: let it be drafted anew with this card", k.Short(), m.ID, CardFile)
			}
		}
		if m.Recovery != card.Recovery || m.Audience != card.Audience {
			return fmt.Errorf("the draft has another recovery or audience key for %q than its %s here: do not sign it", m.ID, CardFile)
		}
		return nil
	}
	return fmt.Errorf("the draft has no member %q, whose directory this is", card.ID)
}

// Merge reads copies of one draft and gathers the signatures of all.
func Merge(paths []string) (*charter.Genesis, error) {
	var all *charter.Genesis
	for _, path := range paths {
		g, err := ReadDraft(path)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = g
			continue
		}
		if err := all.Merge(g); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return all, nil
}

// Unsigned returns the founders that have yet to sign, by member.
func Unsigned(g *charter.Genesis) ([]string, error) {
	missing, err := g.Missing()
	members := []string{}
	for _, f := range missing {
		members = append(members, f.Member)
	}
	return members, err
}

// Whole fails when a founder has not signed, and says who.
func Whole(g *charter.Genesis) error {
	missing, err := Unsigned(g)
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("not sealed, for these founders have not signed: %s; each runs ringfence federation sign on its own machine", strings.Join(missing, ", "))
	}
	return err
}

// Only returns g with the signature of one member alone, to be sent back to who
// gathers them.
func Only(g *charter.Genesis, member string) (*charter.Genesis, error) {
	c, err := charter.Decode(g.Charter)
	if err != nil {
		return nil, err
	}
	one := *g
	one.Signatures = slices.DeleteFunc(slices.Clone(g.Signatures), func(e keys.Endorsement) bool {
		return !slices.Contains(c.Founders, charter.Founder{Member: member, Key: e.Key})
	})
	return &one, nil
}

// Replace writes a draft over the one that it goes on from.
func Replace(path string, g *charter.Genesis) error {
	b, err := g.Encode()
	if err != nil {
		return err
	}
	return replace(path, b)
}

// replace puts a file in the place of another at once: after a crash there is the
// one or the other.
func replace(path string, b []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := writeNew(next, b); err != nil {
		return err
	}
	err = os.Chmod(next, info.Mode().Perm())
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(next))
	}
	return nil
}
