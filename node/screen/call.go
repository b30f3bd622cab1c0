package screen

import (
	"time"

	"ringfence/store/assertion"
	"ringfence/store/number"
)

// Call is what a face knows of one call before it rings. Only Called and one of
// Asserted and Presented are needed; every other zero value says "not known".
type Call struct {
	// Asserted is the caller that the network vouches for: P-Asserted-Identity
	// (RFC 3325) from a trunk that is trusted to give it, or a network-provided
	// calling number. A face leaves it empty for any other trunk.
	Asserted number.Readings
	// Presented is the caller as the call claims it and the called party sees it.
	Presented number.Readings
	// Redirecting is who sent the call on, if anyone (RFC 5806). It is recorded
	// and never screened: the diverter is not to blame for the caller.
	Redirecting number.Caller
	// Called is where the call goes, as dialled.
	Called number.Readings

	Ingress     Ingress
	Screening   Screening
	Roaming     Roaming
	Attestation Attestation
	Medium      assertion.Medium
	// Time is when the call is judged. It bounds local rules and the bypass and
	// gives the list's age; the day of the list is the list's own.
	Time time.Time
}

// Ingress is where a call enters the network.
type Ingress struct {
	Trunk string // the operator's name of the trunk group, may be empty
	Class IngressClass
}

// IngressClass is what kind of network a trunk leads to.
type IngressClass uint8

// The ingress classes. What a caller may present depends on them.
const (
	UnknownIngress IngressClass = iota
	National                    // another operator of the country
	International               // an international gateway
	Enterprise                  // a customer's exchange
	Reseller                    // a reseller or voice service provider

	numIngress = iota
)

var ingressWords = [numIngress]string{"", "national", "international", "enterprise", "reseller"}

// String returns the word: national, international, enterprise or reseller; ""
// when not known.
func (c IngressClass) String() string { return wordOf("ingress class", uint8(c), ingressWords[:]) }

// MarshalText returns the word that String gives.
func (c IngressClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts the words that String gives; the empty text is unknown.
func (c *IngressClass) UnmarshalText(b []byte) (err error) {
	*c, err = parseWord[IngressClass]("ingress class", string(b), ingressWords[:], 0)
	return err
}

// Screening is the screening indicator of the calling party number, ITU-T
// Q.763 section 3.10.
type Screening uint8

// The screening indicators.
const (
	UnknownScreening Screening = iota
	UserNotVerified            // user provided, not verified
	UserPassed                 // user provided, verified and passed
	UserFailed                 // user provided, verified and failed
	NetworkProvided
)

var screeningWords = [...]string{"", "user_not_verified", "user_passed", "user_failed", "network_provided"}

// String returns the word, "" when not known.
func (s Screening) String() string {
	return wordOf("screening indicator", uint8(s), screeningWords[:])
}

// MarshalText returns the word that String gives.
func (s Screening) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts the words that String gives; the empty text is unknown.
func (s *Screening) UnmarshalText(b []byte) (err error) {
	*s, err = parseWord[Screening]("screening indicator", string(b), screeningWords[:], 0)
	return err
}

// Roaming is whether the presented mobile number is known to be abroad.
type Roaming uint8

// The answers of the location register.
const (
	RoamingUnknown Roaming = iota
	RoamingYes
	RoamingNo

	numRoaming = iota
)

var roamingWords = [numRoaming]string{"unknown", "yes", "no"}

// String returns the word: yes, no or unknown.
func (r Roaming) String() string { return wordOf("roaming", uint8(r), roamingWords[:]) }

// MarshalText returns the word that String gives.
func (r Roaming) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText accepts yes, no and unknown; the empty text is unknown.
func (r *Roaming) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*r = RoamingUnknown
		return nil
	}
	*r, err = parseWord[Roaming]("roaming answer", string(b), roamingWords[:], 0)
	return err
}

// Attestation is the level of a verified caller ID token, RFC 8588 section 4.
type Attestation uint8

// The levels.
const (
	NotAttested Attestation = iota
	AttestA                 // knows the customer and the right to the number
	AttestB                 // knows the customer
	AttestC                 // a gateway
)

var attestationWords = [...]string{"", "A", "B", "C"}

// String returns A, B or C; "" for none.
func (a Attestation) String() string { return wordOf("attestation", uint8(a), attestationWords[:]) }

// MarshalText returns the letter that String gives.
func (a Attestation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText accepts A, B and C; the empty text is none.
func (a *Attestation) UnmarshalText(b []byte) (err error) {
	*a, err = parseWord[Attestation]("attestation", string(b), attestationWords[:], 0)
	return err
}
