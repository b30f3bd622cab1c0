// Package locale holds what people read, in English and Chinese.
//
// Verdicts, statuses and reasons are codes inside and words in JSON; neither is
// for the person whose call was refused or the clerk who answers for it. Here
// each has a sentence in both languages under one key. Packages below do not
// know this one: they give codes with a fixed word each ("cli.irregular",
// "superseded"), and the key is a prefix and that word, so a new code needs a
// message here and no change there. Names of classes, categories and number
// classes stand beside their codes in taxonomy and plan.
//
// A phrase (node/phrase) brings its English along from the floor that says it, and only
// its Chinese is here.
//
// A message that is missing is a fault of the program and not of its user: the
// key itself is shown, and a test finds it first.
//
// Floor 9. It formats no dates or amounts and reads no files.
package locale

import (
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"ringfence/node/phrase"
	"ringfence/store/assertion"
	"ringfence/store/view"
)

// Key names one message. Keys are dotted: a prefix for the kind of thing and
// the thing's own word.
type Key string

// Catalogs holds the messages of every language. It is immutable and safe for
// concurrent use.
type Catalogs struct {
	all     [numLanguages]Catalog
	matcher language.Matcher
}

// The languages in the order of the message table; the first is the fallback.
const (
	english = iota
	chinese

	numLanguages
)

// New builds the catalogues.
func New() *Catalogs {
	tags := [numLanguages]language.Tag{english: language.English, chinese: language.Chinese}
	c := &Catalogs{matcher: language.NewMatcher(tags[:])}
	for i, tag := range tags {
		c.all[i] = Catalog{lang: tag.String(), messages: make(map[Key]string), rest: make(map[string]string)}
	}
	for _, m := range messages() {
		c.all[english].messages[m.key] = m.en
		c.all[chinese].messages[m.key] = m.zh
	}
	for _, s := range phrases() {
		c.all[chinese].messages[s.code] = s.zh
	}
	for r := assertion.Sound + 1; r <= assertion.RangeNotAllowed; r++ {
		c.all[chinese].messages[soundKey(r)] = r.Text(tags[chinese].String())
	}
	for _, m := range rest() {
		c.all[chinese].rest[m.en] = m.zh
	}
	return c
}

// Match returns the catalogue that fits best. A preference is a language tag
// (zh, zh-CN), a POSIX locale (zh_CN.UTF-8) or an Accept-Language header; the
// first that names a language known here decides, else it is English.
func (c *Catalogs) Match(preferences ...string) *Catalog {
	for _, p := range preferences {
		if tag, _, posix := strings.Cut(p, "."); posix && !strings.ContainsAny(p, ",;") {
			p = tag
		}
		tags, _, err := language.ParseAcceptLanguage(p)
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, i, confidence := c.matcher.Match(tags...); confidence > language.No {
			return &c.all[i]
		}
	}
	return &c.all[english]
}

// All returns the catalogues, English first.
func (c *Catalogs) All() []*Catalog {
	all := make([]*Catalog, numLanguages)
	for i := range c.all {
		all[i] = &c.all[i]
	}
	return all
}

// Catalog holds the messages of one language.
type Catalog struct {
	lang     string
	messages map[Key]string
	rest     map[string]string // of the REST page, by its English
}

// Lang returns the language as a BCP 47 tag: en or zh.
func (c *Catalog) Lang() string { return c.lang }

// Text returns the message of key with {0}, {1} … replaced by args. A key
// without a message is returned as it is; a place without an argument stays.
func (c *Catalog) Text(key Key, args ...string) string {
	text, ok := c.messages[key]
	if !ok {
		return string(key)
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", arg)
	}
	// One pass: what an argument contains is never taken for a place.
	return strings.NewReplacer(pairs...).Replace(text)
}

// Named is Text for a key that a lower package gives as a word. It lets a
// Catalog stand for screen.Texts.
func (c *Catalog) Named(key string, args ...string) string { return c.Text(Key(key), args...) }

// Phrase tells a phrase, with what is said after it. Of a code that has no message
// here, such as one of a newer node, and in English, it is the phrase's own words.
func (c *Catalog) Phrase(p phrase.Phrase) string {
	var all []string
	for _, part := range p.Sentences() {
		all = append(all, c.sentence(part))
	}
	if c.lang == language.Chinese.String() {
		return strings.Join(all, "：")
	}
	return strings.Join(all, ": ")
}

