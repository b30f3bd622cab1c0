package admission

import (
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/node/api"
	"ringfence/node/council/letter"
	"ringfence/node/phrase"
	"ringfence/store/keys"
)

// watchEvery is how often the regulators are asked while one waits for them.
const watchEvery = 2 * time.Second

// ask asks for admission, and with watch waits for it; nil once this node is admitted.
func (h Host) ask(cmd *cobra.Command, a *asker, ring *keys.Ring, dir string, waits bool) (*show.Request, error) {
	l, err := Request(dir, ring, a.federation)
	if err != nil {
		return nil, err
	}
	var w watch
	for {
		s, err := a.put(cmd.Context(), &l)
		switch {
		case err != nil && !waits:
			return nil, err
		case err == nil && s.State == letter.Refused:
			return nil, api.Tell(api.Refused, phrase.Join(phrase.New("join.refused", "the regulators cannot admit this node"), s.Why))
		case err == nil && s.State == letter.Entered && !waits:
			return nil, nil
		case waits && a.admitted(cmd.Context()):
			return nil, h.tell(cmd, w.enacted(a.needed(cmd.Context()), a.seen))
		}
		now, err := a.requested(cmd.Context(), &l, &s, dir)
		switch {
		case err != nil:
			return nil, err
		case !waits:
			return &now, nil
		}
		if err := h.tell(cmd, w.news(now, time.Now())); err != nil {
			return nil, err
		}
		select {
		case <-cmd.Context().Done():
			return nil, cmd.Context().Err()
		case <-time.After(watchEvery):
		}
	}
}

// tell tells how a request stands, and stood.
func (h Host) tell(cmd *cobra.Command, all []show.Request) error {
	for i := range all {
		if err := h.Note(cmd, func(p *show.Page) { show.Asked(p, &all[i]) }); err != nil {
			return err
		}
	}
	return nil
}
