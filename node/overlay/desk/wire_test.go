package desk

import (
	"bytes"
	"testing"
	"time"

	"ringfence/store/assertion"
)

func FuzzWelcome(f *testing.F) {
	f.Add(Welcome{Federation: assertion.CID([]byte("federation")), Name: "联邦", Lowest: 1, Highest: 2, Time: time.Unix(5, 0), Member: true, Version: "v", Genesis: []byte{1}}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := decodeWelcome(b)
		if err == nil && !bytes.Equal(w.Encode(), b) {
			t.Errorf("%x is read as %x", b, w.Encode())
		}
	})
}

func FuzzQuestion(f *testing.F) {
	f.Add(question{true}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := decodeQuestion(b)
		if err == nil && !bytes.Equal(q.encode(), b) {
			t.Errorf("%x is read as %x", b, q.encode())
		}
	})
}
