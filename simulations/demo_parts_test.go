package simulations

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"ringfence/node"
	"ringfence/store/merkle"
)

func TestAFreePortIsFreeByTCPAndUDP(t *testing.T) {
	held, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if _, udp, err := freeAt(held.LocalAddr().String()); err != nil || udp == nil {
		t.Errorf("a port that is held by UDP is free: %v, %v", udp, err)
	}
	if at, err := freePort(); err != nil || at == held.LocalAddr().String() {
		t.Errorf("free: %q, %v", at, err)
	}
}

func TestANodeThatEndsIsToldInWords(t *testing.T) {
	for want, err := range map[string]error{
		"x ended by itself":     nil,
		"x ended: the disk ran": errors.New("the disk ran"),
	} {
		s := &station{seat: seat{id: "x"}, node: new(node.Node), ended: make(chan error, 1)}
		s.ended <- err
		got := (&demo{stations: []*station{s}}).lost()
		if got == nil || got.Error() != want || strings.Contains(got.Error(), "%!") {
			t.Errorf("told %v, want %q", got, want)
		}
		if !errors.Is(got, err) && err != nil {
			t.Errorf("%v does not wrap %v", got, err)
		}
	}
}

// Whoever is left alone with the prompt is told what can be typed, and can leave.
func TestTheDemoSaysWhatCanBeTyped(t *testing.T) {
	for _, leave := range []string{"quit", "exit"} {
		var told strings.Builder
		d := demo{cfg: DemoConfig{In: strings.NewReader("help\nwhat now\n" + leave + "\n")}, text: &told}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := d.stay(ctx); err != nil || ctx.Err() != nil {
			t.Errorf("%s: %v, %v", leave, err, ctx.Err())
		}
		cancel()
		for _, want := range []string{"\n" + demoCommands + "\n", `"what" is none of the commands: ` + demoCommands} {
			if !strings.Contains(told.String(), want) {
				t.Errorf("%s: %q is not told in %q", leave, want, told.String())
			}
		}
	}
}

// A user of the demo may say something: the nodes then hold more than the demo said, and
// are one all the same.
func TestListsAreOneWhenTheUserSaidMore(t *testing.T) {
	a, b := merkle.Hash{1}, merkle.Hash{2}
	for _, one := range []struct {
		lists []oneHeld
		equal bool
	}{
		{[]oneHeld{{a, 10}, {a, 10}}, true},
		{[]oneHeld{{a, 11}, {a, 11}}, true},
		{[]oneHeld{{a, 9}, {a, 9}}, false},
		{[]oneHeld{{a, 11}, {a, 10}}, false},
		{[]oneHeld{{a, 10}, {b, 10}}, false},
	} {
		if _, equal := oneList(one.lists, 10); equal != one.equal {
			t.Errorf("%v: %v", one.lists, equal)
		}
	}
}
