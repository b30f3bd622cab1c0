package node

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/feed"
	"ringfence/store/keys"
)

// key opens the node's own issuer key.
func (h *home) key() keys.Private {
	h.t.Helper()
	ring, err := keys.Open(filepath.Join(h.cfg.Dir, KeysDir), h.cfg.Unlock)
	must(h.t, err)
	key, err := ring.Private(keys.PurposeIssuer)
	must(h.t, err)
	return key
}

// problems returns the codes of what status tells first of each problem.
func (h *home) problems() []string {
	h.t.Helper()
	status, err := h.node.Status(context.Background())
	must(h.t, err)
	var codes []string
	for _, p := range status.Problems {
		codes = append(codes, p.Code)
	}
	return codes
}

// verbs tries every verb that signs and returns why each is refused.
func (h *home) verbs(ref string) map[string]error {
	ctx, refused := context.Background(), map[string]error{}
	for _, kind := range []string{"flag", "block", "reassign"} {
		_, refused[kind] = h.node.Say(ctx, api.Say{Kind: kind, Subject: "13800138001", Category: "mkt.retail", Reason: "why", Scope: "own", Date: "2026-11-01"})
	}
	_, refused["retract"] = h.node.Retract(ctx, api.Retract{Ref: ref})
	_, refused["publish"] = h.node.Publish(ctx, api.Publish{Mapping: "plain-list", File: "list.txt", Country: "86", AsOf: "2026-11-23"}, strings.NewReader("13900139003\n"), api.Hearing{})
	refused["together"] = h.node.SayTogether(ctx, "several", []api.Say{{Kind: "flag", Subject: "13900139000", Category: "mkt.retail"}})
	return refused
}

// A node that was stopped beside a twin signs nothing when a verb opens its directory,
// and says why, also without its keys; five minutes after it was heard that is over.
func TestVerbsOfAStoppedNodeRememberATwin(t *testing.T) {
	h := newHome(t)
	ref := h.flag("13900139000")
	heard := binary.BigEndian.AppendUint64(nil, uint64(h.now.Unix()))
	must(t, h.node.store.Put("twin", "heard", append(heard, "192.0.2.1:7400 (tcp)"...)))
	h.now = h.now.Add(5*time.Minute - time.Second)
	var log bytes.Buffer
	h.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	h.reopen()
	if !strings.Contains(log.String(), "a second node with this node's host key was heard") || strings.Contains(log.String(), "unfinished batches") {
		t.Errorf("the log says %s", log.String())
	}
	for verb, err := range h.verbs(ref) {
		if told := phrase.From(err); api.KindOf(err) != api.Refused || told.Code != "problem.twin_before" || !strings.Contains(told.Text, "before 2026-11-24T12:05:00Z: it ran at 192.0.2.1:7400 (tcp)") {
			t.Errorf("%s: %v", verb, err)
		}
	}
	if _, err := h.node.Say(context.Background(), api.Say{Kind: "flag", Subject: "13900139001", Category: "mkt.retail", Preview: true}); err != nil {
		t.Errorf("a preview: %v", err)
	}
	unlock := h.cfg.Unlock
	for _, h.cfg.Unlock = range []keys.Unlock{{}, unlock} {
		h.reopen()
		if codes := h.problems(); !slices.Contains(codes, "problem.twin_before") {
			t.Errorf("status tells %q", codes)
		}
	}
	h.now = h.now.Add(time.Second)
	h.reopen()
	if codes := h.problems(); len(codes) != 0 {
		t.Errorf("once it is over status tells %q", codes)
	}
	for verb, err := range h.verbs(ref) {
		if api.KindOf(err) == api.Refused && phrase.From(err).Code == "problem.twin_before" {
			t.Errorf("once it is over, %s: %v", verb, err)
		}
	}
	h.flag("13900139002")
}

// On a node whose key is forked the bar is what every verb tells, before anything that
// follows from it.
func TestTheBarSpeaksFirst(t *testing.T) {
	h := newHome(t)
	ref := h.flag("13900139000")
	h.fork(h.key())
	refused := h.verbs(ref)
	_, refused["preview"] = h.node.Say(context.Background(), api.Say{Kind: "flag", Subject: "13900139001", Category: "mkt.retail", Preview: true})
	_, refused["unknown"] = h.node.Retract(context.Background(), api.Retract{Publication: strings.Repeat("0", 32)})
	for verb, err := range refused {
		if told := phrase.From(err); api.KindOf(err) != api.Refused || told.Code != "bar.forked" || len(told.Then) != 1 || told.Then[0].Code != "remedy.no_key" {
			t.Errorf("%s: %v", verb, err)
		}
	}
}

// What has to be said again is a problem while something is left, and no longer.
func TestNothingLeftToSayAgainIsNoProblem(t *testing.T) {
	h := newHome(t)
	ref := h.flag("13900139000")
	lasting := h.flag("13900139001")
	_, err := h.node.Retract(context.Background(), api.Retract{Ref: ref})
	must(t, err)
	h.fork(h.key())
	for range 2 {
		if codes := h.problems(); !slices.Contains(codes, "problem.suspended_alone") {
			t.Errorf("while %s is left status tells %q", lasting, codes)
		}
	}
	h.now = h.now.AddDate(10, 0, 0) // it would have expired by now
	h.reopen()
	for range 2 {
		again, err := h.node.SayAgain(context.Background())
		must(t, err)
		if codes := h.problems(); len(again.Statements) != 0 || slices.Contains(codes, "problem.suspended_alone") {
			t.Errorf("with %d statements left status tells %q", len(again.Statements), codes)
		}
	}
	if status, err := h.node.Status(context.Background()); err != nil || status.Suspended != 3 {
		t.Errorf("%d are suspended, %v", status.Suspended, err)
	}
}

// Monitoring knows from the start of a run why the node does not sign.
func TestMonitoringKnowsWhyNothingIsSigned(t *testing.T) {
	bar := func(kind feed.BarKind) func(*home) {
		return func(h *home) { must(h.t, h.node.store.Bar(h.key().Public(), feed.Bar{Kind: kind, Reason: "why"})) }
	}
	for reason, happen := range map[string]func(*home){
		"none":     func(*home) {},
		"restored": bar(feed.Restored),
		"stolen":   bar(feed.Stolen),
		"forked":   func(h *home) { h.flag("13900139000"); h.fork(h.key()) },
		"twin": func(h *home) {
			must(h.t, h.node.store.Put("twin", "heard", binary.BigEndian.AppendUint64(nil, uint64(h.now.Unix()))))
		},
		"mute": func(h *home) { h.cfg.Unlock = keys.Unlock{} },
		"disk": func(*home) {}, // it fills up later
	} {
		t.Run(reason, func(t *testing.T) {
			h := newHome(t)
			var full atomic.Bool
			h.cfg.Free = func(string) (free, total uint64, err error) {
				if !full.Load() {
					free = 1 << 40
				}
				return free, 1 << 40, nil
			}
			happen(h)
			h.reopen()
			full.Store(reason == "disk")
			h.run()
			page := httptest.NewRecorder()
			promhttp.HandlerFor(h.node.gather, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
			told := 0
			for line := range strings.Lines(page.Body.String()) {
				if !strings.HasPrefix(line, "ringfence_signing_held{") {
					continue
				}
				told++
				if holds := strings.HasSuffix(line, " 1\n"); holds != strings.Contains(line, `"`+reason+`"`) {
					t.Error(line)
				}
			}
			if told != 7 {
				t.Errorf("%d reasons are told of", told)
			}
		})
	}
}
