//go:build !soak

package stage

// rounds is how often each fault is tried; make soak tries more.
const rounds = 5
