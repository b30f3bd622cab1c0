package directory

import (
	"strings"
	"testing"
)

func TestReadDirectory(t *testing.T) {
	d, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if d.Rows != 574 || len(d.Holdings)+d.LeftOut() != d.Rows || len(d.Holdings) < 500 {
		t.Errorf("%d rows, %d holdings, left out %v", d.Rows, len(d.Holdings), d.Left)
	}
	found := false
	for i, h := range d.Holdings {
		found = found || h.Number.String() == "+86!95588" && h.Organisation == "中国工商银行"
		if i > 0 && d.Holdings[i-1].Number.Compare(h.Number) >= 0 {
			t.Fatalf("%s is not after the one before", h.Number)
		}
	}
	if !found {
		t.Error("95588 is not there")
	}
	if d.Left[otherCountry] == 0 || d.Left[messagesOnly] == 0 {
		t.Errorf("left out %v", d.Left)
	}
}

func TestReadDirectoryRefusesOtherFiles(t *testing.T) {
	for _, text := range []string{"", "a,b\n", "number,category,organization\n", "category,organization,number\nx,y\n"} {
		if _, err := read(strings.NewReader(text), nil); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
