package quorumtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"ringfence/store/keys"
)

// Command is what a Machine takes: read, or write and read what was there before. A
// command whose ID it has seen does nothing again.
type Command struct {
	ID    string
	Write bool
	Value string
	Pad   []byte `json:",omitempty"`
}

// Encode returns the command's bytes.
func (c Command) Encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and bytes always encode
	}
	return b
}

// Machine is a register that remembers whatever it was told.
type Machine struct {
	mu     sync.Mutex
	state  state
	voters []keys.Public
	// Refuse, when set, says why a snapshot is refused.
	refuse error
	// Allow, when set, judges voters.
	allow func([]keys.Public) error
}

type state struct {
	Value   string
	Tape    []string // IDs, in the order in which they were first applied
	Index   uint64
	Answers map[string]string
}

// NewMachine returns an empty one.
func NewMachine() *Machine { return &Machine{state: state{Answers: map[string]string{}}} }

// Refuse makes it refuse every snapshot for a reason; nil: none.
func (m *Machine) Refuse(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = err
}

// Allow makes it judge voters.
func (m *Machine) Allow(f func([]keys.Public) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.allow = f
}

// Apply is group.Machine's.
func (m *Machine) Apply(index uint64, command []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if index <= m.state.Index {
		panic(fmt.Sprintf("entry %d after %d", index, m.state.Index))
	}
	m.state.Index = index
	var c Command
	if err := json.Unmarshal(command, &c); err != nil {
		return []byte("refused")
	}
	if was, ok := m.state.Answers[c.ID]; ok {
		return []byte(was)
	}
	answer := m.state.Value
	if c.Write {
		m.state.Value = c.Value
	}
	m.state.Tape = append(m.state.Tape, c.ID)
	m.state.Answers[c.ID] = answer
	return []byte(answer)
}

// Configured is group.Machine's.
func (m *Machine) Configured(_ uint64, voters []keys.Public) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.voters = slices.Clone(voters)
	if m.allow != nil {
		return m.allow(voters)
	}
	return nil
}

// Snapshot is group.Machine's.
func (m *Machine) Snapshot() (io.WriterTo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := json.Marshal(m.state)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return bytes.NewReader(append(sum[:], b...)), nil
}

// Restore is group.Machine's. What it did not write itself is forged.
func (m *Machine) Restore(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return m.refuse
	}
	if len(b) < sha256.Size {
		return errors.New("no snapshot")
	}
	if sum := sha256.Sum256(b[sha256.Size:]); !bytes.Equal(sum[:], b[:sha256.Size]) {
		return errors.New("forged")
	}
	var s state
	if err := json.Unmarshal(b[sha256.Size:], &s); err != nil {
		return err
	}
	m.state = s
	return nil
}

// Tape returns the IDs of what was applied, in order.
func (m *Machine) Tape() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.state.Tape)
}

// Voters returns the last voters it heard of.
func (m *Machine) Voters() []keys.Public {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.voters)
}
