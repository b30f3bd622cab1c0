package speak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/node/answer"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/phrase"
	"ringfence/node/publish"
	"ringfence/node/publish/pen"
	"ringfence/node/publish/publication"
	"ringfence/store/charter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/disk"
	"ringfence/store/feed"
	"ringfence/store/intake"
	"ringfence/store/memory"
	"ringfence/store/number"
	"ringfence/store/plan"
	"ringfence/store/taxonomy"
	"ringfence/store/view"
)

// noon is when these tests happen.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// voice is a Speaker for the desk, in a store of its own.
type voice struct {
	*Speaker
	store *memory.Store
	list  func() *view.List
	held  func() error
	heard int // how often it was told that something may have been said
	log   bytes.Buffer
}

func newVoice(t *testing.T) *voice {
	t.Helper()
	v := &voice{store: memory.New(), held: func() error { return nil }}
	state := chartertest.State(t, chartertest.Config(t, "desk: vendor; trusted"))
	door, err := intake.New(intake.Config{Federation: state.Federation(), Roster: state, Store: v.store})
	must(t, err)
	list, err := view.New(view.Config{State: state, Source: v.store, Day: taxonomy.DayOf(noon.Unix()), Session: 1})
	must(t, err)
	now := func() time.Time { return noon }
	own, err := publish.New(publish.Config{
		Key: chartertest.Issuer("desk"), Store: v.store, Door: door, View: list, Now: now, Random: rand.NewChaCha8([32]byte{1}), Queue: true,
		MaySign: func() error { return v.held() },
	})
	must(t, err)
	v.list = list.List
	v.Speaker = New(v.config(t, own, nil, state))
	return v
}

func (v *voice) config(t *testing.T, own *publish.Publisher, mute error, state *charter.State) Config {
	t.Helper()
	plans, err := plan.Shipped()
	must(t, err)
	book := &answer.Book{Home: number.China, Plans: plans, Texts: locale.New()}
	return Config{
		Publisher: own, Mute: mute, State: func() *charter.State { return state }, List: v.list, Book: func() *answer.Book { return book },
		Stamp: func() api.ListStamp { return api.ListStamp{} }, Now: func() time.Time { return noon },
		Said: func() { v.heard++ }, Rows: func(string, int) {},
		Logger: slog.New(slog.NewTextHandler(&v.log, nil)),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (v *voice) bar(t *testing.T) {
	t.Helper()
	must(t, v.store.Bar(chartertest.Issuer("desk").Public(), feed.Bar{Kind: feed.Restored, Reason: "restored"}))
}

func (v *voice) lift(t *testing.T) {
	t.Helper()
	must(t, v.store.Lift(chartertest.Issuer("desk").Public(), feed.Restored))
}

func (v *voice) flag(t *testing.T, number string) api.Said {
	t.Helper()
	said, err := v.Say(context.Background(), api.Say{Kind: "flag", Subject: number, Category: "mkt.finance.loan", Reports: 9})
	must(t, err)
	return said
}

// drains lets the voice say what is queued, for so long.
func (v *voice) drains(d time.Duration) {
	ctx, stop := context.WithTimeout(context.Background(), d)
	defer stop()
	v.Drain(ctx)
}

func TestWithoutAPublisherAllIsRefused(t *testing.T) {
	v := &voice{}
	v.Speaker = New(v.config(t, nil, errors.New("it holds no keys"), nil))
	ctx := context.Background()
	for name, ask := range map[string]func() error{
		"publish": func() error {
			_, err := v.Publish(ctx, api.Publish{}, strings.NewReader(""), api.Hearing{})
			return err
		},
		"say":          func() error { _, err := v.Say(ctx, api.Say{}); return err },
		"say together": func() error { return v.SayTogether(ctx, "", []api.Say{{}}) },
		"retract":      func() error { _, err := v.Retract(ctx, api.Retract{}); return err },
		"publications": func() error { _, err := v.Publications(ctx); return err },
		"lift":         func() error { return v.Lift(ctx, "") },
	} {
		if err := ask(); api.KindOf(err) != api.Refused || !strings.Contains(err.Error(), "this node cannot speak: it holds no keys") {
			t.Errorf("%s: %v", name, err)
		}
	}
	v.Drain(ctx) // has nothing to wait for
	if n := v.Queued(); n != 0 || v.heard != 0 {
		t.Errorf("%d queued, %d times something was said", n, v.heard)
	}
}

func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		err  error
		want api.Kind
	}{
		{&publish.VoidError{Void: []view.VoidAt{{}}}, api.Refused},
		{feed.ErrBarred, api.Refused},
		{publication.ErrUnfinished, api.Refused},
		{pen.ErrClock, api.Refused},
		{pen.ErrHeld, api.Refused},
		{publish.ErrNotIssuer, api.Refused},
		{pen.ErrOtherHead, api.Refused},
		{publish.ErrDamaged, api.Refused},
		{disk.ErrDiskFull, api.Refused},
		{publication.ErrNone, api.NotFound},
		{api.Errorf(api.BadInput, "bad"), api.BadInput},
		{errors.New("other"), api.Internal},
	} {
		wrapped := fmt.Errorf("around: %w", c.err)
		if got := Refusal(wrapped); api.KindOf(got) != c.want || got.Error() != wrapped.Error() {
			t.Errorf("%v: %v of kind %v, want %v", c.err, got, api.KindOf(got), c.want)
		}
	}
	if err := Refusal(nil); err != nil {
		t.Error(err)
	}
}

