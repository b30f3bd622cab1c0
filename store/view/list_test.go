package view

import (
	"testing"

	"ringfence/store/charter"
	"ringfence/store/merkle"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// TestARatifiedEntryDecides holds the order of a look-up: the ratified entry of
// the longest key, else the number's own, else that of the longest range; and
// no range reaches a protected number.
func TestARatifiedEntryDecides(t *testing.T) {
	n, err := number.Parse("+8613800138000")
	must(t, err)
	other, err := number.Parse("+8613800139000")
	must(t, err)
	protected, err := number.Parse("+86!12321")
	must(t, err)
	around := func(n number.Number, free int) number.Range {
		key, ok := n.Enclosing(free)
		if !ok {
			t.Fatalf("no range of %d free digits", free)
		}
		return key
	}
	labelled := taxonomy.Entry{Action: taxonomy.Label, Class: taxonomy.Unk, Category: taxonomy.Untyped}
	ratified := taxonomy.Entry{Action: taxonomy.Block, Class: taxonomy.Unk, Category: taxonomy.Untyped, Ratified: true}
	type entries map[number.Range]taxonomy.Entry
	for name, c := range map[string]struct {
		ask  number.Number
		list entries
		want number.Range // zero: nothing
	}{
		"another range":                         {n, entries{around(other, 1): labelled}, number.Range{}},
		"the number before its ranges":          {n, entries{n.Range(): labelled, around(n, 2): labelled}, n.Range()},
		"the longest range":                     {n, entries{around(n, 1): labelled, around(n, 2): labelled}, around(n, 1)},
		"a ratified range before the number":    {n, entries{n.Range(): labelled, around(n, 2): ratified}, around(n, 2)},
		"a ratified number before all":          {n, entries{n.Range(): ratified, around(n, 2): ratified}, n.Range()},
		"the longest ratified range":            {n, entries{around(n, 1): labelled, around(n, 2): ratified, around(n, 3): ratified}, around(n, 2)},
		"no range reaches a protected number":   {protected, entries{around(protected, 1): ratified}, number.Range{}},
		"a ratified protected number is listed": {protected, entries{protected.Range(): ratified}, protected.Range()},
	} {
		t.Run(name, func(t *testing.T) {
			protect := func(cfg *charter.FoundingConfig) { cfg.Protected = []number.Range{protected.Range()} }
			l := &List{Charter: newWorld(t, protect, "list: vendor").state}
			var changes []merkle.Change
			for key, e := range c.list {
				l.Tally.Move(taxonomy.Entry{}, e)
				changes = append(changes, merkle.Change{Key: merkle.Key{First: key.First().Uint64(), Free: uint8(key.Free())}, Value: e.Bytes()})
			}
			l.Hashes = l.Hashes.Apply(changes)
			e, key, ok := l.Lookup(c.ask)
			if key != c.want || ok == c.want.IsZero() || e != c.list[c.want] {
				t.Errorf("%s says %v, %t; want %s", key, e, ok, c.want)
			}
		})
	}
}
