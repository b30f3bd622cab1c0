// Package strangertest is a verifier of genesis, ledger, set chains and proofs as a
// stranger would write it, from docs/formats.md alone.
//
// It imports nothing of this project, only the standard library and Go's own clients of
// transparency logs, and shares no code, type or constant with what it checks: where the
// page is wrong or says too little, its tests fail. So it is also written without looking
// at that code, and what it lacks is to be mended on the page first.
//
// It does not judge heads, forks, grants and the cap on blocks; the page says how
// (rules 4 to 8 of "What makes a ledger valid"), and consensus/audit does it.
//
// It is for tests alone, beside package prove on floor 8.
package strangertest
