package assertion_test

import (
	"crypto/rand"
	"fmt"

	"ringfence/store/assertion"
	"ringfence/store/keys"
	"ringfence/store/number"
	"ringfence/store/taxonomy"
)

// A publisher says one thing about one number: a statement, put into a batch,
// the batch signed by its header.
func Example() {
	n, err := number.International("8617000001234")
	if err != nil {
		fmt.Println(err)
		return
	}
	subject := n.Range().Bytes()
	s := assertion.Statement{
		Subject:      assertion.Subject{Kind: assertion.SubjectNumber, Value: subject[:8]},
		ObservedFrom: 1795435200,
		ObservedTo:   1795435200,
		Effective:    1795521600,
		Expires:      1795521600 + 90*86400,
		Basis:        assertion.Basis{Kind: assertion.BasisReports, Count: 8},
	}
	if err := s.SetBody(assertion.Flag{Category: taxonomy.Untyped, Label: "骚扰电话", Confidence: 666, Reports: 8}); err != nil {
		fmt.Println(err)
		return
	}
	if _, reason := s.Check(); reason != assertion.Sound {
		fmt.Println("would be void:", reason)
		return
	}

	builder := assertion.NewBuilder(rand.Reader)
	if _, err := builder.Add(assertion.PublicationID{1}, &s); err != nil {
		fmt.Println(err)
		return
	}
	batch, err := builder.Finish()
	if err != nil {
		fmt.Println(err)
		return
	}

	key := keys.FromSeed([32]byte{1})
	header := assertion.Header{
		Federation: assertion.CID([]byte("genesis charter")),
		Issuer:     key.Public(),
		Time:       1795521600,
		Count:      batch.Count,
		Root:       batch.Root,
	}
	unsigned, err := header.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	signed, err := assertion.Sign(unsigned, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(batch.Count, "statement,", len(batch.Body), "bytes of body,", len(signed), "bytes of signed header")
	// Output: 1 statement, 105 bytes of body, 189 bytes of signed header
}
