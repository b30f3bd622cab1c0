package overlay

import (
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"ringfence/node/overlay/desk"
	"ringfence/node/overlay/internal/gate"
	"ringfence/node/overlay/internal/hosts"
	"ringfence/node/overlay/internal/layout"
	"ringfence/store/keys"
)

// diagnose asks at the desk of a member that is connected, but does not exchange
// records, what stands between us.
func (o *Overlay) diagnose(with keys.Public) string {
	id, err := hosts.PeerID(with)
	if err != nil {
		return err.Error()
	}
	w, err := desk.Converse(o.ctx, o.host, id, false)
	switch {
	case errors.Is(err, desk.ErrBusy):
		return "it does not exchange records, and its desk is busy"
	case err != nil:
		return "it answers, but speaks nothing of ours, not even at the desk"
	case w.Federation != o.cfg.Federation:
		return fmt.Sprintf("it speaks federation %s (%s), not ours", w.Federation, w.Name)
	case layout.Version < w.Lowest || layout.Version > w.Highest:
		return fmt.Sprintf("it speaks protocol versions %d to %d (release %q), this release speaks %d: upgrade the older one", w.Lowest, w.Highest, w.Version, layout.Version)
	case !w.Member:
		return "it does not know this host as a member: its charter or the host key here is not the one it should be"
	}
	return "it knows this host, but does not exchange records"
}

// why says why a member is not connected; "" when it is. The caller holds the lock.
func (o *Overlay) why(w *way) string {
	switch {
	case w.met || w.trouble != "":
		return w.trouble
	case o.host.Network().Connectedness(w.id) == network.Connected:
		return "it answers, and records are being exchanged"
	case w.trying:
		return "it is being dialled"
	}
	return "it was not dialled yet"
}

func refusal(d gate.Dropped) string {
	return fmt.Sprintf("dropped until %s: %s", d.Until.UTC().Format(time.RFC3339), d.Why)
}
