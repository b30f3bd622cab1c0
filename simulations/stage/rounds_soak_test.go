//go:build soak

package stage

// rounds is how often each fault is tried.
const rounds = 50
