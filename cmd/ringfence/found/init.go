package found

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringfence/node"
	"ringfence/node/config"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// What lies in a data directory from the beginning.
const (
	CardFile    = node.CardFile    // the member's card
	DraftFile   = "draft.cbor"     // a charter that founders have yet to sign
	KeysDir     = node.KeysDir     // its keys
	GenesisFile = node.GenesisFile // the charter of its federation
)

// Member says whose data directory is to be made.
type Member struct {
	Dir          string // made when missing; holds no keys and no card yet
	ID           string
	Name, NameZh string
	Roles        []charter.Role
	Group        string        // "" for a group of its own
	Contact      string        // "" for the name
	Jurisdiction string        // of a regulator, "" for CN
	Founder      bool          // also make the founder's and the ledger's key
	With         *charter.Card // of the member, when this is a further node of it; nil for the first
	Unlock       keys.Unlock
	KeyFile      string // by which Unlock opens the keys, for the configuration; may be ""
	Random       io.Reader
}

// Made is what Init made.
type Made struct {
	Card  charter.Card
	Keys  []keys.Half
	Files []string // paths, in the order in which they were made
}

// issuer returns the key that signs the feed of this node.
func (m *Made) issuer() keys.Public {
	for _, h := range m.Keys {
		if h.Purpose == keys.PurposeIssuer {
			return h.Public
		}
	}
	return keys.Public{}
}

// ReadCard reads the card of a member.
func ReadCard(path string) (charter.Card, error) { return readCard(path) }

// purposes returns the keys that a member of these roles needs.
func (m *Member) purposes() []keys.Purpose {
	list := []keys.Purpose{keys.PurposeIssuer, keys.PurposeHost}
	if m.With != nil {
		return list // the others are the organisation's
	}
	list = append(list, keys.PurposeAudience, keys.PurposeRecovery)
	if slices.Contains(m.Roles, charter.Regulator) {
		list = append(list, keys.PurposeVote, keys.PurposeCosign)
	}
	if m.Founder {
		list = append(list, keys.PurposeFounder, keys.PurposeLog)
	}
	return list
}

// Init makes the data directory of a member: keys, card, configuration, and the
// store, from which these new keys may sign; a store that is made later does not
// know what they signed before. It refuses a directory that has keys or a card.
// When it fails, what it made is removed.
func Init(m Member) (made Made, err error) {
	if m.With != nil {
		m.ID = m.With.ID
	}
	if m.Group == "" {
		m.Group = m.ID
	}
	if m.Contact == "" {
		m.Contact = m.Name
	}
	if m.Jurisdiction == "" {
		m.Jurisdiction = "CN"
	}
	if err := m.rehearse(); err != nil {
		return Made{}, err
	}
	keysDir, card, store := filepath.Join(m.Dir, KeysDir), filepath.Join(m.Dir, CardFile), filepath.Join(m.Dir, node.StoreDir)
	for _, path := range []string{keysDir, card} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return Made{}, fmt.Errorf("%s exists: this directory has been initialised, and keys are never made anew over others", path)
		}
	}
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return Made{}, fmt.Errorf("make data directory: %w", err)
	}
	_, noStore := os.Lstat(store) // a node that only read has one already
	defer func() {
		if err == nil {
			return
		}
		err = errors.Join(err, os.RemoveAll(keysDir), removeIfMade(made.Files))
		if errors.Is(noStore, fs.ErrNotExist) {
			err = errors.Join(err, os.RemoveAll(store))
		}
	}()
	for _, p := range m.purposes() {
		half, err := keys.Create(keysDir, p, m.Unlock, m.Random)
		if err != nil {
			return made, err
		}
		made.Keys = append(made.Keys, half)
	}
	made.Card = m.card(made.Keys)
	text, err := made.Card.YAML()
	if err != nil {
		return made, err
	}
	const head = "# Who this member is, and the public halves of its keys. It holds nothing\n# secret: hand it to the founder of the federation.\n"
	if err := writeNew(card, append([]byte(head), text...)); err != nil {
		return made, err
	}
	made.Files = append(made.Files, card)
	if err := m.configure(&made); err != nil {
		return made, err
	}
	if err := node.NewStore(m.Dir, made.issuer()); err != nil {
		return made, err
	}
	if at := slices.IndexFunc(made.Keys, func(h keys.Half) bool { return h.Purpose == keys.PurposeCosign }); at >= 0 {
		return made, node.NewCertification(m.Dir, made.Keys[at].Public)
	}
	return made, nil
}

