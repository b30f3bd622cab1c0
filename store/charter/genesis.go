package charter

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"ringfence/store/assertion"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
)

// MaxSize bounds an encoded charter, in bytes.
const MaxSize = article.MaxSize

// Genesis is a charter with the signatures of its founders beside it. While
// founders pass it round it holds some of them; At and Verify want all.
type Genesis struct {
	_          struct{}           `cbor:",toarray"`
	Version    uint8              // 1
	Charter    []byte             // as Charter.Encode gives it; its CID is signed for
	Signatures []keys.Endorsement // over Charter in the domain keys.DomainGenesis, one a founder, ascending by key
}

// NewGenesis returns the genesis of a valid charter, without signatures.
func NewGenesis(c *Charter) (*Genesis, error) {
	b, err := c.Encode()
	if err != nil {
		return nil, err
	}
	return &Genesis{Version: article.CharterVersion, Charter: b}, nil
}

// DecodeGenesis reads what Encode writes. It refuses every other encoding, an
// invalid charter, and signatures that are not a founder's, are wrong or stand
// twice; signatures may be missing (see Missing and Verify).
func DecodeGenesis(b []byte) (*Genesis, error) {
	if len(b) > MaxSize+article.MaxFounders*(keys.PublicSize+keys.SignatureSize+16) {
		return nil, fmt.Errorf("charter: a genesis of %d bytes is too large; a charter has at most %d", len(b), MaxSize)
	}
	g := new(Genesis)
	if err := assertion.Decode(b, g); err != nil {
		return nil, fmt.Errorf("charter: this is no genesis: %w", err)
	}
	if _, _, err := g.check(); err != nil {
		return nil, err
	}
	return g, nil
}

// Encode returns the canonical encoding, the content of a genesis file.
func (g *Genesis) Encode() ([]byte, error) { return assertion.Encode(g) }

// CharterCID returns the CID of the unsigned charter.
func (g *Genesis) CharterCID() cid.Cid { return assertion.CID(g.Charter) }

// Sign adds the signature of a founder. It refuses keys that are no founder's
// and founders that have signed.
func (g *Genesis) Sign(founder keys.Private) error {
	c, missing, err := g.check()
	if err != nil {
		return err
	}
	key := founder.Public()
	named := slices.IndexFunc(c.Founders, func(f Founder) bool { return f.Key == key })
	if named < 0 {
		return fmt.Errorf("charter: key %s is no founder's; the charter of %q names %d founders", key.Short(), c.Name, len(c.Founders))
	}
	if !slices.ContainsFunc(missing, func(f Founder) bool { return f.Key == key }) {
		return fmt.Errorf("charter: founder %q has signed already", c.Founders[named].Member)
	}
	g.Signatures = append(g.Signatures, keys.Endorsement{Key: key, Signature: founder.Sign(keys.DomainGenesis, g.Charter)})
	slices.SortFunc(g.Signatures, keys.Endorsement.Compare)
	return nil
}

// Merge adds the signatures that another copy of the same genesis has. It refuses
// one of another charter, of which signatures would be worthless here.
func (g *Genesis) Merge(o *Genesis) error {
	if _, _, err := o.check(); err != nil {
		return err
	}
	if !bytes.Equal(g.Charter, o.Charter) {
		return fmt.Errorf("charter: merge: the charters differ, one is %s and the other %s: all founders sign the same draft", g.CharterCID(), o.CharterCID())
	}
	for _, e := range o.Signatures {
		if !slices.ContainsFunc(g.Signatures, func(have keys.Endorsement) bool { return have.Key == e.Key }) {
			g.Signatures = append(g.Signatures, e)
		}
	}
	slices.SortFunc(g.Signatures, keys.Endorsement.Compare)
	return nil
}

// Missing returns the founders that have not signed.
func (g *Genesis) Missing() ([]Founder, error) {
	_, missing, err := g.check()
	return missing, err
}

// Verify returns the charter when all its founders have signed it, each once,
// and nobody else has.
func (g *Genesis) Verify() (*Charter, error) {
	c, missing, err := g.check()
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("charter: %d of %d founders have not signed; the first is %q", len(missing), len(c.Founders), missing[0].Member)
	}
	return c, nil
}

// check decodes the charter, verifies the signatures that are there and
// returns the founders whose signatures are not.
func (g *Genesis) check() (*Charter, []Founder, error) {
	if g.Version != article.CharterVersion {
		return nil, nil, fmt.Errorf("charter: genesis version %d is unknown; this program knows %d: upgrade needed", g.Version, article.CharterVersion)
	}
	c, err := Decode(g.Charter)
	if err != nil {
		return nil, nil, err
	}
	missing := slices.Clone(c.Founders)
	for i, e := range g.Signatures {
		if i > 0 && g.Signatures[i-1].Key.Compare(e.Key) >= 0 {
			return nil, nil, fmt.Errorf("charter: signatures[%d]: keys do not ascend", i)
		}
		at := slices.IndexFunc(missing, func(f Founder) bool { return f.Key == e.Key })
		if at < 0 {
			return nil, nil, fmt.Errorf("charter: signatures[%d]: key %s is no founder's", i, e.Key.Short())
		}
		if !e.Key.Verify(keys.DomainGenesis, g.Charter, e.Signature) {
			return nil, nil, fmt.Errorf("charter: signatures[%d]: the signature of %q is wrong; it must sign this very charter anew", i, missing[at].Member)
		}
		missing = slices.Delete(missing, at, at+1)
	}
	return c, missing, nil
}

// Preview returns the constitution that g gives once all its founders have
// signed: to be looked at before one signs, and for nothing else.
func Preview(g *Genesis) (*State, error) {
	c, _, err := g.check()
	if err != nil {
		return nil, err
	}
	return begin(c)
}

// At returns the constitution at ledger size 1: that of the genesis charter,
// once all its founders have signed.
func At(g *Genesis) (*State, error) {
	c, err := g.Verify()
	if err != nil {
		return nil, err
	}
	return begin(c)
}

func begin(c *Charter) (*State, error) {
	federation, err := c.FederationID()
	if err != nil {
		return nil, err
	}
	return compile(c, federation), nil
}

// Decode reads what Charter.Encode writes and refuses everything else.
func Decode(b []byte) (*Charter, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("charter: %d bytes; a charter has at most %d", len(b), MaxSize)
	}
	c := new(Charter)
	if err := assertion.Decode(b, c); err != nil {
		return nil, fmt.Errorf("charter: this is no charter: %w", err)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}
