package council

import (
	"strings"
	"testing"

	"ringfence/node/api"
	"ringfence/node/phrase"
)

// What is wrong in a file is named by file, line and field, in a document as in a table, and
// so is an entry that cannot be revoked.
func TestErrorsOfAFileNameItsLine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 1)
		defer f.close()
		reg := f.desks["reg"]
		for file, want := range map[string]string{
			"number,action,category,grounds\n" + mobile + ",destroy,crm.fraud.impersonation,flags\n":                                         "a.yaml: line 2: action: ",
			"kind: ratify\nitems:\n  - {number: \"" + mobile + "\", category: crm.nope, grounds: flags}\n":                                   "a.yaml: line 3: category: ",
			"kind: ratify\nitems:\n\n  - number: \"12\"\n    category: crm.fraud.impersonation\n    grounds: flags\n":                        "a.yaml: line 4: number: ",
			"number,action,category,grounds\n" + mobile + ",destroy,crm.fraud.impersonation,flags\n12,label,crm.fraud.impersonation,flags\n": "a.yaml: line 2: action: taxonomy: \"destroy\" is no action; want allow, label or block\na.yaml: line 3: number: ",
			"kind: revoke\nentries:\n  - 99999\n":     "a.yaml: line 3: ",
			"kind: revoke\nentries: [0]\n":            "a.yaml: line 2: the ledger holds no ratified entry 0",
			"entry\n0\n":                              "a.yaml: line 2: the ledger holds no ratified entry 0",
			"kind: set_policy\npolicy: {nosuch: 3}\n": `a.yaml: read change of the charter: line 2: "nosuch" is no key of a change of the charter; `,
			"kind: nosuch\n":                          "a.yaml: kind: ",
			"":                                        "a.yaml has no entries",
			" \n":                                     "a.yaml has no entries",
			"number,action\n":                         "a.yaml has no entries",
			"entry\n":                                 "a.yaml has no entries",
			"kind: ratify\nitems: []\n":               "a.yaml has no entries",
			"kind: revoke\n":                          "a.yaml has no entries",
		} {
			_, err := reg.ProposeMotion(t.Context(), api.Proposal{File: file, FileName: "a.yaml", Preview: true})
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q: %v, want %q", file, err, want)
			}
		}
	})
}

// A day until which nothing can be ratified is over or too far, and is said to be which.
func TestADayUntilWhichNothingLasts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := sit(t, 1)
		defer f.close()
		for day, code := range map[string]string{"1999-01-01": "propose.until_over", "2999-01-01": "propose.until_far"} {
			_, err := f.desks["reg"].ProposeMotion(t.Context(), api.Proposal{Until: day, Category: "crm.spoof", Grounds: "flags", Items: []api.ProposedItem{{Number: mobile}}, Preview: true})
			if p := phrase.From(err); p.Code != code || !strings.HasPrefix(p.Text, "until: "+day+" is ") {
				t.Errorf("until %s: %v", day, err)
			}
		}
	})
}