// What is queued is tried again and again, in silence while its bar stands, and said
// and told once that is lifted.
func TestWhatIsQueuedIsSaidWhenItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVoice(t)
		v.bar(t)
		if said := v.flag(t, "+8613800138000"); !said.Queued || len(said.Statements) > 0 || v.Queued() != 1 {
			t.Fatalf("%+v", said)
		}
		v.heard = 0
		v.drains(time.Minute)
		if v.Queued() != 1 || v.heard != 0 || v.log.Len() > 0 {
			t.Errorf("while it is barred: %d queued, heard %d times, log %q", v.Queued(), v.heard, v.log.String())
		}
		time.AfterFunc(3*tryEvery-1, func() { v.lift(t) })
		v.drains(4 * tryEvery)
		if v.Queued() != 0 || v.heard != 1 || v.list().Counts().Statements != 1 {
			t.Errorf("after it: %d queued, heard %d times, %+v", v.Queued(), v.heard, v.list().Counts())
		}
		if log := v.log.String(); strings.Count(log, "what was queued is said") != 1 || !strings.Contains(log, "state=complete statements=1") {
			t.Errorf("the log: %s", log)
		}
	})
}

// A fault that stays is told once, and again after it was gone.
func TestWhyNothingIsSaidIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVoice(t)
		v.bar(t)
		v.flag(t, "+8613800138000")
		var key string
		var part []byte
		must(t, v.store.List("queue", func(k string, value []byte) error { key, part = k, bytes.Clone(value); return nil }))
		must(t, v.store.Put("queue", key, []byte("{")))
		v.lift(t)
		time.AfterFunc(3*tryEvery-1, func() { must(t, v.store.Delete("queue", key)) })
		time.AfterFunc(6*tryEvery-1, func() { must(t, v.store.Put("queue", key, []byte("{"))) })
		time.AfterFunc(9*tryEvery-1, func() {
			if !strings.Contains(v.Stuck().Text, "of the queue") {
				t.Errorf("what is in the way: %q", v.Stuck())
			}
			must(t, v.store.Put("queue", key, part))
		})
		v.drains(12 * tryEvery)
		if log := v.log.String(); strings.Count(log, "what is queued is not said yet") != 2 || strings.Count(log, "of the queue") != 2 {
			t.Errorf("the log: %s", log)
		}
		if v.Queued() != 0 || !v.Stuck().IsZero() {
			t.Errorf("%d are queued, %q", v.Queued(), v.Stuck())
		}
	})
}

// What a full disk refuses is told with its figures, which add up however odd they are.
func TestARefusalByAFullDiskHasItsFigures(t *testing.T) {
	err := Refusal(fmt.Errorf("publish: %w", &disk.DiskFullError{Free: 43<<20 - 1, Need: 32<<20 + 1, Floor: 10<<20 - 1}))
	var told *api.Error
	if !errors.As(err, &told) || told.Kind != api.Refused || told.Code != "problem.disk_full" || !slices.Equal(told.Args, []string{"42", "33", "10"}) {
		t.Errorf("%+v", err)
	}
}

// Why the node must not sign is told with how long ago that was seen, and once.
func TestWhatHoldsTheQueueIsToldOnceWhateverItsFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVoice(t)
		v.bar(t)
		v.flag(t, "+8613800138000")
		v.lift(t)
		began := time.Now()
		v.held = func() error {
			return fmt.Errorf("federation: %w", phrase.New("problem.twin_hidden", "heard %v ago", time.Since(began)))
		}
		v.drains(12*tryEvery - 1)
		if log := v.log.String(); strings.Count(log, "what is queued is not said yet") != 1 {
			t.Errorf("the log: %s", log)
		}
		if !strings.Contains(v.Stuck().Text, "heard 55s ago") {
			t.Errorf("what is in the way: %q", v.Stuck())
		}
	})
}

// The bar is lifted also when the queue cannot be said: that is another trouble.
func TestLiftIsDoneWhateverTheQueueIs(t *testing.T) {
	v := newVoice(t)
	v.bar(t)
	v.flag(t, "+8613800138000")
	must(t, v.store.Put("queue", "00000000000000000001", []byte("{")))
	must(t, v.Lift(context.Background(), api.NoHead))
	if !strings.Contains(v.Stuck().Text, "of the queue") {
		t.Errorf("what is in the way: %q", v.Stuck())
	}
	if _, err := v.Say(context.Background(), api.Say{Kind: "flag", Subject: "+8613800138001", Category: "mkt.finance.loan", Reports: 9}); api.KindOf(err) != api.Refused || !strings.Contains(err.Error(), "waits to be said first") {
		t.Errorf("it overtakes the queue: %v", err)
	}
}

// Naming a last head lifts the bar and says at once what waits for it.
func TestLiftSaysWhatIsQueued(t *testing.T) {
	v := newVoice(t)
	v.bar(t)
	v.flag(t, "+8613800138000")
	ctx := context.Background()
	if err := v.Lift(ctx, "nonsense"); api.KindOf(err) != api.BadInput {
		t.Errorf("nonsense: %v", err)
	}
	must(t, v.Lift(ctx, api.NoHead))
	if v.Queued() != 0 {
		t.Errorf("%d are queued", v.Queued())
	}
	all, err := v.Publications(ctx)
	if err != nil || len(all) != 1 || all[0].State != string(publication.Complete) {
		t.Errorf("%+v, %v", all, err)
	}
}
