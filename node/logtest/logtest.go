// Package logtest lends tests a log that they read while what they test still writes
// to it: bytes.Buffer alone is a race there.
//
// It is for tests alone.
package logtest

import (
	"bytes"
	"strings"
	"sync"
)

// Paper is what a log is written on. Its zero value is blank. It is safe for
// concurrent use.
type Paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (p *Paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// String returns what is written so far.
func (p *Paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// Count returns how often a text stands there.
func (p *Paper) Count(text string) int { return strings.Count(p.String(), text) }
