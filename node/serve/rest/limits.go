package rest

import (
	"strconv"
	"time"
)

// Limits bounds what requests may cost. Zero fields take the defaults.
type Limits struct {
	Concurrent int // requests under way at once; default 256
	Ledger     int // of those about the ledger, which everybody may make and which have places of their own; default 32
	PerSecond  int // requests a second of one client; default 2,000
	Burst      int // requests of one client at once; default 4,000
	Clients    int // clients remembered, the least recent forgotten; default 4,096
	MinRate    int // bytes a second that an upload must keep up; default 4,096
	Patience   time.Duration
	// Patience is what an upload may lag behind MinRate, and what a client may
	// take to read a piece of a stream; default 30 s.
}

func (l Limits) withDefaults() Limits {
	l.Concurrent = positive(l.Concurrent, 256)
	l.Ledger = positive(l.Ledger, 32)
	l.PerSecond = positive(l.PerSecond, 2_000)
	l.Burst = positive(l.Burst, 4_000)
	l.Clients = positive(l.Clients, 4_096)
	l.MinRate = positive(l.MinRate, 4_096)
	if l.Patience <= 0 {
		l.Patience = 30 * time.Second
	}
	return l
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

func tooLarge(limit int64) string {
	return "the body is larger than " + strconv.FormatInt(limit, 10) + " bytes; send it in parts"
}
