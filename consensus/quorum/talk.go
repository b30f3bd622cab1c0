package quorum

import (
	"errors"
	"slices"
	"time"

	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/group"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// say sends words to all other regulators.
func (r *Regulator) say(said []certify.Word) {
	for part := range slices.Chunk(said, maxParts) {
		m := message{topic: aboutWords}
		for i := range part {
			m.parts = append(m.parts, part[i].Bytes())
		}
		r.broadcast(&m)
	}
}

// broadcast sends a message to all others who take part.
func (r *Regulator) broadcast(m *message) {
	now := r.now.Load()
	if now == nil {
		return
	}
	b := m.bytes()
	for _, host := range now.machine.Peers() {
		r.cfg.Network.Send(host, b)
	}
}

// Serve takes a stream of Raft that another regulator opened.
func (r *Regulator) Serve(s group.Stream) {
	now := r.now.Load()
	if now == nil {
		_ = s.Close() // it is gone either way
		return
	}
	now.group.Serve(s)
}

// Receive takes a message from another regulator. Its error says what is wrong with it.
func (r *Regulator) Receive(from keys.Public, b []byte) error {
	now := r.now.Load()
	if now == nil || !now.machine.Admitted(from) {
		return nil
	}
	m, err := decodeMessage(b)
	if err != nil {
		return err
	}
	if err = r.receive(now, from, &m); errors.Is(err, certify.ErrEnded) {
		return nil // it is said again
	}
	return err
}

func (r *Regulator) receive(now *run, from keys.Public, m *message) error {
	r.heardFrom(from, 0)
	switch m.topic {
	case aboutWords:
		return r.hearWords(now, from, m.parts)
	case aboutNote:
		return each(m.parts, r.Offer)
	case aboutNoTime:
		return r.giveTime(now, from)
	case aboutTime:
		return each(m.parts, func(b []byte) error { return r.takeTime(now, b) })
	case aboutPromise:
		defer r.helpOn(now, from)
		return each(m.parts, func(b []byte) error { return r.hearPromise(now, b) })
	case aboutRecord:
		return each(m.parts, func(b []byte) error { return r.hearRecord(now, b) })
	case aboutNoEntries:
		return r.giveEntries(now, from, m.parts)
	case aboutEntries:
		return r.takeEntries(from, m.parts)
	case aboutMissed:
		r.helpOn(now, from)
		r.mirror(now, from)
	}
	return nil
}

func each(parts [][]byte, take func([]byte) error) error {
	for _, part := range parts {
		if err := take(part); err != nil {
			return err
		}
	}
	return nil
}

// hearWords takes words, and helps on who says them of what is certified.
func (r *Regulator) hearWords(now *run, from keys.Public, parts [][]byte) error {
	var errs []error
	behind := false
	generation, certified := now.certifier.State().Generation.Number, r.follower.Standing().Note.Size
	latest := uint64(0)
	for _, part := range parts {
		w, err := certify.Decode(part)
		if err == nil {
			err = now.certifier.Hear(w)
		}
		switch {
		case errors.Is(err, certify.ErrStranger):
			continue // it is said again
		case err == nil && w.Saying != certify.Cosigned:
			behind = behind || w.Generation.Number < generation || w.Tree.Size <= certified
			latest = max(latest, w.Tree.Size)
		}
		errs = append(errs, err)
	}
	r.heardFrom(from, latest)
	if behind {
		r.helpOn(now, from)
	}
	return errors.Join(errs...)
}

// helpEvery is how often somebody who is behind is sent the newest checkpoint, at most.
const helpEvery = time.Second

// helpOn sends the newest checkpoint, and the record that began the own generation, to
// who still works on one that is covered, or in an earlier one, or finds no leader.
func (r *Regulator) helpOn(now *run, to keys.Public) {
	at := time.Now()
	r.mu.Lock()
	early := at.Sub(r.helped[to]) < helpEvery
	if !early {
		r.helped[to] = at
	}
	r.mu.Unlock()
	if early {
		return
	}
	if note := r.follower.Standing().Note.Bytes(); len(note) > 0 {
		r.cfg.Network.Send(to, (&message{topic: aboutNote, parts: [][]byte{note}}).bytes())
	}
	if now.record != nil {
		r.cfg.Network.Send(to, (&message{topic: aboutRecord, parts: [][]byte{now.record}}).bytes())
	}
}

// mirror tells a regulator what it said itself of what is newest, which it may not
// remember, and what stands behind that, which it may not have heard.
func (r *Regulator) mirror(now *run, to keys.Public) {
	s := now.machine.Constitution()
	member, ok := applied.SeatOf(s, to)
	if !ok {
		return
	}
	i := slices.IndexFunc(s.Regulators(), func(seat charter.RegulatorSeat) bool { return seat.Member == member })
	m := message{topic: aboutWords}
	cosigns := s.Regulators()[i].Cosign
	for _, w := range append(now.certifier.SaidBy(cosigns), now.certifier.Behind(cosigns)...) {
		m.parts = append(m.parts, w.Bytes())
	}
	if len(m.parts) > 0 {
		r.cfg.Network.Send(to, m.bytes())
	}
}
