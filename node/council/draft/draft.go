// Package draft makes motions of what people want to propose: it reads what they wrote,
// with what is known around it, cuts it into as many motions as it takes, and signs them.
//
// Floor 12, a room of node/council. It judges nothing.
package draft

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringfence/consensus/ballot/enact"
	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/council/constitution"
	"ringfence/node/council/paper"
	"ringfence/node/council/words"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
	"ringfence/store/number"
	"ringfence/store/strictyaml"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// Draft is what is to be proposed, before it is cut into motions and signed.
type Draft struct {
	Kind   motion.Kind
	Items  [][]byte
	Until  taxonomy.Day
	Reason string
	Days   int64 // of voting

	BuildsOn uint64 // of what names heads; 0: the ledger as it is followed
}

// Drafter knows what proposals are read against.
type Drafter struct {
	State  func() *charter.State // the constitution as it is followed
	Past   func() *enact.Past
	List   func() *view.List
	Book   func() *answer.Book // reads numbers
	Now    func() time.Time
	Random io.Reader
	// Endorsed finds the request that asks for a change; nil for none.
	Endorsed func(article.Item) article.Item
	Own      func() string // the member that this node proposes for; "" for none
}

// Read reads a proposal into a draft.
func (c *Drafter) Read(p api.Proposal) (Draft, error) {
	var f paper.Filed
	var err error
	if p.FileName != "" && strings.TrimSpace(p.File) == "" {
		return Draft{}, noEntries(&p)
	}
	if kind, ok := constitution.KindOf(p.File, p.Kind); ok && len(p.Articles) == 0 {
		return c.changing(kind, &p)
	}
	if p.File != "" {
		if f, err = paper.Read(&p); err != nil {
			return Draft{}, err
		}
	}
	for _, i := range p.Items {
		f.Items = append(f.Items, paper.Placed{ProposedItem: i})
	}
	f.Entries, f.Lines = append(f.Entries, p.Entries...), append(f.Lines, make([]int, len(p.Entries))...)
	if p.FromList != "" {
		found, err := c.fromList(&p)
		if err != nil {
			return Draft{}, err
		}
		f.Items = append(f.Items, found...)
	}
	if len(f.Items)+len(f.Entries) > api.MaxProposalItems {
		return Draft{}, paper.TooMany(&p)
	}
	if p.Kind == "" {
		p.Kind = motion.Ratify.String()
		if len(f.Entries) > 0 {
			p.Kind = motion.Revoke.String()
		}
	}
	d := Draft{Reason: p.Reason, Until: taxonomy.NeverDay, Days: int64(p.VotedDays)}
	if err := d.Kind.UnmarshalText([]byte(p.Kind)); err != nil {
		if p.File != "" {
			err = fmt.Errorf("%s: kind: %w", paper.NameOf(&p), err)
		}
		return d, api.Errorf(api.BadInput, "%v", err)
	}
	if d.Days == 0 {
		d.Days = DefaultDays
	}
	switch most := motion.MaxReason - paper.PartRoom; {
	case d.Days > motion.MaxOpen/86400:
		return d, api.Tell(api.BadInput, phrase.New("propose.days", "it would be voted on for %d days; at most %d", d.Days, motion.MaxOpen/86400))
	case len(d.Reason) > most:
		return d, api.Tell(api.BadInput, phrase.New("propose.long_reason", "the reason has %d bytes; at most %d", len(d.Reason), most))
	}
	switch d.Kind {
	case motion.Ratify:
		return d, c.draftRulings(&d, &p, f)
	case motion.Revoke, motion.Stay:
		return d, c.draftReversals(&d, &p, f)
	case motion.NoteFork:
		return d, c.draftForks(&d, &p, f)
	}
	if len(p.Articles) > 0 {
		d.BuildsOn = p.BuildsOn
		d.Items, err = paper.Articles(&p, d.Kind, c.State().Federation())
		return d, err
	}
	return d, api.Errorf(api.BadInput, "%s is proposed by another verb, or cannot be by hand; want ratify, revoke, stay or note_fork", d.Kind)
}

// DefaultDays is for how many days a motion is voted on when nothing else is said.
const DefaultDays = 7

