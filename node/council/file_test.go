package council

import (
	"strings"
	"testing"

	"ringfence/node/api"
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
			"number,action,category,grounds\n" + mobile + ",destroy,crm.fraud.impersonation,flags\n12,label,crm.fraud.impersonation,flags\n": "a.yaml: line 2: action: taxonomy: \"destroy\" is no action; want allow, label or block; a.yaml: line 3: number: ",
			"kind: revoke\nentries:\n  - 99999\n":     "a.yaml: line 3: ",
			"kind: revoke\nentries: [0]\n":            "a.yaml: line 2: the ledger holds no ratified entry 0",
			"entry\n0\n":                              "a.yaml: line 2: the ledger holds no ratified entry 0",
			"kind: set_policy\npolicy: {nosuch: 3}\n": `a.yaml: read change of the charter: line 2: "nosuch" is no key of a change of the charter; `,
			"kind: nosuch\n":                          "a.yaml: kind: ",
		} {
			_, err := reg.ProposeMotion(t.Context(), api.Proposal{File: file, FileName: "a.yaml", Preview: true})
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q: %v, want %q", file, err, want)
			}
		}
	})
}
