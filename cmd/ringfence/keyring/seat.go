package keyring

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
)

// card reads the card of the data directory.
func (h Host) card(cmd *cobra.Command) (charter.Card, error) {
	dir, _, err := h.Place(cmd)
	if err != nil {
		return charter.Card{}, err
	}
	return found.ReadCard(filepath.Join(dir, found.CardFile))
}

func (h Host) seat() *cobra.Command {
	var o options
	var jurisdiction, name string
	cmd := &cobra.Command{
		Use:   "seat",
		Short: "Ask for a regulator's seat, or replace the keys of the one that this member has",
		Long: `Seat makes a voting and a cosigning key and puts a motion to the regulators: it gives
this node's member a seat, or, where the member has one, replaces its keys by the new
ones. A regulator whose disk was lost or went back comes back this way.

New keys wait in the data directory; the node takes them up when it is started after the
motion is enacted. A member that is to have its first seat starts its node before that,
with the ledger's key in its directory (ringfence keys import-log): the regulators wait
until it follows what they do.`,
		Example: `  ringfence keys seat --dir acme --reason "the disk was lost" --out seat.yaml`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			card, err := h.card(cmd)
			if err != nil {
				return bad(err)
			}
			var sits bool
			federation, size, _, _, err := h.heads(cmd, api.FeedHeadQuery{Member: card.ID})
			if err == nil {
				sits, err = h.sits(cmd, card.ID)
			}
			if err != nil {
				return err
			}
			vote, cosign, err := h.seatKeys(cmd, sits)
			if err != nil {
				return err
			}
			m := made{Purpose: string(keys.PurposeCosign), Key: cosign.Public().String(), Restart: true, First: !sits}
			if sits {
				a := &article.RegulatorRekeying{Member: card.ID, Vote: vote.Public(), Cosign: cosign.Public()}
				if err := endorse(a, federation, vote, cosign); err != nil {
					return err
				}
				return h.propose(cmd, &o, size, m, a)
			}
			a := &article.RegulatorAdmission{Seat: charter.RegulatorSeat{
				Member: card.ID, Vote: vote.Public(), Cosign: cosign.Public(), CosignName: cmp.Or(name, card.CosignName, card.ID+"/cosign"),
				Jurisdiction: cmp.Or(jurisdiction, card.Jurisdiction, "CN"),
			}}
			if err := endorse(a, federation, vote, cosign); err != nil {
				return err
			}
			return h.propose(cmd, &o, size, m, a)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&jurisdiction, "jurisdiction", "", "of a first seat: `CN` or a province as CN-31 (default that of the card)")
	cmd.Flags().StringVar(&name, "cosign-name", "", "`name` under which it cosigns (default that of the card)")
	return cmd
}

// sits reports whether a member has a seat.
func (h Host) sits(cmd *cobra.Command, member string) (sits bool, err error) {
	err = h.Ask(cmd, false, func(s api.Council) error {
		q, err := s.QuorumState(cmd.Context())
		sits = slices.ContainsFunc(q.Seats, func(seat api.QuorumSeat) bool { return seat.Member == member })
		return err
	})
	return sits, err
}

// seatKeys makes the keys of a seat, with what certification is kept in: where the member
// sits, others than it has, which wait; for a first seat those that are there, if any are.
func (h Host) seatKeys(cmd *cobra.Command, sits bool) (vote, cosign keys.Private, err error) {
	dir, unlock, ring, err := h.ring(cmd)
	if err != nil {
		return vote, cosign, err
	}
	if _, err := ring.Private(keys.PurposeLog); err != nil { // it would not take part, and the others would wait for it
		return vote, cosign, bad(phrase.New("keys.no_log", "%s holds no ledger's key, without which no regulator's node takes part: have a regulator seal it (ringfence keys export-log --to CARD --out FILE), and take it (ringfence keys import-log FILE)", dir))
	}
	create := func(p keys.Purpose) (keys.Private, error) {
		if sits {
			return keys.CreateNext(dir, p, unlock, h.Random)
		}
		if key, err := ring.Private(p); err == nil {
			return key, nil
		}
		if _, err := keys.Create(dir, p, unlock, h.Random); err != nil {
			return keys.Private{}, err
		}
		opened, err := keys.Open(dir, unlock)
		if err != nil {
			return keys.Private{}, err
		}
		return opened.Private(p)
	}
	if vote, err = create(keys.PurposeVote); err == nil {
		cosign, err = create(keys.PurposeCosign)
	}
	if err == nil {
		err = node.EnsureCertification(filepath.Dir(dir), cosign.Public())
	}
	return vote, cosign, bad(err)
}

func (h Host) exportLog() *cobra.Command {
	var to, out string
	cmd := &cobra.Command{
		Use:   "export-log --to CARD --out FILE",
		Short: "Hand the ledger's key to another regulator",
		Long: `Every regulator's node holds the ledger's key, which signs checkpoints and by itself
grants nothing. Export-log seals this node's copy to the audience key of another
regulator, so that the file can travel by any way and only that regulator opens it.
--to names its card, or its audience key (age1…).`,
		Example: `  ringfence keys export-log --dir reg --to moe/card.yaml --out log-for-moe.age`,
		Args:    slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" || out == "" {
				return slip.Missing(cmd, "--to or --out")
			}
			recipient := to
			if keys.CheckRecipient(to) != nil {
				card, err := found.ReadCard(to)
				if err != nil {
					return bad(err)
				}
				recipient = card.Audience
			}
			_, _, ring, err := h.ring(cmd)
			if err != nil {
				return err
			}
			key, err := ring.Private(keys.PurposeLog)
			if err != nil {
				return bad(err)
			}
			sealed, err := keys.Hand(keys.PurposeLog, key, recipient)
			if err == nil {
				err = found.WriteNew(out, sealed)
			}
			if err != nil {
				return bad(err)
			}
			return h.Answer(cmd, made{Purpose: string(keys.PurposeLog), Key: key.Public().String(), File: out}, func(p *show.Page) { p.Say("keys.exported", out) })
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`card` of the other regulator, or its audience key")
	cmd.Flags().StringVar(&out, "out", "", "`file` to write")
	return cmd
}

func (h Host) importLog() *cobra.Command {
	return &cobra.Command{
		Use:   "import-log FILE",
		Short: "Take the ledger's key that another regulator handed over",
		Long: `Import-log opens a file of ringfence keys export-log with this directory's audience key
and keeps the ledger's key among the others. A regulator's node takes part in keeping the
ledger from its next start on.`,
		Example: `  ringfence keys import-log log-for-moe.age --dir moe`,
		Args:    slip.Exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			place, unlock, err := h.Place(cmd)
			if err != nil {
				return err
			}
			f, err := os.Open(args[0])
			if err != nil {
				return bad(err)
			}
			sealed, err := io.ReadAll(io.LimitReader(f, keys.MaxHanded+1))
			if closed := f.Close(); err == nil {
				err = closed
			}
			var half keys.Half
			if err == nil {
				half, err = keys.Receive(filepath.Join(place, found.KeysDir), keys.PurposeLog, sealed, unlock, h.Random)
			}
			if errors.Is(err, keys.ErrNotHanded) {
				err = phrase.Join(phrase.New("keys.not_handed", "%s is no file of ringfence keys export-log for this directory: have it made anew for the audience key that ringfence keys show has here", args[0]), phrase.Plain(err.Error()))
			}
			if err != nil {
				return bad(err)
			}
			return h.Answer(cmd, made{Purpose: string(keys.PurposeLog), Key: half.Text()}, func(p *show.Page) { p.Say("keys.imported", half.Text()) })
		},
	}
}
