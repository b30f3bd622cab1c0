package paper

import (
	"reflect"
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/store/motion"
)

// A table and a document say the same, with the lines of the table.
func TestRead(t *testing.T) {
	table := api.Proposal{File: "\ufeffNumber, action,category,citations\n+8613800138000,block,crm.fraud.impersonation,a/1 b/2\n\n+8613800138001,,,\n"}
	f, err := Read(&table)
	if err != nil {
		t.Fatal(err)
	}
	want := []Placed{
		{api.ProposedItem{Number: "+8613800138000", Action: "block", Category: "crm.fraud.impersonation", Citations: []string{"a/1", "b/2"}}, 2},
		{api.ProposedItem{Number: "+8613800138001", Citations: []string{}}, 4},
	}
	if !reflect.DeepEqual(f.Items, want) {
		t.Errorf("table: %+v", f.Items)
	}
	p := api.Proposal{Reason: "case 12", File: "kind: ratify\nuntil: \"2027-01-31\"\nitems:\n  - number: \"+8613800138000\"\n    action: block\n"}
	if f, err = Read(&p); err != nil || p.Kind != "ratify" || p.Until != "2027-01-31" || p.Reason != "case 12" || len(f.Items) != 1 || f.Items[0].Action != "block" {
		t.Errorf("document: %+v in %+v, %v", f, p, err)
	}
	p = api.Proposal{File: "kind: ratify\nitems:\n  - number: \"+8613800138000\"\n    action: block\n  # the next\n  - {number: \"+8613800138001\"}\n"}
	if f, err = Read(&p); err != nil || len(f.Items) != 2 || f.Items[0].Line != 3 || f.Items[1].Line != 6 {
		t.Errorf("lines of a document: %+v, %v", f.Items, err)
	}
	p = api.Proposal{File: "kind: revoke\nentries: [1042,\n  1043]\n"}
	if f, err = Read(&p); err != nil || !reflect.DeepEqual(f.Lines, []int{2, 3}) {
		t.Errorf("lines of entries: %+v, %v", f, err)
	}
	p = api.Proposal{File: "entry\n1042\n+8613800138000\n"}
	if f, err = Read(&p); err != nil || !reflect.DeepEqual(f.Entries, []string{"1042", "+8613800138000"}) || !reflect.DeepEqual(f.Lines, []int{2, 3}) {
		t.Errorf("entries: %+v, %v", f, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for file, want := range map[string]string{
		"":                                    "no head",
		"nummer,action\n":                     `no column is called "nummer"`,
		"number;action;category\n":            "separated by semicolons, and commas are wanted",
		"number\taction\n":                    "separated by tabs",
		"action,grounds\n":                    "want a column number",
		"number,entry\n":                      "want a column number",
		"number,number\n":                     "stands twice",
		"category,entry\n":                    "stands alone",
		"number\n+86,138\n":                   "line 2: 2 fields",
		"number\n\"+86\n":                     "line 2",
		"kind: revoke\n":                      `the file says "revoke", and you "ratify"`,
		"kind: ratify\nitem: []\n":            "item",
		"kind: ratify\nitems:\n  - nummer: x": `line 3: "nummer" is no key of a proposal`,
		"number\n" + strings.Repeat("1\n", api.MaxProposalItems+1): "more than 65536",
	} {
		_, err := Read(&api.Proposal{File: file, FileName: "a.csv", Kind: "ratify"})
		if api.KindOf(err) != api.BadInput || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a.csv") {
			t.Errorf("%.30q: %v, want %q", file, err, want)
		}
	}
}

// What the parts of a proposal say of themselves is read back, and what only looks like it
// is a reason.
func TestParts(t *testing.T) {
	m := motion.Signed{}
	m.Reason = WithPart("why", 2, 3, "0123456789abcdef")
	if w, part, of := WholeOf(&m); part != 2 || of != 3 || w.Reason != "why" || w.tag != "0123456789abcdef" || len(m.Reason) > len("why")+PartRoom {
		t.Errorf("%q is part %d of %d, %q", m.Reason, part, of, w.Reason)
	}
	for _, text := range []string{"why", WithPart("why", 1, 1, "0123456789abcdef"), "why [part 4 of 3, 0123456789abcdef]", "why [part 0 of 3, 0123456789abcdef]", "why [part 1 of 3, x]",
		"why [part 01 of 3, 0123456789abcdef]", "why [part +1 of 3, 0123456789abcdef]", "why [part 1 of 3, 0123456789abcdef", "why [part 1 of 30000, 0123456789abcdef]", " [part ]"} {
		m.Reason = text
		if w, part, of := WholeOf(&m); part != 1 || of != 1 || w.Reason != text {
			t.Errorf("%q is part %d of %d, %q", text, part, of, w.Reason)
		}
	}
}
