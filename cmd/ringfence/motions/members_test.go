package motions

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ringfence/node/api"
)

// desk is a node before which nothing lies.
type desk struct {
	api.Council
	member string // whose regulator it is; "" of a member's node
}

func (d desk) Motions(context.Context, api.MotionQuery) (api.Motions, error) {
	return api.Motions{Member: d.member}, nil
}

func (d desk) FeedHeads(_ context.Context, q api.FeedHeadQuery) (api.FeedHeads, error) {
	if q.Member == "acme" {
		return api.FeedHeads{}, nil
	}
	return api.FeedHeads{}, api.Errorf(api.NotFound, "nobody")
}

// Who admits a newcomer on a node that is no regulator's is told that, not that nobody asks.
func TestAdmitOnAMembersNode(t *testing.T) {
	for _, c := range []struct{ member, name, want string }{
		{"reg", "beta", "nobody asks to be admitted as beta"},
		{"", "beta", "this node is no regulator's"},
		{"", "acme", "acme is a member of the federation already"},
	} {
		h := Host{Ask: func(_ *cobra.Command, _ bool, question func(api.Council) error) error {
			return question(desk{member: c.member})
		}}
		verb := h.admit()
		verb.SilenceErrors, verb.SilenceUsage = true, true
		verb.SetArgs([]string{c.name})
		if err := verb.ExecuteContext(t.Context()); !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("admit %s on a node of %q: %v, want %q", c.name, c.member, err, c.want)
		}
	}
}
