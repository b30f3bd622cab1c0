package api

import (
	"net/url"
	"strings"
)

// The paths of the REST face. What stands in braces is filled by Path; a
// statement's reference, <batch CID>/<index>, stands in a path as it is.
const (
	PathNumber       = "/v1/numbers/{number}"
	PathExplanation  = "/v1/numbers/{number}/explanation"
	PathLookups      = "/v1/numbers:lookup"
	PathStatement    = "/v1/statements/{batch}/{index}"
	PathContests     = "/v1/contests"
	PathStatements   = "/v1/statements"
	PathRetractions  = "/v1/retractions"
	PathPublications = "/v1/publications"
	PathLift         = "/v1/feed:lift"
	PathScreen       = "/v1/screen"
	PathEnforcement  = "/v1/enforcement"
	PathStatus       = "/v1/status"
	PathPeers        = "/v1/peers"
	PathEvidence     = "/v1/evidence"
	PathSayAgain     = "/v1/evidence/say-again"
	PathPlans        = "/v1/plans"
	PathPlan         = "/v1/plans/{country}/{date}"
	PathAudit        = "/v1/audit"
	PathBackup       = "/v1/backup"
	PathTokens       = "/v1/tokens"
	PathToken        = "/v1/tokens/{name}"

	PathMotions          = "/v1/motions"
	PathMotion           = "/v1/motions/{motion}"
	PathMotionVote       = "/v1/motions/{motion}/vote"
	PathMotionWithdrawal = "/v1/motions/{motion}/withdrawal"
	PathLedger           = "/v1/ledger"
	PathLedgerEntries    = "/v1/ledger/entries"
	PathFeedHeads        = "/v1/feeds:heads"
	PathQuorum           = "/v1/quorum"
	PathRealign          = "/v1/quorum:realign"

	PathProof      = "/v1/numbers/{number}/proof"
	PathSets       = "/v1/ledger/regulators"
	PathFederation = "/v1/federation"
)

// Headers that tell a verdict to whoever does not read bodies.
const (
	HeaderAction      = "X-Ringfence-Action"        // what the face answers
	HeaderWouldBe     = "X-Ringfence-Would-Be"      // what it would answer if it acted
	HeaderWouldBeRule = "X-Ringfence-Would-Be-Rule" // the rule that would decide
)

// Media types beside JSON.
const (
	MediaProblem = "application/problem+json" // RFC 9457
	MediaEvents  = "application/x-ndjson"     // one JSON object a line
	MediaBytes   = "application/octet-stream"
)

// Limits of one request.
const (
	MaxLookups = 1_000     // numbers in one LookupMany
	MaxJSON    = 1 << 20   // bytes of a JSON body
	MaxMapping = 256 << 10 // bytes of a mapping sent with a file
	MaxPlan    = 64 << 20  // bytes of a plan file
	MaxFile    = 1 << 30   // bytes of a publisher's file
)

// The parts of a multipart publication: the mapping itself, then the file.
const (
	PartMapping = "mapping"
	PartFile    = "file"
)

// Path fills the places in braces of a pattern, in order.
func Path(pattern string, values ...string) string {
	var b strings.Builder
	for _, v := range values {
		before, rest, _ := strings.Cut(pattern, "{")
		_, after, _ := strings.Cut(rest, "}")
		b.WriteString(before)
		b.WriteString(segment(v))
		pattern = after
	}
	return b.String() + pattern
}

// segment escapes a path segment. Dots alone would be taken for a way up and
// cleaned away.
func segment(v string) string {
	if v == "." || v == ".." {
		return strings.ReplaceAll(v, ".", "%2E")
	}
	return url.PathEscape(v)
}
