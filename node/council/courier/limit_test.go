package courier

import (
	"log/slog"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"ringfence/consensus/ballot/ballottest"
	"ringfence/node/council/letter"
	"ringfence/store/charter/chartertest"
	"ringfence/store/memory"
	"ringfence/store/motion"
)

// Each address may ask a little, strangers together more, each member its own, however many
// the others ask.
func TestStrangersAreHeardSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{})
		asked := func(member string, at func(i int) netip.Prefix) (heard int) {
			for i := range 100_000 {
				if c.allowed(member, at(i)) {
					heard++
				}
			}
			return heard
		}
		one := func(int) netip.Prefix { return place(1) }
		if heard := asked("", one); heard != strangerMostAt {
			t.Errorf("%d questions from one address are heard", heard)
		}
		if heard := asked("", func(i int) netip.Prefix { return place(i % 50) }); heard != strangerMost-strangerMostAt {
			t.Errorf("%d of strangers from many", heard)
		}
		if heard := asked("op", one); heard != memberMost {
			t.Errorf("%d of a member", heard)
		}
		if !c.allowed("other", place(1)) {
			t.Error("another member is not heard")
		}
	})
}

func place(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32)
}

// One stranger asks without end. Another, who waits with join, is heard each time.
func TestAFloodFromOneAddressKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{})
		for range 300 {
			for range 100 {
				c.allowed("", place(1))
			}
			if !c.allowed("", place(2)) {
				t.Fatal("an honest stranger is not heard beside a flood")
			}
			time.Sleep(2 * time.Second) // as join does
		}
	})
}

// Addresses that are told apart are few, those that asked nothing lately go for others.
func TestFewPlacesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStrangers()
		for i := range 3 * maxPlaces {
			s.allow(place(i))
		}
		if len(s.at) != maxPlaces || s.allow(place(3*maxPlaces)) {
			t.Errorf("%d are remembered", len(s.at))
		}
		time.Sleep(time.Minute)
		if !s.allow(place(3 * maxPlaces)) {
			t.Error("after a minute nobody new is heard")
		}
		one, again, two := s.name(place(1)), s.name(place(1)), s.name(place(2))
		if one == two || one != again || len(one) != letter.PlaceSize {
			t.Error("the names of places do not tell them apart")
		}
	})
}

// What became of a letter is one regulator's word until the ledger has it: whoever says
// that it is done with does not keep it from the others.
func TestOneWordDoesNotEndTheAsking(t *testing.T) {
	f := ballottest.Begun(t, 1, nil)
	c := New(Config{State: f.State.Constitution, Logger: slog.New(slog.DiscardHandler)})
	o, err := NewOutbox(c, memory.New(), func() time.Time { return time.Unix(f.Now, 0) })
	if err != nil {
		t.Fatal(err)
	}
	p := f.MotionBy(chartertest.Issuer("op"), motion.Ratify, ballottest.Label(t, "+8613800138000"), nil)
	l, err := letter.Motion(&p.Signed, p.Items)
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []letter.State{letter.Aside, letter.Refused, letter.Expired, letter.Withdrawn, letter.Tabled, letter.Entered} {
		o.add(l).State = said
		if ask, _ := o.due(); len(ask) != 1 {
			t.Errorf("after state %d nobody is asked", said)
		}
		o.forget(l.ID)
	}
}