// sentence tells one sentence of a phrase. Where a value is a code, or several with commas
// between, the text names what the code is of, as {2|role}, and its name stands there.
func (c *Catalog) sentence(s phrase.Sentence) string {
	text, ok := c.messages[Key(s.Code)]
	if !ok {
		return s.Text
	}
	pairs := make([]string, 0, 2*len(s.Args))
	for i, arg := range s.Args {
		bare := "{" + strconv.Itoa(i)
		if _, after, coded := strings.Cut(text, bare+"|"); coded {
			prefix, _, _ := strings.Cut(after, "}")
			pairs = append(pairs, bare+"|"+prefix+"}", c.names(prefix, arg))
		}
		pairs = append(pairs, bare+"}", arg)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// names tells codes; one that has no message here stays as it is.
func (c *Catalog) names(prefix, codes string) string {
	all := strings.Split(codes, ", ")
	for i, code := range all {
		if name, ok := c.messages[Key(prefix+"."+code)]; ok {
			all[i] = name
		}
	}
	return strings.Join(all, ", ")
}

// Void says why a statement is void; none when it is not.
func (c *Catalogs) Void(r view.Reason) phrase.Phrase {
	key, own := voidKey(r)
	if !own {
		key = soundKey(assertion.Reason(r))
	}
	return phrase.Coded(string(key), c.all[english].Void(r))
}

// soundKey names a reason of assertion by its code, which stays the same.
func soundKey(r assertion.Reason) Key { return Key("void.assertion_" + strconv.Itoa(int(r))) }

// Translated returns a text of the REST face's documentation in this language,
// English as it is. What has no translation stays.
func (c *Catalog) Translated(text string) string {
	bare, stop := strings.CutSuffix(text, ".")
	told, ok := c.rest[bare]
	switch {
	case !ok:
		return text
	case stop:
		return told + "。"
	}
	return told
}

// word is a code with a fixed word: an action, a status, a treatment.
type word interface{ String() string }

// The prefixes under which codes of other packages have their messages.
const (
	prefixAction    = "action."
	prefixBasis     = "basis."
	prefixIngress   = "ingress."
	prefixKind      = "kind."
	prefixOutcome   = "outcome."
	prefixRule      = "rule."
	prefixStatus    = "status."
	prefixTreatment = "treatment."
)

// Action tells a taxonomy.Action.
func (c *Catalog) Action(a word) string { return c.named(prefixAction, a) }

// Basis tells what a verdict rests on (screen.Basis).
func (c *Catalog) Basis(b word) string { return c.named(prefixBasis, b) }

// Ingress tells where a call came in (screen.IngressClass).
func (c *Catalog) Ingress(i word) string { return c.named(prefixIngress, i) }

// Outcome tells what became of a batch at the door (fresh, known, early,
// refused).
func (c *Catalog) Outcome(o word) string { return c.named(prefixOutcome, o) }

// Rule tells a screening rule (screen.Rule).
func (c *Catalog) Rule(r word) string { return c.named(prefixRule, r) }

// Status tells what became of a statement (view.Status).
func (c *Catalog) Status(s word) string { return c.named(prefixStatus, s) }

// Treatment tells what is done with a call (screen.Treatment).
func (c *Catalog) Treatment(t word) string { return c.named(prefixTreatment, t) }

// named returns the message of a code; none for the code that has no word.
func (c *Catalog) named(prefix string, w word) string {
	s := w.String()
	if s == "" {
		return ""
	}
	return c.Text(Key(prefix + s))
}

// Void tells why a statement is void, "" when it is not.
func (c *Catalog) Void(r view.Reason) string {
	switch key, own := voidKey(r); {
	case r == view.NotVoid:
		return ""
	case own:
		return c.Text(key)
	}
	return assertion.Reason(r).Text(c.lang)
}

// voidKey names the reasons that the view gives beside those of assertion.
func voidKey(r view.Reason) (Key, bool) {
	switch r {
	case view.ReasonRole:
		return VoidRole, true
	case view.ReasonShortLived:
		return VoidShortLived, true
	case view.ReasonExpelled:
		return VoidExpelled, true
	case view.ReasonAudience:
		return VoidAudience, true
	case view.ReasonBroad:
		return VoidBroad, true
	case view.ReasonLongLived:
		return VoidLongLived, true
	case view.ReasonOld:
		return VoidOld, true
	case view.ReasonProtected:
		return VoidProtected, true
	case view.ReasonNotHolder:
		return VoidNotHolder, true
	case view.ReasonFuture:
		return VoidFuture, true
	case view.ReasonRepeated:
		return VoidRepeated, true
	case view.ReasonQuota:
		return VoidQuota, true
	case view.ReasonForeign:
		return VoidForeign, true
	case view.ReasonNotIssuer:
		return VoidNotIssuer, true
	case view.ReasonFrozen:
		return VoidFrozen, true
	}
	return "", false
}
