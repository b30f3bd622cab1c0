package node

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringfence/node/api"
	"ringfence/store/charter/chartertest"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// disputes is a node of the publisher mno in a federation in which op holds +86138 and
// whose regulator anchors what the test has it anchor.
type disputes struct {
	*home
	*board
}

const disputed = "+8613800138000"

func withDisputes(t *testing.T) disputes {
	h, c := withCouncil(t, nil)
	must(t, h.node.Close())
	must(t, os.RemoveAll(filepath.Join(h.cfg.Dir, StoreDir)))
	must(t, NewStore(h.cfg.Dir, h.key().Public(), chartertest.Issuer("op").Public(), chartertest.Issuer("list").Public()))
	h.open()
	c.tell()
	d := disputes{h, c}
	for _, who := range []api.Speaker{h.node, h.as("list")} {
		_, err := who.Say(context.Background(), api.Say{Kind: "flag", Subject: disputed, Category: "mkt.retail", Reports: 60})
		must(t, err)
	}
	return d
}

// anchors has the regulator anchor what keys have said, and tick.
func (d disputes) anchors(all ...keys.Public) {
	d.home.t.Helper()
	tips := make(map[keys.Public]feed.Tip)
	for _, key := range all {
		tips[key] = d.node.view.List().Frontier()[key]
	}
	d.take(d.Try(d.AnchorOf(tips), "reg"))
	d.take(d.Tick())
	d.tell()
}

// passes has time go by on the ledger and on the node's clock.
func (d disputes) passes(by time.Duration) {
	for by > 0 {
		step := min(by, 24*time.Hour)
		d.board.Now, by = d.board.Now+int64(step/time.Second), by-step
		d.take(d.Tick())
	}
	d.now = time.Unix(d.board.Now, 0)
	d.tell()
}

func (d disputes) contests(mine bool) api.Contests {
	d.home.t.Helper()
	all, err := d.node.Contests(context.Background(), api.ContestQuery{Mine: mine, Lang: "en"})
	must(d.home.t, err)
	return all
}

// waiting returns how many contests status says wait for an answer, and in which words.
func (d disputes) waiting() (int, string) {
	d.home.t.Helper()
	s, err := d.node.Status(context.Background())
	must(d.home.t, err)
	for _, p := range s.Problems {
		if strings.HasPrefix(p.Code, "problem.contests") {
			return s.Awaited, p.Text
		}
	}
	return s.Awaited, ""
}

func (d disputes) explained() (string, []string) {
	d.home.t.Helper()
	x, err := d.node.Explain(context.Background(), api.Query{Number: disputed, Lang: "en"})
	must(d.home.t, err)
	var counting []string
	for _, s := range x.Sources {
		counting = append(counting, s.Member)
	}
	slices.Sort(counting)
	if len(x.Keys[0].Contests) == 0 {
		return "", counting
	}
	return x.Keys[0].Contests[0].Sentence, counting
}

// From the contest over its anchor and the answers to the deadline: what the verbs, status
// and explain tell, and that what could not count is refused before it is signed.
func TestAContestFromTheFirstWordToTheDeadline(t *testing.T) {
	d := withDisputes(t)
	ctx, holder, list := context.Background(), d.as("op"), d.as("list")
	refused := func(kind api.Kind, why string, who api.Speaker, say api.Say) {
		t.Helper()
		if _, err := who.Say(ctx, say); api.KindOf(err) != kind || !strings.Contains(err.Error(), why) {
			t.Errorf("%+v: %v, %v; want %v, %q", say, api.KindOf(err), err, kind, why)
		}
	}
	tells := func(what, want, got string) {
		t.Helper()
		for w := range strings.SplitSeq(want, "|") {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q lacks %q", what, got, w)
			}
		}
	}
	uphold := api.Say{Kind: "answer", Subject: disputed, Upheld: true, Reason: "seen"}
	refused(api.NotFound, "no contest of", d.node, uphold)

	say := api.Say{Kind: "contest", Subject: disputed, Reason: "never sold a thing", Preview: true}
	refused(api.Refused, "does not hold", d.node, say)
	preview, err := holder.Say(ctx, say)
	must(t, err)
	if len(preview.Disputed) != 2 || len(preview.Statements) != 0 || len(d.contests(false).Contests) != 0 {
		t.Errorf("a preview of a contest: %+v", preview)
	}
	tells("its note", "72 hours", preview.Note.Text)
	say.Preview = false
	contest, err := holder.Say(ctx, say)
	must(t, err)
	ref := contest.Statements[0]
	refused(api.Refused, "once in 90 days", holder, say)

	all := d.contests(true)
	if all.Waiting != 1 || len(all.Contests) != 1 || all.Contests[0].State != api.ContestNotAnchored || all.Contests[0].Ref != ref || all.Contests[0].Grounds != say.Reason || all.Contests[0].Deadline != "" {
		t.Errorf("before the anchor: %+v", all)
	}
	n, words := d.waiting()
	if n != 1 {
		t.Errorf("status counts %d", n)
	}
	tells("status before the anchor", "answer: 1;|no anchor covers", words)
	d.anchors(chartertest.Issuer("op").Public())
	all = d.contests(false)
	if c := all.Contests; len(c) != 1 || c[0].State != api.ContestOpen || c[0].LeftSeconds != 72*3600 || !c[0].Mine || len(c[0].Publishers) != 2 {
		t.Errorf("anchored: %+v", all)
	}
	d.passes(10 * time.Hour)
	_, words = d.waiting()
	tells("status", "answer: 1, the first until|(2d 14h left", words)

	uphold.Preview = true
	_, err = d.node.Say(ctx, uphold)
	must(t, err)
	uphold.Preview = false
	answered, err := d.node.Say(ctx, uphold)
	must(t, err)
	tells("the answer's note", "before the deadline", answered.Note.Text)
	refused(api.NotFound, "--mine", d.node, uphold)
	refused(api.Refused, "answered so already", d.node, api.Say{Kind: "answer", Subject: ref, Upheld: true, Reason: "again"})
	refused(api.Refused, "disputes nothing that this member said", holder, api.Say{Kind: "answer", Subject: ref, Upheld: true, Reason: "not mine"})
	if n, _ := d.waiting(); n != 0 || len(d.contests(true).Contests) != 0 || len(d.contests(false).Contests) != 1 {
		t.Errorf("answered, and %d still wait", n)
	}
	sentence, _ := d.explained()
	tells("explain", "Contested by op|never sold a thing|mno has answered; the answer is not anchored yet|list has not answered yet", sentence)
	d.anchors(d.key().Public())
	sentence, counting := d.explained()
	tells("explain", "mno answered in time and upholds", sentence)
	if !slices.Equal(counting, []string{"list", "mno"}) {
		t.Errorf("before the deadline %q count", counting)
	}

	d.passes(62 * time.Hour)
	sentence, counting = d.explained()
	tells("explain at the deadline", "The time to answer ended|list did not answer in time", sentence)
	if !slices.Equal(counting, []string{"mno"}) || len(d.contests(false).Contests) != 0 {
		t.Errorf("at the deadline %q count; open are %+v", counting, d.contests(false).Contests)
	}
	refused(api.Refused, "lapsed for good", list, api.Say{Kind: "answer", Subject: ref, Upheld: true, Reason: "late"})
	_, err = d.node.Say(ctx, api.Say{Kind: "answer", Subject: ref, Reason: "after all"})
	must(t, err)
	sentence, counting = d.explained()
	tells("explain, withdrawn", "mno withdrew", sentence)
	if len(counting) != 0 {
		t.Errorf("withdrawn, and %q count", counting)
	}
}
