package standing

// Idle is why a regulator is not at work for certifying; the values are stable. Empty is
// for one that is: it reports and locks in the generation in force.
type Idle string

// The reasons.
const (
	IdleSilent   Idle = "silent"   // nothing of it lately
	IdlePromised Idle = "promised" // to a generation to come: it cosigns what others lock, and does not report
	IdleBehind   Idle = "behind"   // in an earlier generation than the one in force
	IdleMute     Idle = "mute"     // entries wait to be certified, and it reports none of them
)

// Signs is what is known here of a regulator. That it cosigned lately tells that it runs,
// not that it certifies: who is promised away or behind goes on cosigning what others lock.
type Signs struct {
	Cosigned bool // the newest checkpoint, lately: see AtWork
	Heard    bool // of whatever, lately
	Gone     bool // it answers no more, whatever it cosigned
	Promised bool // to a generation behind the one in force
	Behind   bool // it does not take part in the one in force
	Mute     bool // it reports nothing of what has waited too long
}

// Idle is what they tell.
func (s Signs) Idle() Idle {
	switch {
	case !s.Cosigned && !(s.Behind && s.Heard) || s.Gone:
		return IdleSilent
	case s.Promised:
		return IdlePromised
	case s.Behind:
		return IdleBehind
	case s.Mute:
		return IdleMute
	}
	return ""
}

// Stop is why nothing is certified any more, as far as is known here, whoever seems to be
// at work; the values are stable.
type Stop string

// The reasons.
const (
	StopNoLeader    Stop = "no_leader"   // nothing new can be entered
	StopUncertified Stop = "uncertified" // entries wait, and are not certified
)

// Count tells how many more may go.
func (s *Status) Count(quorum int) {
	s.Quorum, s.Live = quorum, 0
	for i := range s.Regulators {
		if s.Regulators[i].Live {
			s.Live++
		}
	}
	s.Margin = Margin(s.Live, s.Quorum, s.Stopped)
	s.Alarm = s.Margin <= 0
}

// Margin is how many more of those at work may go; below 0 nothing is certified.
func Margin(live, quorum int, stopped Stop) int {
	if stopped != "" {
		return min(live-quorum, -1)
	}
	return live - quorum
}

// Costs reports whether a promise to another generation takes something away: this regulator
// is at work, and the ledger goes on with it.
func (s *Status) Costs() bool {
	for i := range s.Regulators {
		if one := &s.Regulators[i]; one.Self {
			return one.Live && s.Margin >= 0 && s.Realign.Begun == 0
		}
	}
	return false
}