// draftRulings drafts the items of a ratify motion, each key once.
func (c *Drafter) draftRulings(d *Draft, p *api.Proposal, f paper.Filed) (err error) {
	if len(f.Entries) > 0 {
		return api.Tell(api.BadInput, phrase.New("propose.only_numbers", "ratify takes numbers; ledger entries are for revoke and stay"))
	}
	switch {
	case len(f.Items) == 0 && p.File != "":
		return noEntries(p)
	case len(f.Items) == 0:
		return api.Tell(api.BadInput, phrase.New("propose.nothing", "nothing is proposed: name a number, a file, or a query over the list that finds something"))
	}
	if d.Until, err = c.until(p.Until); err != nil {
		return err
	}
	seen := make(map[number.Range]int, len(f.Items))
	var wrong slips
	for i := range f.Items {
		r, err := c.ruling(p, &f.Items[i])
		if before, twice := seen[r.Subject]; err == nil && twice {
			err = fmt.Errorf("number: %s stands there before, as item %d", r.Subject, before+1)
		}
		var b []byte
		if err == nil {
			seen[r.Subject] = i
			b, err = r.Encode()
		}
		if err != nil {
			wrong.add(phrase.Join(placeOf(p, &f.Items[i], i, len(f.Items)), phrase.Plain(err.Error())).Text)
		}
		d.Items = append(d.Items, b)
	}
	return wrong.error()
}

// noEntries says that a file proposes nothing.
func noEntries(p *api.Proposal) error {
	return api.Tell(api.BadInput, phrase.New("propose.no_entries", "%s has no entries: each goes on a line of its own, below the head of a table or the items or entries of a document; ringfence motion propose --help shows both", paper.NameOf(p)))
}

// placeOf says where an item stands; nothing of the only one.
func placeOf(p *api.Proposal, one *paper.Placed, i, of int) phrase.Phrase {
	switch {
	case one.Line > 0:
		return phrase.New("propose.line", "%s: line %d", paper.NameOf(p), one.Line)
	case of > 1:
		return phrase.New("propose.item", "item %d", i+1)
	}
	return phrase.Phrase{}
}

func (c *Drafter) ruling(p *api.Proposal, one *paper.Placed) (r motion.Ratification, err error) {
	if one.Number == "" {
		return r, fmt.Errorf("number: none is named")
	}
	if r.Subject, err = c.Book().ReadKey(one.Number, p.Country); err != nil {
		return r, fmt.Errorf("number: %w", err)
	}
	if err := r.Action.UnmarshalText([]byte(cmp.Or(one.Action, p.Action, "label"))); err != nil {
		return r, fmt.Errorf("action: %w", err)
	}
	word := cmp.Or(one.Category, p.Category)
	if word == "" {
		return r, fmt.Errorf("category: none is named, such as crm.fraud.impersonation")
	}
	if r.Category, err = taxonomy.ParseCategory(word); err != nil {
		return r, fmt.Errorf("category: %w", err)
	}
	word = cmp.Or(one.Grounds, p.Grounds)
	if word == "" {
		return r, fmt.Errorf("grounds: on what is it decided? want %s", strings.Join(words.Grounds(), ", "))
	}
	code := slices.Index(words.Grounds(), word)
	if code < 0 {
		return r, fmt.Errorf("grounds: %q is none of them%s", word, strictyaml.Hint(word, words.Grounds()))
	}
	r.Grounds = motion.Grounds(code + 1)
	if len(one.Citations) > motion.MaxCitations {
		return r, fmt.Errorf("citations: %d; at most %d", len(one.Citations), motion.MaxCitations)
	}
	for _, text := range one.Citations {
		ref, err := taxonomy.ParseRef(text)
		if err != nil {
			return r, fmt.Errorf("citations: %w", err)
		}
		r.Citations = append(r.Citations, ref)
	}
	return r, nil
}

// until reads the last day of what is ratified: as long as policy allows when none is
// named.
func (c *Drafter) until(text string) (taxonomy.Day, error) {
	latest := taxonomy.DayOf(c.Now().Unix()) + taxonomy.Day(c.State().Policy().ExpiryMaxDays.Ratified)
	if text == "" {
		return latest, nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, api.Tell(api.BadInput, phrase.New("propose.no_day", "until: %q is no day, such as 2027-01-31", text))
	}
	day := taxonomy.DayOf(at.Unix())
	switch {
	case at.Unix() <= c.Now().Unix():
		return 0, api.Tell(api.BadInput, phrase.New("propose.until_over", "until: %s is over: name a later day, %s at the latest", text, latest))
	case day > latest:
		return 0, api.Tell(api.BadInput, phrase.New("propose.until_far", "until: %s is further than the policy allows: %s at the latest", text, latest))
	}
	return day, nil
}

