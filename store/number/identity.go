package number

import "strings"

// identity is the part of a caller ID that names the caller, cut out of the
// URI around it.
type identity struct {
	user    string // digits as written; of a URI decoded, without parameters
	raw     string // the same before it was decoded
	context string // phone-context of RFC 3966, if global: +86, +8621
	none    bool   // a URI that names nobody
	bad     bool   // a percent sign without two hex digits behind it
}

// identify recognises tel: (RFC 3966), sip: and sips: (RFC 3261) and takes
// everything else as the user part alone. Parameters, password, host and
// headers are dropped, phone-context apart: ;npdi, ;rn, ;isub, ;tgrp say how a
// call was carried, not who calls.
func identify(s string) identity {
	rest, scheme := cutScheme(s)
	switch scheme {
	case "":
		return identity{user: s, raw: s}
	case "tel":
	default:
		user, host, ok := strings.Cut(rest, "@")
		if !ok || anonymousHost(host) {
			return identity{none: true}
		}
		rest = user
	}
	id := identity{}
	rest, params, _ := strings.Cut(rest, ";")
	for params != "" {
		var param string
		param, params, _ = strings.Cut(params, ";")
		if name, value, ok := strings.Cut(param, "="); ok && strings.EqualFold(name, "phone-context") {
			id.context = value
		}
	}
	if scheme != "tel" {
		rest, _, _ = strings.Cut(rest, ":")
	}
	var ok bool
	id.raw = rest
	id.user, ok = unescape(rest)
	id.bad = !ok
	id.context, _ = unescape(id.context)
	return id
}

// cutScheme cuts tel:, sip: or sips: off s, in any case.
func cutScheme(s string) (rest, scheme string) {
	if len(s) < 4 || s[0]|0x20 != 't' && s[0]|0x20 != 's' {
		return s, ""
	}
	for _, scheme := range [...]string{"tel", "sip", "sips"} {
		n := len(scheme)
		if len(s) > n && s[n] == ':' && strings.EqualFold(s[:n], scheme) {
			return s[n+1:], scheme
		}
	}
	return s, ""
}

// anonymousHost reports the host by which RFC 3323 section 4.1.1.3 withholds a
// caller.
func anonymousHost(host string) bool {
	host, _, _ = strings.Cut(host, ";")
	host, _, _ = strings.Cut(host, ":")
	return strings.EqualFold(host, "anonymous.invalid")
}

// unescape decodes %HH. It allocates only when there is something to decode.
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return s, false
		}
		high, ok1 := hexDigit(s[i+1])
		low, ok2 := hexDigit(s[i+2])
		if !ok1 || !ok2 {
			return s, false
		}
		b = append(b, high<<4|low)
		i += 2
	}
	return string(b), true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// anonymousUsers are the user parts by which networks say that a caller is
// withheld or not known.
var anonymousUsers = [...]string{"anonymous", "unavailable", "restricted", "unknown", "private", "withheld", "0"}

func isAnonymous(user string) bool {
	if user == "" {
		return true
	}
	if len(user) > len("unavailable") || isDigit(user[0]) && len(user) > 1 || user[0] == '+' {
		return false
	}
	for _, word := range anonymousUsers {
		if strings.EqualFold(user, word) {
			return true
		}
	}
	return false
}
