package layout

import (
	"strings"
	"testing"

	"ringfence/store/assertion"
)

func TestServiceNamesFitALabelAndTellFederationsApart(t *testing.T) {
	s := ServiceOf(assertion.CID([]byte("federation")))
	label, _, _ := strings.Cut(s, ".")
	if len(label) > 63 || !strings.HasSuffix(s, "._udp") {
		t.Errorf("%q", s)
	}
}
