package feed

// Epoch is a stretch of an issuer's feed that the ledger opened. The zero Epoch is the
// first one.
type Epoch struct {
	Number uint64
	// Base is the batch of the epoch before on which it goes on, without its time. The
	// zero Tip says that it begins from nothing, as the first does.
	Base Tip
}

// Within returns t if it is of the epoch or a later one, else the zero Tip: what is held of
// earlier ones is no part of it.
func (e Epoch) Within(t Tip) Tip {
	if t.Epoch < e.Number {
		return Tip{}
	}
	return t
}
