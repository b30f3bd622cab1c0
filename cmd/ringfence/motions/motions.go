// Package motions is the verbs by which people use what the regulators decide: motion,
// stay, ledger and quorum.
//
// Floor 15, a room of cmd/ringfence. It asks the node, and decides nothing.
package motions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/council"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// Host is what the verbs stand on.
type Host struct {
	// Ask puts a question to the node; one that acts wants it running.
	Ask func(cmd *cobra.Command, act bool, question func(api.Council) error) error
	// Answer shows what came of a verb: as one JSON object, or as people read it.
	Answer func(cmd *cobra.Command, value any, human func(*show.Page)) error
	// Note tells people something on the way, not on standard output.
	Note func(cmd *cobra.Command, human func(*show.Page)) error
	Open func(file string) (io.ReadCloser, error) // "-" is standard input
	// No ends a verb whose answer is no, Nobody one that finds no quorum; what they say is
	// shown already.
	No, Nobody error
}

// Commands returns the verbs: motion, with more below it, stay, admit, ledger and
// quorum.
func (h Host) Commands(more ...*cobra.Command) (speak, ask []*cobra.Command) {
	motion := &cobra.Command{
		Use:   "motion",
		Short: "Put things to the regulators, and vote",
		Long: `A motion is what is put to the regulators: entries of the list to ratify, ratified
ones to revoke. A regulator votes on its own node, where its voting key is. What
enough of them vote for enters the ledger; it is enacted, on every node alike, once a
quorum has certified the ledger with it.`,
	}
	motion.AddCommand(h.propose(), h.list(), h.show(), h.vote(), h.withdraw())
	motion.AddCommand(more...)
	return []*cobra.Command{motion, h.stay(), h.admit()}, []*cobra.Command{h.ledger(), h.quorum()}
}

// watchFlag is that of verbs that can wait for what comes of a motion.
func watchFlag(cmd *cobra.Command, watch *bool) {
	cmd.Flags().BoolVar(watch, "watch", false, "wait until it is enacted or has ended, and tell each vote")
}

// watchEvery is how often a motion that is watched is looked at.
const watchEvery = 500 * time.Millisecond

// follow looks at a motion once, or until it is enacted or has ended; what changes is told
// on standard error meanwhile.
func (h Host) follow(cmd *cobra.Command, id string, watch bool) error {
	var m api.Motion
	var told string
	for {
		err := h.Ask(cmd, watch, func(s api.Council) (err error) {
			m, err = s.Motion(cmd.Context(), id)
			return err
		})
		if err != nil {
			return err
		}
		if !watch || ended(m.State) {
			break
		}
		if now := fmt.Sprint(m.State, m.Missing, m.Waiting); now != told {
			told = now
			if err := h.Note(cmd, func(p *show.Page) { council.Progress(p, &m) }); err != nil {
				return err
			}
		}
		if err := pause(cmd.Context()); err != nil {
			return err
		}
	}
	err := h.Answer(cmd, &m, func(p *show.Page) { council.Motion(p, &m) })
	if watch && m.State != api.MotionEnacted {
		err = errors.Join(err, h.No)
	}
	return err
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(watchEvery):
		return nil
	}
}

func ended(state string) bool {
	switch state {
	case api.MotionEnacted, api.MotionWithdrawn, api.MotionExpired, api.MotionRefused, api.MotionUnsent, api.MotionAside:
		return true
	}
	return false
}

func (h Host) list() *cobra.Command {
	q := api.MotionQuery{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the motions before the regulators, and what they decided last",
		Long: `List shows each proposal once, also one that became several motions: what it would
do, who voted, what is missing. With --mine it shows a regulator's inbox: what waits
for its vote.`,
		Example: `  ringfence motion list --mine
  ringfence motion list --json`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all api.Motions
			err := h.Ask(cmd, false, func(s api.Council) (err error) {
				all, err = s.Motions(cmd.Context(), q)
				return err
			})
			if err != nil {
				return err
			}
			return h.Answer(cmd, &all, func(p *show.Page) { council.Motions(p, &all, q.Mine) })
		},
	}
	cmd.Flags().BoolVar(&q.Mine, "mine", false, "those alone that wait for the vote of this node's regulator")
	return cmd
}

func (h Host) show() *cobra.Command {
	watch := false
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one motion: what it does, who voted, what is missing",
		Long: `Show takes the ID of a motion, or a beginning of it that no other has. What is
provisional is carried and not certified yet; only what is enacted is authoritative.
With --watch it waits, and ends with 0 when the motion is enacted, with 1 when it is
withdrawn, refused or expired.`,
		Example: `  ringfence motion show bafyreib3m
  ringfence motion show bafyreib3m --watch`,
		Args: slip.Exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error { return h.follow(cmd, args[0], watch) },
	}
	watchFlag(cmd, &watch)
	return cmd
}

func (h Host) vote() *cobra.Command {
	yes, no, watch := false, false, false
	cmd := &cobra.Command{
		Use:   "vote ID --for|--against",
		Short: "Vote on a motion, as the regulator of this node",
		Long: `Vote signs the regulator's vote by hand, with the voting key that the running node
holds, and puts it to the others. A later vote takes the place of an earlier one, as
long as the motion is open. On a proposal of several motions it votes on all of them.
What is refused for the time being, such as by the day's cap of blocks, the node casts
again by itself, and says so.`,
		Example: `  ringfence motion vote bafyreib3m --for
  ringfence motion vote bafyreib3m --against`,
		Args: slip.Exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if yes == no {
				return slip.Missing(cmd, "--for or --against")
			}
			var m api.Motion
			err := h.Ask(cmd, true, func(s api.Council) (err error) {
				m, err = s.VoteMotion(cmd.Context(), api.MotionVote{ID: args[0], For: yes})
				return err
			})
			return h.told(cmd, &m, watch, err)
		},
	}
	cmd.Flags().BoolVar(&yes, "for", false, "vote for it")
	cmd.Flags().BoolVar(&no, "against", false, "vote against it")
	slip.Exclusive(cmd, "for", "against")
	watchFlag(cmd, &watch)
	return cmd
}

// told shows what a verb made of a motion, or goes on to watch it.
func (h Host) told(cmd *cobra.Command, m *api.Motion, watch bool, err error) error {
	switch {
	case err != nil:
		return err
	case watch:
		return h.follow(cmd, m.ID, true)
	}
	return h.Answer(cmd, m, func(p *show.Page) { council.Motion(p, m) })
}

func (h Host) withdraw() *cobra.Command {
	return &cobra.Command{
		Use:   "withdraw ID",
		Short: "Take back a motion that this node proposed",
		Long: `Withdraw takes a motion from before the regulators, for good. What is in the ledger
cannot be taken back: it can be revoked.`,
		Example: `  ringfence motion withdraw bafyreib3m`,
		Args:    slip.Exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var m api.Motion
			err := h.Ask(cmd, true, func(s api.Council) (err error) {
				m, err = s.WithdrawMotion(cmd.Context(), args[0])
				return err
			})
			return h.told(cmd, &m, false, err)
		},
	}
}

// maxFile is how large a file of items may be, in bytes.
const maxFile = 8 << 20

// read reads a file of items.
func (h Host) read(file string) (text string, err error) {
	in, err := h.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	b, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = api.Tell(api.BadInput, phrase.New("usage.large_file", "%s has more than %d bytes; make several proposals", file, maxFile))
	}
	return string(b), err
}
