package motions

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/show/council"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/phrase"
)

// proposing is the help of propose.
const proposing = `Propose signs a motion and puts it to the regulators; on a regulator's node it
carries its vote for it. Look first with --preview, which signs and sends nothing: how
many numbers, in whose ranges, which of them are protected, contested, reassigned or
ratified already, also inside a range, and how many votes it takes.

--ratify names numbers or ranges, --revoke ledger indexes or numbers on which entries
are ratified; both may be given several times. --file reads a table or a document:

  number,action,category,grounds,citations      (one line an entry to ratify)
  entry                                         (one line an entry to revoke)

or YAML with kind (ratify, revoke or stay), until, reason, and items (number, action,
category, grounds, citations) or entries. What a line does not say the flags do. With kind
note_fork it has proofs: what GET /v1/evidence has as the proof of each fork of a feed; once
they are on record every node freezes the feed.

--from-list proposes what the list has: conditions with blanks between, all of which an
entry must meet. class, category (or its beginning), action, number (a range), holder (a
member or nobody), contested, protected, reassigned and ratified take = and !=, and
several values with commas between; groups (independence groups that speak for it) and
score (permille) take < <= = >= > != as well. What is ratified already is left out
unless ratified=yes is asked for.

Changes of the charter are documents: kind, reason, and what the kind takes.

  change_member     member; of name, name_zh, roles, group, contact, hosts, audience,
                    recovery what becomes another
  remove_member     member, how: leave or expel
  end_issuer        issuer, how: leave or expel
  admit_regulator   member, jurisdiction, vote, cosign, cosign_name
  remove_regulator  member, roles that it keeps
  rekey_regulator   member, vote, cosign
  admit_issuer      member, issuer
  grant             grants: each range, allocatee, resold_to, hosted_by
  end_grant         ends: each range; to pass it on allocatee, resold_to, hosted_by
  set_policy        policy: the figures that change; protected; taxonomy

Keys that must agree to a change do so by motion endorse; the request that it writes is
proposed by --file, and so is a newcomer's request.pem.

A proposal of more than 4,096 entries, or more than 256 KiB, becomes several motions by
itself, and is listed, shown and voted on as one.`

func (h Host) propose() *cobra.Command {
	p := api.Proposal{}
	var numbers []string
	var queries []string
	var file string
	watch := false
	cmd := &cobra.Command{
		Use:   "propose --ratify NUMBER | --revoke INDEX | --file FILE|- | --from-list QUERY",
		Short: "Put entries to the regulators, to be ratified or revoked",
		Long:  proposing,
		Example: `  ringfence motion propose --ratify +8613800138000 --action block --category crm.fraud.impersonation --grounds investigation --until 2027-01-31 --reason "case 12"
  ringfence motion propose --from-list 'class=crm groups>=2' --action label --reason "two desks agree" --preview
  ringfence motion propose --file entries.csv --grounds decision --watch
  ringfence motion propose --revoke 1042 --reason "wrong number"`,
		Args: slip.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			for _, n := range numbers {
				p.Items = append(p.Items, api.ProposedItem{Number: n})
			}
			if len(queries) > 0 {
				p.FromList = queries[0]
			}
			switch {
			case len(queries) > 1:
				return slip.Of(cmd, phrase.New("usage.one_query", "--from-list is given once: its conditions stand in one query with blanks between, and all of them must be met"))
			case file != "":
				p.FileName = file
				if p.File, err = h.read(file); err != nil {
					return err
				}
			case len(p.Entries) > 0:
				p.Kind = "revoke"
			case len(p.Items) == 0 && p.FromList == "":
				return slip.Missing(cmd, "--ratify, --revoke, --file or --from-list")
			}
			return h.put(cmd, p, watch)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&numbers, "ratify", nil, "`number` or range to ratify an entry on")
	f.StringArrayVar(&p.Entries, "revoke", nil, "`index` of a ratified entry to revoke, or the number that it is on")
	f.StringVar(&file, "file", "", "`file` of entries, CSV or YAML; - for standard input")
	f.StringArrayVar(&queries, "from-list", nil, "`query` over the list")
	f.StringVar(&p.Action, "action", "", "what to do with calls: `action` allow, label (the default) or block")
	f.StringVar(&p.Category, "category", "", "category `code`, such as crm.fraud.impersonation")
	f.StringVar(&p.Grounds, "grounds", "", "on what it rests: `word` flags, reports, detection, investigation, decision, allocatee or other")
	f.StringVar(&p.Country, "country", "", "calling `code` under which numbers are read (default the node's)")
	f.StringVar(&p.Until, "until", "", "`day` on which it ends, and holds no more (default as late as the policy allows)")
	proposalFlags(f, &p, &watch)
	slip.Exclusive(cmd, "ratify", "revoke", "file", "from-list")
	slip.Exclusive(cmd, "preview", "watch")
	cmd.AddCommand(h.anchor())
	return cmd
}

// proposalFlags are those of every verb that puts something to the regulators.
func proposalFlags(f *pflag.FlagSet, p *api.Proposal, watch *bool) {
	f.StringVar(&p.Reason, "reason", "", "`why`, in words, for everybody to read")
	f.Uint16Var(&p.VotedDays, "voted-days", 0, "for how many `days` it may be voted on (default 7, at most 92)")
	f.BoolVar(&p.Preview, "preview", false, "only tell what it would do")
	f.BoolVar(watch, "watch", false, "wait until it is enacted or has ended, and tell each vote")
}

// put puts a proposal to the regulators.
func (h Host) put(cmd *cobra.Command, p api.Proposal, watch bool) error {
	if cmd.Flags().Changed("voted-days") && p.VotedDays == 0 {
		return slip.Of(cmd, phrase.New("usage.voted_days", "--voted-days is 1 or more; left out, it is voted on for 7 days"))
	}
	var made api.Proposed
	err := h.Ask(cmd, !p.Preview, func(s api.Council) (err error) {
		made, err = s.ProposeMotion(cmd.Context(), p)
		return err
	})
	switch {
	case err != nil:
		return err
	case watch:
		return h.follow(cmd, made.Motion.ID, true)
	}
	return h.Answer(cmd, &made, func(page *show.Page) { council.Proposed(page, &made) })
}

func (h Host) stay() *cobra.Command {
	p := api.Proposal{Kind: "stay"}
	watch := false
	cmd := &cobra.Command{
		Use:   "stay INDEX|NUMBER",
		Short: "Suspend a ratified entry for 24 hours, on a regulator's word alone",
		Long: `Stay suspends a ratified entry at once, everywhere, for 24 hours from the ledger's
time: the word of one regulator is enough, on its own node, and each may say it once of
an entry. What lasts takes a motion to revoke. Name the entry by its index in the
ledger, or the number: all entries that are in force on it.`,
		Example: `  ringfence stay 1042 --reason "the holder objects" --watch
  ringfence stay +8613800138000`,
		Args: slip.Exactly("INDEX or NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.Entries = args
			return h.put(cmd, p, watch)
		},
	}
	cmd.Flags().StringVar(&p.Country, "country", "", "calling `code` under which the number is read (default the node's)")
	proposalFlags(cmd.Flags(), &p, &watch)
	return cmd
}
