package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"ringfence/node/api"
)

// TestKinds: each kind has a status that leads back to it, and an exit code.
func TestKinds(t *testing.T) {
	exits := map[api.Kind]int{api.BadInput: api.ExitUsage, api.NotFound: api.ExitNo, api.Forbidden: api.ExitRefused, api.Refused: api.ExitRefused, api.Unavailable: api.ExitNobody, api.Internal: api.ExitNo}
	for kind, exit := range exits {
		if !kind.Known() || api.KindOfHTTP(kind.HTTP()) != kind || kind.Exit() != exit {
			t.Errorf("%s: status %d leads to %s, exit %d", kind, kind.HTTP(), api.KindOfHTTP(kind.HTTP()), kind.Exit())
		}
		if err := fmt.Errorf("wrapped: %w", api.Errorf(kind, "x")); api.KindOf(err) != kind {
			t.Errorf("%s wrapped is %s", kind, api.KindOf(err))
		}
	}
	if api.Kind("odd").Known() || api.KindOf(errors.New("x")) != api.Internal || api.KindOfHTTP(http.StatusTeapot) != api.Internal {
		t.Error("what is not known is not our fault")
	}
}
