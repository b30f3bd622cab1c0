//go:build !soak

package kills

// rounds is how often regulators are killed, one, the leader, two and all of them in
// turn; make soak kills more.
const rounds = 4