// draftReversals drafts what is revoked or stayed: ledger indexes, in rising order.
func (c *Drafter) draftReversals(d *Draft, p *api.Proposal, f paper.Filed) error {
	switch {
	case len(f.Items) > 0:
		return api.Tell(api.BadInput, phrase.New("propose.only_entries", "%s takes ledger entries, or the numbers on which they are; what one would ratify has no place in it", d.Kind))
	case len(f.Entries) == 0 && p.File != "":
		return noEntries(p)
	case len(f.Entries) == 0:
		return api.Tell(api.BadInput, phrase.New("propose.no_entry", "nothing is proposed: name a ledger index, or a number on which entries are ratified"))
	case p.Until != "":
		return api.Tell(api.BadInput, phrase.New("propose.no_until", "until: a %s motion enters nothing that lasts until a day", d.Kind))
	}
	past := c.Past()
	var indexes []uint64
	for i, text := range f.Entries {
		at := placeOf(p, &paper.Placed{Line: f.Lines[i]}, i, len(f.Entries))
		found, err := c.indexesOf(text, p.Country)
		if err != nil {
			return api.Tell(api.KindOf(err), phrase.Join(at, phrase.From(err)))
		}
		for _, index := range found {
			if _, ratified := past.Ratified(index); !ratified || past.IsRevoked(index) {
				return api.Tell(api.NotFound, phrase.Join(at, phrase.New("propose.not_ratified", "the ledger holds no ratified entry %d that is in force; ringfence explain NUMBER shows the entries of a number", index)))
			}
		}
		indexes = append(indexes, found...)
	}
	slices.Sort(indexes)
	for _, index := range slices.Compact(indexes) {
		r := motion.Reversal{Index: index}
		d.Items = append(d.Items, r.Encode())
	}
	return nil
}

// indexesOf reads a ledger index, or a number or range on which entries are ratified.
// Digits alone that the ledger has an entry for are an index: a number has its plus.
func (c *Drafter) indexesOf(text, country string) ([]uint64, error) {
	if index, err := strconv.ParseUint(text, 10, 64); err == nil && index < c.State().Size() {
		return []uint64{index}, nil
	}
	key, err := c.Book().ReadKey(text, country)
	if _, no := strconv.ParseUint(text, 10, 64); err != nil && no == nil {
		return nil, api.Tell(api.NotFound, phrase.New("propose.no_index", "the ledger has %d entries, and none is %s; nor is that a number: %v", c.State().Size(), text, err))
	}
	if err != nil {
		return nil, err
	}
	l := c.List()
	var all []uint64
	for k := range key.Keys() {
		for _, r := range l.Ratified.At(k) {
			if !r.Revoked && r.Until > l.Stamp().Day {
				all = append(all, r.Index)
			}
		}
	}
	if len(all) == 0 {
		return nil, api.Tell(api.NotFound, phrase.New("propose.none_on", "no ratified entry on %s is in force", key))
	}
	return all, nil
}

// Written is a motion with its items.
type Written struct {
	motion.Signed
	Items []motion.Opening
}

// Write cuts a draft into as many motions as it takes, and signs them as by.
func (c *Drafter) Write(d *Draft, by keys.Private) ([]Written, error) {
	chunks, err := c.cut(d.Items)
	if err != nil {
		return nil, err
	}
	var tag [paper.TagSize]byte
	if _, err := io.ReadFull(c.Random, tag[:]); err != nil {
		return nil, fmt.Errorf("draft: draw a name: %w", err)
	}
	now := c.Now().Unix()
	s := c.State()
	all := make([]Written, len(chunks))
	for i, items := range chunks {
		h := motion.Header{
			Federation: s.Federation(), Kind: d.Kind, Proposer: by.Public(), Time: now, Expires: now + d.Days*86400, Until: d.Until,
			Reason: paper.WithPart(d.Reason, i+1, len(chunks), hex.EncodeToString(tag[:])),
		}
		if d.Kind.NamesHeads() {
			h.BuildsOn = cmp.Or(d.BuildsOn, s.Size())
		}
		if d.Kind.Constitutes() {
			h.Standing = s.Standing()
		}
		if _, err := h.Commit(items); err != nil {
			return nil, fmt.Errorf("draft: %w", err)
		}
		signed, err := motion.Sign(h, by)
		if err != nil {
			return nil, fmt.Errorf("draft: %w", err)
		}
		all[i] = Written{signed, items}
	}
	return all, nil
}

// cut salts items and puts as many together as one motion holds.
func (c *Drafter) cut(items [][]byte) (chunks [][]motion.Opening, err error) {
	var now []motion.Opening
	size := 0
	for _, item := range items {
		o := motion.Opening{Item: item}
		if _, err := io.ReadFull(c.Random, o.Salt[:]); err != nil {
			return nil, fmt.Errorf("draft: draw a salt: %w", err)
		}
		more := len(item) + merkle.SaltSize
		if len(now) == motion.MaxItems || size+more > motion.MaxBytes {
			chunks, now, size = append(chunks, now), nil, 0
		}
		now, size = append(now, o), size+more
	}
	return append(chunks, now), nil
}
