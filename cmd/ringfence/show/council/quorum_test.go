package council_test

import (
	"strings"
	"testing"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/council"
	"ringfence/node/api"
	"ringfence/node/locale"
)

// The page says why somebody is not at work and why the ledger has stopped, and on a member's
// node that cosignatures alone tell who is.
func TestWhoIsNotAtWorkIsShown(t *testing.T) {
	regulators := api.QuorumState{
		Regulators: 4, Quorum: 3, Fresh: 1, Margin: -2, Stopped: "uncertified", Promising: 3, Generation: &api.QuorumGeneration{},
		Seats: []api.QuorumSeat{{Member: "a", Live: true}, {Member: "b", Idle: "promised"}, {Member: "c", Idle: "behind"}, {Member: "d", Idle: "mute"}},
	}
	leaderless, short := regulators, regulators
	leaderless.Stopped, short.Stopped = "no_leader", ""
	members := api.QuorumState{Regulators: 4, Quorum: 3, Fresh: 3, Seats: []api.QuorumSeat{{Member: "a", Live: true}, {Member: "b", Idle: "silent"}}}
	enough := api.QuorumState{Regulators: 4, Quorum: 3, Promising: 3, Generation: &api.QuorumGeneration{Promised: 1},
		Promises: []api.QuorumPromise{{Member: "a", Generation: 1}, {Member: "b", Generation: 1}, {Member: "c", Generation: 1}}}
	joins := enough
	joins.Generation, joins.Promises = &api.QuorumGeneration{Promised: 1, Begun: 1}, nil
	for _, c := range []struct {
		name   string
		state  *api.QuorumState
		lang   string
		want   []string
		absent string
	}{
		{"stopped", &regulators, "en", []string{"it cosigns and does not report", "in an earlier generation", "reports nothing", "entries wait and are not certified", "1 (report and lock"}, "one more"},
		{"stopped", &regulators, "zh", []string{"只联署，不报告", "仍在较早的一代", "不作报告", "有条目等待而未获认证"}, "not"},
		{"no leader", &leaderless, "en", []string{"knows of no leader"}, "more may fail"},
		{"too few", &short, "en", []string{"fewer are at work than it takes"}, "more may fail"},
		{"a member's node", &members, "en", []string{"by cosignatures alone", "0 more may fail", "3 (cosigned within two minutes)", "not heard"}, "report and lock"},
		{"a member's node", &members, "zh", []string{"只能凭联署判断", "无音讯"}, "not"},
		{"enough promised", &enough, "en", []string{"3 promises are known here, as many as it takes"}, "of the 3 promises"},
		{"begun", &joins, "en", []string{"which others have begun, and joins it by itself"}, "of the 3 promises"},
	} {
		var b strings.Builder
		council.Quorum(show.NewPage(&b, locale.New().Match(c.lang), false), c.state)
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s, %s: no %q in\n%s", c.name, c.lang, want, b.String())
			}
		}
		if strings.Contains(b.String(), c.absent) {
			t.Errorf("%s, %s: %q is in\n%s", c.name, c.lang, c.absent, b.String())
		}
	}
}
