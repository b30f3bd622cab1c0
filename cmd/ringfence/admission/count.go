package admission

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
	"ringfence/node/api/client"
	"ringfence/node/council/letter"
	"ringfence/store/charter"
	"ringfence/store/checkpoint"
	"ringfence/store/keys"
)

// requested tells how a request stands. Where it stands is the word of the node that is
// asked; signatures are counted here.
func (a *asker) requested(ctx context.Context, l *letter.Letter, s *letter.Standing, dir string) (show.Request, error) {
	r := show.Request{ID: l.ID.String(), File: filepath.Join(dir, RequestFile), State: "unreached"}
	switch s.State {
	case letter.Inbox:
		r.State = "inbox"
	case letter.Tabled:
		return r, a.count(ctx, l, s, &r)
	case letter.Entered:
		r.State = "open"
	case letter.Aside, letter.Refused:
		r.State = "aside"
	case letter.Unknown, letter.Expired, letter.Withdrawn: // it is asked for anew
	}
	return r, nil
}

// count counts the votes for a motion that admits this node and nobody else: those of
// regulators in office, as far as this directory knows them, each once. What is told
// without a motion that shows it is told as such.
func (a *asker) count(ctx context.Context, l *letter.Letter, s *letter.Standing, r *show.Request) error {
	m, err := s.Proposes(l, a.federation)
	if err != nil {
		r.State = "unproved"
		return nil //nolint:nilerr // it is not this node's error that another one tells what it cannot show
	}
	seats, err := a.regulators(ctx)
	if err != nil {
		return err
	}
	said := *s
	said.Needed, _ = checkpoint.Quorum(len(seats))
	said.Hands = said.Needed // as of everything that changes the constitution
	o := said.Open(m, seats)
	r.State, r.Motion, r.Needed, r.Signatures = "open", m.ID.String(), said.Needed, said.Needed-o.MissingHands
	for _, v := range s.Votes {
		if v.For && !slices.ContainsFunc(seats, func(seat charter.RegulatorSeat) bool { return seat.Vote == v.By }) {
			r.Unknown++
		}
	}
	return nil
}

// regulators returns who is in office: as this directory's own node knows by the ledger,
// where it runs; else as the genesis names them.
func (a *asker) regulators(ctx context.Context) ([]charter.RegulatorSeat, error) {
	if own, err := client.New(client.Config{Socket: a.socket}); err == nil {
		defer func() { _ = own.Close() }()
		c, err := own.Constitution(ctx, "")
		if err == nil && c.Federation == a.federation.String() {
			return seatsOf(&c)
		}
	}
	return a.founding.Regulators(), nil
}

func seatsOf(c *api.Constitution) (all []charter.RegulatorSeat, err error) {
	for _, r := range c.Regulators {
		key, err := keys.ParsePublicText(r.Vote)
		if err != nil {
			return nil, fmt.Errorf("the own node tells of a regulator %s whose voting key cannot be read: %w", r.Member, err)
		}
		all = append(all, charter.RegulatorSeat{Member: r.Member, Vote: key})
	}
	return all, nil
}
