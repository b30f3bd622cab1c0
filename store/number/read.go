package number

import "strings"

// Received reads a caller ID as a network presents it. It never fails: what is
// no number is one reading, irregular with its reason, anonymous, or a code of
// short messages.
//
// The rules, in this order (default country China in the examples):
//
//  1. tel:, sip: and sips: are cut to their user part; a tel: number that is
//     not global is read in its phone-context. Nothing, "0" and the words that
//     networks use for it are anonymous.
//  2. Separators and full-width forms fall away; any other character makes
//     the caller ID irregular: not digits.
//  3. Canonical text, +86!95588, is taken as it stands.
//  4. After + or an exit code (00) stands a country code. A valid number of
//     that country's plan is that number alone; else a service code of it is
//     the service number (+8695588, +86 400…), and a code of short messages
//     is one. Countries without a table take any 4 digits or more.
//  5. After the trunk prefix (0) stands a number, or an area code with a
//     province-local code: 021-962121 is +86!962121@31. An area code before
//     any other service code is irregular: no such number exists.
//  6. National digits are read in every way they allow, geographic and mobile
//     numbers first: 9516323412 is a landline, then a code with its
//     extension. A province-local code is first that of the caller's
//     province, if the Rules know it, then of an unknown one.
//  7. Digits that begin with the default country's code and go on as one of
//     its numbers or codes are that (8695588); of 11 digits or more, those of
//     any other country too, if its plan or the fallback holds them valid.
//
// A carrier's selection code before a number, and a trunk prefix or a second
// country code after the first, are irregular: a network strips them.
func (r *Rules) Received(s string) Readings { return r.read(s, false) }

// Dialled reads a number as it is written down or dialled under the default
// country. It differs from Received in four things: a carrier's selection
// code (17951) is dropped; a trunk prefix after the country code, +86 (0)10…,
// is dropped, and so is an area code that chooses the branch of a country-wide
// code, 021-95588; and digits that are both a landline and a code of short messages
// are first the latter, because lists write landlines with their 0.
func (r *Rules) Dialled(s string) Readings { return r.read(s, true) }

// reading is the work on one input.
type reading struct {
	rules   *Rules
	home    *Table // of the default country or the phone-context; may be nil
	country Country
	dialled bool
	raw     string
	out     Readings
}

func (r *Rules) read(s string, dialled bool) Readings {
	s = strings.TrimSpace(s)
	id := identify(s)
	if id.none || isAnonymous(id.user) && !id.bad {
		return ReadingsOf(Caller{})
	}
	g := reading{rules: r, home: r.table(r.country), country: r.country, dialled: dialled, raw: id.raw}
	var d digits
	d.scan(id.user)
	switch {
	case id.bad || d.bad:
		g.fail(NotDigits)
	case d.canonical:
		g.canonical(id.user)
	case d.count > maxScan:
		g.fail(TooLong)
	case d.plus:
		g.international(d.buf[:d.count])
	case id.context != "":
		g.inContext(id.context, d.buf[:d.count])
	default:
		g.local(d.buf[:d.count])
	}
	return g.out
}

// add appends a reading; ok is what pack and Parse say of it.
func (g *reading) add(n Number, ok bool) bool {
	if ok {
		g.out.add(CallerOf(n))
	}
	return ok
}

func (g *reading) fail(reason Reason) { g.out.add(IrregularCaller(g.raw, reason)) }

func (g *reading) canonical(s string) {
	if n, err := Parse(s); !g.add(n, err == nil) {
		g.fail(NotDigits)
	}
}

// inContext reads a local number of a tel: URI under its phone-context. A
// context that is a domain says nothing of the country (RFC 3966 section
// 5.1.5): the default country stands.
func (g *reading) inContext(context string, d []byte) {
	var c digits
	if c.scan(context); !c.plus || c.bad || c.count == 0 || c.count > MaxDigits {
		g.local(d)
		return
	}
	prefix := c.buf[:c.count]
	country := countryAt(prefix)
	if country == 0 {
		g.fail(NoCountry)
		return
	}
	g.country, g.home = country, g.rules.table(country)
	area := prefix[country.Len():]
	if len(area) > 0 && g.home != nil && len(area)+len(d) <= maxScan {
		var whole [maxScan]byte
		if g.trunked(append(append(whole[:0], area...), d...)) {
			return
		}
	}
	g.local(d)
}

// local reads digits without a + before them.
func (g *reading) local(d []byte) {
	if allSame(d) {
		g.fail(AllSame)
		return
	}
	g.try(d)
	if g.out.count == 0 && !g.carrier(d) {
		g.fail(g.why(g.home, d, false))
	}
}

// try adds the readings of d, if it has any.
func (g *reading) try(d []byte) {
	if rest, ok := g.cutExit(d); ok {
		g.international(rest)
		return
	}
	if g.home != nil {
		g.national(d)
	} else {
		g.ask(g.country, d, true)
	}
	if g.out.count == 0 {
		g.bareInternational(d)
	}
}

func (g *reading) cutExit(d []byte) ([]byte, bool) {
	if g.home == nil {
		return cutPrefix(d, "00")
	}
	for _, exit := range g.home.Exit {
		if rest, ok := cutPrefix(d, exit); ok {
			return rest, true
		}
	}
	return d, false
}

// national reads d as dialled inside the home country, with or without the
// trunk prefix.
func (g *reading) national(d []byte) {
	if rest, ok := g.home.cutTrunk(d); ok && g.trunked(rest) {
		return
	}
	node := g.home.sense(d)
	if node.Sense&SenseSMS != 0 && g.dialled {
		g.out.add(SMSCaller(g.raw))
	}
	g.addIf(node, SenseNumber, g.home, d)
	g.addIf(node, SenseService, g.home, d)
	g.addIf(node, SenseLocal, g.home, d)
	if node.Sense&SenseSMS != 0 {
		g.out.add(SMSCaller(g.raw))
	}
}