// configure writes a configuration, unless the operator has put one there.
func (m *Member) configure(made *Made) error {
	path := filepath.Join(m.Dir, config.FileName)
	err := writeNew(path, []byte(m.settings()))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		made.Files = append(made.Files, path)
	}
	return err
}

func (m *Member) settings() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The node of %s. What is left out keeps its default;\n", m.ID)
	b.WriteString("# ringfence config check shows every setting and where it comes from.\n\n")
	b.WriteString("home: 86\nlisten: 127.0.0.1:8650\n")
	if m.KeyFile != "" {
		fmt.Fprintf(&b, "\n# Unlocks the keys without a person.\nkey_file: %q\n", m.KeyFile)
	}
	b.WriteString("\n# Where the other nodes of the federation reach this one, and whom to begin with\n")
	b.WriteString("# (ringfence join adds it).\npeers:\n  listen: none # such as 0.0.0.0:7400\n  bootstrap: []\n")
	b.WriteString("\nlog:\n  level: info\n  format: text\n")
	return b.String()
}

// card returns the member's card with the public halves of its keys.
func (m *Member) card(halves []keys.Half) charter.Card {
	if m.With != nil {
		return m.further(halves)
	}
	c := charter.Card{ID: m.ID, Name: m.Name, NameZh: m.NameZh, Roles: m.Roles, Group: m.Group, Contact: m.Contact}
	for _, h := range halves {
		switch h.Purpose {
		case keys.PurposeIssuer:
			c.Issuers = []keys.Public{h.Public}
		case keys.PurposeHost:
			c.Hosts = []keys.Public{h.Public}
		case keys.PurposeAudience:
			c.Audience = h.Recipient
		case keys.PurposeRecovery:
			c.Recovery = h.Public
		case keys.PurposeFounder:
			c.Founder = h.Public
		case keys.PurposeVote:
			c.Vote, c.Jurisdiction = h.Public, m.Jurisdiction
		case keys.PurposeCosign:
			c.Cosign, c.CosignName = h.Public, m.ID+"/cosign"
		case keys.PurposeLog: // the charter's, not the member's
		}
	}
	return c
}

// further returns the member's card with the keys of one more node.
func (m *Member) further(halves []keys.Half) charter.Card {
	c := *m.With
	for _, h := range halves {
		switch h.Purpose {
		case keys.PurposeIssuer:
			c.Issuers = append(slices.Clone(c.Issuers), h.Public)
		case keys.PurposeHost:
			c.Hosts = append(slices.Clone(c.Hosts), h.Public)
		default: // purposes names no others
		}
	}
	return c
}

// rehearse checks the card with keys that are thrown away, so that a slip in a
// name costs no keys.
func (m *Member) rehearse() error {
	var halves []keys.Half
	for _, p := range m.purposes() {
		h := keys.Half{Purpose: p}
		if p == keys.PurposeAudience {
			a, err := keys.GenerateAudience(m.Random)
			if err != nil {
				return err
			}
			h.Recipient = a.Recipient()
		} else {
			k, err := keys.Generate(m.Random)
			if err != nil {
				return err
			}
			h.Public = k.Public()
		}
		halves = append(halves, h)
	}
	card := m.card(halves)
	return card.Validate()
}

// writeNew writes a file that was not there, for its owner alone, durably.
func writeNew(path string, b []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %w", fs.ErrExist, phrase.New("usage.file_exists", "%s exists already, and nothing is written over it: name another file, or take that one away", path))
	case err != nil:
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// WriteNew writes a file that was not there, for its owner alone, durably.
func WriteNew(path string, b []byte) error { return writeNew(path, b) }

func removeIfMade(files []string) error {
	var all error
	for _, f := range files {
		all = errors.Join(all, os.Remove(f))
	}
	return all
}
