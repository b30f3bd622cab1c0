package keyring

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/motion"
)

// bad makes an error one of usage or input.
func bad(err error) error {
	if err == nil {
		return nil
	}
	return api.Tell(api.BadInput, phrase.From(err))
}

// next makes the issuer key that is to take the place of another. Where one waits already,
// it is that, unless a motion asks for it that nobody has decided yet: another would only
// lie beside it.
func (h Host) next(cmd *cobra.Command, dir string, unlock keys.Unlock) (keys.Private, error) {
	waits, known, err := keys.Next(dir, keys.PurposeIssuer)
	if err != nil {
		return keys.Private{}, bad(err)
	}
	if known {
		if err := h.notAsked(cmd, waits); err != nil {
			return keys.Private{}, err
		}
	}
	next, err := keys.CreateNext(dir, keys.PurposeIssuer, unlock, h.Random)
	return next, bad(err)
}

// notAsked refuses a key that an undecided motion names.
func (h Host) notAsked(cmd *cobra.Command, next keys.Public) error {
	undecided := []string{api.MotionInbox, api.MotionOpen, api.MotionProvisional, api.MotionUnknown}
	return h.Ask(cmd, false, func(s api.Council) error {
		all, err := s.Motions(cmd.Context(), api.MotionQuery{})
		if err != nil {
			return err
		}
		for i := range all.Motions {
			one := &all.Motions[i]
			if !slices.Contains(undecided, one.State) || one.Kind != motion.EndIssuer.String() && one.Kind != motion.AdmitIssuer.String() {
				continue
			}
			shown, err := s.Motion(cmd.Context(), one.ID)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(shown.Content, func(item phrase.Phrase) bool { return strings.Contains(item.Text, next.String()) }) {
				return api.Tell(api.Refused, phrase.New("keys.asked",
					"the motion %s asks for the key that waits here already: ringfence motion show %s --watch tells how it stands, ringfence motion withdraw %s takes it back", one.ID, one.ID, one.ID))
			}
		}
		return nil
	})
}

func (h Host) rotate() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Put a new issuer key in the place of this node's own",
		Long: `Rotate makes a new issuer key, which waits in the data directory, and puts a motion to
the regulators that ends the old one and admits the new: both sign it, and it names the
last batch of the old key that counts. Once it is enacted the running node signs by the
new key. What was said before goes on counting, and so does what this node says until
then: where no anchor covers it in time, the new key says it again by itself.

The peers have to confirm that the new key has said nothing yet, as after a restore.
With fewer than two other members in reach, ringfence restore lift none does it.`,
		Example: `  ringfence keys rotate --dir acme --reason "new machine" --watch
  ringfence keys rotate --dir acme --out rotate.yaml`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, unlock, ring, err := h.ring(cmd)
			if err != nil {
				return err
			}
			old, err := ring.Private(keys.PurposeIssuer)
			if err != nil {
				return bad(err)
			}
			federation, size, heads, _, err := h.heads(cmd, api.FeedHeadQuery{Issuer: old.Public().String()})
			if err != nil {
				return err
			}
			next, err := h.next(cmd, dir, unlock)
			if err != nil {
				return err
			}
			a := &article.IssuerEnd{Issuer: old.Public(), How: article.Rotate, Successor: next.Public(), Heads: heads}
			if err := endorse(a, federation, old, next); err != nil {
				return err
			}
			return h.propose(cmd, &o, size, made{Purpose: string(keys.PurposeIssuer), Key: next.Public().String()}, a)
		},
	}
	o.flags(cmd)
	return cmd
}

