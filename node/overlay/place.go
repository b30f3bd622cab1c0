package overlay

import (
	"net/netip"

	"ringfence/node/overlay/internal/address"
)

// PlaceOf returns what counts as one address when strangers are counted, of the other end
// of a stream: an IPv4 address, or the /56 that one subscriber of IPv6 has. It is zero of
// a stream that is no overlay's.
func PlaceOf(s Stream) netip.Prefix {
	one, ok := s.(interface{ place() netip.Prefix })
	if !ok {
		return netip.Prefix{}
	}
	return one.place()
}

func (s *stream) place() netip.Prefix {
	return address.Neighbourhood(s.Stream.Conn().RemoteMultiaddr())
}
