package gossip

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"ringfence/node/overlay"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// notes judges checkpoints as a follower does: what is newer goes on, what is no
// checkpoint is rejected. A checkpoint here is a text, and newer is what sorts later.
type notes struct {
	mu     sync.Mutex
	newest string
	judged []string
}

func (n *notes) judge(_ context.Context, _ keys.Public, note []byte) Verdict {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.judged = append(n.judged, string(note))
	switch {
	case strings.HasPrefix(string(note), "garbage"):
		return Reject
	case string(note) <= n.newest:
		return Ignore
	}
	n.newest = string(note)
	return Accept
}

func (n *notes) saw() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.judged)
}

// A checkpoint passes from node to node as far as it is newer than what each holds.
func TestCheckpointsSpreadWhileTheyAreNew(t *testing.T) {
	var all []*member
	var judges []*notes
	for i := range 4 {
		n := &notes{}
		judges = append(judges, n)
		all = append(all, join(t, newHost(t), func(c *Config) { c.Checkpoint = n.judge }))
		if i > 0 {
			connect(t, all[i-1].host, all[i].host)
		}
	}
	for i, m := range all {
		want := min(i, 1) + min(len(all)-1-i, 1)
		m.meshed(t, want)
		until(t, "the topic of checkpoints is joined", func() bool { return len(m.checkpoints.ListPeers()) == want })
	}
	judges[2].newest = "checkpoint 5"
	last := strings.Repeat("9", checkpoint.MaxNote)
	for _, note := range []string{"checkpoint 3", "checkpoint 4", last} {
		if err := all[0].Spread([]byte(note)); err != nil {
			t.Fatal(err)
		}
		if note != last {
			until(t, "who is ahead has judged it", func() bool { return slices.Contains(judges[2].saw(), note) })
		}
	}
	// "9…" sorts before "checkpoint": it is ignored next door, and goes no further.
	until(t, "the neighbour has judged three", func() bool { return len(judges[1].saw()) == 3 })
	if err := all[0].Spread([]byte("checkpoint 7")); err != nil {
		t.Fatal(err)
	}
	until(t, "the last one hears what is new", func() bool { return slices.Contains(judges[3].saw(), "checkpoint 7") })
	if got := judges[3].saw(); len(got) != 1 {
		t.Errorf("the last one judged %q", got)
	}
	if got := judges[2].saw(); len(got) != 3 {
		t.Errorf("who is ahead judged %q", got)
	}
	if got := judges[0].saw(); len(got) != 0 {
		t.Errorf("the first one judged its own: %q", got)
	}
	if c := all[1].Counts().Checkpoints; c.Accepted != 3 || c.Ignored != 1 || c.Rejected != 0 {
		t.Errorf("the neighbour counts %+v", c)
	}
	if c := all[2].Counts().Checkpoints; c.Accepted != 1 || c.Ignored != 2 || c.Rejected != 0 {
		t.Errorf("who is ahead counts %+v", c)
	}
	for name, note := range map[string][]byte{"nothing": nil, "too much": make([]byte, checkpoint.MaxNote+1)} {
		if err := all[0].Spread(note); err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	if err := all[0].Spread([]byte("garbage")); err != nil {
		t.Fatal(err)
	}
	until(t, "garbage is rejected", func() bool { return all[1].Counts().Checkpoints.Rejected == 1 })
}

// Being a silent member earns no more with three topics than with two: else one that
// passes nothing on keeps its place in the mesh.
func TestSilenceEarnsTheSameWithEveryTopic(t *testing.T) {
	topics := overlay.TopicsOf(federation())
	for _, judge := range []func(context.Context, keys.Public, []byte) Verdict{nil, new(notes).judge} {
		g := &Gossip{cfg: Config{Checkpoint: judge}}
		earned := 1.0 // for being a member
		for _, s := range g.scoreParams(topics).Topics {
			earned += s.TopicWeight * s.TimeInMeshWeight * s.TimeInMeshCap
		}
		if earned < 1.99 || earned > 2.01 || earned >= graftAbove {
			t.Errorf("silence earns %v; better peers are sought below %v", earned, graftAbove)
		}
	}
}
