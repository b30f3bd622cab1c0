package rpc

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"ringfence/store/keys"
)

// maxTermAhead is how far above its own a regulator follows a term. Terms grow by
// one an election, so nobody honest is ever a million ahead; a liar who names the
// highest term there is would make the next one overflow and no election ever
// succeed again, and to get there in steps of this he would need centuries.
const maxTermAhead = 1 << 20

// Log is what the checks know of the receiver: its place in the log.
type Log interface {
	Term() uint64
	// Leading reports whether the receiver leads in this term.
	Leading(term uint64) bool
	// Committed returns the index of the last entry known to be committed.
	Committed() uint64
	// Applied returns the index of the last entry that the machine has seen. After a
	// snapshot that is above what Raft calls committed.
	Applied() uint64
	// Astray reports whether Raft counts entries that are not there.
	Astray() bool
	// Entry returns an entry that is held, or an error.
	Entry(index uint64) (*raft.Log, error)
	// Rewritten hears of a peer whose entry is another than the committed one.
	Rewritten(by keys.Public, index uint64)
}

func checkTerm(own, term uint64) error {
	if term > own && term-own > maxTermAhead {
		return fmt.Errorf("a term of %d where the own is %d: no election brought it there", term, own)
	}
	return nil
}

// checkAppend refuses what no honest leader sends and Raft does not survive, and
// tells of committed entries that come with other content.
func (t *Transport) checkAppend(from keys.Public, a *raft.AppendEntriesRequest) error {
	if err := checkTerm(t.cfg.Log.Term(), a.Term); err != nil {
		return err
	}
	term := a.PrevLogTerm
	for i, e := range a.Entries {
		switch {
		case e.Index != a.PrevLogEntry+1+uint64(i): //nolint:gosec // at most maxEntries
			return fmt.Errorf("entry %d where %d follows", e.Index, a.PrevLogEntry+1+uint64(i)) //nolint:gosec // as above
		case e.Term < term || e.Term > a.Term:
			return fmt.Errorf("entry %d of term %d after one of %d, from a leader of %d", e.Index, e.Term, term, a.Term)
		}
		term = e.Term
		if err := checkEntry(e); err != nil {
			return err
		}
	}
	return t.checkRewriting(from, a)
}

func checkEntry(e *raft.Log) error {
	switch e.Type {
	case raft.LogCommand, raft.LogNoop, raft.LogBarrier:
		return nil
	case raft.LogConfiguration:
		_, err := Configuration(e.Data)
		return err
	default:
		return fmt.Errorf("entry %d is of a kind (%d) that no leader of this release writes", e.Index, e.Type)
	}
}

// checkRewriting compares entries up to the commit index with those that are held.
// Raft skips what has the same term without looking, and deletes what has another
// one, applied or not. What is committed never changes, so to compare it here, at
// any moment, is sound.
func (t *Transport) checkRewriting(from keys.Public, a *raft.AppendEntriesRequest) error {
	if a.Term < t.cfg.Log.Term() {
		return nil // Raft refuses it
	}
	committed := t.cfg.Log.Committed()
	for _, e := range a.Entries {
		if e.Index > committed {
			return nil
		}
		held, err := t.cfg.Log.Entry(e.Index)
		if err != nil {
			continue // compacted: it is in the snapshot, and Raft cannot reach it either
		}
		if held.Term != e.Term || held.Type != e.Type || !bytes.Equal(held.Data, e.Data) {
			t.cfg.Log.Rewritten(from, e.Index)
			return fmt.Errorf("entry %d is committed here with other content", e.Index)
		}
	}
	return nil
}

func (t *Transport) checkInstall(a *raft.InstallSnapshotRequest) error {
	if err := checkTerm(t.cfg.Log.Term(), a.Term); err != nil {
		return err
	}
	if a.LastLogTerm > a.Term || a.ConfigurationIndex > a.LastLogIndex {
		return errors.New("a snapshot from the future of its sender")
	}
	_, err := Configuration(a.Configuration)
	return err
}

// known reports whether a snapshot ends where the receiver has been. Raft would take
// itself and the machine back there.
func (t *Transport) known(a *raft.InstallSnapshotRequest) bool {
	return a.LastLogIndex <= max(t.cfg.Log.Committed(), t.cfg.Log.Applied())
}

// maxServers is how many regulators a configuration has at most.
const maxServers = 256

// Configuration reads one of Raft's configurations. Unlike Raft's own function it
// returns an error where that panics, and takes only what a group of ours writes:
// every server once, named by its host key, which is its address too.
func Configuration(b []byte) (c raft.Configuration, err error) {
	if len(b) > maxConfig {
		return c, fmt.Errorf("a configuration of %d bytes", len(b))
	}
	defer func() {
		if recover() != nil {
			err = errors.New("a configuration that cannot be read")
		}
	}()
	c = raft.DecodeConfiguration(b)
	if !bytes.Equal(raft.EncodeConfiguration(c), b) {
		return c, errors.New("a configuration in another encoding than Raft's")
	}
	if len(c.Servers) == 0 || len(c.Servers) > maxServers {
		return c, fmt.Errorf("a configuration of %d regulators", len(c.Servers))
	}
	seen := make(map[raft.ServerID]bool, len(c.Servers))
	voters := 0
	for _, s := range c.Servers {
		k, err := keys.ParsePublicText(string(s.ID))
		switch {
		case err != nil:
			return c, fmt.Errorf("a configuration that names no host key: %w", err)
		case k.String() != string(s.ID), string(s.Address) != string(s.ID), seen[s.ID]:
			return c, fmt.Errorf("a configuration that names %s twice or in two ways", k.Short())
		case s.Suffrage != raft.Voter && s.Suffrage != raft.Nonvoter:
			return c, fmt.Errorf("a configuration that gives %s the unknown suffrage %d", k.Short(), s.Suffrage)
		}
		seen[s.ID] = true
		if s.Suffrage == raft.Voter {
			voters++
		}
	}
	if voters == 0 {
		return c, errors.New("a configuration without a voter")
	}
	return c, nil
}
