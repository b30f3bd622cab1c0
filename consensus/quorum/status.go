package quorum

import (
	"slices"
	"time"

	"ringfence/consensus/cosign"
	"ringfence/consensus/quorum/applied"
	"ringfence/consensus/quorum/certify"
	"ringfence/consensus/quorum/standing"
	"ringfence/store/charter"
	"ringfence/store/keys"
)

// contact is when a regulator was last heard, and the largest size that it spoke of.
type contact struct {
	at   time.Time // by the node's clock, which is told
	here time.Time // by the machine's, which measures
	size uint64
}

func (r *Regulator) heardFrom(host keys.Public, size uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard[host] = contact{r.cfg.Now(), time.Now(), max(r.heard[host].size, size)}
}

// Status returns where the regulators stand.
func (r *Regulator) Status() standing.Status {
	followed := r.follower.Standing()
	s := standing.Status{Certified: followed.Note.Tree, Fresh: followed.Fresh, Backlog: r.cfg.Backlog}
	if followed.Trouble != nil {
		s.Trouble = followed.Trouble.Error()
	}
	now := r.now.Load()
	if now == nil {
		return s
	}
	s.Running = true
	c, m := now.certifier.Status(), now.machine
	state := m.Constitution()
	s.Generation, s.Applied = c.State.Generation.Number, m.Size()
	if now.record != nil {
		s.Record = c.State.Generation.Record.String()
	}
	s.Quorum = state.Cosigners().Quorum()
	r.lies(&s, state)
	s.Silence, s.Why = standing.SilenceOf(m, &c, now.certifier.Silent())
	r.realignment(&s, now, &c.State, state)
	r.seats(&s, now, &c, state)
	s.Reports, s.Locks, s.Cosignatures = standing.AgreedOn(state, &c, certify.Reported), standing.AgreedOn(state, &c, certify.Locked), standing.AgreedOn(state, &c, certify.Cosigned)
	for i := range s.Reports[:max(len(s.Reports)-1, 0)] {
		s.Diverging = s.Diverging || s.Reports[i].Tree.Size == s.Reports[i+1].Tree.Size
	}
	return s
}

func (r *Regulator) lies(s *standing.Status, state *charter.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.evidence {
		s.Conflicts = append(s.Conflicts, standing.Lie{Member: standing.MemberOf(state, l.First.By.Key), Key: l.First.By.Key, Evidence: l})
	}
}

// seats tells of each regulator, and how many may go.
func (r *Regulator) seats(s *standing.Status, now *run, c *certify.Status, state *charter.State) {
	raft, at := now.group.Status(), r.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	own, seated := applied.SeatOf(state, r.cfg.Host)
	if host, _ := applied.HostOf(state, own); seated && host == r.cfg.Host { // else it may know no leader, and waits for none
		s.Member = own
		s.Stopped, s.Waited = r.stalled.Stop(s)
	}
	for _, seat := range state.Regulators() {
		host, _ := applied.HostOf(state, seat.Member)
		heard := r.heard[host]
		one := standing.Seat{
			Member: seat.Member, Host: host, Self: host == r.cfg.Host, Leads: host == raft.Leader, Cosigned: c.Cosigned[seat.Cosign], Heard: heard.at,
		}
		contact := time.Time{}
		for _, m := range raft.Members {
			if m.Host == host {
				one.Voter, contact = m.Voter, m.Contact
			}
		}
		if heard.size > 0 && heard.size < s.Certified.Size {
			one.Lag = s.Certified.Size - heard.size
		}
		one.Idle = standing.Signs{
			Cosigned: standing.AtWork(one.Cosigned, at.Unix()),
			Heard:    one.Self || standing.Recent(heard.here, anewEvery+standing.HeardFor),
			Gone:     !one.Self && (s.Stopped != "" && !standing.Recent(heard.here, standing.HeardFor) || !contact.IsZero() && !standing.Recent(contact, standing.HeardFor)),
			Promised: s.PromisedAway(seat.Member),
			Behind:   r.isBehind(s, &one, seat.Cosign, len(raft.Members) > 0),
			Mute:     one.Self && s.Silence != "" || s.Stopped == standing.StopUncertified && c.Reporting[seat.Cosign] == 0,
		}.Idle()
		one.Live = one.Idle == ""
		one.Lied = slices.ContainsFunc(s.Conflicts, func(l standing.Lie) bool { return l.Key == seat.Cosign })
		s.Regulators = append(s.Regulators, one)
	}
	s.Count(s.Quorum)
}

// isBehind reports whether a regulator takes no part in the generation in force: who was not
// among those that began it votes in its Raft once it has caught up there. Of a generation
// that this one is behind itself it knows the record alone.
func (r *Regulator) isBehind(s *standing.Status, seat *standing.Seat, cosigns keys.Public, known bool) bool {
	if s.Realign.Begun == 0 {
		return s.Generation > 0 && known && !seat.Voter
	}
	return seat.Self || r.shown != nil && !slices.ContainsFunc(r.shown.Promises, func(p cosign.SignedPromise) bool { return p.By.Key == cosigns })
}

// stalls looks whether there is a leader, and whether what waits is certified. What others
// certified and is not followed here yet does not wait.
func (r *Regulator) stalls(now *run) {
	certified, applied := r.follower.Standing().Size(), now.machine.Size()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stalled.Look(certified, !r.waited.group.Leader.IsZero(), applied > certified && r.offers.certified.Size <= certified)
}

func (r *Regulator) realignment(s *standing.Status, now *run, own *cosign.State, state *charter.State) {
	s.Realign.Needed = s.Quorum
	if own.Promised > own.Generation.Number {
		s.Realign.Promised = own.Promised
	}
	for _, p := range now.certifier.Promises() {
		s.Realign.Promises = append(s.Realign.Promises, standing.Promise{
			Member: standing.MemberOf(state, p.By.Key), Number: p.Number, Locked: p.Lock.Tree, Certified: p.Certified,
		})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown != nil && r.shown.Generation.Number > own.Generation.Number {
		s.Realign.Begun = r.shown.Generation.Number
	}
	if r.joining != nil {
		s.Realign.Joining, s.Realign.Start = r.joining.record.Generation.Number, r.joining.record.Start
	}
}
