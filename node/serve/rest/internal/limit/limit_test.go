package limit

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestClientsAreBounded: each client has its own allowance, and a flood of
// addresses costs no more memory than the bound.
func TestClientsAreBounded(t *testing.T) {
	c := NewClients(ClientsConfig{PerSecond: 2, Burst: 3, Most: 8})
	now := time.Unix(1_800_000_000, 0)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i, want := range []bool{true, true, true, false, false} {
		if got := c.Allow(a, now); got != want {
			t.Errorf("request %d of one client: %v", i+1, got)
		}
	}
	if !c.Allow(b, now) {
		t.Error("one client's haste is held against another")
	}
	if !c.Allow(a, now.Add(time.Second)) {
		t.Error("a second later the client may still not ask")
	}
	for i := range 1_000 {
		c.Allow(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), now)
	}
	if len(c.known) != 8 || c.recent.Len() != 8 {
		t.Errorf("%d clients remembered, in %d places", len(c.known), c.recent.Len())
	}
}

func TestClientOf(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8::ffff:0:0:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
	} {
		if a, b := clientOf(netip.MustParseAddr(c.a)), clientOf(netip.MustParseAddr(c.b)); (a == b) != c.same {
			t.Errorf("%s and %s: %v, %v", c.a, c.b, a, b)
		}
	}
	if clientOf(netip.Addr{}).IsValid() {
		t.Error("no address counts as one")
	}
}

func TestDoor(t *testing.T) {
	d := NewDoor(4, 2)
	a, b, here := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("127.0.0.1")
	steps := []struct {
		from  netip.Addr
		enter bool // else leave
		want  bool
	}{
		{a, true, true}, {a, true, true}, {a, true, false}, {b, true, true}, {here, true, true}, {b, true, false}, {here, true, false},
		{a, false, true}, {here, true, true}, {here, false, true}, {here, false, true}, {a, true, true}, {a, true, false},
	}
	for i, s := range steps {
		if !s.enter {
			d.leave(s.from)
		} else if got := d.enter(s.from); got != s.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
	d.leave(a)
	d.leave(a)
	d.leave(b)
	if d.open != 0 || len(d.from) != 0 {
		t.Errorf("after all left: %+v", d)
	}
}

// TestBehind: what the door does not let in is closed at once, and a place is
// free again when a connection is closed, once however often it is.
func TestBehind(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewDoor(1, 1).Behind(inner)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	dial()
	first := <-accepted
	if n, err := dial().Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the second connection reads %d, %v", n, err)
	}
	_ = first.Close()
	_ = first.Close()
	dial()
	second := <-accepted
	if n, err := dial().Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("after two closes of one connection another two came in: %d, %v", n, err)
	}
	_ = second.Close()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, more := <-accepted; more {
		t.Error("a connection after the end")
	}
}

func TestAddressOf(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[2001:db8::1]:80": "2001:db8::1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "@": "invalid IP", "": "invalid IP", "/run/s": "invalid IP",
	} {
		if got := AddressOf(text).String(); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}
