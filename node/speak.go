package node

import (
	"context"
	"io"

	"ringfence/node/answer/contests"
	"ringfence/node/api"
	"ringfence/node/locale"
	"ringfence/node/publish"
	"ringfence/node/speak"
	"ringfence/store/charter"
)

func (n *Node) openVoice() error {
	n.voice = n.speaking(n.own, n.ownErr)
	texts := func(lang string) *locale.Catalog { return n.book.Load().Texts.Match(lang) }
	n.Desk = contests.New(contests.Config{List: n.view.List, Member: n.member, Texts: texts, Stamp: n.stamp})
	return nil
}

// speaking makes a voice that speaks through a publisher; without one, why is why
// it is mute.
func (n *Node) speaking(own *publish.Publisher, why error) *speak.Speaker {
	return speak.New(speak.Config{
		Publisher: own, Mute: why, State: n.State, List: n.view.List, Book: n.book.Load, Stamp: n.stamp, Now: n.cfg.Now,
		Said: n.said, Rows: n.metrics.AddRows, Logger: n.log,
	})
}

// said takes in what this node has said by itself.
func (n *Node) said() {
	n.refreshOwn()
	n.measure()
}

// member returns the member that the node speaks for.
func (n *Node) member() (charter.MemberIndex, bool) {
	state := n.State()
	r, ok := state.Record(n.whose())
	if !ok || !state.IsMember(r.Member) {
		return 0, false
	}
	return r.Member, true
}

// Say implements api.Speaker.
func (n *Node) Say(ctx context.Context, s api.Say) (api.Said, error) { return n.voice.Say(ctx, s) }

// SayTogether says many things at once, recorded as one publication called note.
func (n *Node) SayTogether(ctx context.Context, note string, all []api.Say) error {
	return n.voice.SayTogether(ctx, note, all)
}

// Retract implements api.Speaker.
func (n *Node) Retract(ctx context.Context, r api.Retract) (api.Said, error) {
	return n.voice.Retract(ctx, r)
}

// Publish implements api.Speaker.
func (n *Node) Publish(ctx context.Context, p api.Publish, file io.Reader, h api.Hearing) (api.Published, error) {
	return n.voice.Publish(ctx, p, file, h)
}

// Publications implements api.Speaker.
func (n *Node) Publications(ctx context.Context) ([]api.Publication, error) {
	return n.voice.Publications(ctx)
}

// Lift implements api.Speaker.
func (n *Node) Lift(ctx context.Context, head string) error {
	if err := n.voice.Lift(ctx, head); err != nil {
		return err
	}
	n.log.Warn("the bar on signing was lifted by hand; this node signs on from the head that was named", "head", head)
	return nil
}
