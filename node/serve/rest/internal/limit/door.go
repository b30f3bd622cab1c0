package limit

import (
	"net"
	"net/netip"
	"sync"
)

// Door counts connections and closes what is too many.
type Door struct {
	most, perAddress int

	mu   sync.Mutex
	open int
	from map[netip.Addr]int
}

// NewDoor makes a door for at most so many connections, and so many from one
// address that is not loopback.
func NewDoor(most, perAddress int) *Door {
	return &Door{most: most, perAddress: perAddress, from: make(map[netip.Addr]int)}
}

// Behind returns l behind the door.
func (d *Door) Behind(l net.Listener) net.Listener { return &doored{Listener: l, door: d} }

// AddressOf reads the address of "host:port"; not valid when there is none.
func AddressOf(hostPort string) netip.Addr {
	at, err := netip.ParseAddrPort(hostPort)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// enter tells whether one more connection may come in. Loopback and unix
// sockets share the whole count: there an address is no client.
func (d *Door) enter(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= d.most || counted(from) && d.from[from] >= d.perAddress {
		return false
	}
	d.open++
	if counted(from) {
		d.from[from]++
	}
	return true
}

func (d *Door) leave(from netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	if !counted(from) {
		return
	}
	if d.from[from]--; d.from[from] == 0 {
		delete(d.from, from)
	}
}

func counted(from netip.Addr) bool { return from.IsValid() && !from.IsLoopback() }

// doored is a listener behind a door.
type doored struct {
	net.Listener
	door *Door
}

// Accept returns the next connection that the door lets in.
func (l *doored) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := AddressOf(c.RemoteAddr().String())
		if l.door.enter(from) {
			return &visitor{Conn: c, left: sync.OnceFunc(func() { l.door.leave(from) })}, nil
		}
		_ = c.Close() // refused without a word: a word would cost what the door saves
	}
}

// visitor is a connection that is counted until it is closed.
type visitor struct {
	net.Conn
	left func()
}

// Close leaves through the door.
func (v *visitor) Close() error {
	v.left()
	return v.Conn.Close()
}
