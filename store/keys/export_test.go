package keys

// RecipientText writes the bytes of an X25519 point as age does.
func RecipientText(point []byte) string { return bech32("age", point) }
