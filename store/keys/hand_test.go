package keys_test

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"ringfence/store/keys"
)

// A key that is handed over is opened by whom it is for, once, and by nobody else.
func TestAKeyIsHandedOver(t *testing.T) {
	base := t.TempDir()
	unlock := keys.KeyFile(filepath.Join(base, "key"))
	must(t, keys.CreateKeyFile(filepath.Join(base, "key"), rand.Reader))
	recipients := make(map[string]string)
	for _, who := range []string{"east", "west"} {
		half, err := keys.Create(filepath.Join(base, who), keys.PurposeAudience, unlock, rand.Reader)
		must(t, err)
		recipients[who] = half.Recipient
	}
	log, err := keys.Generate(rand.Reader)
	must(t, err)
	sealed, err := keys.Hand(keys.PurposeLog, log, recipients["east"])
	must(t, err)
	receive := func(who string, p keys.Purpose, sealed []byte) error {
		half, err := keys.Receive(filepath.Join(base, who), p, sealed, unlock, rand.Reader)
		if err == nil && half.Public != log.Public() {
			t.Errorf("%s holds %s", who, half.Text())
		}
		return err
	}
	damaged := append([]byte(nil), sealed...)
	damaged[len(damaged)-1] ^= 1
	for what, err := range map[string]error{
		"another's":       receive("west", keys.PurposeLog, sealed),
		"damaged":         receive("east", keys.PurposeLog, damaged),
		"another purpose": receive("east", keys.PurposeVote, sealed),
		"nothing":         receive("east", keys.PurposeLog, nil),
		"a text":          receive("east", keys.PurposeLog, []byte("kind: ratify\n")),
	} {
		if !errors.Is(err, keys.ErrNotHanded) || strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, receive("east", keys.PurposeLog, sealed))
	if err := receive("east", keys.PurposeLog, sealed); err == nil {
		t.Error("it is taken twice")
	}
	if _, err := keys.Hand(keys.PurposeLog, log, "age1nobody"); err == nil {
		t.Error("it is sealed to nobody")
	}
}
