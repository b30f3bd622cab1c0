// Package keyring is the verbs by which members and regulators change their keys, and
// leave: each makes what has to be signed by the keys that it is about, and puts it to the
// regulators or into a file for one of them to propose.
//
// Private keys are opened in this process and go nowhere else; a running node is asked for
// what stands, and learns of a new key from the ledger alone.
//
// Floor 15, a room of cmd/ringfence.
package keyring

import (
	"io"
	"path/filepath"

	"github.com/ipfs/go-cid"
	"github.com/spf13/cobra"

	"ringfence/cmd/ringfence/found"
	"ringfence/cmd/ringfence/show"
	"ringfence/cmd/ringfence/slip"
	"ringfence/node/api"
	"ringfence/node/council/paper"
	"ringfence/store/charter/article"
	"ringfence/store/keys"
	"ringfence/store/merkle"
	"ringfence/store/motion"
)

// Host is what the verbs stand on.
type Host struct {
	// Place returns the data directory, and how its keys are unlocked.
	Place  func(cmd *cobra.Command) (dir string, unlock keys.Unlock, err error)
	Random io.Reader
	// Ask puts a question to the node; one that acts wants it running.
	Ask func(cmd *cobra.Command, act bool, question func(api.Council) error) error
	// Put puts a proposal to the regulators and shows what came of it.
	Put func(cmd *cobra.Command, p api.Proposal, watch bool) error
	// Answer shows what came of a verb: as one JSON object, or as people read it.
	Answer func(cmd *cobra.Command, value any, human func(*show.Page)) error
	// Note tells people something on the way, not on standard output.
	Note func(cmd *cobra.Command, human func(*show.Page)) error
}

// options are those of every verb that ends in a motion.
type options struct {
	out, reason string
	watch       bool
	preview     bool   // of verbs that can only tell what they would do
	days        uint16 // for how many it may be voted on; 0: as usual
}

func (o *options) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "write what is to be proposed to this `file`, for a regulator to propose")
	f.StringVar(&o.reason, "reason", "", "`why`, in words, for everybody to read")
	f.BoolVar(&o.watch, "watch", false, "wait until it is enacted or has ended, and tell each vote")
	slip.Exclusive(cmd, "out", "watch")
}

// made is what a verb made beside a motion.
type made struct {
	Purpose string `json:"purpose,omitempty"`
	Key     string `json:"key,omitempty"`
	File    string `json:"file,omitempty"`
	Restart bool   `json:"restart,omitempty"` // the node takes the key up when it is started anew
	First   bool   `json:"first,omitempty"`   // and that has to be before anybody votes
}

// propose puts an article to the regulators, or into a file.
func (h Host) propose(cmd *cobra.Command, o *options, size uint64, m made, a article.Item) error {
	p, err := paper.Propose(o.reason, size, a)
	if err != nil {
		return bad(err)
	}
	p.Preview, p.VotedDays = o.preview, o.days
	if o.out == "" {
		return h.Put(cmd, p, o.watch)
	}
	text, err := paper.Write(p)
	if err == nil {
		err = found.WriteNew(o.out, text)
	}
	if err != nil {
		return bad(err)
	}
	m.File = o.out
	return h.Answer(cmd, m, func(p *show.Page) {
		switch {
		case m.First:
			p.Say("keys.seat", m.Key)
		case m.Key != "":
			p.Say("keys.next", m.Purpose, m.Key)
		}
		if m.Restart && !m.First {
			p.Say("keys.restart")
		}
		p.Say("keys.written", m.File)
	})
}

// ring opens the keys of the data directory.
func (h Host) ring(cmd *cobra.Command) (dir string, unlock keys.Unlock, ring *keys.Ring, err error) {
	place, unlock, err := h.Place(cmd)
	if err != nil {
		return "", unlock, nil, err
	}
	dir = filepath.Join(place, found.KeysDir)
	ring, err = keys.Open(dir, unlock)
	return dir, unlock, ring, bad(err)
}

// heads asks the node up to where feeds count.
func (h Host) heads(cmd *cobra.Command, q api.FeedHeadQuery) (federation cid.Cid, size uint64, heads []motion.AnchoredHead, told []api.FeedHead, err error) {
	var all api.FeedHeads
	err = h.Ask(cmd, false, func(s api.Council) (err error) {
		all, err = s.FeedHeads(cmd.Context(), q)
		return err
	})
	if err != nil {
		return federation, 0, nil, nil, err
	}
	if federation, err = cid.Decode(all.Federation); err != nil {
		return federation, 0, nil, nil, err
	}
	for _, one := range all.Heads {
		if one.Head == "" {
			continue
		}
		head, err := cid.Decode(one.Head)
		if err != nil {
			return federation, 0, nil, nil, err
		}
		hash := head.Hash()
		heads = append(heads, motion.AnchoredHead{
			Issuer: one.Index, Epoch: one.Epoch, Sequence: one.Sequence, Digest: merkle.Hash(hash[len(hash)-merkle.HashSize:]),
		})
	}
	return federation, all.Size, heads, all.Heads, nil
}

// endorse has keys sign an article.
func endorse(a article.Item, federation cid.Cid, by ...keys.Private) error {
	for _, key := range by {
		if err := article.Endorse(a, federation, key); err != nil {
			return bad(err)
		}
	}
	return nil
}
