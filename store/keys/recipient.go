package keys

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"filippo.io/age"
)

// Audience is the private key to which bodies for a narrower audience are
// sealed, an age X25519 identity. It prints redacted. The zero Audience is
// none.
type Audience struct{ secret func() *age.X25519Identity } // see Private

// GenerateAudience makes a key from 32 bytes of random.
func GenerateAudience(random io.Reader) (Audience, error) {
	seed, err := readSeed(random)
	if err != nil {
		return Audience{}, err
	}
	return AudienceFromSeed(seed)
}

// AudienceFromSeed returns the key whose X25519 scalar is seed (RFC 7748).
func AudienceFromSeed(seed [SeedSize]byte) (Audience, error) {
	return parseAudience(strings.ToUpper(bech32("age-secret-key-", seed[:])))
}

func parseAudience(text string) (Audience, error) {
	id, err := age.ParseX25519Identity(text)
	if err != nil {
		// The error could repeat the secret, so it stays here.
		return Audience{}, fmt.Errorf("keys: this is no age X25519 identity (AGE-SECRET-KEY-1…)")
	}
	return Audience{func() *age.X25519Identity { return id }}, nil
}

// IsZero reports whether a is none.
func (a Audience) IsZero() bool { return a.secret == nil }

// Recipient returns the public half, "age1…"; "" for none.
func (a Audience) Recipient() string {
	if a.IsZero() {
		return ""
	}
	return a.secret().Recipient().String()
}

// Identity returns the key as age wants it to open what is sealed to it; nil
// for none. Unlike a, it prints the secret.
func (a Audience) Identity() age.Identity {
	if a.IsZero() {
		return nil
	}
	return a.secret()
}

// String returns a fixed text, never the key.
func (a Audience) String() string { return redacted }

// Format prints a fixed text for every verb.
func (a Audience) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue logs a fixed text.
func (a Audience) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText refuses: a private key is written only by Create.
func (a Audience) MarshalText() ([]byte, error) { return nil, errNoText }

// CheckRecipient accepts the text of an age X25519 recipient, "age1…", to
// which bodies for a narrower audience are sealed. It refuses other kinds of
// recipient, other ways of writing, and points to which nothing can be sealed.
func CheckRecipient(s string) error {
	const size = 62
	if len(s) != size || !strings.HasPrefix(s, "age1") {
		return fmt.Errorf("keys: want an age X25519 recipient, age1… of %d characters", size)
	}
	r, err := age.ParseX25519Recipient(s)
	if err != nil {
		return fmt.Errorf("keys: this is no age X25519 recipient: %w", err)
	}
	if r.String() != s {
		return fmt.Errorf("keys: the age recipient is not written in its canonical form")
	}
	// Points of small order give the all-zero secret, which age refuses.
	if _, err := r.Wrap(make([]byte, 16)); err != nil {
		return fmt.Errorf("keys: nothing can be sealed to this age recipient: %w", err)
	}
	return nil
}

// bech32 writes data in the alphabet and with the checksum of BIP 173, in
// which age writes its keys. age itself writes only keys that it drew.
func bech32(prefix string, data []byte) string {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var fives []byte
	var acc, bits uint
	for _, b := range data {
		acc, bits = acc<<8|uint(b), bits+8
		for ; bits >= 5; bits -= 5 {
			fives = append(fives, byte(acc>>(bits-5)&31))
		}
	}
	if bits > 0 {
		fives = append(fives, byte(acc<<(5-bits)&31))
	}
	sum := bech32Sum(prefix, append(fives, 0, 0, 0, 0, 0, 0)) ^ 1
	out := []byte(prefix + "1")
	for _, f := range fives {
		out = append(out, alphabet[f])
	}
	for shift := 25; shift >= 0; shift -= 5 {
		out = append(out, alphabet[sum>>shift&31])
	}
	return string(out)
}

func bech32Sum(prefix string, fives []byte) uint32 {
	values := make([]byte, 0, 2*len(prefix)+1+len(fives))
	for i := 0; i < len(prefix); i++ {
		values = append(values, prefix[i]>>5)
	}
	values = append(values, 0)
	for i := 0; i < len(prefix); i++ {
		values = append(values, prefix[i]&31)
	}
	sum := uint32(1)
	for _, v := range append(values, fives...) {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum
}
