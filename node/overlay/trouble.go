package overlay

import (
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"ringfence/node/overlay/desk"
	"ringfence/node/overlay/internal/gate"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/node/phrase"
	"ringfence/store/keys"
)

// diagnose asks at the desk of a member that is connected, but does not exchange
// records, what stands between us.
func (o *Overlay) diagnose(with keys.Public) phrase.Phrase {
	id, err := hosts.PeerID(with)
	if err != nil {
		return phrase.Plain(err.Error())
	}
	w, err := desk.Converse(o.ctx, o.host, id, false)
	switch {
	case errors.Is(err, desk.ErrBusy):
		return phrase.New("peer.desk_busy", "it does not exchange records, and its desk is busy")
	case err != nil:
		return phrase.New("peer.alien", "it answers, but speaks nothing of ours, not even at the desk: it is no Ringfence node, or it refuses this one for a while, and its own `ringfence peers` says why")
	case w.Federation != o.cfg.Federation:
		return phrase.New("peer.other_federation", "it speaks federation %s (%s), not ours", w.Federation, w.Name)
	case layout.Version < w.Lowest || layout.Version > w.Highest:
		return phrase.New("peer.other_protocol", "it speaks protocol versions %d to %d (release %q), this release speaks %d: upgrade the older one", w.Lowest, w.Highest, w.Version, layout.Version)
	case !w.Member:
		return phrase.New("peer.not_member", "it does not know this host as a member: its charter or the host key here is not the one it should be")
	}
	return phrase.New("peer.no_records", "it knows this host, but does not exchange records")
}

// why says why a member is not connected; none when it is. The caller holds the lock.
func (o *Overlay) why(w *way) phrase.Phrase {
	switch {
	case w.met || !w.trouble.IsZero():
		return w.trouble
	case o.host.Network().Connectedness(w.id) == network.Connected:
		return phrase.New("peer.exchanging", "it answers, and records are being exchanged")
	case w.trying:
		return phrase.New("peer.dialling", "it is being dialled")
	}
	return phrase.New("peer.not_dialled", "it was not dialled yet")
}

func refusal(d gate.Dropped) phrase.Phrase {
	return phrase.Join(phrase.New("peer.dropped", "dropped until %s", d.Until.UTC().Format(time.RFC3339)), d.Why)
}