func (h Host) recover() *cobra.Command {
	var o options
	var lost, from, fromKey string
	cmd := &cobra.Command{
		Use:   "recover --lost KEY [--end]",
		Short: "Have the recovery key replace an issuer key that was lost",
		Long: `Recover puts another issuer key in the place of one that was lost, on the word of the
member's recovery key, which is kept offline: --recovery names the directory of keys that
holds it. It takes two motions. The first admits a new key, which is made here and waits
in the data directory; the second, with --end, ends the lost one: what it said up to the
last batch that is known here goes on counting. The node signs by the new key once both
are enacted, or from its next start on where the lost key is not in its directory.`,
		Example: `  ringfence keys recover --dir acme --lost 61f3… --recovery /media/safe/keys --watch
  ringfence keys recover --dir acme --lost 61f3… --recovery /media/safe/keys --end --watch`,
		Args: slip.Exactly(),
	}
	end := false
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case lost == "":
			return slip.Missing(cmd, "--lost")
		case from == "" && fromKey != "":
			return slip.Missing(cmd, "--recovery", phrase.New("keys.recovery_unlocks", "--recovery-key-file unlocks the directory of keys that it names"))
		}
		dir, unlock, ring, err := h.ring(cmd)
		if err != nil {
			return err
		}
		recovery, err := recovery(dir, ring, unlock, from, fromKey)
		if err != nil {
			return err
		}
		federation, size, heads, told, err := h.heads(cmd, api.FeedHeadQuery{Issuer: lost})
		if err != nil {
			return err
		}
		key, err := keys.ParsePublicText(lost)
		if err != nil {
			return bad(err)
		}
		if end {
			a := &article.IssuerEnd{Issuer: key, How: article.Leave, Heads: heads}
			if err := endorse(a, federation, recovery); err != nil {
				return err
			}
			return h.propose(cmd, &o, size, made{}, a)
		}
		next, err := h.next(cmd, dir, unlock)
		if err != nil {
			return err
		}
		a := &article.IssuerAdmission{Member: told[0].Member, Key: next.Public()}
		if err := endorse(a, federation, recovery, next); err != nil {
			return err
		}
		return h.propose(cmd, &o, size, made{Purpose: string(keys.PurposeIssuer), Key: next.Public().String()}, a)
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&lost, "lost", "", "the issuer `key` that was lost, as ringfence status shows it")
	f.BoolVar(&end, "end", false, "end the lost key, in place of admitting a new one")
	f.StringVar(&from, "recovery", "", "`directory` of keys with the recovery key (default that of the data directory)")
	f.StringVar(&fromKey, "recovery-key-file", "", "`file` that unlocks it, if it is another")
	return cmd
}

// recovery returns the member's recovery key: of the directory of keys from, unlocked as
// the data directory's or by fromKey; else of the data directory's own.
func recovery(dir string, ring *keys.Ring, unlock keys.Unlock, from, fromKey string) (keys.Private, error) {
	if fromKey != "" {
		unlock = keys.KeyFile(fromKey)
	}
	if from != "" {
		var err error
		if ring, err = keys.Open(from, unlock); err != nil {
			return keys.Private{}, bad(err)
		}
	}
	key, err := ring.Private(keys.PurposeRecovery)
	if err != nil && from == "" {
		err = phrase.New("keys.no_recovery", "%s holds no recovery key: name the directory of keys that does with --recovery", dir)
	}
	return key, bad(err)
}

func (h Host) reinstate() *cobra.Command {
	var o options
	var from string
	cmd := &cobra.Command{
		Use:   "reinstate KEY",
		Short: "Let an issuer go on that told two stories, in a new epoch",
		Long: `Reinstate puts a motion to the regulators that closes the feed of an issuer at a base
and opens a new epoch, which goes on from there. What lies beyond the base counts for
nothing; what was anchored stays. The node that holds the key signs in the new epoch by
itself once the motion is enacted, when its peers have confirmed that it has not yet.

Without --from the base is the last batch before the fork, or the last that is anchored
where that is later. A regulator proposes it, or the member, on its own node: where that
holds the member's recovery key, that signs it too.`,
		Example: `  ringfence keys reinstate 61f3… --reason "a copied disk, now destroyed" --watch
  ringfence keys reinstate 61f3… --from 1041`,
		Args: slip.Exactly("KEY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, _, ring, err := h.ring(cmd)
			if err != nil {
				return err
			}
			federation, size, heads, told, err := h.heads(cmd, api.FeedHeadQuery{Issuer: args[0], At: from})
			if err != nil {
				return err
			}
			key, err := keys.ParsePublicText(args[0])
			if err != nil {
				return bad(err)
			}
			a := &article.Reinstatement{Issuer: key, Epoch: told[0].Epoch + 1, Base: heads}
			if recovery, err := ring.Private(keys.PurposeRecovery); err == nil && h.own(cmd, told[0].Member) {
				if err := endorse(a, federation, recovery); err != nil {
					return err
				}
			}
			return h.propose(cmd, &o, size, made{}, a)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&from, "from", "", "`number` of the batch from which it goes on, or none")
	return cmd
}

// own reports whether the card in the data directory is a member's.
func (h Host) own(cmd *cobra.Command, member string) bool {
	card, err := h.card(cmd)
	return err == nil && card.ID == member
}