// trunked reads what follows the trunk prefix: a number, or an area code with
// a province-local code or, in a list, one whose branch there is meant.
func (g *reading) trunked(d []byte) bool {
	node := g.home.sense(d)
	return g.addIf(node, SenseNumber, g.home, d) || g.addIf(node, SenseAreaLocal, g.home, d) ||
		g.dialled && g.addIf(node, SenseBranch, g.home, d)
}

// addIf adds d in the given sense if node has it.
func (g *reading) addIf(node *Node, sense Sense, t *Table, d []byte) bool {
	if node.Sense&sense == 0 {
		return false
	}
	switch sense {
	case SenseNumber:
		return g.add(t.pack(false, 0, d))
	case SenseService:
		return g.add(t.pack(true, 0, d))
	case SenseBranch:
		return g.add(t.pack(true, 0, d[min(int(node.Area), len(d)):]))
	case SenseAreaLocal:
		cut := min(int(node.Area), len(d))
		return g.add(t.pack(true, int(node.Province)+1, d[cut:]))
	}
	// SenseLocal: first the caller's province, then an unknown one.
	if g.rules.province > 0 && t.Country == g.rules.country {
		g.add(t.pack(true, g.rules.province+1, d))
	}
	return g.add(t.pack(true, 1, d))
}

// carrier deals with a carrier's selection code before a number. Codes of
// service are not dialled that way.
func (g *reading) carrier(d []byte) bool {
	if g.home == nil {
		return false
	}
	for _, code := range g.home.Carriers {
		rest, ok := cutPrefix(d, code)
		if !ok {
			continue
		}
		g.try(rest)
		n, ok := g.out.First().Number()
		if ok && !n.Service() && g.dialled {
			return true
		}
		g.out = Readings{}
		if ok && !n.Service() {
			g.fail(CarrierPrefix)
			return true
		}
	}
	return false
}

// minBare is the fewest digits that are read as a foreign number without + or
// exit code. Below it, a mutilated national number would too often be some
// small country's valid one.
const minBare = 11

// bareInternational reads d as country code and number without + before it.
func (g *reading) bareInternational(d []byte) bool {
	if len(d) == 0 || d[0] == '0' {
		return false
	}
	c := countryAt(d)
	if c == 0 || c != g.country && len(d) < minBare {
		return false
	}
	nsn := d[c.Len():]
	if t := g.rules.table(c); t != nil {
		return g.significant(t, nsn)
	}
	return g.ask(c, nsn, false)
}

// ask lets the fallback read digits of a country without a table.
func (g *reading) ask(c Country, d []byte, dialled bool) bool {
	if g.rules.fallback == nil || c == 0 || len(d) == 0 || len(d) > MaxDigits {
		return false
	}
	return g.add(g.rules.fallback(c, string(d), dialled))
}

// minForeign is the fewest digits after the country code of a number in a
// country without a table.
const minForeign = 4

// international reads what follows a + or an exit code.
func (g *reading) international(d []byte) {
	switch {
	case len(d) == 0:
		g.fail(TooShort)
		return
	case allSame(d):
		g.fail(AllSame)
		return
	case len(d) > 1 && d[0] == '0' && d[1] == '0':
		g.fail(DoubledPrefix)
		return
	}
	c := countryAt(d)
	if c == 0 {
		g.fail(NoCountry)
		return
	}
	nsn := d[c.Len():]
	t := g.rules.table(c)
	if t == nil {
		switch {
		case len(d) > MaxDigits:
			g.fail(TooLong)
		case len(nsn) < minForeign:
			g.fail(TooShort)
		default:
			g.add(pack(false, 0, len(d), value(d)), true)
		}
		return
	}
	if !g.significant(t, nsn) {
		g.fail(g.why(t, nsn, true))
	}
}

// significant reads what follows a country code. International form leaves no
// choice: a number of the plan wins over a code of the same digits.
func (g *reading) significant(t *Table, nsn []byte) bool {
	node := t.sense(nsn)
	for _, sense := range [...]Sense{SenseNumber, SenseService, SenseAreaLocal, SenseLocal} {
		if g.addIf(node, sense, t, nsn) {
			return true
		}
	}
	if node.Sense&SenseSMS != 0 {
		g.out.add(SMSCaller(g.raw))
		return true
	}
	rest, ok := t.cutTrunk(nsn)
	return ok && g.dialled && t.reads(rest) && g.significant(t, rest)
}

// why finds the reason that fits national digits which nothing could read.
// Abroad says that a country code stood before them.
func (g *reading) why(t *Table, d []byte, abroad bool) Reason {
	shortest := minForeign
	if t != nil {
		shortest = t.Shortest
		rest, trunk := t.cutTrunk(d)
		switch {
		case t.sense(d).Sense&SenseAreaService != 0, trunk && t.sense(rest).Sense&SenseAreaService != 0:
			return AreaWithService
		case abroad && trunk && t.reads(rest), t.doubled(d), trunk && t.doubled(rest):
			return DoubledPrefix
		case t.carried(d):
			return CarrierPrefix
		}
	}
	switch {
	case len(d) > MaxDigits:
		return TooLong
	case len(d) < shortest:
		return TooShort
	}
	return NotInPlan
}

// countryAt returns the country code that d begins with, 0 for none.
func countryAt(d []byte) Country {
	head := d[:min(len(d), 3)]
	return countryOf(value(head), len(head))
}
