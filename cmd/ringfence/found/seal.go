package found

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// Seal writes the charter that f describes and signs it with the founder's key
// of f.Dir. The founder's own card is taken from its directory. Today a
// federation has one founder and one regulator.
func Seal(f Founding) (*charter.Genesis, error) {
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	ring, err := keys.Open(filepath.Join(f.Dir, KeysDir), f.Unlock)
	if err != nil {
		return nil, err
	}
	founder, err := ring.Private(keys.PurposeFounder)
	if err != nil {
		return nil, fmt.Errorf("%w; ringfence init --founder makes one", err)
	}
	log, err := ring.Private(keys.PurposeLog)
	if err != nil {
		return nil, fmt.Errorf("%w; ringfence init --founder makes one", err)
	}
	cfg.LogKey = log.Public()
	c, err := charter.Found(cfg)
	if err != nil {
		return nil, err
	}
	if len(c.Founders) != 1 || len(c.Regulators) != 1 {
		return nil, fmt.Errorf("the cards name %d founders and %d regulators; this version seals charters with one of each", len(c.Founders), len(c.Regulators))
	}
	g, err := charter.NewGenesis(c)
	if err != nil {
		return nil, err
	}
	return g, g.Sign(founder)
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
	protected, err := withEmergency(a.Protected)
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
	// The same card may come twice: the founder's own, or one that the command
	// line repeats. Two cards of one member that differ are the charter's to
	// refuse.
	seen := make(map[string]bool)
	for _, path := range paths {
		card, err := readCard(path)
		if err != nil {
			return charter.FoundingConfig{}, err
		}
		text, err := card.YAML()
		if err != nil {
			return charter.FoundingConfig{}, err
		}
		if !seen[string(text)] {
			seen[string(text)] = true
			cfg.Cards = append(cfg.Cards, card)
		}
	}
	return cfg, nil
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
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s is missing: found a federation with ringfence federation new, or copy the genesis charter of one here", path)
	}
	if err != nil {
		return nil, nil, err
	}
	g, err := charter.DecodeGenesis(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	c, err := g.Verify()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, c, nil
}

// withEmergency adds the emergency numbers that the shipped plan of China knows
// to what is protected, unless they are already.
func withEmergency(protected []number.Range) ([]number.Range, error) {
	set, err := plan.Shipped()
	if err != nil {
		return nil, err
	}
	protected = slices.Clone(protected)
	for code := 100; code < 100_000; code++ { // of 3 to 5 digits
		n, err := number.Service(number.China, strconv.Itoa(code))
		if err != nil || set.Lookup(n).Class != plan.Emergency {
			continue
		}
		if !slices.ContainsFunc(protected, func(r number.Range) bool { return r.Contains(n) }) {
			protected = append(protected, n.Range())
		}
	}
	return protected, nil
}
