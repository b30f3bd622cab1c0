package found

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ringfence/store/charter"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/policy"
	"ringfence/store/strictyaml"
)

// Founding says what goes into a genesis charter.
type Founding struct {
	Dir    string   // the founder's data directory: its card and keys
	File   string   // what the founders agreed on, in YAML; may be ""
	Cards  []string // cards of members, beside those that the file names
	Name   string   // of the federation; "" as the file says
	Now    time.Time
	Unlock keys.Unlock
}

// agreement is a founding file. Paths in it are relative to it.
type agreement struct {
	Name      string               `yaml:"name"`
	Created   time.Time            `yaml:"created"`
	Cards     []string             `yaml:"cards"`
	Grants    []charter.RangeGrant `yaml:"grants"`
	Protected []number.Range       `yaml:"protected"`
	Trusted   []string             `yaml:"trusted"`
	Policy    policy.Policy        `yaml:"policy"`
}

// Draft writes the charter that f describes, for its founders to sign. The card
// of the founder who writes it is taken from its directory, and so is the public
// half of the ledger's key. It unlocks nothing.
func Draft(f Founding) (*charter.Genesis, error) {
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	halves, err := keys.List(filepath.Join(f.Dir, KeysDir))
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(halves, func(h keys.Half) bool { return h.Purpose == keys.PurposeLog })
	if at < 0 {
		return nil, fmt.Errorf("%s has no key for the ledger, which the founder who writes the draft gives: ringfence init --founder makes one", f.Dir)
	}
	cfg.LogKey = halves[at].Public
	c, err := charter.Found(cfg)
	if err != nil {
		return nil, err
	}
	return charter.NewGenesis(c)
}

// Seal writes the charter that f describes and signs it with the founder's key
// of f.Dir, who must be its only founder.
func Seal(f Founding) (*charter.Genesis, error) {
	g, err := Draft(f)
	if err != nil {
		return nil, err
	}
	missing, err := g.Missing()
	if err != nil {
		return nil, err
	}
	if len(missing) != 1 {
		return nil, fmt.Errorf("the cards name %d founders, and each signs on its own machine: leave --seal out, pass the draft round for ringfence federation sign, then ringfence federation seal", len(missing))
	}
	_, err = Sign(g, f.Dir, f.Unlock)
	return g, err
}

// config puts the file and the cards together.
func (f *Founding) config() (charter.FoundingConfig, error) {
	a := agreement{Policy: policy.Default(), Created: f.Now}
	if f.File != "" {
		if err := readAgreement(f.File, &a); err != nil {
			return charter.FoundingConfig{}, err
		}
	}
	if f.Name != "" {
		a.Name = f.Name
	}
	protected, err := plan.WithEmergency(a.Protected)
	if err != nil {
		return charter.FoundingConfig{}, err
	}
	cfg := charter.FoundingConfig{
		Name: a.Name, Created: a.Created.Unix(), Grants: a.Grants, Protected: protected, Policy: a.Policy, Trusted: a.Trusted,
	}
	paths := append([]string{filepath.Join(f.Dir, CardFile)}, f.Cards...)
	for _, p := range a.Cards {
		if !filepath.IsAbs(p) {
			p = filepath.Join(filepath.Dir(f.File), p)
		}
		paths = append(paths, p)
	}
	for _, path := range paths {
		card, err := readCard(path)
		if err != nil {
			return charter.FoundingConfig{}, err
		}
		if cfg.Cards, err = gather(cfg.Cards, card); err != nil {
			return charter.FoundingConfig{}, err
		}
	}
	return cfg, nil
}

// gather adds a card to those of other members. The same member may come more
// than once: a card that the command line repeats, or those of its several nodes,
// which differ in issuers and hosts alone and become one. Cards of one member that
// differ in anything else stay two, for the charter to refuse.
func gather(cards []charter.Card, card charter.Card) ([]charter.Card, error) {
	for i := range cards {
		have := &cards[i]
		if have.ID != card.ID {
			continue
		}
		issuers := slices.Concat(have.Issuers, card.Issuers)
		hosts := slices.Concat(have.Hosts, card.Hosts)
		other := *have
		other.Issuers, other.Hosts = card.Issuers, card.Hosts
		was, err := other.YAML()
		if err != nil {
			return nil, err
		}
		is, err := card.YAML()
		if err != nil {
			return nil, err
		}
		if string(was) == string(is) {
			have.Issuers, have.Hosts = each(issuers), each(hosts)
			return cards, nil
		}
	}
	return append(cards, card), nil
}

// each returns the keys in order, each once.
func each(list []keys.Public) []keys.Public {
	slices.SortFunc(list, keys.Public.Compare)
	return slices.Compact(list)
}

func readAgreement(path string, a *agreement) (err error) {
	r, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read founding file: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := strictyaml.Read(r, "founding file", a); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func readCard(path string) (card charter.Card, err error) {
	r, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == CardFile {
		return charter.Card{}, fmt.Errorf("%s is missing; ringfence init makes the card of a member", path)
	}
	if err != nil {
		return charter.Card{}, fmt.Errorf("read card: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if card, err = charter.ReadCard(r); err != nil {
		return charter.Card{}, fmt.Errorf("%s: %w", path, err)
	}
	return card, nil
}

// Write writes a genesis charter to a file that does not exist yet.
func Write(path string, g *charter.Genesis) error {
	b, err := g.Encode()
	if err != nil {
		return err
	}
	if err := writeNew(path, b); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists, and a charter is never overwritten: move it away if it is not wanted", path)
	} else if err != nil {
		return err
	}
	return nil
}

// Read reads a genesis charter that all its founders have signed.
func Read(path string) (*charter.Genesis, *charter.Charter, error) {
	g, err := ReadDraft(path)
	if err != nil {
		return nil, nil, err
	}
	c, err := g.Verify()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, c, nil
}

// ReadDraft reads a genesis charter that founders may have yet to sign.
func ReadDraft(path string) (*charter.Genesis, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: ringfence federation new makes one; a member has it from another, or by ringfence join", path)
	}
	if err != nil {
		return nil, err
	}
	g, err := charter.DecodeGenesis(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}
