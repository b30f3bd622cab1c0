//go:build soak

package kills

// rounds is how often regulators are killed.
const rounds = 120
